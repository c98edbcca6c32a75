"""The JSON of RFC 8259, section by section, and what a frame of it is.

Each case is a text put in the place of a value, ``{"type": "zork", "x": HERE}``, or a whole frame. An event of an
unknown type is a value like any other, so ``unknown`` says that the JSON was taken.
"""

from __future__ import annotations

import pytest

from rxrealtime.codec import decode
from rxrealtime.events import Event, ExceptionEvent

VALID = "unknown"
FAILED = "json"

VALUES: dict[str, tuple[str, ...]] = {
    # section 3: the literal names, and any value
    f"3 values/{VALID}": ("true", "false", "null", "0", '""', "[]", "{}", "[null]", '{"a": null}', "[[[]]]"),
    f"3 values/{FAILED}": ("True", "TRUE", "nul", "nulls", "undefined", "none", "", "tru e", "t", "yes"),
    # section 2: the structural characters and white space
    f"2 space/{VALID}": (" 1", "1 ", "\t1\t", "\n1\n", "\r\n1", "[ 1 , 2 ]", '{ "a" : 1 }', "[\n]", "{\t}"),
    f"2 space/{FAILED}": ("\f1", "\v1", "\u00a01", "\u20281", "\ufeff1", "/*c*/1", "1//c\n", "#c\n1", "\\n1"),
    # section 4: objects
    f"4 objects/{VALID}": ('{"": 0}', '{"a": 1, "b": 2}', '{"a": {"b": {}}}', '{"a": 1, "a": 2}', '{"\\u0061": 1}'),
    f"4 objects/{FAILED}": (
        *(
            '{"a": 1,}',
            "{,}",
            '{"a"}',
            '{"a": }',
            "{: 1}",
            "{a: 1}",
            "{1: 1}",
            "{'a': 1}",
            '{"a" 1}',
            '{"a": 1 "b": 2}',
        ),
        *('{"a": 1', '"a": 1}', '{"a": 1]', '{"a":: 1}', "{null: 1}", '{"a", 1}', '{"a": 1;"b": 2}', '{"a" = 1}'),
    ),
    # section 5: arrays
    f"5 arrays/{VALID}": ("[1]", "[1, 2]", '[1, "a", null, {}]', "[[1], [2]]", "[" * 150 + "]" * 150),
    f"5 arrays/{FAILED}": (
        "[1,]",
        "[,1]",
        "[1,,2]",
        "[1 2]",
        "[1",
        "1]",
        "[,]",
        "[1}",
        "(1)",
        "[1;2]",
        "[" * 250 + "]" * 250,
    ),
    # section 6: numbers
    f"6 numbers/{VALID}": (
        *("-0", "10", "-1", "1.5", "0.5", "-0.5", "1e5", "1E5", "1e+5", "1e-5", "0e1", "0E+1", "1.0e10", "1.5E-3"),
        *("123456789012345678901234567890", "1e999", "1e-999", "0.1234567890123456789", "9" * 4300),
    ),
    f"6 numbers/{FAILED}": (
        *(
            "+1",
            "01",
            "-01",
            "-",
            "--1",
            ".5",
            "1.",
            "1.e5",
            "1e",
            "1e+",
            "1e1.5",
            "0x1F",
            "1_000",
            "1,5",
            "- 1",
            "1 e5",
        ),
        *(
            "NaN",
            "-NaN",
            "Infinity",
            "-Infinity",
            "inf",
            "1f",
            "00",
            "\uff11",
            "1e1e1",
            "1..2",
            "0b1",
            "1n",
            "9" * 5000,
        ),
    ),
    # section 7: strings
    f"7 strings/{VALID}": (
        *(
            '"a"',
            '"\\""',
            '"\\\\"',
            '"\\/"',
            '"/"',
            '"\\b\\f\\n\\r\\t"',
            '"\\u0000"',
            '"\\u00e9"',
            '"\u00e9"',
            '"\\uABCD"',
        ),
        *('"\\ud83d\\ude00"', '"\U0001f600"', '"\u2028"', '"\x7f"', '"\\uFFFF"', '"\ufeff"', '"\'"', '"NaN"'),
    ),
    f"7 strings/{FAILED}": (
        *(
            '"a',
            'a"',
            "'a'",
            '"\\"',
            '"\\x41"',
            '"\\a"',
            '"\\\'"',
            '"\\0"',
            '"\\u12"',
            '"\\u12G4"',
            '"\\U0041"',
            '"a\nb"',
        ),
        *('"a\tb"', '"\x1f"', '"a"b', '"a" "b"', '"\\ud83d"', '"\\ude00"', '"\\ude00\\ud83d"', '"\\ud83dx"', '"\\ "'),
    ),
}

FRAMES: tuple[tuple[str, bytes, str], ...] = (
    # section 2: any value may be a text; an event is an object
    ("2 a number", b"1", "schema"),
    ("2 a string", b'"a"', "schema"),
    ("2 a literal", b"null", "schema"),
    ("2 an array", b"[]", "schema"),
    ("2 an object without type", b"{}", "schema"),
    ("2 an event", b'{"type": "input_audio_buffer.cleared"}', "event"),
    ("2 space around", b' \t\r\n{"type": "input_audio_buffer.cleared"}\n', "event"),
    ("2 nothing", b"", "json"),
    ("2 only space", b" \n", "json"),
    ("2 two texts", b'{"type": "zork"} {"type": "zork"}', "json"),
    ("2 a cut text", b'{"type": "zork"', "json"),
    # section 4: names that repeat, the last one counts
    ("4 the type twice", b'{"type": "zork", "type": "input_audio_buffer.cleared"}', "event"),
    ("4 the type twice, no text last", b'{"type": "zork", "type": 1}', "schema"),
    ("4 an escaped name", b'{"\\u0074ype": "input_audio_buffer.cleared"}', "event"),
    # section 8.1: UTF-8; a byte order mark may be refused
    ("8.1 a byte order mark", b'\xef\xbb\xbf{"type": "zork"}', "json"),
    ("8.1 UTF-16", '{"type": "zork"}'.encode("utf-16"), "binary"),
    ("8.1 UTF-16 without mark", '{"type": "zork"}'.encode("utf-16-le"), "binary"),
    ("8.1 UTF-32", '{"type": "zork"}'.encode("utf-32"), "binary"),
    ("8.1 Latin-1", '{"type": "zork", "x": "\u00e9"}'.encode("latin-1"), "binary"),
    ("8.1 overlong", b'{"type": "zork", "x": "\xc0\xaf"}', "binary"),
    ("8.1 a surrogate in UTF-8", b'{"type": "zork", "x": "\xed\xa0\xbd"}', "binary"),
    ("8.1 beyond Unicode", b'{"type": "zork", "x": "\xf4\x90\x80\x80"}', "binary"),
    ("8.1 a cut sequence", b'{"type": "zork", "x": "\xe2\x82"}', "binary"),
    ("8.1 NUL", b'{"type": "zork"}\0', "binary"),
    ("8.1 NUL in a string", b'{"type": "zork", "x": "\0"}', "binary"),
)


def _value_cases() -> list[tuple[str, bytes, str]]:
    return [
        (
            f"{section.rpartition('/')[0]} {value[:20]!a}",
            f'{{"type": "zork", "x": {value}}}'.encode(),
            section.rpartition("/")[2],
        )
        for section, values in VALUES.items()
        for value in values
    ]


CASES = [*_value_cases(), *FRAMES]


def _outcome(data: bytes) -> str:
    value = decode(data)
    if isinstance(value, ExceptionEvent):
        return value.kind.value
    return "event" if isinstance(value, Event) else "unknown"


@pytest.mark.parametrize(("frame", "outcome"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_json_text_has_its_stated_outcome(frame: bytes, outcome: str) -> None:
    """As RFC 8259 has it; where it leaves a choice, the choice is stated here."""
    assert _outcome(frame) == outcome


def test_there_are_enough_cases() -> None:
    """Each section of the grammar, from both sides."""
    assert len(CASES) >= 120

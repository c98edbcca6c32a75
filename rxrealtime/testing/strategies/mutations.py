"""Ways to break a legal frame, each with the failure that it has to be.

A mutation takes an event of the wire and a way to choose, and gives the bytes; None if the event has nothing that it
could break. What kind of failure that is follows from the models and from RFC 8259, not from a decoder. The chooser
is a draw of Hypothesis, so that frames shrink, or a seeded generator, so that millions are cheap.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, Protocol, TypeVar

from rxrealtime.events import SERVER_EVENTS, FailureKind
from rxrealtime.testing.strategies.frames import written
from rxrealtime.testing.strategies.shapes import SAMPLES, Place, alternatives, places, rejected

__all__ = ["KIND_OF", "MUTATIONS", "Choose", "mutated"]

T = TypeVar("T")
Wire = dict[str, Any]

_NESTING: Final = 201
"""One more than a decoder has to take; see D6 of the contracts."""
_HUGE: Final = "rxrealtime: a huge number"
"""Stands for a number that no float can hold, until the event is written."""
_DIGITS: Final = 5000
"""More than the 4,300 that an integer may have in Python."""


class Choose(Protocol):
    """Choose one of several; the first is the simplest."""

    def __call__(self, options: Sequence[T], /) -> T:
        """Return one of the options."""
        ...


Mutation = Callable[[Wire, Choose], bytes | None]


def mutated(name: str, wire: Wire, choose: Choose) -> bytes | None:
    """Break an event.

    Args:
        name: One of `MUTATIONS`.
        wire: The event; it is not changed.
        choose: How to choose among the ways to do it.

    Returns:
        The payload of the frame; None if this event cannot be broken in this way.
    """
    return _MUTATE[name](wire, choose)


def _places(wire: Wire, wanted: Callable[[Place], bool]) -> list[Place]:
    return [place for place in places(wire, SERVER_EVENTS[wire["type"]]) if wanted(place)]


def _with(wire: Wire, place: Place, change: Callable[[Wire, str], None]) -> bytes:
    copy = deepcopy(wire)
    change(place.holder(copy), place.name)
    return written(copy).encode()


def _set(value: Any) -> Callable[[Wire, str], None]:
    return lambda holder, name: holder.__setitem__(name, value)


def _is_needed(place: Place) -> bool:
    """Tell whether the event is none without this field."""
    return place.required or (place.path == () and place.name == "type")


def _drop(wire: Wire, choose: Choose) -> bytes:
    return _with(wire, choose(_places(wire, _is_needed)), lambda holder, name: holder.pop(name))


def _rename(wire: Wire, choose: Choose) -> bytes:
    place, suffix = choose(_places(wire, _is_needed)), choose(["_", "2", " "])
    return _with(wire, place, lambda holder, name: holder.__setitem__(name + suffix, holder.pop(name)))


def _is_strict(place: Place) -> bool:
    """Tell whether some kind of value is wrong there; the type of an inner object decides what the object is."""
    return bool(_wrong(place)) and (place.path == () or place.name != "type")


def _wrong(place: Place) -> list[str]:
    return sorted(rejected(place.annotation) - {"null"})


def _retype(wire: Wire, choose: Choose) -> bytes:
    place = choose(_places(wire, _is_strict))
    return _with(wire, place, _set(SAMPLES[choose(_wrong(place))]))


def _nest(wire: Wire, choose: Choose) -> bytes:
    """Put a value one level deeper than it belongs."""
    place = choose(_places(wire, lambda one: _is_strict(one) and bool(_nestings(one)) and one.name in one.holder(wire)))
    value = place.holder(wire)[place.name]
    return _with(wire, place, _set([value] if choose(_nestings(place)) == "array" else {place.name: value}))


def _nestings(place: Place) -> list[str]:
    return [kind for kind in _wrong(place) if kind in ("array", "object")]


def _null(wire: Wire, choose: Choose) -> bytes:
    return _with(wire, choose(_places(wire, _is_needed)), _set(None))


def _truncate(wire: Wire, choose: Choose) -> bytes:
    text = written(wire)
    return text[: choose(range(1, len(text)))].encode()


def _with_member(wire: Wire, member: str) -> bytes:
    return f"{written(wire)[:-1]}, {member}}}".encode()


def _nest_deeply(wire: Wire, choose: Choose) -> bytes:
    opening, closing = choose([("[", "]"), ('{"x": ', "}")])
    return _with_member(wire, f'"x": {opening * _NESTING}0{closing * _NESTING}')


def _duplicate(wire: Wire, choose: Choose) -> bytes:
    """Repeat a field with a wrong value: the last one counts."""
    place = choose(_places(wire, lambda place: _is_needed(place) and place.path == ()))
    return _with_member(wire, f'"{place.name}": {json.dumps(SAMPLES[choose(_wrong(place))])}')


def _surrogate(wire: Wire, choose: Choose) -> bytes:
    lone = choose(["\\ud83d", "\\ude00", "\\ude00\\ud83d", "\\uD800x"])
    return _with_member(wire, choose(['"x": "{}"', '"{}": 1']).format(lone))


def _not_a_number(wire: Wire, choose: Choose) -> bytes:
    return _with_member(wire, f'"x": {choose(["NaN", "Infinity", "-Infinity"])}')


def _huge_number(wire: Wire, choose: Choose) -> bytes | None:
    """Write 1e999 where a number is expected: JSON, but no number of the protocol."""
    numbers = {int, float, type(None)}
    found = _places(wire, lambda place: numbers > set(alternatives(place.annotation)) - {type(None)} != set())
    return _with(wire, choose(found), _set(_HUGE)).replace(json.dumps(_HUGE).encode(), b"1e999") if found else None


def _huge_integer(wire: Wire, choose: Choose) -> bytes:
    return _with_member(wire, f'"x": {choose(["", "-"])}{"9" * _DIGITS}')


def _base64(wire: Wire, choose: Choose) -> bytes | None:
    found = _places(wire, lambda place: bytes in alternatives(place.annotation))
    return (
        _with(wire, choose(found), _set(choose(["!", "A", "AA=A", "====", "AAAA AAA", "\u00e9\u00e9\u00e9\u00e9"])))
        if found
        else None
    )


def _utf8(wire: Wire, choose: Choose) -> bytes:
    wrong = choose([b"\xff", b"\x80", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"])
    return _with_member(wire, '"x": "?"').replace(b'"?"}', b'"' + wrong + b'"}')


def _not_an_object(wire: Wire, choose: Choose) -> bytes:
    return choose(["null", "true", "1", '""', "[]", f"[{written(wire)}]", json.dumps(written(wire))]).encode()


def _empty(wire: Wire, choose: Choose) -> bytes:
    return choose([b"", b" ", b"\n", b"\t\r\n "])


def _binary(wire: Wire, choose: Choose) -> bytes:
    return choose([b"\0", bytes(8), b"\xff\xd8\xff", b"\x80\x01", written(wire).encode("utf-16"), b"RIFF\0\0\0\0WAVE"])


def _syntax(wire: Wire, choose: Choose) -> bytes:
    text = written(wire)
    return choose(
        [
            text + "}",
            text + text,
            text[:-1] + ",}",
            text + "\n" + text,
            "//\n" + text,
            text[:-1] + ", 'x': 1}",
            text[:-1] + ', "x": 01}',
            text[:-1] + ', "x": \t\f1}',
            text[:-1] + ', "x": "\n"}',
            text[:-1] + ', "x": "\\x41"}',
            text[:-1] + ", x: 1}",
            text[:-1] + ', "x": True}',
        ]
    ).encode()


_SCHEMA, _JSON, _BINARY = FailureKind.SCHEMA, FailureKind.JSON, FailureKind.BINARY
_TABLE: Final[Mapping[str, tuple[Mutation, FailureKind]]] = {
    "drop": (_drop, _SCHEMA),
    "rename": (_rename, _SCHEMA),
    "retype": (_retype, _SCHEMA),
    "nest": (_nest, _SCHEMA),
    "null": (_null, _SCHEMA),
    "duplicate key": (_duplicate, _SCHEMA),
    "bad base64": (_base64, _SCHEMA),
    "huge number": (_huge_number, _SCHEMA),
    "not an object": (_not_an_object, _SCHEMA),
    "truncate": (_truncate, _JSON),
    "deep nesting": (_nest_deeply, _JSON),
    "lone surrogate": (_surrogate, _JSON),
    "not a number": (_not_a_number, _JSON),
    "huge integer": (_huge_integer, _JSON),
    "syntax": (_syntax, _JSON),
    "empty": (_empty, _JSON),
    "invalid UTF-8": (_utf8, _BINARY),
    "binary": (_binary, _BINARY),
}
_MUTATE: Final = {name: mutation for name, (mutation, _) in _TABLE.items()}

KIND_OF: Final[Mapping[str, FailureKind]] = {name: kind for name, (_, kind) in _TABLE.items()}
"""The kind of failure that a mutation makes of a frame."""

MUTATIONS: Final = tuple(_TABLE)
"""The names of the mutations."""

"""Scripts read from files: JSON and YAML have one schema, and what is wrong is named with its line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rxrealtime.errors import ConfigurationError, ScenarioError
from rxrealtime.server import scripts
from rxrealtime.server.scenario_files import load_scenario
from rxrealtime.server.scenarios import Call, Failure, Rule, Scenario
from rxrealtime.server.script_fields import parse_script
from rxrealtime.server.scripts import (
    AnyOrder,
    Close,
    Drop,
    Expect,
    Garble,
    Interrupt,
    Listen,
    Respond,
    Script,
    Send,
    Wait,
)

_YAML = """\
strict: false
ignored: [a.b]
pace: 0
chunk: 0.1
steps:
  - expect: session.update
  - expect: {type: conversation.item.create, item: {role: user}}
    optional: true
    answered: false
    names: {item.id: item_1}
  - any_order:
      - expect: response.create
      - {expect: a.b, optional: true}
  - say: "on"
    call: {name: get_weather, arguments: {city: Oslo, at: 12:30, on: yes}}
    modality: text
  - call: [{name: a}, {name: b, arguments: "{"}]
  - fail: {code: c, message: m}
  - wait: 0.5
  - interrupt
  - listen
  - garble: ['{"type": "resp', {base64: //79}]
  - send: {type: error, error: {message: null, n: 1.5}}
  - close: [1000, bye]
  - drop: true
"""
_SCRIPT = Script(
    (
        Expect("session.update"),
        Expect("conversation.item.create", {"item": {"role": "user"}}, True, False, {"item.id": "item_1"}),
        AnyOrder((Expect("response.create"), Expect("a.b", optional=True))),
        Respond("on", (Call("get_weather", {"city": "Oslo", "at": "12:30", "on": "yes"}),), modality="text"),
        Respond(call=(Call("a"), Call("b", "{"))),
        Respond(fail=Failure("c", "m")),
        Wait(0.5),
        Interrupt(),
        Listen(),
        Garble(('{"type": "resp', b"\xff\xfe\xfd")),
        Send({"type": "error", "error": {"message": None, "n": 1.5}}),
        Close(1000, "bye"),
        Drop(),
    ),
    strict=False,
    ignored=("a.b",),
    pace=0,
    chunk=0.1,
)


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_yaml_and_json_are_one_schema(tmp_path: Path) -> None:
    """Every field, in both, gives the same script."""
    yaml = pytest.importorskip("yaml")
    assert load_scenario(_file(tmp_path, "a.yaml", _YAML)) == _SCRIPT
    words = yaml.load(_YAML, yaml.BaseLoader)
    assert words["steps"][0] == {"expect": "session.update"}
    text = json.dumps(
        {
            "strict": False,
            "ignored": ["a.b"],
            "pace": 0,
            "chunk": 0.1,
            "steps": [
                {"expect": {"type": "session.update"}},
                {
                    "expect": {"type": "conversation.item.create", "item": {"role": "user"}},
                    "optional": True,
                    "answered": False,
                    "names": {"item.id": "item_1"},
                },
                {"any_order": [{"expect": "response.create"}, {"expect": "a.b", "optional": True}]},
                {
                    "say": "on",
                    "call": [{"name": "get_weather", "arguments": {"city": "Oslo", "at": "12:30", "on": "yes"}}],
                    "modality": "text",
                },
                {"call": [{"name": "a"}, {"name": "b", "arguments": "{"}]},
                {"fail": {"code": "c", "message": "m"}},
                {"wait": 0.5},
                {"interrupt": True},
                {"listen": True},
                {"garble": ['{"type": "resp', {"base64": "//79"}]},
                {"send": {"type": "error", "error": {"message": None, "n": 1.5}}},
                {"close": [1000, "bye"]},
                "drop",
            ],
        }
    )
    assert load_scenario(_file(tmp_path, "a.json", text)) == _SCRIPT


def test_documented_example() -> None:
    """The example in the documentation of scripts is one."""
    parts = (scripts.__doc__ or "").split("\n\n")
    example = next(part for part in parts if part.lstrip().startswith("{"))
    assert len(parse_script(json.loads(example)).steps) == 13


def test_rules_may_be_yaml_too(tmp_path: Path) -> None:
    """The word ``on`` is a word there, not a truth."""
    path = _file(tmp_path, "rules.yml", "pace: 0\nrules:\n  - {on: hello, say: Good day.}\n")
    assert load_scenario(path) == Scenario((Rule("hello", say="Good day."),), pace=0)


_WRONG: list[tuple[str, int, str]] = [
    ('{"steps": 5}', 1, "steps: must be an array"),
    ('{"steps": [\n{"wait": 1},\n5]}', 3, "step 2: a step is a JSON object"),
    ('{"steps": [\n{"wiat": 1}]}', 2, "step 1: a step has one of expect, any_order, say"),
    ('{"steps": [\n{"wait": 1,\n"say": "x"}]}', 2, "step 1: unknown field 'wait': known are say, call"),
    ('{"steps": [{"wait":\n"soon"}]}', 2, "step 1: wait: must be a number"),
    ('{"steps": [{"wait": 1,\n"wait": "x"}]}', 2, "step 1: wait: must be a number"),
    ('{"steps": [\n\n{"wait": -1}]}', 3, "step 1: wait must be 0 seconds or more"),
    ('{"steps": [{"expect": "a",\n"optional":\n1}]}', 3, "step 1: optional: must be true or false"),
    ('{"steps": [{"expect":\n{"item": 1}}]}', 2, "step 1: expect: type is missing"),
    ('{"steps": [{"expect":\n[]}]}', 2, "step 1: expect: must be the type"),
    ('{"steps": [{"any_order": [{"expect": "a"},\n{"say": "b"}]}]}', 2, "step 1: expectation 2: in any order there"),
    ('{"steps": [{"any_order": [{"expect": "a", "optional": true}]}]}', 1, "step 1: at least one expectation"),
    ('{"steps": [{"call": [{"name": "a"},\n{"name": 5}]}]}', 2, "step 1: call 2: name: must be a string"),
    ('{"steps": [{"say": "x",\n"modality": "video"}]}', 1, "step 1: modality must be text or audio"),
    ('{"steps": [{"interrupt":\nfalse}]}', 2, "step 1: interrupt: must be true"),
    ('{"steps": [{"listen":\n"a"}]}', 2, "step 1: listen: must be true"),
    ('{"steps": [{"listen": true,\n"say": "a"}]}', 1, "step 1: unknown field 'listen'"),
    ('{"steps": [{"listen": true}],\n"bare": true}', 1, "a bare script has no engine"),
    ('{"steps": [{"send":\n[]}]}', 2, "step 1: send: must be an event"),
    ('{"steps": [{"send": {"type": "a",\n"b": [1,\n"\\ud83d"]}}]}', 3, "step 1: send: b: 1: holds a lone surrogate"),
    ('{"steps": [{"close":\n[1005, ""]}]}', 1, "step 1: 1005 is not a close code"),
    ('{"steps": [{"expect": "a", "names":\n{"item.id": 5}}]}', 2, "step 1: names: item.id: must be a string"),
    ('{"steps": [{"expect": "a", "names":\n5}]}', 2, "step 1: names: must be an object"),
    ('{"steps": [{"send": {"a": "}]", "b": 2}}, {"garble":\n[5]}]}', 2, "step 2: garble: a frame is a string"),
    ('{"steps": [], "bare":\n"yes"}', 2, "bare: must be true or false"),
    ('{"steps": [], "ignored":\n[1]}', 2, "ignored: must be a string"),
    ('{"steps": [],\n"pace": -1}', 1, "pace must be 0"),
    ('{"steps": [{"say": "x"}], "bare": true}', 1, "a bare script has no engine"),
]


@pytest.mark.parametrize(("text", "line", "said"), _WRONG)
@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_wrong_scripts(kind: str, text: str, line: int, said: str, tmp_path: Path) -> None:
    """The message has the file, the line, the number of the step and the field; for JSON and YAML alike."""
    if kind == "yaml":
        pytest.importorskip("yaml")
        text = text.replace("\\ud83d", "\\uDEAD") if "ud83d" in text else text
    path = _file(tmp_path, f"wrong.{kind}", text)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(caught.value).startswith(f"{path}: line {line}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps:\n  - wait: 1\n - wait: 2\n", "line 3: not YAML"),
        ("steps: [&a {wait: 1}, *a]", "aliases are not part of a scenario"),
        ("&a [*a]", "aliases are not part of a scenario"),
        ("steps:\n  - send: {1: x}\n", "line 2: step 1: send: must be a string"),
        ("steps: [{send: {a: .nan}}]\nextra: 1", "line 2: unknown field 'extra'"),
        ("steps:\n  - send: !!python/object:os.system {}\n", "line 2: not YAML"),
        ("steps:\n  - send: {a: !!timestamp 2026-01-01}\n", "line 2: step 1: send: a: must be a JSON value"),
        ("", "a scenario is a JSON object"),
        ("- 1\n---\n- 2\n", "not YAML"),
        ("\x00", "not YAML"),
    ],
)
def test_wrong_yaml(text: str, said: str, tmp_path: Path) -> None:
    """Nothing that JSON does not have gets through, and nothing is built that the file asks for."""
    pytest.importorskip("yaml")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(_file(tmp_path, "wrong.yaml", text))
    assert said in str(caught.value)


def test_without_the_package_yaml_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is the command; JSON needs nothing."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ConfigurationError, match=r"pip install rxrealtime\[yaml\]"):
        load_scenario(_file(tmp_path, "a.yaml", "steps: []"))
    assert load_scenario(_file(tmp_path, "a.json", '{"steps": []}')) == Script()


def test_deep_nesting_is_one_line(tmp_path: Path) -> None:
    """No file ends in a traceback."""
    pytest.importorskip("yaml")
    for name, text in (("a.json", '{"steps": ' + "[" * 100_000), ("a.yaml", "[" * 1_500)):
        with pytest.raises(ScenarioError, match=r"nested too deeply|not YAML"):
            load_scenario(_file(tmp_path, name, text))


@pytest.mark.parametrize("value", [None, [], {"steps": None}, {"steps": [{}]}])
def test_values_that_are_no_script(value: Any) -> None:
    """Whatever they are."""
    with pytest.raises(ScenarioError):
        parse_script(value)

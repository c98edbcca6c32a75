"""Scenarios read from files: what is in them, and what is said about a file that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rxrealtime.errors import ScenarioError
from rxrealtime.server import scenarios
from rxrealtime.server.mcp_servers import McpServer, McpTool
from rxrealtime.server.quirks import OPENAI, Quirks
from rxrealtime.server.scenario_files import load_scenario, parse_scenario
from rxrealtime.server.scenarios import Call, Expiry, Failure, Rule, Scenario


def _file(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "scene.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_everything(tmp_path: Path) -> None:
    """A file with every field gives the scenario it describes."""
    text = """{"pace": 0, "chunk": 0.1, "rules": [
        {"on": "start", "say": "Welcome."},
        {"on": "weather", "call": {"name": "get_weather", "arguments": {"city": "Oslo"}}},
        {"on": "both", "call": [{"name": "a"}, {"name": "b", "arguments": "{"}], "times": 2},
        {"on": "break", "fail": {"code": "c", "message": "m"}},
        {"on": "noise", "garble": ["{", {"base64": "//79"}], "close": [1000, "bye"]},
        {"on": "gone", "abort": true}
    ]}"""
    rules = (
        Rule("start", say="Welcome."),
        Rule("weather", call=(Call("get_weather", {"city": "Oslo"}),)),
        Rule("both", call=(Call("a"), Call("b", "{")), times=2),
        Rule("break", fail=Failure("c", "m")),
        Rule("noise", garble=("{", b"\xff\xfe\xfd"), close=(1000, "bye")),
        Rule("gone", abort=True),
    )
    assert load_scenario(_file(tmp_path, text)) == Scenario(rules, pace=0, chunk=0.1)


def test_what_the_server_is(tmp_path: Path) -> None:
    """A file may say which quirks the server has, when sessions end, and which MCP servers there are."""
    text = """{"quirks": "openai", "expiry": {"seconds": 60, "close": false},
        "mcp": [{"label": "maps", "tools": [{"name": "find", "output": "x", "seconds": 2, "schema": {}}]}],
        "rules": [{"on": "where", "call": {"server": "maps", "name": "find"}, "deaf": {"code": "c"}}]}"""
    rules = (Rule("where", call=(Call("find", None, "maps"),), deaf=Failure("c")),)
    maps = McpServer("maps", (McpTool("find", "x", seconds=2, schema={}),))
    expected = Scenario(rules, quirks=OPENAI, expiry=Expiry(60, close=False), mcp=(maps,))
    assert load_scenario(_file(tmp_path, text)) == expected
    assert parse_scenario({"quirks": {"interleaved_items": True}}).quirks == Quirks(interleaved_items=True)


def test_documented_example() -> None:
    """The example in the documentation of scenarios is one."""
    lines = (scenarios.__doc__ or "").split("\n\n")
    example = next(part for part in lines if part.lstrip().startswith("{"))
    assert len(parse_scenario(json.loads(example)).rules) == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n"rules": [\n}', "line 3: not JSON"),
        ("[" * 100_000, "nested too deeply"),
        (b"\xff", "not UTF-8"),
        ("[]", "a scenario is a JSON object"),
        ('{"rule": []}', "unknown field 'rule': known are rules, pace, chunk"),
        ('{"rules": {}}', "rules: must be an array"),
        ('{"pace": "fast"}', "pace: must be a number"),
        ('{"quirks": "azure"}', "quirks: what is not openai or strict is a JSON object"),
        ('{"quirks": {"odd": true}}', "quirks: unknown field 'odd'"),
        ('{"expiry": {"seconds": 0}}', "expiry: expiry.seconds must be more than 0"),
        ('{"mcp": [{"tools": []}]}', "server 1: label is missing"),
        ('{"mcp": [{"label": "m", "tools": [{}]}]}', "server 1: tool 1: name is missing"),
        (
            '{"mcp": [{"label": "m", "tools": [{"name": "t", "schema": 1}]}]}',
            "server 1: tool 1: schema: must be an object",
        ),
        ('{"rules": [{"on": "x", "fail": {"reason": "why"}}]}', "rule 1: fail: fail.reason must be"),
        ('{"pace": -1}', "pace must be 0"),
        ('{"rules": [{"on": "x"}, 5]}', "rule 2: a rule is a JSON object"),
        ('{"rules": [{"say": "x"}]}', "rule 1: on is missing"),
        ('{"rules": [{"on": "x", "sya": "x"}]}', "rule 1: unknown field 'sya'"),
        ('{"rules": [{"on": 5}]}', "rule 1: on: must be a string"),
        ('{"rules": [{"on": "/(/"}]}', "rule 1: on is not a regular expression"),
        ('{"rules": [{"on": "x", "say": "{who}"}]}', "rule 1: say holds the unknown placeholder {who}"),
        ('{"rules": [{"on": "x", "times": 1.5}]}', "rule 1: times: must be a whole number"),
        ('{"rules": [{"on": "x", "times": true}]}', "rule 1: times: must be a whole number"),
        ('{"rules": [{"on": "x", "call": {}}]}', "rule 1: call: name is missing"),
        ('{"rules": [{"on": "x", "call": {"name": "f", "arguments": []}}]}', "call: arguments: must be an object"),
        ('{"rules": [{"on": "x", "fail": {"status": "fine"}}]}', "rule 1: fail: fail.status must be"),
        ('{"rules": [{"on": "x", "close": 1000}]}', "rule 1: close: must be an array of a close code"),
        ('{"rules": [{"on": "x", "close": [1005, ""]}]}', "rule 1: 1005 is not a close code"),
        ('{"rules": [{"on": "x", "garble": [5]}]}', "rule 1: garble: a frame is a string"),
        ('{"rules": [{"on": "x", "garble": [{"base64": "%"}]}]}', "rule 1: garble: a frame that is not base64"),
        ('{"rules": [{"on": "x", "garble": ["\\ud83d"]}]}', "rule 1: a text frame cannot hold a lone surrogate"),
        ('{"rules": [{"on": "x", "say": "\\ud83d"}]}', "rule 1: say: holds a lone surrogate"),
        ('{"rules": [{"on": "x", "call": {"name": "f", "arguments": ["\\ud83d"]}}]}', "rule 1: call: arguments: must"),
        (
            '{"rules": [{"on": "x", "call": {"name": "f", "arguments": {"a": "\\ud83d"}}}]}',
            "arguments: a: holds a lone",
        ),
        ('{"rules": [{"on": "x", "abort": 1}]}', "rule 1: abort: must be true or false"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str | bytes, said: str) -> None:
    """What is wrong is named with the file, the line or the rule, and the field."""
    path = _file(tmp_path, text)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(ScenarioError, match=r"absent\.json: cannot be read"):
        load_scenario(tmp_path / "absent.json")


@pytest.mark.parametrize("value", [None, 5, "x", [], {"rules": None}])
def test_values_that_are_no_scenario(value: Any) -> None:
    """parse_scenario refuses whatever is no scenario with a ScenarioError."""
    with pytest.raises(ScenarioError):
        parse_scenario(value)

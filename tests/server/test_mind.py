"""The mind: the first rule that fits, and what the default mind answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rxrealtime.events import ToolDefinition
from rxrealtime.server.mind import Answered, Cue, Mind, PlannedCall, Reply
from rxrealtime.server.scenarios import DEFAULT, Call, Failure, Rule, Scenario

_CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
_WEATHER = ToolDefinition(type="function", name="get_weather", parameters=_CITY)
_LIGHT = ToolDefinition(type="function", name="turnLightOff")


def _answer(cue: Cue, *rules: Rule) -> Reply:
    _, reply = Mind(Scenario(rules)).answer(cue)
    assert reply is not None
    return reply


def _called(reply: Reply) -> list[str]:
    return [call.name for call in reply.calls]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "Hello! How can I help?"),
        ("Good morning, you", "Hello! How can I help?"),
        ("What time is it?", "It is 12:30."),
        ("Something else", "You said: Something else"),
        ("  ", "I am listening."),
        ("{time} and {text}", "You said: {time} and {text}"),
    ],
)
def test_small_talk(text: str, said: str) -> None:
    """The default mind greets, tells the time it was given, and repeats everything else as it is."""
    assert _answer(Cue(text, clock_text="12:30")).say == said


@pytest.mark.parametrize("text", ["Who are you?", "what is your name", "What can you do?"])
def test_questions_about_itself(text: str) -> None:
    """The default mind tells about itself, and never that it understands."""
    said = _answer(Cue(text)).say
    assert said is not None
    assert "You said" not in said


def test_without_a_clock() -> None:
    """Nobody told the time: the mind says so."""
    assert _answer(Cue("what is the time")).say == "It is a time that nobody told me."


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What is the weather in Oslo?", "get_weather"),
        ("please get_weather now", "get_weather"),
        ("WEATHER!", "get_weather"),
        ("Is the light on?", "turnLightOff"),
        ("Get me something", None),
        ("weathering the storm", None),
    ],
)
def test_named_tool_is_called(text: str, name: str | None) -> None:
    """A tool is called when the text holds its name or one of the telling words of it, as whole words."""
    assert _called(_answer(Cue(text, tools=(_WEATHER, _LIGHT)))) == ([name] if name else [])


def test_arguments_come_from_the_text() -> None:
    """The call of a named tool has its required arguments from the text."""
    (call,) = _answer(Cue("What is the weather in Oslo?", tools=(_WEATHER,))).calls
    assert call == PlannedCall("get_weather", '{"city": "Oslo"}')


@pytest.mark.parametrize(
    ("choice", "text", "called"),
    [
        ("none", "weather", []),
        ("auto", "hello", []),
        ("required", "hello", ["get_weather"]),
        ("required", "light", ["turnLightOff"]),
        ({"type": "function", "name": "turnLightOff"}, "weather", ["turnLightOff"]),
        ({"type": "function", "name": "nowhere"}, "weather", []),
    ],
)
def test_tool_choice(choice: Any, text: str, called: list[str]) -> None:
    """none forbids calls, required forces one, a named tool is that one."""
    assert _called(_answer(Cue(text, tools=(_WEATHER, _LIGHT), tool_choice=choice))) == called


def test_output_is_reported_not_called_again() -> None:
    """The output of a tool is spoken back, even if the text would call the tool again."""
    cue = Cue("weather", (Answered("get_weather", "12 degrees"),), tools=(_WEATHER,), tool_choice="required")
    assert _answer(cue) == Reply("get_weather says: 12 degrees")


def test_all_outputs_and_what_was_said_after() -> None:
    """Several outputs are reported together, and what the user said after them is answered too."""
    cue = Cue("hello", (Answered("a", "1"), Answered("b", "")), follow_up="hello")
    assert _answer(cue).say == "a says: 1 b gave no answer. Hello! How can I help?"


def test_first_rule_that_fits_fires() -> None:
    """Rules are tried in order; case never counts."""
    rules = (Rule("blue", say="1"), Rule("/gr[ae]y/", say="2"), Rule("*", say="3"))
    said = [_answer(Cue(text), *rules).say for text in ("BLUE", "it is Grey", "red")]
    assert said == ["1", "2", "3"]


def test_rule_for_outputs() -> None:
    """`output` fits any answer of a tool, `output:` one that holds the text; rules for words do not see those turns."""
    rules = (Rule("hello", say="words"), Rule("output:rain", say="wet: {output}"), Rule("output", say="dry"))
    answered = [Answered("w", "Rain later"), Answered("w", "Sun")]
    assert [_answer(Cue("hello", (a,)), *rules).say for a in answered] == ["wet: Rain later", "dry"]


def test_rule_fires_so_often() -> None:
    """`times` limits how often a rule fires; then the next one is tried."""
    mind, said = Mind(Scenario((Rule("*", say="once", times=1), Rule("*", say="then")))), []
    for _ in range(3):
        mind, reply = mind.answer(Cue("x"))
        said.append(reply.say if reply else None)
    assert said == ["once", "then", "then"]


def test_templates() -> None:
    """say and the arguments of calls hold the text, the time and the output; other braces stay."""
    rule = Rule("*", say="{text} at {time} {x y}", call=(Call("f", {"q": ["{text}"], "n": 1}), Call("g", "{text")))
    reply = _answer(Cue("tea", clock_text="5"), rule)
    assert reply.say == "tea at 5 {x y}"
    assert [json.loads(reply.calls[0].arguments), reply.calls[1].arguments] == [{"q": ["tea"], "n": 1}, "{text"]


def test_call_without_arguments_is_filled_in() -> None:
    """A call of a rule without arguments gets what the tool's schema asks for; an unknown tool gets none."""
    rule = Rule("*", call=(Call("get_weather"), Call("nowhere")))
    reply = _answer(Cue("weather in Rome", tools=(_WEATHER,)), rule)
    assert [call.arguments for call in reply.calls] == ['{"city": "Rome"}', "{}"]


def test_rule_that_only_strikes_leaves_the_answer_to_the_default() -> None:
    """A rule without say, call and fail adds its strikes to what the default mind answers."""
    reply = _answer(Cue("hello"), Rule("*", garble=("x",), close=(1000, "")))
    assert (reply.say, len(reply.strikes), reply.farewell is not None) == ("Hello! How can I help?", 1, True)


def test_beginning() -> None:
    """At the beginning only a rule for the start fires; without one nothing is said, and later it never fires."""
    start = Rule("start", say="Welcome")
    assert Mind(DEFAULT).answer(Cue(begins=True))[1] is None
    assert Mind(Scenario((Rule("*", say="x"),))).answer(Cue(begins=True))[1] is None
    assert _answer(Cue(begins=True), start).say == "Welcome"
    assert _answer(Cue("start"), start).say == "You said: start"


def test_failure_alone_says_nothing() -> None:
    """A rule that only fails has no output."""
    assert _answer(Cue("x"), Rule("*", fail=Failure())) == Reply(failure=Failure())

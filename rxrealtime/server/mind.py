"""The mind of the embedded server: from what was said to what is answered. It follows rules and understands nothing.

The rules of the scenario come first. Where none fits, the default mind reports what a tool answered, calls a tool
that the user named, tells about itself or the time, greets, and otherwise repeats what it heard.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from rxrealtime.events import ToolDefinition
from rxrealtime.server.arguments import fill
from rxrealtime.server.outputs import Disconnect, Strike
from rxrealtime.server.scenarios import Call, Failure, Rule, Scenario, expression_of, filled

__all__ = ["Answered", "Cue", "Mind", "PlannedCall", "Reply"]


@dataclass(frozen=True, slots=True)
class Answered:
    """A tool's answer that the model has not spoken about yet."""

    name: str
    output: str


@dataclass(frozen=True, slots=True)
class Cue:
    """What the mind knows when it is to answer.

    Args:
        text: What the user said last, empty if nothing could be understood.
        answered: The answers of tools since the model spoke last.
        follow_up: What the user said after those answers.
        tools: The tools on offer.
        tool_choice: none, auto, required, or one named tool.
        instructions: The instructions in force for this response alone, empty if it has none.
        clock_text: The time of day, in words; empty if nobody gave it one.
        begins: Whether this is the beginning of the session, not a turn.
    """

    text: str = ""
    answered: tuple[Answered, ...] = ()
    follow_up: str = ""
    tools: tuple[ToolDefinition, ...] = ()
    tool_choice: str | Mapping[str, Any] = "auto"
    instructions: str = ""
    clock_text: str = ""
    begins: bool = False


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call as it will be on the wire: of the client's tool, or of a tool of the MCP server that is named."""

    name: str
    arguments: str
    server: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered.

    Args:
        say: What is said, None for nothing.
        calls: The tools that are called then.
        failure: How the response fails, None if it completes.
        strikes: What happens to the connection in the middle of it.
        farewell: What happens to the connection after it.
    """

    say: str | None = None
    calls: tuple[PlannedCall, ...] = ()
    failure: Failure | None = None
    strikes: tuple[Strike, ...] = ()
    farewell: Disconnect | None = None


@dataclass(frozen=True, slots=True)
class Mind:
    """A scenario, and how often each of its rules has fired.

    Args:
        scenario: The rules.
        fired: A count for each rule that has fired, by its index.
    """

    scenario: Scenario
    fired: tuple[int, ...] = ()

    def answer(self, cue: Cue) -> tuple[Mind, Reply | None]:
        """Answer a cue.

        Args:
            cue: What is known.

        Returns:
            The mind afterwards, and the answer; None if there is nothing to say, which is so only when the session
            begins.
        """
        for index, rule in enumerate(self.scenario.rules):
            if _fits(rule, cue) and self._may_fire(index):
                return replace(self, fired=(*self.fired, index) if rule.times else self.fired), _by_rule(rule, cue)
        return self, None if cue.begins else _default(cue)

    def transcription_failure(self, words: str) -> Failure | None:
        """Return why the transcription of the user's words fails, None if it does not.

        The rule that will answer the words decides; it is not used up by this.
        """
        cue = Cue(words)
        fitting = (n for n, rule in enumerate(self.scenario.rules) if _fits(rule, cue) and self._may_fire(n))
        found = next(fitting, None)
        return None if found is None else self.scenario.rules[found].deaf

    def _may_fire(self, index: int) -> bool:
        times = self.scenario.rules[index].times
        return times is None or self.fired.count(index) < times


def _fits(rule: Rule, cue: Cue) -> bool:
    if rule.on == "start" or cue.begins:
        return rule.on == "start" and cue.begins
    if rule.on == "*":
        return True
    if rule.on == "output" or rule.on.startswith("output:"):
        wanted = rule.on.removeprefix("output").removeprefix(":").lower()
        return any(wanted in answered.output.lower() for answered in cue.answered)
    expression = expression_of(rule.on)
    if cue.answered:
        return False
    return bool(expression.search(cue.text)) if expression else rule.on.lower() in cue.text.lower()


def _by_rule(rule: Rule, cue: Cue) -> Reply:
    values = _values(cue)
    silent = rule.say is None and not rule.call and rule.fail is None
    spoken = _default(cue) if silent and not cue.begins else Reply()
    say = spoken.say if rule.say is None else filled(rule.say, values)
    calls = tuple(_planned(call, cue, values) for call in rule.call) or spoken.calls
    return Reply(say, calls, rule.fail, rule.strikes, rule.farewell)


def _values(cue: Cue) -> Mapping[str, str]:
    output = cue.answered[-1].output if cue.answered else ""
    return {"text": cue.text, "output": output, "time": cue.clock_text, "instructions": cue.instructions}


def _planned(call: Call, cue: Cue, values: Mapping[str, str]) -> PlannedCall:
    if isinstance(call.arguments, str):
        return PlannedCall(call.name, filled(call.arguments, values), call.server)
    if call.arguments is None and call.server:
        return PlannedCall(call.name, "{}", call.server)
    if call.arguments is None:
        return _call(next((tool for tool in cue.tools if tool.name == call.name), ToolDefinition(name=call.name)), cue)
    return PlannedCall(call.name, json.dumps(_filled_all(call.arguments, values), ensure_ascii=False), call.server)


def _filled_all(value: Any, values: Mapping[str, str]) -> Any:
    match value:
        case str():
            return filled(value, values)
        case Mapping():
            return {key: _filled_all(part, values) for key, part in value.items()}
        case list():
            return [_filled_all(part, values) for part in value]
        case _:
            return value


def _default(cue: Cue) -> Reply:
    """Answer without a rule."""
    if cue.answered:
        more = (_small_talk(replace(cue, text=cue.follow_up)),) if cue.follow_up else ()
        return Reply(" ".join((*map(_report, cue.answered), *more)))
    tool = _chosen_tool(cue)
    if tool is not None:
        return Reply(calls=(_call(tool, cue),))
    return Reply(_small_talk(cue))


def _report(answered: Answered) -> str:
    said = answered.output.strip()
    if not said:
        return f"{answered.name} gave no answer."
    cut = said if len(said) <= _MAX_REPORT else f"{said[:_MAX_REPORT]}..."
    return f"{answered.name} says: {cut}"


def _chosen_tool(cue: Cue) -> ToolDefinition | None:
    """Return the tool that has to be called, or that the user named."""
    tools = [tool for tool in cue.tools if tool.type == "function"]
    if isinstance(cue.tool_choice, Mapping):
        forced = cue.tool_choice.get("name")
        return next((tool for tool in tools if tool.name == forced), None)
    return None if cue.tool_choice == "none" else _tool_for(cue.text, tools, forced=cue.tool_choice == "required")


def _tool_for(text: str, tools: list[ToolDefinition], *, forced: bool) -> ToolDefinition | None:
    named = next((tool for tool in tools if _is_named(tool.name or "", text)), None)
    return tools[0] if named is None and forced and tools else named


def _is_named(name: str, text: str) -> bool:
    """Tell whether a text names a tool, whole or by one of its words; "get weather" is named by "the weather"."""
    lowered = text.lower()
    words = {word for word in _WORD.findall(_HUMP.sub(" ", name).lower()) if not _EMPTY_WORD.fullmatch(word)}
    return name.lower() in lowered or not words.isdisjoint(_WORD.findall(lowered))


def _call(tool: ToolDefinition, cue: Cue) -> PlannedCall:
    return PlannedCall(tool.name or "", json.dumps(fill(tool.parameters, cue.text), ensure_ascii=False))


def _small_talk(cue: Cue) -> str:
    if not cue.text.strip():
        ordered = _ORDER.search(cue.instructions)
        return ordered[1].strip() if ordered else _NOTHING_HEARD
    topic = next((answer for question, answer in _TOPICS if question.search(cue.text)), "You said: {text}")
    return filled(topic, {"text": cue.text.strip(), "time": cue.clock_text or "a time that nobody told me"})


_MAX_REPORT: Final = 300
_NOTHING_HEARD: Final = "I am listening."
_WORD: Final = re.compile(r"[^\W\d_]+")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_EMPTY_WORD: Final = re.compile(
    r"an?|and|by|call|check|create|do|fetch|find|for|from|function|get|give|in|is|it|list|look|lookup|make|my|of|on|or"
    r"|query|read|run|search|send|set|show|tell|the|this|to|tool|up|update|use|what|which|with|you|your"
)
"""Words in the names of tools that say nothing about what a tool is for."""
_ORDER: Final = re.compile(r"\bsay\b:?\s*[\"'“]?([^\"”\n]+?)[\"'”]?\s*$", re.IGNORECASE)
_ABOUT: Final = (
    "I am the embedded server of rxrealtime. I follow rules, I am no model, and my voice is a row of tones that spell "
    "what I say."
)
_TOPICS: Final = (
    (re.compile(r"\b(who|what) are you\b|\byour name\b|\babout yourself\b", re.IGNORECASE), _ABOUT),
    (
        re.compile(r"\bwhat can you do\b|^\s*help\b", re.IGNORECASE),
        "I repeat what I hear, tell the time, and call a tool when you name it.",
    ),
    (re.compile(r"\bwhat('s| is)? (the )?time\b|\btime is it\b", re.IGNORECASE), "It is {time}."),
    (
        re.compile(r"^\s*(hi|hello|hey|good (morning|day|evening))\b|\bgreeting\b", re.IGNORECASE),
        "Hello! How can I help?",
    ),
)

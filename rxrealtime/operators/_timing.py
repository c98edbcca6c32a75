"""What the operators over time share: dispatch by class with the time, and how long calls take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

from rxrealtime.activity import ToolEnded, ToolStarted
from rxrealtime.events import (
    ConversationItemAdded,
    ConversationItemCreate,
    ConversationItemCreated,
    FunctionCall,
    FunctionCallOutput,
    McpCall,
    ResponseFunctionCallArgumentsDone,
    ResponseMcpCallCompleted,
    ResponseMcpCallFailed,
    ResponseMcpCallInProgress,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
)

__all__ = [
    "ANNOUNCED",
    "CALL_STEPS",
    "REMEMBERED",
    "Calls",
    "OpenCall",
    "TimedSteps",
    "ToolTime",
    "by_timed_class",
    "put",
]

REMEMBERED = 64
"""How many responses and calls are remembered, open ones and ended ones."""

ANNOUNCED = "response.output_item.added"
"""Since when a call is only announced: its arguments are still being written."""

_RUNNING = ToolStarted.type
_State = TypeVar("_State")
_Out = TypeVar("_Out")
_Value = TypeVar("_Value")

TimedSteps = Mapping[type, Callable[[_State, float, Any], tuple[_State, tuple[_Out, ...]]]]
"""Steps by the exact class of the value; each gets the state, the seconds and the value."""


def by_timed_class(
    steps: TimedSteps[_State, _Out],
) -> Callable[[_State, tuple[float, object]], tuple[_State, tuple[_Out, ...]]]:
    """Make one step of a table of steps, over values with their time; what is not in the table changes nothing."""
    find = steps.get

    def step(state: _State, moment: tuple[float, object]) -> tuple[_State, tuple[_Out, ...]]:
        at, value = moment
        chosen = find(type(value))
        return chosen(state, at, value) if chosen else (state, ())

    return step


def put(values: Mapping[str, _Value], key: str, value: _Value) -> Mapping[str, _Value]:
    """Set one value, and forget the oldest if there are too many."""
    grown = {**values, key: value}
    if len(grown) > REMEMBERED:
        del grown[next(iter(grown))]
    return MappingProxyType(grown)


@dataclass(frozen=True, slots=True)
class ToolTime:
    """How long one call took.

    Args:
        call_id: The call; the item's id for a call of an MCP server's tool.
        call: How it began.
        end: When it had its output, in seconds.
        outcome: How it ended; None if nobody said.
    """

    call_id: str
    call: OpenCall
    end: float
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call without its output.

    Args:
        at: When it began, in seconds.
        since: The ``type`` of the value it began with.
        response_id: The response that asked for it, if it is known.
        name: The tool, if it is known.
        tool_type: "function", or "extension" for a tool that the server calls, as OpenTelemetry has it.
    """

    at: float
    since: str
    response_id: str | None = None
    name: str | None = None
    tool_type: str = "function"


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls under way, and which had their output lately.

    Args:
        open: The calls without an output, by id.
        answered: The ids of the last ones that have it.
    """

    open: Mapping[str, OpenCall] = field(default_factory=lambda: MappingProxyType({}))
    answered: tuple[str, ...] = ()


_Stepped = tuple[Calls, tuple[ToolTime, ...]]


def _begin(calls: Calls, call_id: str | None, call: OpenCall) -> _Stepped:
    """Let a call begin, or begin again later: only what a tool's runner says cannot be overruled."""
    known = calls.open.get(call_id or "")
    if not call_id or call_id in calls.answered or (known and not _is_later(known, call)):
        return calls, ()
    if known:
        names = (call.response_id or known.response_id, call.name or known.name, known.tool_type)
        call = OpenCall(call.at, call.since, *names)
    return replace(calls, open=put(calls.open, call_id, call)), ()


def _is_later(known: OpenCall, call: OpenCall) -> bool:
    return known.since == ANNOUNCED or (call.since == _RUNNING and known.since != _RUNNING)


def _end(calls: Calls, call_id: str | None, at: float, outcome: str | None) -> _Stepped:
    known = calls.open.get(call_id or "")
    if not call_id or known is None:
        return calls, ()
    left = {other: call for other, call in calls.open.items() if other != call_id}
    after = Calls(MappingProxyType(left), (*calls.answered, call_id)[-REMEMBERED:])
    return after, (ToolTime(call_id, known, at, outcome),)


def _item_added(calls: Calls, at: float, event: ResponseOutputItemAdded) -> _Stepped:
    match event.item:
        case FunctionCall(call_id=str(call_id), name=name):
            return _begin(calls, call_id, OpenCall(at, ANNOUNCED, event.response_id, name))
        case McpCall(id=str(item_id), name=name):
            return _begin(calls, item_id, OpenCall(at, ANNOUNCED, event.response_id, name, "extension"))
        case _:
            return calls, ()


def _arguments_done(calls: Calls, at: float, event: ResponseFunctionCallArgumentsDone) -> _Stepped:
    return _begin(calls, event.call_id, OpenCall(at, event.type, event.response_id, event.name))


def _item_done(calls: Calls, at: float, event: ResponseOutputItemDone) -> _Stepped:
    match event.item:
        case FunctionCall(call_id=str(call_id), name=name):
            return _begin(calls, call_id, OpenCall(at, event.type, event.response_id, name))
        case _:
            return calls, ()


def _started(calls: Calls, at: float, value: ToolStarted) -> _Stepped:
    return _begin(calls, value.call_id, OpenCall(at, value.type, value.response_id, value.name))


def _ended(calls: Calls, at: float, value: ToolEnded) -> _Stepped:
    return _end(calls, value.call_id, at, value.outcome)


def _answered(calls: Calls, at: float, event: Any) -> _Stepped:
    match event.item:
        case FunctionCallOutput(call_id=str(call_id)) if (known := calls.open.get(call_id)) and known.since != _RUNNING:
            return _end(calls, call_id, at, None)
        case _:
            return calls, ()


def _mcp_began(calls: Calls, at: float, event: ResponseMcpCallInProgress) -> _Stepped:
    return _begin(calls, event.item_id, OpenCall(at, event.type, tool_type="extension"))


def _mcp_completed(calls: Calls, at: float, event: ResponseMcpCallCompleted) -> _Stepped:
    return _end(calls, event.item_id, at, "ok")


def _mcp_failed(calls: Calls, at: float, event: ResponseMcpCallFailed) -> _Stepped:
    return _end(calls, event.item_id, at, "error")


CALL_STEPS: TimedSteps[Calls, ToolTime] = {
    ResponseOutputItemAdded: _item_added,
    ResponseFunctionCallArgumentsDone: _arguments_done,
    ResponseOutputItemDone: _item_done,
    ToolStarted: _started,
    ToolEnded: _ended,
    ConversationItemCreate: _answered,
    ConversationItemAdded: _answered,
    ConversationItemCreated: _answered,
    ResponseMcpCallInProgress: _mcp_began,
    ResponseMcpCallCompleted: _mcp_completed,
    ResponseMcpCallFailed: _mcp_failed,
}
"""A call begins when its arguments are whole, or its runner says so; it ends with its output."""

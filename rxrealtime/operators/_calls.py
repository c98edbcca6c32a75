"""The calls of tools: the state of the machine in `calls`, and the moves that its steps are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Literal

from rxrealtime.activity import Activity, GuardrailTripped, ToolEnded, ToolOutcome, ToolStarted
from rxrealtime.commands import answer_call
from rxrealtime.errors import ToolCancelledError, ToolTimeoutError, UnknownToolError
from rxrealtime.events import ClientEvent, ExceptionEvent, GuardrailFailed, ToolDefinition, ToolFailed
from rxrealtime.guardrails import Guardrail
from rxrealtime.operators._batches import Batches, closed, opened, owner, settled
from rxrealtime.tools import Tool, Transfer, describe_error

__all__ = [
    "Abort",
    "Call",
    "Calls",
    "Output",
    "Ran",
    "Rules",
    "Run",
    "Stepped",
    "Vet",
    "Vetted",
    "close_call",
    "fail_call",
    "move_call",
    "own_tools",
    "remember",
    "settle",
]

_REMEMBERED: Final = 1024
"""How many ids of calls are remembered, so that none is run twice."""
_OUTCOMES: Final[tuple[tuple[type[Exception], ToolOutcome], ...]] = (
    (ToolTimeoutError, "timeout"),
    (ToolCancelledError, "cancelled"),
    (UnknownToolError, "unknown_tool"),
)

Phase = Literal["new", "checking", "asking", "ready", "running", "handing over"]
"""Where a call is. Only one that is running takes a place."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call without an output.

    Args:
        call_id: Its id.
        name: The tool, as the model called it.
        response_id: The response that asked for it.
        item_id: Its item.
        arguments: What the model wrote.
        tool: The tool; None if there is none of that name.
        guardrails: What looks at its arguments.
        values: The arguments as the tool takes them.
        phase: Where it is.
        heir: The name of the agent that it hands over to.
    """

    call_id: str
    name: str
    response_id: str
    item_id: str | None = None
    arguments: str = field(default="", repr=False)
    tool: Tool | None = None
    guardrails: tuple[Guardrail, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    phase: Phase = "new"
    heir: str = ""


@dataclass(frozen=True, slots=True)
class Vet:
    """What the runner is to do: check the arguments, and find out whether the call needs an approval."""

    call: Call


@dataclass(frozen=True, slots=True)
class Run:
    """What the runner is to do: run the tool."""

    call: Call


@dataclass(frozen=True, slots=True)
class Abort:
    """What the runner is to do: give up what it does for a call; nothing of it counts any more."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Vetted:
    """What came of `Vet`.

    Args:
        call_id: The call.
        needs_approval: Whether it is to be approved.
        tripped: The guardrail that does not allow it.
        failures: The guardrails that failed themselves.
        error: Why it could not be found out.
    """

    call_id: str
    needs_approval: bool = False
    tripped: GuardrailTripped | None = None
    failures: tuple[GuardrailFailed, ...] = ()
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of `Run`: one of these.

    Args:
        call_id: The call.
        output: What the model is told.
        transfer: The agent that is to take over.
        error: Why there is no result.
    """

    call_id: str
    output: str = field(default="", repr=False)
    transfer: Transfer | None = field(default=None, repr=False)
    error: Exception | None = None


Output = ClientEvent | Activity | ExceptionEvent | Vet | Run | Abort
"""What the machine gives: for the wire, for the traffic, and for the runner."""


def own_tools(agent: Any) -> Iterable[Tool]:
    """Give the tools of an agent that are run here; those of MCP servers are not."""
    return (found for found in agent.tools if not isinstance(found, ToolDefinition))


@dataclass(frozen=True, slots=True)
class Rules:
    """What does not change.

    Args:
        max_concurrent: How many tools may run at a time.
        max_waiting: How many more calls may be without an output.
        guardrails: What looks at the arguments of every call, whatever its tool and its agent say.
        tools_of: The tools of an agent that are run here.
    """

    max_concurrent: int = 8
    max_waiting: int = 128
    guardrails: tuple[Guardrail, ...] = ()
    tools_of: Callable[[Any], Iterable[Tool]] = own_tools


@dataclass(frozen=True, slots=True)
class Calls:
    """The state of the machine.

    Args:
        rules: What does not change.
        tools: The tools there are.
        guardrails: What looks at the arguments of each call, as the agent has it.
        open: The calls without an output; of those that are ready, the one that was ready first comes first.
        known: The ids that were there, the last 1024 and all open ones, and a mark of what came with them.
        batches: What the responses wait for.
    """

    rules: Rules = Rules()
    tools: Mapping[str, Tool] = field(default_factory=lambda: MappingProxyType({}))
    guardrails: tuple[Guardrail, ...] = ()
    open: Mapping[str, Call] = field(default_factory=lambda: MappingProxyType({}))
    known: Mapping[str, int | None] = field(default_factory=lambda: MappingProxyType({}))
    batches: Batches = field(default_factory=lambda: MappingProxyType({}))


Stepped = tuple[Calls, tuple[Output, ...]]


def remember(state: Calls, key: str, mark: int | None = None) -> Calls:
    """Remember an id, and what came with it; forget the oldest one that is not open."""
    known = {**state.known, key: mark}
    if len(known) > _REMEMBERED:
        oldest = (other for other in known if other not in state.open and owner(state.batches, other) is None)
        known.pop(next(oldest, key))
    return replace(state, known=known)


def move_call(state: Calls, call: Call, phase: Phase) -> Calls:
    """Put a call into another phase, behind all others."""
    others = {key: other for key, other in state.open.items() if key != call.call_id}
    batches = state.batches if call.call_id in state.open else opened(state.batches, call.response_id, call.call_id)
    return replace(state, open={**others, call.call_id: replace(call, phase=phase)}, batches=batches)


def close_call(
    state: Calls, call: Call, outcome: ToolOutcome, output: str, *, by: Literal["us", "them"] = "us"
) -> Stepped:
    """Give a call its one output; the application may have sent it already."""
    output = output.encode("utf-8", "replace").decode()  # a lone surrogate could not be sent, and the call would wait
    others = {key: other for key, other in state.open.items() if key != call.call_id}
    batches = closed(state.batches, call.response_id, call.call_id, by)
    aborted = (Abort(call.call_id),) if call.phase in ("checking", "running") else ()
    sent = answer_call(call.call_id, output) if by == "us" else ()
    told = ToolEnded(call.call_id, call.name, call.response_id, outcome, output)
    return replace(state, open=others, batches=batches), (*aborted, *sent, told)


def fail_call(state: Calls, call: Call, error: Exception) -> Stepped:
    """Give a call the output of one that failed, and report why."""
    named: Iterator[ToolOutcome] = (outcome for kind, outcome in _OUTCOMES if isinstance(error, kind))
    outcome: ToolOutcome = next(named, "error")
    state, given = close_call(state, call, outcome, describe_error(call.tool, error))
    return state, (ToolFailed(error), *given)


def _start_ready(state: Calls) -> Stepped:
    """Start what is ready, as long as there are places."""
    places = state.rules.max_concurrent - sum(call.phase == "running" for call in state.open.values())
    ready = [call for call in state.open.values() if call.phase == "ready"][: max(places, 0)]
    given: tuple[Output, ...] = ()
    for call in ready:
        state = move_call(state, call, "running")
        started = state.open[call.call_id]
        given += (ToolStarted(call.call_id, call.name, call.response_id, call.arguments), Run(started))
    return state, given


def settle(state: Calls, response_id: str | None) -> Stepped:
    """Ask for the next response if it is time, and start what is ready."""
    batches, asked = settled(state.batches, response_id or "")
    state, started = _start_ready(replace(state, batches=batches))
    return state, (*asked, *started)

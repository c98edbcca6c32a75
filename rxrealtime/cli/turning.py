"""What is shown of a turn, and when it is over: pure, from the events and the activity of the session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rxrealtime import EventsDropped
from rxrealtime.activity import AgentChanged, ApprovalRequested, GuardrailTripped, Interrupted, ToolEnded, ToolStarted
from rxrealtime.cli.printable import one_line, printable
from rxrealtime.cli.remarks import cut_remark, end_remark
from rxrealtime.events import (
    FunctionCall,
    McpApprovalRequest,
    Response,
    ResponseCreated,
    ResponseDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputTextDelta,
)
from rxrealtime.operators import Latency

__all__ = ["Ask", "Begun", "Over", "Print", "Shown", "Tell", "Waits", "shown_step"]

_NAMES: Final = {"first_text": "first words after", "first_audio": "first audio after", "response": "the response took"}


@dataclass(frozen=True, slots=True)
class Print:
    """A piece of an answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Tell:
    """A remark, on a line of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody has to say whether a call may run."""

    call_id: str
    question: str


@dataclass(frozen=True, slots=True)
class Over:
    """The model has said all that it was asked for."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A response began."""

    response_id: str | None


Shown = Print | Tell | Ask | Begun | Over
"""What a moment of the conversation shows."""
Waits = tuple[Latency, ...]
"""How long the user waited, as far as it was not shown yet."""


def shown_step(waits: Waits, value: object) -> tuple[Waits, tuple[Shown, ...]]:
    """Take in one value of the session: an event, something it did, or a measurement.

    Args:
        waits: What was measured and not shown.
        value: The value; measurements of a response come before its ``response.done``.

    Returns:
        What is left to show, and what to show now, in order; nothing for most values.
    """
    match value:
        case Latency():
            return (*waits, value), ()
        case ResponseDone() if not _goes_on(value.response):
            return (), (*_status(value.response), *_measured(waits), Over())
        case ResponseDone():
            return (), ()
        case _:
            show = _SHOWN.get(type(value))
            return waits, show(value) if show else ()


def _begun(event: ResponseCreated) -> tuple[Shown, ...]:
    return (Begun(event.response.id),)


def _piece(event: ResponseOutputTextDelta | ResponseOutputAudioTranscriptDelta) -> tuple[Shown, ...]:
    return (Print(printable(event.delta)),)


def _dropped(dropped: EventsDropped) -> tuple[Shown, ...]:
    return (Tell(f"{dropped.count} pieces of the answer were dropped: the terminal is too slow"),)


def _goes_on(response: Response) -> bool:
    """Tell whether the answer is still to come, after the outputs of tools and what the user allows."""
    calls = any(isinstance(item, FunctionCall | McpApprovalRequest) for item in response.output or ())
    return calls and response.status == "completed"


def _status(response: Response) -> tuple[Shown, ...]:
    remark = end_remark(response)
    return (Tell(remark),) if remark else ()


def _started(started: ToolStarted) -> tuple[Shown, ...]:
    return (Tell(f"calls {started.name}({_short(started.arguments)})"),)


def _ended(ended: ToolEnded) -> tuple[Shown, ...]:
    how = "" if ended.outcome == "ok" else f" [{ended.outcome}]"
    return (Tell(f"{ended.name} gives{how} {_short(ended.output)}"),)


def _asked(request: ApprovalRequested) -> tuple[Shown, ...]:
    of = f" of {request.server_label}" if request.server_label else ""
    return (Ask(request.call_id, f"may {request.name}{of} run with {_short(request.arguments)}?"),)


def _interrupted(interrupted: Interrupted) -> tuple[Shown, ...]:
    return (Tell(cut_remark(interrupted)),)


def _tripped(tripped: GuardrailTripped) -> tuple[Shown, ...]:
    return (Tell(f"stopped by the guardrail {tripped.guardrail}"),)


def _changed(changed: AgentChanged) -> tuple[Shown, ...]:
    return (Tell(f"{changed.agent.name} takes over from {changed.previous}"),) if changed.previous else ()


def _measured(waits: Waits) -> tuple[Shown, ...]:
    told = [f"{_NAMES[wait.kind]} {wait.seconds * 1000:.0f} ms" for wait in waits if wait.kind in _NAMES]
    return (Tell(", ".join(told)),) if told else ()


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}..."


_WIDTH: Final = 200
_SHOWN: Final[Mapping[type, Callable[[Any], tuple[Shown, ...]]]] = {
    ResponseCreated: _begun,
    ResponseOutputTextDelta: _piece,
    ResponseOutputAudioTranscriptDelta: _piece,
    EventsDropped: _dropped,
    ToolStarted: _started,
    ToolEnded: _ended,
    ApprovalRequested: _asked,
    Interrupted: _interrupted,
    GuardrailTripped: _tripped,
    AgentChanged: _changed,
}

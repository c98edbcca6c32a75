"""What a session does by itself: values that policies exchange.

A policy is an operator over one stream, the *traffic*: everything the server sends, every client event that was sent,
these values, and the signals of the application. What it gives is client events, which go to the wire, and more of
these values, which go into the traffic in their turn.

Like `ExceptionEvent` they have a ``type``, so that every value of a stream has one; no event of the wire has these.
Their ``repr`` holds ids and names, never what was said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from rxrealtime.events import SessionConfig

__all__ = [
    "Activity",
    "AgentChanged",
    "ApprovalRequested",
    "GuardrailPassed",
    "GuardrailTripped",
    "HandoffEnded",
    "HandoffRequested",
    "Interrupted",
    "ResponseDropped",
    "ToolEnded",
    "ToolOutcome",
    "ToolStarted",
]

ToolOutcome = Literal["ok", "error", "timeout", "cancelled", "unknown_tool", "rejected"]
"""How a call ended."""


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool runs.

    Args:
        call_id: The call.
        name: The tool.
        response_id: The response that asked for it.
        arguments: What it was called with, as the model wrote it.
    """

    call_id: str
    name: str
    response_id: str
    arguments: str = field(default="", repr=False)

    type: ClassVar[str] = "tool_started"


@dataclass(frozen=True, slots=True)
class ToolEnded:
    """A call has its output, which is on its way to the server.

    Args:
        call_id: The call.
        name: The tool.
        response_id: The response that asked for it.
        outcome: How it ended.
        output: What the model is told.
    """

    call_id: str
    name: str
    response_id: str
    outcome: ToolOutcome
    output: str = field(default="", repr=False)

    type: ClassVar[str] = "tool_ended"


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """A call waits until the application says `Approval`.

    Args:
        call_id: The call, or the id of the ``mcp_approval_request``.
        name: The tool.
        response_id: The response that asked for it.
        arguments: What it is to be called with, as the model wrote it.
        server_label: The MCP server, if it is one of its tools, which the server calls itself.
    """

    call_id: str
    name: str
    response_id: str
    arguments: str = field(default="", repr=False)
    server_label: str | None = None

    type: ClassVar[str] = "approval_requested"


@dataclass(frozen=True, slots=True)
class HandoffRequested:
    """A call wants another agent to take over.

    Args:
        call_id: The call.
        agent: The other agent.
        config: What is to be put in force for it.
    """

    call_id: str
    agent: Any
    config: SessionConfig = field(repr=False)

    type: ClassVar[str] = "handoff_requested"


@dataclass(frozen=True, slots=True)
class HandoffEnded:
    """The configuration of the other agent is in force, or was refused.

    Args:
        call_id: The call.
        error: Why it was refused; None if it is in force.
    """

    call_id: str
    error: Exception | None = None

    type: ClassVar[str] = "handoff_ended"


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """Another agent has the session.

    Args:
        agent: The agent.
        previous: The name of the one before.
        call_id: The call that led to it; None at the beginning of the session.
    """

    agent: Any
    previous: str | None = None
    call_id: str | None = None

    type: ClassVar[str] = "agent_changed"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The model was interrupted, and this is how much of it was heard.

    Args:
        response_id: The response.
        item_id: The item that was being played.
        content_index: The part of that item.
        heard_ms: How much of its audio was played, in milliseconds.
        received_ms: How much of it had been received by then, in milliseconds.
    """

    response_id: str
    item_id: str
    content_index: int
    heard_ms: int
    received_ms: int

    type: ClassVar[str] = "interrupted"


@dataclass(frozen=True, slots=True)
class GuardrailPassed:
    """A guardrail found nothing wrong with what a response said so far, or failed and lets it pass then.

    Args:
        guardrail: Its name.
        response_id: The response.
        checked: How many characters of it were looked at: the length of the text, parts joined by a line break.
    """

    guardrail: str
    response_id: str
    checked: int

    type: ClassVar[str] = "guardrail_passed"


@dataclass(frozen=True, slots=True)
class GuardrailTripped:
    """A guardrail stopped a response, or the call of a tool.

    Args:
        guardrail: Its name.
        response_id: The response.
        reason: What it said about it, for the application.
        call_id: The call that was not run, if it is about one.
    """

    guardrail: str
    response_id: str
    reason: str = field(default="", repr=False)
    call_id: str | None = None

    type: ClassVar[str] = "guardrail_tripped"


@dataclass(frozen=True, slots=True)
class ResponseDropped:
    """A ``response.create`` was not sent, as the response policy has it.

    Args:
        event_id: The ``event_id`` of the ``response.create``.
        merged_into: The ``event_id`` of the waiting one that stands for it too; None if nothing does.
    """

    event_id: str
    merged_into: str | None = None

    type: ClassVar[str] = "response_dropped"


Activity = (
    ToolStarted
    | ToolEnded
    | ApprovalRequested
    | HandoffRequested
    | HandoffEnded
    | AgentChanged
    | Interrupted
    | GuardrailPassed
    | GuardrailTripped
    | ResponseDropped
)
"""What policies do."""

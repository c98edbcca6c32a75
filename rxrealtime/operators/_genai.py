"""Spans by the names that OpenTelemetry has for generative AI: what is known of a session, never what was said.

Source: OpenTelemetry semantic conventions 1.44, ``gen_ai.*``, in development. They have no names yet for a realtime
session, nor for tokens by modality; ours begin with ``rxrealtime.``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from rxrealtime.events import Response, ResponseDone, StatusDetails
from rxrealtime.operators._timing import ToolTime
from rxrealtime.operators.usage import Tally, response_tally

__all__ = [
    "MODEL",
    "SESSION",
    "AttributeValue",
    "Span",
    "SpanKind",
    "known",
    "response_span",
    "session_span",
    "tool_span",
]

SpanKind = Literal["session", "response", "tool"]
"""What a span is about."""

AttributeValue = str | int | float | tuple[str, ...]
"""What an attribute can be."""

SESSION = "session"
"""The ``id`` of the session's span, the root."""

MODEL = "gen_ai.request.model"
"""The attribute that names the model."""

_FAILED_OUTCOMES = ("error", "timeout", "unknown_tool")


@dataclass(frozen=True, slots=True)
class Span:
    """Something that began and ended; no transcript, argument or output is in it.

    Args:
        kind: "session", "response" or "tool".
        name: What it is called in a trace, such as ``chat gpt-realtime`` or ``execute_tool get_weather``.
        id: The response, the call, or "session".
        start: When it began, in seconds since the subscription.
        end: When it ended.
        parent_id: The ``id`` of the span that it is a part of; None for the session.
        attributes: What is known about it, by the names of OpenTelemetry.
    """

    kind: SpanKind
    name: str
    id: str
    start: float
    end: float
    parent_id: str | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def error(self) -> str | None:
        """The kind of error it ended with, its ``error.type``; None if it did not."""
        found = self.attributes.get("error.type")
        return None if found is None else str(found)


def session_span(about: Mapping[str, AttributeValue], end: float, error: str | None) -> Span:
    """Make the span of a session, which began at 0."""
    name = _named("realtime_session", about.get(MODEL))
    return Span("session", name, SESSION, 0.0, end, None, known({**about, "error.type": error}))


def response_span(
    event: ResponseDone, times: tuple[float, float], about: Mapping[str, AttributeValue], error: str | None = None
) -> Span:
    """Make the span of a response from its end, its times, and what was known when it began."""
    response = event.response
    attributes = {
        "gen_ai.operation.name": "chat",
        **about,
        **_outcome(response),
        **_usage(response_tally(event)),
        "error.type": error or _failure(response),
    }
    return Span("response", _named("chat", about.get(MODEL)), response.id or "", *times, SESSION, known(attributes))


def _outcome(response: Response) -> dict[str, AttributeValue | None]:
    details = response.status_details
    reason = (details.reason if isinstance(details, StatusDetails) else None) or response.status
    modalities = response.output_modalities or ()
    limit = response.max_output_tokens
    return {
        "gen_ai.response.id": response.id,
        "gen_ai.conversation.id": response.conversation_id,
        "gen_ai.response.finish_reasons": (reason,) if reason else None,
        "gen_ai.output.type": "speech" if "audio" in modalities else "text" if "text" in modalities else None,
        "gen_ai.request.max_tokens": limit if isinstance(limit, int) else None,
    }


def _usage(tally: Tally) -> dict[str, AttributeValue | None]:
    # the cached tokens are a part of the input, here and in the conventions
    counts: dict[str, AttributeValue | None] = {
        "gen_ai.usage.input_tokens": tally.input.total,
        "gen_ai.usage.cache_read.input_tokens": tally.cached.total,
        "gen_ai.usage.output_tokens": tally.output.total,
        "gen_ai.usage.reasoning.output_tokens": tally.output.reasoning,
    }
    kinds = {"input_tokens": tally.input, "cache_read.input_tokens": tally.cached, "output_tokens": tally.output}
    for kind, tokens in kinds.items():
        for modality in ("text", "audio", "image"):
            counts[f"rxrealtime.usage.{modality}.{kind}"] = getattr(tokens, modality)
    return counts


def _failure(response: Response) -> str | None:
    if response.status != "failed":
        return None
    details = response.status_details
    error = details.error if isinstance(details, StatusDetails) else None
    return (error and (error.code or error.type)) or "failed"


def tool_span(time: ToolTime, parent_id: str, error: str | None = None) -> Span:
    """Make the span of a call."""
    call = time.call
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": call.name,
        "gen_ai.tool.call.id": time.call_id,
        "gen_ai.tool.type": call.tool_type,
        "rxrealtime.tool.outcome": time.outcome,
        "error.type": time.outcome if time.outcome in _FAILED_OUTCOMES else error,
    }
    name = _named("execute_tool", call.name)
    return Span("tool", name, time.call_id, call.at, time.end, parent_id, known(attributes))


def known(attributes: Mapping[str, AttributeValue | None]) -> Mapping[str, AttributeValue]:
    """Leave out what is not known."""
    return MappingProxyType({name: value for name, value in attributes.items() if value is not None})


def _named(operation: str, what: AttributeValue | None) -> str:
    return f"{operation} {what}" if what else operation

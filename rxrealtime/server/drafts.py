"""Drafts and running responses as the wire shows them: the item that began, the item that is final, the response."""

from __future__ import annotations

from typing import TypedDict

from rxrealtime.events import (
    AudioConfig,
    ContentPart,
    FunctionCall,
    McpCall,
    Message,
    OutputAudioConfig,
    Response,
    StatusDetails,
    Usage,
)
from rxrealtime.server.items import shown
from rxrealtime.server.state import Draft, Running
from rxrealtime.server.tokens import NO_USAGE, count_spoken, count_text, usage

__all__ = ["Place", "final_item", "opened_item", "place_of", "response_view"]


class Place(TypedDict):
    """Where in a response an event belongs."""

    response_id: str
    item_id: str
    output_index: int


def place_of(running: Running, index: int) -> Place:
    """Return where the output item of this index is."""
    return {"response_id": running.id, "item_id": running.drafts[index].id, "output_index": index}


def opened_item(draft: Draft) -> Message | FunctionCall | McpCall:
    """Return the item as it begins: in progress and empty."""
    if draft.plan is None:
        return Message(id=draft.id, status="in_progress", role="assistant", content=())
    name = draft.plan.name
    if draft.plan.server:
        return McpCall(id=draft.id, server_label=draft.plan.server, name=name, arguments="")
    return FunctionCall(id=draft.id, status="in_progress", name=name, call_id=draft.call_id, arguments="")


def final_item(draft: Draft) -> Message | FunctionCall | McpCall:
    """Return the item as it ended, made of what was played, audio included."""
    if draft.called is not None:
        return draft.called
    if draft.plan is not None and draft.plan.server:
        error = None if draft.status == "calling" else {"type": "tool_execution_error", "message": "It was cut off."}
        plan = draft.plan
        return McpCall(id=draft.id, server_label=plan.server, name=plan.name, arguments=draft.said, error=error)
    if draft.plan is not None:
        name = draft.plan.name
        return FunctionCall(id=draft.id, status=draft.status, name=name, call_id=draft.call_id, arguments=draft.said)
    if draft.audio:
        part = ContentPart(type="output_audio", audio=draft.audio[: draft.heard], transcript=draft.said)
    else:
        part = ContentPart(type="output_text", text=draft.said)
    return Message(id=draft.id, status=draft.status, role="assistant", content=(part,))


def response_view(running: Running, status: str, details: StatusDetails | None = None) -> Response:
    """Return the response as ``response.created`` and ``response.done`` show it."""
    settings = running.settings
    finished = [draft for draft in running.drafts if draft.status in ("completed", "incomplete", "calling")]
    audio = settings.config.audio
    output = audio.output if audio else None
    return Response(
        object="realtime.response",
        id=running.id,
        status=status,
        status_details=details,
        output=tuple(shown(final_item(draft)) for draft in finished),
        conversation_id=running.conversation_id,
        output_modalities=(settings.modality,),
        max_output_tokens=settings.max_output_tokens or "inf",
        audio=AudioConfig(output=OutputAudioConfig(format=output.format, voice=output.voice)) if output else None,
        usage=_usage(running, status),
        metadata=running.metadata,
    )


def _usage(running: Running, status: str) -> Usage | None:
    if status == "in_progress":
        return None
    if status == "failed":
        return NO_USAGE
    text = sum(count_text(draft.said) for draft in running.drafts)
    audio = sum(count_spoken(draft.heard, running.settings.output_format) for draft in running.drafts)
    return usage(running.input_tokens, (text, audio))

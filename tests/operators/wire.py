"""Short ways to make the events that the tests of the operators are about."""

from __future__ import annotations

from typing import Any

from rxrealtime.events import (
    ContentPart,
    ConversationItemAdded,
    ConversationItemDone,
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemInputAudioTranscriptionDelta,
    ConversationItemInputAudioTranscriptionFailed,
    FunctionCall,
    InputAudioBufferCommitted,
    Message,
    Response,
    ResponseCreated,
    ResponseDone,
    ResponseOutputAudioDelta,
    ResponseOutputAudioDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputItemAdded,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
)

__all__ = [
    "added",
    "audio",
    "audio_done",
    "call",
    "committed",
    "created",
    "done",
    "failed",
    "heard",
    "item_done",
    "output_added",
    "said",
    "say",
    "spoken_item",
    "text_item",
    "transcribed",
    "write",
    "wrote",
]


def _at(item: str, index: int, response: str) -> dict[str, Any]:
    return {"response_id": response, "item_id": item, "output_index": 0, "content_index": index}


def audio(data: bytes, item: str = "a", index: int = 0, response: str = "r") -> ResponseOutputAudioDelta:
    """A piece of audio."""
    return ResponseOutputAudioDelta(**_at(item, index, response), delta=data)


def audio_done(item: str = "a", index: int = 0, response: str = "r") -> ResponseOutputAudioDone:
    """The end of a part's audio."""
    return ResponseOutputAudioDone(**_at(item, index, response))


def say(piece: str, item: str = "a", index: int = 0, response: str = "r") -> ResponseOutputAudioTranscriptDelta:
    """A piece of what the assistant says."""
    return ResponseOutputAudioTranscriptDelta(**_at(item, index, response), delta=piece)


def said(whole: str, item: str = "a", index: int = 0, response: str = "r") -> ResponseOutputAudioTranscriptDone:
    """All that the assistant said."""
    return ResponseOutputAudioTranscriptDone(**_at(item, index, response), transcript=whole)


def write(piece: str, item: str = "a", index: int = 0, response: str = "r") -> ResponseOutputTextDelta:
    """A piece of what the assistant writes."""
    return ResponseOutputTextDelta(**_at(item, index, response), delta=piece)


def wrote(whole: str, item: str = "a", index: int = 0, response: str = "r") -> ResponseOutputTextDone:
    """All that the assistant wrote."""
    return ResponseOutputTextDone(**_at(item, index, response), text=whole)


def heard(piece: str | None, item: str = "u") -> ConversationItemInputAudioTranscriptionDelta:
    """A piece of what the user said."""
    return ConversationItemInputAudioTranscriptionDelta(item_id=item, content_index=0, delta=piece)


def transcribed(whole: str, item: str = "u", **more: Any) -> ConversationItemInputAudioTranscriptionCompleted:
    """All that the user said."""
    return ConversationItemInputAudioTranscriptionCompleted(item_id=item, content_index=0, transcript=whole, **more)


def failed(item: str = "u") -> ConversationItemInputAudioTranscriptionFailed:
    """A transcription that failed."""
    return ConversationItemInputAudioTranscriptionFailed(item_id=item, content_index=0)


def text_item(item: str, text: str, role: str = "user", status: str | None = "completed") -> Message:
    """A written message."""
    kind = "input_text" if role == "user" else "output_text"
    return Message(id=item, role=role, status=status, content=(ContentPart(type=kind, text=text),))


def spoken_item(item: str, transcript: str | None = None, role: str = "user", status: str = "completed") -> Message:
    """A spoken message."""
    kind = "input_audio" if role == "user" else "output_audio"
    return Message(id=item, role=role, status=status, content=(ContentPart(type=kind, transcript=transcript),))


def call(item: str = "f") -> FunctionCall:
    """A function call."""
    return FunctionCall(id=item, call_id="call_1", name="weather", arguments="{}", status="completed")


def added(item: Any) -> ConversationItemAdded:
    """An item came into the conversation."""
    return ConversationItemAdded(item=item)


def item_done(item: Any) -> ConversationItemDone:
    """An item is final."""
    return ConversationItemDone(item=item)


def committed(item: str = "u") -> InputAudioBufferCommitted:
    """What the user spoke became an item."""
    return InputAudioBufferCommitted(item_id=item)


def created(response: str = "r") -> ResponseCreated:
    """A response began."""
    return ResponseCreated(response=Response(id=response, status="in_progress"))


def output_added(item: Any, response: str = "r") -> ResponseOutputItemAdded:
    """An item of a response began."""
    return ResponseOutputItemAdded(response_id=response, output_index=0, item=item)


def done(*output: Any, response: str = "r", status: str = "completed") -> ResponseDone:
    """A response ended."""
    return ResponseDone(response=Response(id=response, status=status, output=output))

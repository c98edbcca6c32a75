"""Events about the conversation and its items.

Source: openai-openapi f85dbe2 (2026-08-21), recorded traffic of 2026-08. The order of a conversation comes from
``previous_item_id`` of ``conversation.item.added`` alone; in ``conversation.item.done`` it is often null.
"""

from typing import Any, Literal

from rxrealtime.events.base import Event, Model, many
from rxrealtime.events.items import Item
from rxrealtime.events.response import InputTokenDetails

__all__ = [
    "Conversation",
    "ConversationCreated",
    "ConversationItemAdded",
    "ConversationItemCreate",
    "ConversationItemCreated",
    "ConversationItemDelete",
    "ConversationItemDeleted",
    "ConversationItemDone",
    "ConversationItemInputAudioTranscriptionCompleted",
    "ConversationItemInputAudioTranscriptionDelta",
    "ConversationItemInputAudioTranscriptionFailed",
    "ConversationItemInputAudioTranscriptionSegment",
    "ConversationItemRetrieve",
    "ConversationItemRetrieved",
    "ConversationItemTruncate",
    "ConversationItemTruncated",
    "TranscriptionError",
    "TranscriptionUsage",
]


class Conversation(Model):
    """A conversation by its id."""

    id: str | None = None
    object: str | None = None


class TranscriptionUsage(Model):
    """What a transcription cost: ``type`` is ``tokens`` or ``duration`` (then ``seconds``).

    ``input_token_details`` has ``text_tokens`` and ``audio_tokens`` only.
    """

    type: str | None = None
    seconds: float | None = None
    total_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_token_details: InputTokenDetails | None = None


class TranscriptionError(Model):
    """Why a transcription failed; the response is not affected."""

    type: str | None = None
    code: str | None = None
    message: str | None = None
    param: str | None = None


class ConversationCreated(Event):
    """A conversation exists. In the schema, recorded from xAI only."""

    type: Literal["conversation.created"] = "conversation.created"
    conversation: Conversation


class ConversationItemCreated(Event):
    """The beta name of ``conversation.item.added``, still in the GA union."""

    type: Literal["conversation.item.created"] = "conversation.item.created"
    previous_item_id: str | None = None
    item: Item


class ConversationItemAdded(Event):
    """An item is now in the default conversation; a model's item may still be empty."""

    type: Literal["conversation.item.added"] = "conversation.item.added"
    previous_item_id: str | None = None
    item: Item


class ConversationItemDone(Event):
    """An item is final. Its ``previous_item_id`` is not to be relied on (recorded: null in 10 of 49)."""

    type: Literal["conversation.item.done"] = "conversation.item.done"
    previous_item_id: str | None = None
    item: Item


class ConversationItemDeleted(Event):
    """An item was deleted."""

    type: Literal["conversation.item.deleted"] = "conversation.item.deleted"
    item_id: str


class ConversationItemRetrieved(Event):
    """An item as the server has it, the only event that carries audio inside an item."""

    type: Literal["conversation.item.retrieved"] = "conversation.item.retrieved"
    item: Item


class ConversationItemTruncated(Event):
    """An assistant's audio was cut at ``audio_end_ms``; its transcript is removed."""

    type: Literal["conversation.item.truncated"] = "conversation.item.truncated"
    item_id: str
    content_index: int
    audio_end_ms: int


class ConversationItemInputAudioTranscriptionDelta(Event):
    """A piece of the transcript of the user's audio; it may come before its item."""

    type: Literal["conversation.item.input_audio_transcription.delta"] = (
        "conversation.item.input_audio_transcription.delta"
    )
    item_id: str
    content_index: int | None = None
    delta: str | None = None
    logprobs: tuple[dict[str, Any], ...] | None = many()


class ConversationItemInputAudioTranscriptionCompleted(Event):
    """The transcript of the user's audio, equal to its deltas only after ``strip``."""

    type: Literal["conversation.item.input_audio_transcription.completed"] = (
        "conversation.item.input_audio_transcription.completed"
    )
    item_id: str
    content_index: int | None = None
    transcript: str
    usage: TranscriptionUsage | None = None
    logprobs: tuple[dict[str, Any], ...] | None = many()


class ConversationItemInputAudioTranscriptionFailed(Event):
    """The user's audio could not be transcribed."""

    type: Literal["conversation.item.input_audio_transcription.failed"] = (
        "conversation.item.input_audio_transcription.failed"
    )
    item_id: str
    content_index: int | None = None
    error: TranscriptionError | None = None


class ConversationItemInputAudioTranscriptionSegment(Event):
    """A stretch of one speaker, from a diarising model; ``start`` and ``end`` are seconds."""

    type: Literal["conversation.item.input_audio_transcription.segment"] = (
        "conversation.item.input_audio_transcription.segment"
    )
    item_id: str
    content_index: int | None = None
    text: str
    id: str | None = None
    speaker: str | None = None
    start: float | None = None
    end: float | None = None


class ConversationItemCreate(Event):
    """Add an item: at the end, at the front (``previous_item_id="root"``) or after another."""

    type: Literal["conversation.item.create"] = "conversation.item.create"
    previous_item_id: str | None = None
    item: Item


class ConversationItemDelete(Event):
    """Remove an item."""

    type: Literal["conversation.item.delete"] = "conversation.item.delete"
    item_id: str


class ConversationItemRetrieve(Event):
    """Ask for an item as the server has it, audio included."""

    type: Literal["conversation.item.retrieve"] = "conversation.item.retrieve"
    item_id: str


class ConversationItemTruncate(Event):
    """Cut an assistant's audio to what was heard, in milliseconds."""

    type: Literal["conversation.item.truncate"] = "conversation.item.truncate"
    item_id: str
    content_index: int
    audio_end_ms: int

"""Responses: the object, the events of its life, and the client events that start and stop it.

Source: openai-openapi f85dbe2 (2026-08-21), recorded traffic of 2026-08. Every ``.done`` event is also emitted when a
response is interrupted, incomplete or cancelled; items of one response interleave.
"""

from typing import Any, Literal

from rxrealtime.events.base import Audio, Event, Model, many
from rxrealtime.events.config import AudioConfig, Prompt, Reasoning, ToolChoice, ToolDefinition
from rxrealtime.events.items import ContentPart, Item

__all__ = [
    "InputTokenDetails",
    "OutputTokenDetails",
    "RateLimit",
    "RateLimitsUpdated",
    "Response",
    "ResponseCancel",
    "ResponseContentPartAdded",
    "ResponseContentPartDone",
    "ResponseCreate",
    "ResponseCreated",
    "ResponseDone",
    "ResponseFunctionCallArgumentsDelta",
    "ResponseFunctionCallArgumentsDone",
    "ResponseOutputAudioDelta",
    "ResponseOutputAudioDone",
    "ResponseOutputAudioTranscriptDelta",
    "ResponseOutputAudioTranscriptDone",
    "ResponseOutputItemAdded",
    "ResponseOutputItemDone",
    "ResponseOutputTextDelta",
    "ResponseOutputTextDone",
    "ResponseParams",
    "StatusDetails",
    "StatusError",
    "Usage",
]


class InputTokenDetails(Model):
    """Input tokens by modality; ``cached_tokens`` are part of them, not beside them."""

    text_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None
    cached_tokens: int | None = None
    cached_tokens_details: "InputTokenDetails | None" = None


class OutputTokenDetails(Model):
    """Output tokens by modality."""

    text_tokens: int | None = None
    audio_tokens: int | None = None
    reasoning_tokens: int | None = None


class Usage(Model):
    """Tokens of one response; total = input + output."""

    total_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_token_details: InputTokenDetails | None = None
    output_token_details: OutputTokenDetails | None = None


class StatusError(Model):
    """Why a response failed."""

    type: str | None = None
    code: str | None = None
    message: str | None = None


class StatusDetails(Model):
    """More about a status other than completed.

    ``reason`` is ``turn_detected`` or ``client_cancelled``, ``max_output_tokens`` or ``content_filter``.
    """

    type: str | None = None
    reason: str | None = None
    error: StatusError | None = None


class Response(Model):
    """A response; ``status`` is in_progress, completed, cancelled, failed or incomplete."""

    id: str | None = None
    object: str | None = None
    status: str | None = None
    status_details: StatusDetails | str | None = None
    output: tuple[Item, ...] | None = many()
    conversation_id: str | None = None
    output_modalities: tuple[str, ...] | None = many()
    max_output_tokens: int | str | None = None
    audio: AudioConfig | None = None
    usage: Usage | None = None
    metadata: dict[str, Any] | None = None


class ResponseParams(Model):
    """What a client may set for one response; ``conversation="none"`` keeps it out of the conversation."""

    output_modalities: tuple[str, ...] | None = many()
    instructions: str | None = None
    audio: AudioConfig | None = None
    tools: tuple[ToolDefinition, ...] | None = many()
    tool_choice: str | ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    max_output_tokens: int | str | None = None
    conversation: str | None = None
    metadata: dict[str, Any] | None = None
    prompt: Prompt | None = None
    input: tuple[Item, ...] | None = many()


class ResponseCreated(Event):
    """A response began: status in_progress, no output yet."""

    type: Literal["response.created"] = "response.created"
    response: Response


class ResponseDone(Event):
    """A response ended, whatever its status; it comes exactly once per response."""

    type: Literal["response.done"] = "response.done"
    response: Response


class ResponseOutputItemAdded(Event):
    """An item of the output began, in_progress."""

    type: Literal["response.output_item.added"] = "response.output_item.added"
    response_id: str
    output_index: int
    item: Item


class ResponseOutputItemDone(Event):
    """An item of the output is final."""

    type: Literal["response.output_item.done"] = "response.output_item.done"
    response_id: str
    output_index: int
    item: Item


class ResponseContentPartAdded(Event):
    """A content part of a message began."""

    type: Literal["response.content_part.added"] = "response.content_part.added"
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    part: ContentPart


class ResponseContentPartDone(Event):
    """A content part is final. xAI leaves ``part`` out (recorded)."""

    type: Literal["response.content_part.done"] = "response.content_part.done"
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    part: ContentPart | None = None


class ResponseOutputAudioDelta(Event):
    """A piece of the model's audio: ``delta`` is bytes in the session's output format."""

    type: Literal["response.output_audio.delta"] = "response.output_audio.delta"
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: Audio


class ResponseOutputAudioDone(Event):
    """The audio of a part is complete, which says nothing about how much was played."""

    type: Literal["response.output_audio.done"] = "response.output_audio.done"
    response_id: str
    item_id: str
    output_index: int
    content_index: int


class ResponseOutputAudioTranscriptDelta(Event):
    """A piece of the transcript of the model's audio."""

    type: Literal["response.output_audio_transcript.delta"] = "response.output_audio_transcript.delta"
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: str


class ResponseOutputAudioTranscriptDone(Event):
    """The transcript of a part, whole: the concatenation of its deltas."""

    type: Literal["response.output_audio_transcript.done"] = "response.output_audio_transcript.done"
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    transcript: str


class ResponseOutputTextDelta(Event):
    """A piece of the model's text."""

    type: Literal["response.output_text.delta"] = "response.output_text.delta"
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    delta: str


class ResponseOutputTextDone(Event):
    """The text of a part, whole: the concatenation of its deltas."""

    type: Literal["response.output_text.done"] = "response.output_text.done"
    response_id: str
    item_id: str
    output_index: int
    content_index: int
    text: str


class ResponseFunctionCallArgumentsDelta(Event):
    """A piece of the arguments of a call; xAI sends one piece without ``output_index`` (recorded)."""

    type: Literal["response.function_call_arguments.delta"] = "response.function_call_arguments.delta"
    response_id: str
    item_id: str
    output_index: int | None = None
    call_id: str | None = None
    delta: str


class ResponseFunctionCallArgumentsDone(Event):
    """The arguments of a call, whole; a cut response may leave them cut. ``name`` is missing on older servers."""

    type: Literal["response.function_call_arguments.done"] = "response.function_call_arguments.done"
    response_id: str
    item_id: str
    output_index: int | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str


class RateLimit(Model):
    """One row of the rate limits: ``requests`` or ``tokens``, and the seconds until it is full again."""

    name: str | None = None
    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None


class RateLimitsUpdated(Event):
    """The rate limits; recorded after ``response.done``, in a minority of sessions."""

    type: Literal["rate_limits.updated"] = "rate_limits.updated"
    rate_limits: tuple[RateLimit, ...] | None = many()


class ResponseCreate(Event):
    """Ask for a response; only one at a time may write to the default conversation."""

    type: Literal["response.create"] = "response.create"
    response: ResponseParams | None = None


class ResponseCancel(Event):
    """Stop a response, the active one of the default conversation if none is named."""

    type: Literal["response.cancel"] = "response.cancel"
    response_id: str | None = None

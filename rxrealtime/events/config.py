"""The session object: what is asked for with ``session.update`` and what the server says is in force.

Source: openai-openapi f85dbe2 (2026-08-21), recorded traffic of 2026-08. One set of models serves both directions:
every field is optional, since a client names only what it changes.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from rxrealtime.events.base import Model, Tagged, many

__all__ = [
    "AudioConfig",
    "InputAudioConfig",
    "NoiseReduction",
    "OutputAudioConfig",
    "Prompt",
    "Reasoning",
    "RetentionRatio",
    "SessionConfig",
    "TokenLimits",
    "ToolChoice",
    "ToolDefinition",
    "Tracing",
    "Transcription",
    "TurnDetection",
    "Voice",
    "WireAudioFormat",
]


class WireAudioFormat(Model):
    """``{"type": "audio/pcm", "rate": 24000}``, ``{"type": "audio/pcmu"}`` or ``{"type": "audio/pcma"}``."""

    type: str | None = None
    rate: int | None = None


class Transcription(Model):
    """How the user's speech is transcribed; asynchronous to the response.

    ``language`` (ISO 639-1) or ``languages`` say what to expect, ``keywords`` which words; ``delay`` is how long to
    wait for more context: ``minimal``, ``low``, ``medium``, ``high`` or ``xhigh``.
    """

    model: str | None = None
    language: str | None = None
    prompt: str | None = None
    languages: tuple[str, ...] | None = many()
    keywords: tuple[str, ...] | None = many()
    delay: str | None = None


class NoiseReduction(Model):
    """Noise reduction of the input audio: ``near_field`` or ``far_field``, and how much of it."""

    type: str | None = None
    strength: float | None = None


class TurnDetection(Model):
    """Voice activity detection: ``server_vad`` (levels and silences) or ``semantic_vad`` (eagerness).

    Durations are milliseconds. The documented default of ``silence_duration_ms`` is 500, the recorded one 200.
    """

    type: str | None = None
    threshold: float | None = None
    prefix_padding_ms: int | None = None
    silence_duration_ms: int | None = None
    idle_timeout_ms: int | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None
    eagerness: str | None = None


class Voice(Model):
    """A custom voice; the built-in ones are plain strings."""

    id: str | None = None
    name: str | None = None


class InputAudioConfig(Model):
    """``audio.input``: an explicit null turns transcription, noise reduction or turn detection off."""

    format: WireAudioFormat | str | None = None
    transcription: Transcription | None = None
    noise_reduction: NoiseReduction | None = None
    turn_detection: TurnDetection | None = None


class OutputAudioConfig(Model):
    """``audio.output``: format, voice, and a speed from 0.25 to 1.5; ``language`` in translation sessions only."""

    format: WireAudioFormat | str | None = None
    voice: str | Voice | None = None
    speed: float | None = None
    language: str | None = None


class AudioConfig(Model):
    """The audio half of a session or a response."""

    input: InputAudioConfig | None = None
    output: OutputAudioConfig | None = None


class ToolDefinition(Model):
    """A tool offered to the model: ``function`` (called here) or ``mcp`` (called by the server).

    An MCP server is told by one of ``server_url``, ``connector_id`` and ``tunnel_id``. ``authorization`` and
    ``headers`` are credentials, and urls often hold one: they are written to the wire and are in no ``repr``.
    ``allowed_tools`` is names or ``{"tool_names": [...], "read_only": ...}``; ``require_approval`` is ``always``,
    ``never`` or ``{"always": {...}, "never": {...}}``.
    """

    type: str | None = None
    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None
    server_label: str | None = None
    server_description: str | None = None
    server_url: str | None = Field(default=None, repr=False)
    connector_id: str | None = None
    tunnel_id: str | None = None
    authorization: str | None = Field(default=None, repr=False)
    headers: dict[str, Any] | None = Field(default=None, repr=False)
    allowed_tools: Annotated[tuple[str, ...], Field(fail_fast=True)] | dict[str, Any] | None = None
    allowed_callers: tuple[str, ...] | None = many()
    require_approval: str | dict[str, Any] | None = None
    defer_loading: bool | None = None


class ToolChoice(Model):
    """One named tool; otherwise the choice is ``"none"``, ``"auto"`` or ``"required"``."""

    type: str | None = None
    name: str | None = None
    server_label: str | None = None


class TokenLimits(Model):
    """How many tokens of a conversation are kept, the instructions not counted."""

    post_instructions: int | None = None


class RetentionRatio(Model):
    """A truncation that keeps a share (0 to 1) of the conversation; otherwise ``"auto"`` or ``"disabled"``."""

    type: str | None = None
    retention_ratio: float | None = None
    token_limits: TokenLimits | None = None


class Tracing(Model):
    """Tracing with names; otherwise ``"auto"`` or null."""

    workflow_name: str | None = None
    group_id: str | None = None
    metadata: dict[str, Any] | None = None


class Prompt(Model):
    """A stored prompt and its variables."""

    id: str | None = None
    version: str | None = None
    variables: dict[str, Any] | None = None


class Reasoning(Model):
    """How hard a reasoning model thinks: ``minimal``, ``low``, ``medium``, ``high`` or ``xhigh``."""

    effort: str | None = None


class SessionConfig(Tagged):
    """A session, realtime or transcription.

    ``type`` is written always: the GA server answers "Missing required parameter: 'session.type'." without it, while
    some compatible servers leave it out of what they send. ``id``, ``object`` and ``expires_at`` (Unix seconds) come
    from the server only.
    """

    type: Literal["realtime", "transcription", "translation"] | str = "realtime"
    id: str | None = None
    object: str | None = None
    expires_at: int | None = None
    model: str | None = None
    output_modalities: tuple[str, ...] | None = many()
    instructions: str | None = None
    audio: AudioConfig | None = None
    include: tuple[str, ...] | None = many()
    tools: tuple[ToolDefinition, ...] | None = many()
    tool_choice: str | ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    max_output_tokens: int | str | None = None
    truncation: str | RetentionRatio | None = None
    tracing: str | Tracing | None = None
    prompt: Prompt | None = None

"""What an application asks for: settings by flat names, given the shape of the GA session.

Source: openai-openapi f85dbe2 (2026-08-21) for the shape.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict, Unpack

from pydantic import ValidationError

from rxrealtime.errors import ConfigurationError
from rxrealtime.events import (
    AudioConfig,
    NoiseReduction,
    Prompt,
    Reasoning,
    RetentionRatio,
    SessionConfig,
    ToolChoice,
    ToolDefinition,
    Tracing,
    Transcription,
    TurnDetection,
    Voice,
)
from rxrealtime.settings.formats import FormatLike
from rxrealtime.settings.places import given, tree
from rxrealtime.settings.ranges import impossible
from rxrealtime.settings.readings import read
from rxrealtime.settings.refusals import named, told
from rxrealtime.tools import Tool

__all__ = ["SessionSettings", "session_config"]

_Object = Mapping[str, Any]


class SessionSettings(TypedDict, total=False):
    """The settings of a session by name; what is not named is left as it is, None is sent as null.

    Names of the GA session object, flat names for what is inside its ``audio``, and ``modalities`` for
    ``output_modalities``. An object may be given as its class or as a mapping.
    """

    type: Literal["realtime", "transcription"]
    model: str
    instructions: str | None
    modalities: Sequence[str] | None
    output_modalities: Sequence[str] | None
    audio: AudioConfig | _Object | None
    input_format: FormatLike | None
    transcription: str | Transcription | _Object | None
    noise_reduction: str | NoiseReduction | _Object | None
    turn_detection: Literal["server_vad", "semantic_vad"] | TurnDetection | _Object | None
    output_format: FormatLike | None
    voice: str | Voice | _Object | None
    speed: float | None
    tools: Iterable[Tool | ToolDefinition | _Object] | None
    tool_choice: str | ToolChoice | _Object | None
    parallel_tool_calls: bool | None
    reasoning: str | Reasoning | _Object | None
    max_output_tokens: int | Literal["inf"] | None
    truncation: str | RetentionRatio | _Object | None
    prompt: Prompt | _Object | None
    tracing: str | Tracing | _Object | None
    include: Sequence[str] | None


def session_config(**settings: Unpack[SessionSettings]) -> SessionConfig:
    """Give settings the shape of the GA session.

    Args:
        settings: See `SessionSettings`. ``turn_detection="semantic_vad"`` and ``transcription="whisper-1"`` say only
            the kind or the model, ``turn_detection=None`` asks for manual turns. What ``audio`` says wins over the
            flat names, ``output_modalities`` over ``modalities``.

    Returns:
        The configuration; only what was named is set, and so written to the wire.

    Raises:
        ConfigurationError: A name is unknown, or a value is none that a session can have. The setting is named, the
            value is not in the message.

    Example:
        >>> session_config(voice="marin", turn_detection=None).model_dump(exclude_unset=True)["audio"]
        {'input': {'turn_detection': None}, 'output': {'voice': 'marin'}}
    """
    _refuse_unknown(settings)
    said = dict(given(settings))
    names: dict[tuple[int | str, ...], str] = {path: name for path, (name, _) in said.items()}
    raw = tree({path: read(path, name, value) for path, (name, value) in said.items()})
    try:
        config = SessionConfig.model_validate(raw)
    except ValidationError as error:
        raise ConfigurationError(told(error, names)) from None  # which says the same at length
    for path, rule in impossible(config):
        raise ConfigurationError(f"{named(path, names)}: {rule}")
    return config


def _refuse_unknown(settings: Iterable[str]) -> None:
    known = SessionSettings.__annotations__
    for name in settings:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
            raise ConfigurationError(f"unknown setting {name!r}: {hint}")

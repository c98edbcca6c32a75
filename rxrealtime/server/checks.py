"""What a session update and a response may ask for; everything else is refused with the path of the parameter.

Source: openai-openapi f85dbe2 (2026-08-21) for the ranges and names; the wording follows errors quoted in public
issue threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from rxrealtime.audio import AudioFormat
from rxrealtime.events import AudioConfig, Model, ResponseParams, SessionConfig
from rxrealtime.server.refusals import Refused, invalid_value, missing_parameter, one_of

__all__ = ["check_response", "check_session"]

_Check = Callable[[str, Any], None]
_MAX_TOKENS: Final = 4096
_MAX_METADATA: Final = (16, 64, 512)
"""Entries, characters of a key, characters of a value."""
_METADATA_FORM: Final = "an object of at most 16 strings of at most 512 characters, with keys of at most 64"


def check_session(session: SessionConfig) -> None:
    """Refuse a session update that a GA server refuses.

    Args:
        session: The ``session`` of ``session.update``.

    Raises:
        Refused: A value is not allowed, a parameter is unknown, or the type of the turn detection is missing.
    """
    if session.type != "realtime":
        message = f"Passing a {session.type[:20]} session update event to a realtime session is not allowed."
        raise invalid_value("session.type", message)
    _check_known("session", session)
    _check_audio_known("session.audio", session.audio)
    _check_values("session", session.model_dump(exclude_unset=True, mode="json"))


def check_response(params: ResponseParams) -> None:
    """Refuse a ``response.create`` that a GA server refuses.

    Raises:
        Refused: A value is not allowed or a parameter is unknown.
    """
    _check_known("response", params)
    _check_audio_known("response.audio", params.audio)
    fields = set(ResponseParams.model_fields) - {"input"}
    _check_values("response", params.model_dump(exclude_unset=True, mode="json", include=fields))


def _check_known(path: str, model: Model) -> None:
    for name in model.model_extra or {}:
        raise Refused("unknown_parameter", f"Unknown parameter: '{path}.{name[:60]}'.", f"{path}.{name[:60]}")


def _check_audio_known(path: str, audio: AudioConfig | None) -> None:
    if audio is None:
        return
    _check_known(path, audio)
    for side, config in (("input", audio.input), ("output", audio.output)):
        if config is not None:
            _check_known(f"{path}.{side}", config)


def _check_values(root: str, values: Mapping[str, Any]) -> None:
    for path, value in _walk("", values):
        check = _CHECKS.get(path)
        if check is not None:
            check(f"{root}.{path}", value)


def _walk(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield every field with its path, outer ones first."""
    for key, value in values.items():
        path = f"{prefix}{key}"
        yield path, value
        if isinstance(value, Mapping):
            yield from _walk(f"{path}.", value)


def _choice(*allowed: str) -> _Check:
    def check(param: str, value: Any) -> None:
        if value is not None and value not in allowed:
            raise one_of(param, value, allowed)

    return check


def _within(low: float, high: float) -> _Check:
    def check(param: str, value: Any) -> None:
        if value is not None and not low <= value <= high:
            raise invalid_value(param, f"Invalid '{param}': {value} is not between {low} and {high}.")

    return check


def _check_modalities(param: str, value: Any) -> None:
    if value is not None and value not in (["text"], ["audio"]):
        raise invalid_value(param, "Invalid modalities. Supported combinations are: ['text'] and ['audio'].")


def _check_format(param: str, value: Any) -> None:
    try:
        AudioFormat.from_wire(value)
    except ValueError as error:
        raise invalid_value(param, f"Invalid '{param}': {error}.") from None


def _check_turn_detection(param: str, value: Any) -> None:
    if value is not None and "type" not in value:
        raise missing_parameter(f"{param}.type")
    if value is not None:
        _choice("server_vad", "semantic_vad")(f"{param}.type", value["type"] or "null")


def _check_max_tokens(param: str, value: Any) -> None:
    if value is None or value == "inf" or (isinstance(value, int) and 1 <= value <= _MAX_TOKENS):
        return
    raise invalid_value(param, f"Invalid '{param}': expected 'inf' or an integer from 1 to {_MAX_TOKENS}.")


def _check_tool_choice(param: str, value: Any) -> None:
    if isinstance(value, str):
        _choice("none", "auto", "required")(param, value)
    elif value is not None and value.get("type") not in ("function", "mcp"):
        raise one_of(f"{param}.type", value.get("type"), ("function", "mcp"))


def _check_tools(param: str, value: Any) -> None:
    for index, tool in enumerate(value or ()):
        if tool.get("type") not in ("function", "mcp"):
            raise one_of(f"{param}[{index}].type", tool.get("type"), ("function", "mcp"))
        named = "name" if tool["type"] == "function" else "server_label"
        if not tool.get(named):
            raise missing_parameter(f"{param}[{index}].{named}")


def _check_metadata(param: str, value: Any) -> None:
    entries, key_length, text_length = _MAX_METADATA
    fits = value is None or (
        len(value) <= entries
        and all(len(k) <= key_length and isinstance(v, str) and len(v) <= text_length for k, v in value.items())
    )
    if not fits:
        raise invalid_value(param, f"Invalid '{param}': expected {_METADATA_FORM}.")


_CHECKS: Final[Mapping[str, _Check]] = {
    "output_modalities": _check_modalities,
    "audio.input.format": _check_format,
    "audio.output.format": _check_format,
    "audio.output.speed": _within(0.25, 1.5),
    "audio.input.noise_reduction.type": _choice("near_field", "far_field"),
    "audio.input.turn_detection": _check_turn_detection,
    "audio.input.turn_detection.threshold": _within(0, 1),
    "audio.input.turn_detection.prefix_padding_ms": _within(0, 10_000),
    "audio.input.turn_detection.silence_duration_ms": _within(0, 10_000),
    "audio.input.turn_detection.idle_timeout_ms": _within(5_000, 30_000),
    "audio.input.turn_detection.eagerness": _choice("low", "medium", "high", "auto"),
    "conversation": _choice("auto", "none"),
    "max_output_tokens": _check_max_tokens,
    "metadata": _check_metadata,
    "tool_choice": _check_tool_choice,
    "tools": _check_tools,
}
"""By path below the session or the response. Null is allowed everywhere: it clears, or is as if absent."""

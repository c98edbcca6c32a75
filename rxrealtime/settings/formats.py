"""Audio formats as people and providers write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rxrealtime.audio import AudioFormat, Encoding
from rxrealtime.errors import ConfigurationError
from rxrealtime.events import WireAudioFormat

__all__ = ["FormatLike", "read_format", "wire_format"]

FormatLike = AudioFormat | WireAudioFormat | Mapping[str, Any] | str
"""A format in any of its spellings."""

_SPELLINGS: Final[Mapping[str, Encoding]] = {
    **dict.fromkeys(("audio/pcm", "pcm", "pcm16"), "audio/pcm"),
    **dict.fromkeys(("audio/pcmu", "pcmu", "g711_ulaw"), "audio/pcmu"),
    **dict.fromkeys(("audio/pcma", "pcma", "g711_alaw"), "audio/pcma"),
}
_ALLOWED: Final = "audio/pcm at 8000 to 48000 Hz, audio/pcmu and audio/pcma at 8000 Hz"


def read_format(value: FormatLike | None, name: str = "format") -> AudioFormat:
    """Read an audio format.

    Args:
        value: A format, its GA object, or a name: of the GA protocol (``audio/pcm``), short (``pcm``) or of the beta
            (``pcm16``, ``g711_ulaw``). None is the default, PCM16 at 24000 Hz.
        name: What the format is of, for the error.

    Returns:
        The format. A rate is taken as it is said, never replaced by another.

    Raises:
        ConfigurationError: There is no such format. The value is not in the message.

    Source: openai-openapi f85dbe2 (2026-08-21); beta names: openai-openapi history; rates: xAI voice reference.

    Example:
        >>> read_format("g711_ulaw")
        AudioFormat(encoding='audio/pcmu', rate=8000)
    """
    if isinstance(value, AudioFormat):
        return value
    try:
        return AudioFormat.from_wire(_spelled(value))
    except ValueError:  # its message would quote the value
        raise ConfigurationError(f"{name} is not an audio format: allowed are {_ALLOWED}") from None


def wire_format(value: FormatLike | None, name: str = "format") -> WireAudioFormat | None:
    """Give an audio format the shape of the GA protocol.

    Args:
        value: As `read_format` takes it. A `WireAudioFormat` passes as it is, and so does None.
        name: What the format is of, for the error.

    Returns:
        ``{"type": "audio/pcm", "rate": 24000}``, ``{"type": "audio/pcmu"}`` or ``{"type": "audio/pcma"}``, and what
        else the value says.

    Raises:
        ConfigurationError: As `read_format`.
    """
    if value is None or isinstance(value, WireAudioFormat):
        return value
    found = read_format(value, name)
    rate = {"rate": found.rate} if found.encoding == "audio/pcm" else {}
    said = {key: part for key, part in value.items() if key != "rate"} if isinstance(value, Mapping) else {}
    return WireAudioFormat.model_validate({**said, "type": found.encoding, **rate})


def _spelled(value: object) -> Mapping[str, Any] | None:
    """Give a value the names of the GA protocol; what has none there gets one that does not exist."""
    if isinstance(value, WireAudioFormat):
        value = {"type": value.type, "rate": value.rate}
    if isinstance(value, Mapping):
        kind = value.get("type")
        return {"type": _SPELLINGS.get(kind, "") if isinstance(kind, str) else kind, "rate": value.get("rate")}
    if value is None:
        return None
    return {"type": _SPELLINGS.get(value, "") if isinstance(value, str) else ""}

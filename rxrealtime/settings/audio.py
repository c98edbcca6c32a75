"""What a configuration says about the formats of audio."""

from __future__ import annotations

from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.events import Response, SessionConfig, WireAudioFormat

__all__ = ["format_name", "input_format", "output_format"]


def _read(value: WireAudioFormat | str | None, default: AudioFormat = PCM16_24K) -> AudioFormat:
    """Read a format of the wire, in any spelling.

    Args:
        value: The format as it is in an event, or None.
        default: What an absent format stands for; one that cannot be read, too.

    Returns:
        The format. Nothing is raised: what a server says is a fact, not a request.

    Source: openai-openapi f85dbe2 (2026-08-21); names such as ``pcm16``: the beta of the same.
    """
    if value is None:
        return default
    try:
        return AudioFormat.from_wire(value if isinstance(value, str) else {"type": value.type, "rate": value.rate})
    except ValueError:
        return default


def input_format(config: SessionConfig, default: AudioFormat = PCM16_24K) -> AudioFormat:
    """Return what the server takes the user's audio for; `default` if it does not say."""
    source = config.audio.input if config.audio else None
    return _read(source.format if source else None, default)


def output_format(config: SessionConfig | Response, default: AudioFormat = PCM16_24K) -> AudioFormat:
    """Return what the model's audio is, in a session or in one response; `default` if it does not say."""
    output = config.audio.output if config.audio else None
    return _read(output.format if output else None, default)


def format_name(format: AudioFormat) -> str:
    """Return a format as a message names it: ``audio/pcm at 24000 Hz``."""
    return f"{format.encoding} at {format.rate} Hz"

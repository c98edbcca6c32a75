"""What the configuration in force says about audio: its formats, and whether the user's speech interrupts."""

from __future__ import annotations

from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.events import AudioConfig, SessionConfig, WireAudioFormat

__all__ = ["format_name", "input_format", "output_format", "read_format", "speech_interrupts"]


def read_format(value: WireAudioFormat | str | None, default: AudioFormat = PCM16_24K) -> AudioFormat:
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
    return read_format(source.format if source else None, default)


def output_format(audio: AudioConfig | None, default: AudioFormat = PCM16_24K) -> AudioFormat:
    """Return what the model's audio is, of a session's or a response's ``audio``; `default` if it does not say."""
    output = audio.output if audio else None
    return read_format(output.format if output else None, default)


def speech_interrupts(config: SessionConfig, default: bool = True) -> bool:
    """Return whether the server stops the response when the user begins to speak.

    Args:
        config: What is in force.
        default: What counts if it says nothing about turn detection.

    Source: openai-openapi f85dbe2 (2026-08-21): ``interrupt_response`` is true unless it is set to false.
    """
    source = config.audio.input if config.audio else None
    if source is None or source.turn_detection is None:
        return default
    return source.turn_detection.interrupt_response is not False


def format_name(format: AudioFormat) -> str:
    """Return a format as a message names it: ``audio/pcm at 24000 Hz``."""
    return f"{format.encoding} at {format.rate} Hz"

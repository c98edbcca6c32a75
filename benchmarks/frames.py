"""What the benchmark's server sends: one session.created, a stream of deltas, one response.done, framed beforehand."""

from __future__ import annotations

import base64
import json
import random
import struct
from collections.abc import Iterator

__all__ = ["AUDIO_BYTES", "audio_count", "end_frame", "opening_frame", "stream_chunks"]

AUDIO_BYTES = 4_800
"""Bytes of PCM16 in one audio delta: 100 ms at 24 kHz, 6,400 characters of base64."""

CHUNK_BYTES = 64 * 1024
"""About how many bytes go to the socket in one write."""

RESPONSE_ID = "resp_E6U0utdfn8rQdwHYPNrmv"
ITEM_ID = "item_E6U0uHIVQSnuTXndsNjl4"
CONVERSATION_ID = "conv_E6U0tQE9YCxDzNHVI8JCO"
WORDS = ("Hi", " there", "!", " How", " are", " you", " today", "?", " The", " weather", " in", " Oslo", " is", " fine")
AUDIO_OUTPUT = {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy"}


def audio_count(frames: int) -> int:
    """Tell how many of the streamed frames are audio deltas: two of every three.

    Args:
        frames: How many frames are streamed between session.created and response.done.

    Returns:
        The number of audio deltas among them.
    """
    return frames - frames // 3


def opening_frame() -> bytes:
    """Render session.created as a websocket frame.

    Returns:
        The framed bytes.

    Source: recorded OpenAI traffic, 2026-08 (instructions shortened).
    """
    turn_detection = {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    }
    audio_input = {
        "format": {"type": "audio/pcm", "rate": 24000},
        "transcription": None,
        "noise_reduction": None,
        "turn_detection": turn_detection,
    }
    session = {
        "type": "realtime",
        "object": "realtime.session",
        "id": "sess_E6U0txeK1UA23CH3RdweL",
        "model": "gpt-realtime",
        "output_modalities": ["audio"],
        "instructions": "Answer in two or three words.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": 1785217648,
        "audio": {"input": audio_input, "output": {**AUDIO_OUTPUT, "speed": 1.0}},
        "include": None,
    }
    return framed({"type": "session.created", "event_id": event_id(0), "session": session})


def stream_chunks(frames: int) -> tuple[bytes, ...]:
    """Render the deltas as websocket frames, many to a chunk.

    Args:
        frames: How many deltas; every third one is a transcript delta.

    Returns:
        Chunks of about `CHUNK_BYTES`, each of whole frames, to be written in order.

    Source: field names and order from recorded OpenAI traffic, 2026-08; `obfuscation` is left out.
    """
    return tuple(chunks(framed(delta_event(number)) for number in range(1, frames + 1)))


def end_frame(frames: int) -> bytes:
    """Render response.done, the end mark, as a websocket frame.

    Args:
        frames: How many deltas came before it.

    Returns:
        The framed bytes.

    Source: recorded OpenAI traffic, 2026-08.
    """
    content = [{"type": "output_audio", "transcript": "Hi there!"}]
    item = {"id": ITEM_ID, "type": "message", "status": "completed", "role": "assistant", "content": content}
    response = {
        "object": "realtime.response",
        "id": RESPONSE_ID,
        "status": "completed",
        "status_details": None,
        "output": [item],
        "conversation_id": CONVERSATION_ID,
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "audio": {"output": AUDIO_OUTPUT},
        "usage": None,
        "metadata": None,
    }
    return framed({"type": "response.done", "event_id": event_id(frames + 1), "response": response})


def delta_event(number: int) -> dict[str, object]:
    """Compose one delta: audio, audio, transcript, audio, audio, transcript ..."""
    kind, delta = (
        ("response.output_audio_transcript.delta", WORDS[number % len(WORDS)])
        if number % 3 == 0
        else ("response.output_audio.delta", random_audio(number))
    )
    return {
        "type": kind,
        "event_id": event_id(number),
        "response_id": RESPONSE_ID,
        "item_id": ITEM_ID,
        "output_index": 0,
        "content_index": 0,
        "delta": delta,
    }


def random_audio(number: int) -> str:
    """Draw the base64 audio of one delta; the same number gives the same audio."""
    return base64.b64encode(random.Random(number).randbytes(AUDIO_BYTES)).decode("ascii")


def event_id(number: int) -> str:
    """Name an event with an id as long as the real ones (27 characters)."""
    return f"event_{number:021d}"


def framed(event: dict[str, object]) -> bytes:
    """Put an event into one unmasked text frame (RFC 6455 5.2)."""
    payload = json.dumps(event, separators=(",", ":")).encode()
    return frame_header(0x1, len(payload)) + payload


def frame_header(opcode: int, length: int) -> bytes:
    """Write the header of an unmasked final frame (RFC 6455 5.2)."""
    first = 0x80 | opcode
    if length < 126:
        return struct.pack("!BB", first, length)
    if length < 65_536:
        return struct.pack("!BBH", first, 126, length)
    return struct.pack("!BBQ", first, 127, length)


def chunks(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Join parts to chunks of at least `CHUNK_BYTES`, the last one excepted."""
    waiting = bytearray()
    for part in parts:
        waiting += part
        if len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)

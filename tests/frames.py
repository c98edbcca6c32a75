"""Frames for tests: legal ones of every type, and bad ones of every kind."""

from __future__ import annotations

import json
from base64 import b64encode

from hypothesis import strategies as st

from rxrealtime.events import SERVER_EVENTS, FailureKind

__all__ = ["BAD_FRAMES", "audio_delta", "bad_frames", "good_frames", "transcript_delta"]

IDS = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}

BAD_FRAMES: dict[str, tuple[bytes, FailureKind]] = {
    "empty": (b"", FailureKind.JSON),
    "blank": (b"  \n", FailureKind.JSON),
    "cut": (b'{"type": "response.output_audio.delta", "del', FailureKind.JSON),
    "not json": (b"hello", FailureKind.JSON),
    "NaN in a known field": (
        b'{"type": "rate_limits.updated", "rate_limits": [{"reset_seconds": NaN}]}',
        FailureKind.JSON,
    ),
    "Infinity in an unknown field": (
        b'{"type": "input_audio_buffer.cleared", "zork": -Infinity}',
        FailureKind.JSON,
    ),
    "NaN in an unknown event": (b'{"type": "zork", "value": NaN}', FailureKind.JSON),
    "lone surrogate": (b'{"type": "response.output_text.delta", "delta": "\\ud83d"}', FailureKind.JSON),
    "nested beyond 200": (b'{"type": "zork", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", FailureKind.JSON),
    "two objects": (b'{"type": "zork"}{"type": "zork"}', FailureKind.JSON),
    "array": (b'[{"type": "input_audio_buffer.cleared"}]', FailureKind.SCHEMA),
    "string": (b'"input_audio_buffer.cleared"', FailureKind.SCHEMA),
    "number": (b"42", FailureKind.SCHEMA),
    "null": (b"null", FailureKind.SCHEMA),
    "no type": (b'{"event_id": "event_1"}', FailureKind.SCHEMA),
    "null type": (b'{"type": null}', FailureKind.SCHEMA),
    "type of another kind": (b'{"type": ["error"]}', FailureKind.SCHEMA),
    "missing fields": (b'{"type": "response.output_text.delta", "delta": "x"}', FailureKind.SCHEMA),
    "fields of another kind": (b'{"type": "response.done", "response": [1, 2]}', FailureKind.SCHEMA),
    "malformed base64": (
        json.dumps({"type": "response.output_audio.delta", **IDS, "delta": "!!!"}).encode(),
        FailureKind.SCHEMA,
    ),
    "base64 cut in a quantum": (
        json.dumps({"type": "response.output_audio.delta", **IDS, "delta": "QUJDR"}).encode(),
        FailureKind.SCHEMA,
    ),
    "not UTF-8": (b"\xff\xfe\x00\x01", FailureKind.BINARY),
    "not UTF-8 inside": (b'{"type": "response.output_text.delta", "delta": "\xff"}', FailureKind.BINARY),
    "raw audio": (bytes(960), FailureKind.BINARY),
}
"""Each kind of bad frame that D6 names, and the kind of failure it is."""


def audio_delta(data: str = "AAAA", **ids: object) -> bytes:
    """Give the frame of an audio delta."""
    return json.dumps({"type": "response.output_audio.delta", "event_id": "e", **IDS, **ids, "delta": data}).encode()


def transcript_delta(text: str = "hello", **ids: object) -> bytes:
    """Give the frame of a transcript delta."""
    event = {"type": "response.output_audio_transcript.delta", "event_id": "e", **IDS, **ids, "delta": text}
    return json.dumps(event).encode()


def _bare() -> st.SearchStrategy[bytes]:
    bare = [tag for tag in SERVER_EVENTS if tag in ("input_audio_buffer.cleared", "error")]
    return st.sampled_from(bare).map(lambda tag: json.dumps({"type": tag, "event_id": "e"}).encode())


def good_frames() -> st.SearchStrategy[bytes]:
    """Frames that decode to an event or to an unknown event."""
    unknown = st.text(min_size=1, max_size=20).filter(lambda tag: tag not in SERVER_EVENTS)
    return st.one_of(
        st.text(max_size=20).map(transcript_delta),
        st.binary(max_size=30).map(lambda data: audio_delta(b64encode(data).decode())),
        _bare(),
        unknown.map(lambda tag: json.dumps({"type": tag, "n": 1}).encode()),
    )


def bad_frames() -> st.SearchStrategy[bytes]:
    """Frames that decode to a failure: the table, and legal frames that were cut."""
    cut = st.integers(1, 60).map(lambda size: transcript_delta()[:size])
    return st.one_of(st.sampled_from([frame for frame, _ in BAD_FRAMES.values()]), cut)

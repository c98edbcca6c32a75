"""A conversation to draw: two turns, one interrupted, a tool, a malformed frame, markup in what was said."""

from __future__ import annotations

import base64
import json
from typing import Any

from rxrealtime.frames import Frame
from rxrealtime.recording import Entry, Mark

__all__ = ["MARKUP", "STORY"]

MARKUP = "<script>alert(1)</script> & \x00\x1b[31m"


def _received(at: float, type: str, **fields: Any) -> Frame:
    return Frame("received", json.dumps({"type": type, "event_id": f"event_{at}", **fields}), at)


def _sent(at: float, type: str, **fields: Any) -> Frame:
    return Frame("sent", json.dumps({"type": type, **fields}), at)


def _response(at: float, what: str, id: str, status: str, **more: Any) -> Frame:
    return _received(
        at, f"response.{what}", response={"id": id, "object": "realtime.response", "status": status, **more}
    )


_SECOND = base64.b64encode(bytes(48_000)).decode()
_PART = {"response_id": "r1", "item_id": "i1", "output_index": 0, "content_index": 0}
_CALL = {"response_id": "r2", "item_id": "i2", "output_index": 0, "call_id": "c1"}
_USAGE = {"total_tokens": 150, "input_tokens": 100, "output_tokens": 50}

STORY: tuple[Entry, ...] = (
    _received(0.0, "input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1"),
    _received(1.0, "input_audio_buffer.speech_stopped", audio_end_ms=1000, item_id="u1"),
    _response(1.1, "created", "r1", "in_progress"),
    _received(
        1.3, "conversation.item.input_audio_transcription.completed", item_id="u1", content_index=0, transcript=MARKUP
    ),
    *(_received(1.4 + n / 10, "response.output_audio.delta", **_PART, delta=_SECOND) for n in range(3)),
    _received(1.5, "response.output_audio_transcript.delta", **_PART, delta="A long story begins"),
    Frame("received", '{"type": "response.output_audio.delta"', 1.8),
    _received(2.4, "input_audio_buffer.speech_started", audio_start_ms=2400, item_id="u2"),
    _sent(2.5, "conversation.item.truncate", item_id="i1", content_index=0, audio_end_ms=1000),
    _response(2.6, "done", "r1", "cancelled", usage=_USAGE),
    _received(3.0, "input_audio_buffer.speech_stopped", audio_end_ms=3000, item_id="u2"),
    _response(3.1, "created", "r2", "in_progress"),
    _received(3.2, "response.function_call_arguments.done", **_CALL, name="get_weather", arguments="{}"),
    _response(3.3, "done", "r2", "completed", usage=_USAGE),
    _sent(3.9, "conversation.item.create", item={"type": "function_call_output", "call_id": "c1", "output": "fog"}),
    Mark("end", 4.0, "closed by us"),
)

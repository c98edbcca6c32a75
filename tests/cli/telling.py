"""Moments for the tests of what is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rxrealtime.cli.moments import Chapter, Ended, Heard, Moment
from rxrealtime.cli.story import Story, after
from rxrealtime.errors import JsonError
from rxrealtime.events import (
    ContentPart,
    ConversationItemCreate,
    ConversationItemTruncated,
    JsonFailed,
    Message,
    Response,
    ResponseCreate,
    ResponseDone,
    ResponseOutputAudioDelta,
    ResponseOutputTextDelta,
    SessionConfig,
    SessionCreated,
    StatusDetails,
)
from rxrealtime.frames import Frame
from rxrealtime.operators import Latency, Transcript
from rxrealtime.operators.latencies import LatencyKind

__all__ = ["audio", "done", "failure", "interrupted", "noted", "received", "said", "sent", "started", "story", "text"]
__all__ += ["Chapter", "ConversationItemTruncated", "Ended", "Heard", "Transcript", "told", "waited"]

_AT: dict[str, Any] = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}


def received(value: Any, at: float = 0.0) -> Moment:
    return Moment(at, "received", value)


def sent(value: Any, at: float = 0.0) -> Moment:
    return Moment(at, "sent", value)


def told(text: str, *, final: bool = True, item_id: str = "item_1", role: Any = "assistant") -> Moment:
    return Moment(0.0, "told", Transcript(role, item_id, 0, text, final, None if role == "user" else "resp_1"))


def noted(note: Any, at: float = 0.0) -> Moment:
    return Moment(at, "noted", note)


def audio(size_bytes: int = 4) -> ResponseOutputAudioDelta:
    return ResponseOutputAudioDelta(**_AT, delta=bytes(size_bytes))


def text(piece: str = "a") -> ResponseOutputTextDelta:
    return ResponseOutputTextDelta(**_AT, delta=piece)


def failure(event_type: str | None = "response.output_text.delta") -> JsonFailed:
    return JsonFailed(JsonError("not JSON: cut off"), 0.5, Frame("received", "{"), event_type)


def started() -> SessionCreated:
    return SessionCreated(session=SessionConfig(id="sess_1"))


def said(words: str) -> tuple[Moment, Moment]:
    item = Message(role="user", content=(ContentPart(type="input_text", text=words),))
    return sent(ConversationItemCreate(item=item)), sent(ResponseCreate())


def done(value: Any) -> Moment:
    return Moment(0.0, "done", value)


def waited(kind: LatencyKind, seconds: float, response_id: str = "resp_1") -> Moment:
    return Moment(seconds, "told", Latency(kind, seconds, "response.create", "completed", response_id))


def interrupted() -> ResponseDone:
    details = StatusDetails(type="cancelled", reason="turn_detected")
    return ResponseDone(response=Response(id="resp_1", status="cancelled", status_details=details))


def story(moments: Iterable[Moment], url: str = "ws://127.0.0.1:1/v1/realtime?model=m") -> Story:
    """Fold moments into a story."""
    folded = Story(url)
    for moment in moments:
        folded = after(folded, moment)
    return folded

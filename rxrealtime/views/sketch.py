"""The fold from what happened to what is drawn: bars in lanes, crosses, interruptions. Bounded, whatever comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from rxrealtime.audio import AudioFormat
from rxrealtime.events import (
    ConversationItemCreate,
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemTruncate,
    Error,
    FunctionCallOutput,
    InputAudioBufferAppend,
    InputAudioBufferCommitted,
    InputAudioBufferSpeechStarted,
    InputAudioBufferSpeechStopped,
    Message,
    ResponseCreated,
    ResponseDone,
    ResponseFunctionCallArgumentsDone,
    ResponseMcpCallCompleted,
    ResponseMcpCallFailed,
    ResponseMcpCallInProgress,
    ResponseOutputAudioDelta,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputTextDelta,
    SessionCreated,
    SessionUpdated,
)
from rxrealtime.recording import Mark
from rxrealtime.settings import output_format
from rxrealtime.views.moments import Moment, is_failure

__all__ = ["LANES", "Bar", "Cross", "Lane", "Sketch"]

Lane = str
LANES: Final[tuple[Lane, ...]] = (
    "audio to model",
    "user speech",
    "user said",
    "response",
    "audio as sent",
    "audio as heard",
    "model said",
    "tools",
    "failures",
)
"""The lanes from top to bottom; one that stays empty is not drawn."""

_KEPT: Final = 2_000
"""Bars, and crosses, that are kept; the oldest go first."""
_TEXT: Final = 240
_PAUSE: Final = 1.0
"""Seconds without audio to the model that end a bar."""


class Bar(NamedTuple):
    """A stretch of time in a lane.

    Args:
        lane: Which.
        start: When it begins, in seconds.
        end: When it ends; None while nothing ended it.
        text: What is written in it.
        status: How a response ended; "" for everything else.
    """

    lane: Lane
    start: float
    end: float | None
    text: str = ""
    status: str = ""


class Cross(NamedTuple):
    """Something that failed.

    Args:
        at: When, in seconds.
        text: What, without anything that was said.
    """

    at: float
    text: str


class Sketch:
    """Take what happens, one moment after the other; `bars`, `crosses` and `interruptions` are what is seen by then."""

    def __init__(self) -> None:
        self._bars: dict[tuple[Lane, str | None], Bar] = {}
        self._heard_until = 0.0
        self._format = AudioFormat("audio/pcm", 24_000)
        self.crosses: tuple[Cross, ...] = ()
        self.interruptions: tuple[float, ...] = ()
        self.last = 0.0

    @property
    def bars(self) -> tuple[Bar, ...]:
        """What was seen to last."""
        return tuple(self._bars.values())

    def take(self, moment: Moment) -> None:
        """Take what happens next."""
        at, _, event = moment
        self.last = max(self.last, at)
        if is_failure(event):
            self._cross(at, _words(event))
        take = _TAKEN.get(type(event))
        if take is not None:
            take(self, at, event)

    def _cross(self, at: float, text: str) -> None:
        self.crosses = (*self.crosses, Cross(at, text))[-_KEPT:]

    def _open(self, lane: Lane, key: str | None, at: float, text: str = "") -> None:
        self._bars.setdefault((lane, key), Bar(lane, at, None, text))
        while len(self._bars) > _KEPT:
            del self._bars[next(iter(self._bars))]

    def _close(self, lane: Lane, key: str | None, at: float, status: str = "") -> None:
        bar = self._bars.get((lane, key))
        if bar is not None and bar.end is None:
            self._bars[lane, key] = bar._replace(end=max(at, bar.start), status=status)

    def _reach(self, lane: Lane, key: str | None, at: float, text: str = "") -> None:
        """Let a bar last until now, and add to what is written in it."""
        self._open(lane, key, at)
        bar = self._bars[lane, key]
        self._bars[lane, key] = bar._replace(end=max(at, bar.end or at), text=(bar.text + text)[:_TEXT])

    def _session(self, _: float, event: SessionCreated | SessionUpdated) -> None:
        self._format = output_format(event.session)

    def _appended(self, at: float, _: InputAudioBufferAppend) -> None:
        last = [key for lane, key in self._bars if lane == "audio to model"][-1:]
        bar = self._bars["audio to model", last[0]] if last else None
        key = last[0] if last and bar and at - (bar.end or bar.start) <= _PAUSE else repr(at)
        self._reach("audio to model", key, at)

    def _started(self, at: float, event: InputAudioBufferSpeechStarted) -> None:
        self._open("user speech", event.item_id, at)

    def _stopped(self, at: float, event: InputAudioBufferSpeechStopped | InputAudioBufferCommitted) -> None:
        self._close("user speech", event.item_id, at)

    def _transcribed(self, at: float, event: ConversationItemInputAudioTranscriptionCompleted) -> None:
        spoken = self._bars.get(("user speech", event.item_id))
        self._open("user said", event.item_id, spoken.start if spoken else at)
        self._reach("user said", event.item_id, at, event.transcript)

    def _created(self, at: float, event: ConversationItemCreate) -> None:
        item = event.item
        if isinstance(item, FunctionCallOutput):
            self._close("tools", item.call_id, at)
        elif isinstance(item, Message) and item.role == "user":
            said = " ".join(filter(None, (getattr(part, "text", None) for part in item.content or ())))
            self._reach("user said", item.id or repr(at), at, said)

    def _began(self, at: float, event: ResponseCreated) -> None:
        self._open("response", event.response.id or "", at)

    def _ended(self, at: float, event: ResponseDone) -> None:
        status = event.response.status or ""
        self._close("response", event.response.id or "", at, status)
        if status == "cancelled":
            self.interruptions = (*self.interruptions, at)[-_KEPT:]
        elif status in ("failed", "incomplete"):
            self._cross(at, f"the response is {status}")

    def _sounded(self, at: float, event: ResponseOutputAudioDelta) -> None:
        seconds = self._format.seconds(len(event.delta))
        start = max(at, self._heard_until)
        self._heard_until = start + seconds
        self._reach("audio as sent", event.item_id, at)
        self._open("audio as heard", event.item_id, start)
        self._reach("audio as heard", event.item_id, start + seconds)

    def _truncated(self, at: float, event: ConversationItemTruncate) -> None:
        bar = self._bars.get(("audio as heard", event.item_id))
        if bar is not None:
            end = bar.start + event.audio_end_ms / 1000
            self._bars["audio as heard", event.item_id] = bar._replace(end=max(bar.start, min(end, bar.end or end)))
        self._heard_until = min(self._heard_until, at)

    def _said(self, at: float, event: ResponseOutputAudioTranscriptDelta | ResponseOutputTextDelta) -> None:
        self._reach("model said", f"{event.item_id}/{event.content_index}", at, event.delta)

    def _called(self, at: float, event: ResponseFunctionCallArgumentsDone) -> None:
        self._open("tools", event.call_id, at, getattr(event, "name", None) or "a function")

    def _mcp_called(self, at: float, event: ResponseMcpCallInProgress) -> None:
        self._open("tools", event.item_id, at, "MCP")

    def _mcp_ended(self, at: float, event: ResponseMcpCallCompleted | ResponseMcpCallFailed) -> None:
        self._close("tools", event.item_id, at)

    def _refused(self, at: float, event: Error) -> None:
        self._cross(at, f"error: {event.detail.code or event.detail.type or 'without a code'}")


def _words(event: Any) -> str:
    if isinstance(event, Mark):
        return f"{event.kind}: {event.text}"
    return f"{event.kind.value}{f' in {event.event_type}' if event.event_type else ''}"


_TAKEN: Final[Mapping[type[Any], Callable[[Sketch, float, Any], None]]] = {
    SessionCreated: Sketch._session,
    SessionUpdated: Sketch._session,
    InputAudioBufferAppend: Sketch._appended,
    InputAudioBufferSpeechStarted: Sketch._started,
    InputAudioBufferSpeechStopped: Sketch._stopped,
    InputAudioBufferCommitted: Sketch._stopped,
    ConversationItemInputAudioTranscriptionCompleted: Sketch._transcribed,
    ConversationItemCreate: Sketch._created,
    ResponseCreated: Sketch._began,
    ResponseDone: Sketch._ended,
    ResponseOutputAudioDelta: Sketch._sounded,
    ConversationItemTruncate: Sketch._truncated,
    ResponseOutputAudioTranscriptDelta: Sketch._said,
    ResponseOutputTextDelta: Sketch._said,
    ResponseFunctionCallArgumentsDone: Sketch._called,
    ResponseMcpCallInProgress: Sketch._mcp_called,
    ResponseMcpCallCompleted: Sketch._mcp_ended,
    ResponseMcpCallFailed: Sketch._mcp_ended,
    Error: Sketch._refused,
}

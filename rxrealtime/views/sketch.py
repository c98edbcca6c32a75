"""The fold from what happened to what is drawn: bars in lanes, crosses, interruptions. Pure, and bounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from rxrealtime.audio import PCM16_24K, AudioFormat
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

__all__ = ["LANES", "Bar", "Cross", "Lane", "Sketch", "Sketches"]

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
_RECENT: Final = 32
"""Bars that may still change."""
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


_Key = tuple[Lane, str | None]


@dataclass(frozen=True, slots=True)
class Sketch:
    """What was seen so far; `after` gives it with the next moment.

    Args:
        recent: The bars that may still change, the oldest first.
        past: Those that do not.
        crosses: What failed.
        interruptions: When a response was cancelled, in seconds.
        heard_until: Until when there is audio to play, in seconds.
        format: Of the model's audio.
        last: When the last thing happened, in seconds.
    """

    recent: Mapping[_Key, Bar] = field(default_factory=dict)
    past: tuple[Bar, ...] = ()
    crosses: tuple[Cross, ...] = ()
    interruptions: tuple[float, ...] = ()
    heard_until: float = 0.0
    format: AudioFormat = PCM16_24K
    last: float = 0.0

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Everything that lasts, or lasted."""
        return (*self.past, *self.recent.values())

    def after(self, moment: Moment) -> Sketch:
        """Give what is seen once something more has happened."""
        at, _, event = moment
        sketch = self if at <= self.last else replace(self, last=at)
        if is_failure(event):
            return sketch.crossed(at, _words(event))
        step = _STEPS.get(type(event))
        return sketch if step is None else step(sketch, at, event)

    def crossed(self, at: float, text: str) -> Sketch:
        """Give it with one more failure."""
        return replace(self, crosses=(*self.crosses, Cross(at, text))[-_KEPT:])

    def opened(self, lane: Lane, key: str | None, at: float, text: str = "") -> Sketch:
        """Give it with a bar that begins, if there is none yet under this key."""
        if (lane, key) in self.recent:
            return self
        recent = {**self.recent, (lane, key): Bar(lane, at, None, text)}
        if len(recent) <= _RECENT:
            return replace(self, recent=recent)
        ended = next((name for name, bar in recent.items() if bar.end is not None), next(iter(recent)))
        past = (*self.past, recent.pop(ended))[-_KEPT:]
        return replace(self, recent=recent, past=past)

    def changed(self, lane: Lane, key: str | None, **changes: Any) -> Sketch:
        """Give it with another bar in the place of one that is recent."""
        bar = self.recent[lane, key]
        return replace(self, recent={**self.recent, (lane, key): bar._replace(**changes)})

    def closed(self, lane: Lane, key: str | None, at: float, status: str = "") -> Sketch:
        """Give it with a bar that ends, if there is one that has not."""
        bar = self.recent.get((lane, key))
        if bar is None or bar.end is not None:
            return self
        return self.changed(lane, key, end=max(at, bar.start), status=status)

    def reaching(self, lane: Lane, key: str | None, at: float, text: str = "") -> Sketch:
        """Give it with a bar that lasts until now, and more written in it."""
        sketch = self.opened(lane, key, at)
        bar = sketch.recent[lane, key]
        return sketch.changed(lane, key, end=max(at, bar.end or at), text=(bar.text + text)[:_TEXT])


@dataclass(frozen=True, slots=True)
class Sketches:
    """A sketch by the times there are, and one in order for as long as there are none.

    Args:
        timed: By the times.
        ordered: With all moments one unit apart.
        count: How many moments there were.
    """

    timed: Sketch = Sketch()
    ordered: Sketch = Sketch()
    count: int = 0

    def after(self, moment: Moment) -> Sketches:
        """Give them once something more has happened."""
        timed, count = self.timed.after(moment), self.count + 1
        if timed.last:
            return Sketches(timed, self.ordered, count)
        return Sketches(timed, self.ordered.after(moment._replace(at=float(self.count))), count)

    def known(self) -> tuple[Sketch, bool]:
        """Give the one to draw, and whether its times are seconds."""
        return (self.timed, True) if self.timed.last else (self.ordered, False)


def _session(sketch: Sketch, _: float, event: SessionCreated | SessionUpdated) -> Sketch:
    return replace(sketch, format=output_format(event.session))


def _appended(sketch: Sketch, at: float, _: InputAudioBufferAppend) -> Sketch:
    last = next((bar for bar in reversed(tuple(sketch.recent.values())) if bar.lane == "audio to model"), None)
    goes_on = last is not None and at - (last.end or last.start) <= _PAUSE
    return sketch.reaching("audio to model", repr(last.start if last and goes_on else at), at)


def _started(sketch: Sketch, at: float, event: InputAudioBufferSpeechStarted) -> Sketch:
    return sketch.opened("user speech", event.item_id, at)


def _stopped(sketch: Sketch, at: float, event: InputAudioBufferSpeechStopped | InputAudioBufferCommitted) -> Sketch:
    return sketch.closed("user speech", event.item_id, at)


def _transcribed(sketch: Sketch, at: float, event: ConversationItemInputAudioTranscriptionCompleted) -> Sketch:
    spoken = sketch.recent.get(("user speech", event.item_id))
    begun = sketch.opened("user said", event.item_id, spoken.start if spoken else at)
    return begun.reaching("user said", event.item_id, at, event.transcript)


def _created(sketch: Sketch, at: float, event: ConversationItemCreate) -> Sketch:
    item = event.item
    if isinstance(item, FunctionCallOutput):
        return sketch.closed("tools", item.call_id, at)
    if isinstance(item, Message) and item.role == "user":
        said = " ".join(filter(None, (getattr(part, "text", None) for part in item.content or ())))
        return sketch.reaching("user said", item.id or repr(at), at, said)
    return sketch


def _began(sketch: Sketch, at: float, event: ResponseCreated) -> Sketch:
    return sketch.opened("response", event.response.id, at)


def _ended(sketch: Sketch, at: float, event: ResponseDone) -> Sketch:
    status = event.response.status or ""
    closed = sketch.closed("response", event.response.id, at, status)
    if status == "cancelled":
        return replace(closed, interruptions=(*closed.interruptions, at)[-_KEPT:])
    return closed.crossed(at, f"the response is {status}") if status in ("failed", "incomplete") else closed


def _sounded(sketch: Sketch, at: float, event: ResponseOutputAudioDelta) -> Sketch:
    start = max(at, sketch.heard_until)
    end = start + sketch.format.seconds(len(event.delta))
    sent = replace(sketch, heard_until=end).reaching("audio as sent", event.item_id, at)
    return sent.opened("audio as heard", event.item_id, start).reaching("audio as heard", event.item_id, end)


def _truncated(sketch: Sketch, at: float, event: ConversationItemTruncate) -> Sketch:
    silent = replace(sketch, heard_until=min(sketch.heard_until, at))
    bar = silent.recent.get(("audio as heard", event.item_id))
    if bar is None:
        return silent
    end = bar.start + max(event.audio_end_ms, 0) / 1000
    return silent.changed("audio as heard", event.item_id, end=min(end, bar.end or end))


def _said(sketch: Sketch, at: float, event: ResponseOutputAudioTranscriptDelta | ResponseOutputTextDelta) -> Sketch:
    return sketch.reaching("model said", f"{event.item_id}/{event.content_index}", at, event.delta)


def _called(sketch: Sketch, at: float, event: ResponseFunctionCallArgumentsDone) -> Sketch:
    return sketch.opened("tools", event.call_id, at, event.name or "a function")


def _mcp_called(sketch: Sketch, at: float, event: ResponseMcpCallInProgress) -> Sketch:
    return sketch.opened("tools", event.item_id, at, "MCP")


def _mcp_ended(sketch: Sketch, at: float, event: ResponseMcpCallCompleted | ResponseMcpCallFailed) -> Sketch:
    return sketch.closed("tools", event.item_id, at)


def _refused(sketch: Sketch, at: float, event: Error) -> Sketch:
    return sketch.crossed(at, f"error: {event.detail.code or event.detail.type or 'without a code'}")


def _words(event: Any) -> str:
    if isinstance(event, Mark):
        return f"{event.kind}: {event.text}"
    return f"{event.kind.value}{f' in {event.event_type}' if event.event_type else ''}"


_STEPS: Final[Mapping[type[Any], Callable[[Sketch, float, Any], Sketch]]] = {
    SessionCreated: _session,
    SessionUpdated: _session,
    InputAudioBufferAppend: _appended,
    InputAudioBufferSpeechStarted: _started,
    InputAudioBufferSpeechStopped: _stopped,
    InputAudioBufferCommitted: _stopped,
    ConversationItemInputAudioTranscriptionCompleted: _transcribed,
    ConversationItemCreate: _created,
    ResponseCreated: _began,
    ResponseDone: _ended,
    ResponseOutputAudioDelta: _sounded,
    ConversationItemTruncate: _truncated,
    ResponseOutputAudioTranscriptDelta: _said,
    ResponseOutputTextDelta: _said,
    ResponseFunctionCallArgumentsDone: _called,
    ResponseMcpCallInProgress: _mcp_called,
    ResponseMcpCallCompleted: _mcp_ended,
    ResponseMcpCallFailed: _mcp_ended,
    Error: _refused,
}

"""What a live view draws: the lanes of a session, or one lane of a stream's values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

import reactivex
from reactivex import Observable
from reactivex import operators as rx

from rxrealtime.events import ExceptionEvent
from rxrealtime.session import Session
from rxrealtime.views.strips import Strip, Strips

__all__ = ["SessionScene", "StreamScene", "session_moments"]

_WORDS: Final = 6
_COLUMNS: Final = 100


def session_moments(session: Session) -> Observable[tuple[str, object]]:
    """Give what a session receives and sends, as one stream that ends as its events do."""
    received = session.events.pipe(rx.map(lambda event: ("received", event)))
    done = session.activity.pipe(rx.filter(lambda value: isinstance(value, ExceptionEvent)))
    sent = session.sent.pipe(rx.map(lambda event: ("sent", event)))
    return reactivex.merge(received, done.pipe(rx.map(lambda event: ("received", event))), sent)


@dataclass(frozen=True, slots=True)
class _Written:
    strips: Strips = field(default_factory=Strips)
    words: tuple[str, ...] = ()

    def to_html(self) -> str:
        """Give the picture."""
        return self.strips.to_html()

    def lines(self) -> tuple[str, ...]:
        """Give the last values in words."""
        return self.words

    def _with(self, strip: Strip, word: str) -> Self:
        line = f"{strip.first:8.2f} s  {word}"[:_COLUMNS]
        return type(self)(self.strips.after(strip), (*self.words, line)[-_WORDS:])


@dataclass(frozen=True, slots=True)
class SessionScene(_Written):
    """Lanes of what was received, sent and failed."""

    def after(self, at: float, value: object) -> Self:
        """Give the scene with another event."""
        direction, event = value if isinstance(value, tuple) else ("received", value)
        if isinstance(event, ExceptionEvent):
            name = f" in {event.event_type}" if event.event_type else ""
            return self._with(
                Strip("failures", event.kind.value, at, at, bad=True), f"failed: {event.kind.value}{name}"
            )
        kind = str(getattr(event, "type", type(event).__name__))
        lane = "sent" if direction == "sent" else kind.split(".")[0]
        return self._with(Strip(lane, kind, at, at), ("> " if direction == "sent" else "< ") + kind)


@dataclass(frozen=True, slots=True)
class StreamScene(_Written):
    """One lane of values, in words below."""

    def after(self, at: float, value: object) -> Self:
        """Give the scene with another value."""
        bad = isinstance(value, Exception | ExceptionEvent)
        return self._with(Strip("values", type(value).__name__, at, at, bad=bad), repr(value))

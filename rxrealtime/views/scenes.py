"""What a live view draws: the timeline of a session, or a stream's values as marbles."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from rxrealtime.views.marbles import MOST, End, Marbles
from rxrealtime.views.moments import Moment, is_failure
from rxrealtime.views.sketch import Sketch
from rxrealtime.views.timeline import Timeline

__all__ = ["SessionScene", "StreamScene"]

_LINES: Final = 6
_COLUMNS: Final = 100


@dataclass(frozen=True, slots=True)
class SessionScene:
    """The swim lanes of a session, its last events in words."""

    sketch: Sketch = field(default_factory=Sketch)
    written: tuple[str, ...] = ()

    def after(self, _: float, value: Any) -> SessionScene:
        """Give the scene with another moment; its own time counts."""
        return SessionScene(self.sketch.after(value), _with(self.written, value.at, _told(value)))

    def ended(self, how: End) -> SessionScene:
        """Give it at its end, which is in the words beside it."""
        return self

    def to_html(self) -> str:
        """Give the picture."""
        return Timeline.of_sketch(self.sketch)._repr_html_()

    def lines(self) -> tuple[str, ...]:
        """Give the last events in words."""
        return self.written


@dataclass(frozen=True, slots=True)
class StreamScene:
    """The values of a stream as marbles, the last ones in words."""

    values: tuple[tuple[float, object], ...] = ()
    end: End = None
    written: tuple[str, ...] = ()

    def after(self, at: float, value: object) -> StreamScene:
        """Give the scene with another value."""
        values = (*self.values, (at, value))[-MOST:]
        return StreamScene(values, self.end, _with(self.written, at, repr(value)))

    def ended(self, how: End) -> StreamScene:
        """Give it at the end of the stream."""
        return replace(self, end=how)

    def to_html(self) -> str:
        """Give the picture."""
        return Marbles.of(self.values, self.end)._repr_html_()

    def lines(self) -> tuple[str, ...]:
        """Give the last values in words."""
        return self.written


def _told(moment: Moment) -> str:
    """Say what happened, by its type: what was said is in the picture, and there it is escaped."""
    event = moment.event
    if is_failure(event):
        return f"failed: {event.kind.value}{f' in {event.event_type}' if event.event_type else ''}"
    return f"{'>' if moment.direction == 'sent' else '<'} {getattr(event, 'type', type(event).__name__)}"


def _with(written: tuple[str, ...], at: float, word: str) -> tuple[str, ...]:
    return (*written, f"{at:8.2f} s  {word}"[:_COLUMNS])[-_LINES:]

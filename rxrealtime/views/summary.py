"""What a session amounts to: turns, tools, waits, tokens, failures, and whether its end is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import reactivex
from reactivex import Observable
from reactivex import operators as rx

from rxrealtime import operators as ops
from rxrealtime.events import ResponseFunctionCallArgumentsDone
from rxrealtime.operators import Latency, LatencyState, LatencySummary, Turn, UsageReport
from rxrealtime.operators.latencies import latency_step, latency_summary, unfinished
from rxrealtime.recording import Entry, Mark, Recording, open_recording
from rxrealtime.views.charts import Latencies, TokensUsed
from rxrealtime.views.moments import Moment, moments
from rxrealtime.views.picture import Picture
from rxrealtime.views.sketch import Cross, Sketches
from rxrealtime.views.timeline import Timeline

__all__ = ["Summary", "summarize"]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a session amounts to.

    Args:
        seconds: From its beginning to the last thing that happened; None if the recording has no times.
        received: How many frames came.
        sent: How many frames went.
        turns: Who said what, in order.
        tools: What was called, by name, and how often.
        waits: How long the user waited, each wait.
        used: What each response and transcription used.
        failures: What failed, and when.
        end: How the connection ended, in words; None if nobody knows.
        complete: Whether the end of the recording is there.
        timeline: The picture.
    """

    seconds: float | None
    received: int
    sent: int
    turns: tuple[Turn, ...]
    tools: Mapping[str, int]
    waits: tuple[Latency, ...]
    used: tuple[UsageReport, ...]
    failures: tuple[Cross, ...]
    end: str | None
    complete: bool
    timeline: Timeline

    @property
    def latencies(self) -> Mapping[Any, LatencySummary]:
        """The waits in numbers, by kind."""
        return latency_summary(self.waits)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """What can be looked at: the timeline, and the charts that are not empty."""
        waits = (Latencies(self.waits),) if self.waits else ()
        return (self.timeline, *waits, *((TokensUsed.of(self.used),) if self.used else ()))

    def to_dict(self) -> dict[str, Any]:
        """Give it for programs: JSON can express all of it. Times are in seconds."""
        return {
            "seconds": self.seconds,
            "frames": {"received": self.received, "sent": self.sent},
            "turns": [asdict(turn) for turn in self.turns],
            "tools": dict(self.tools),
            "latencies": {kind: asdict(numbers) for kind, numbers in self.latencies.items()},
            "usage": asdict(self.used[-1]) if self.used else None,
            "failures": [one._asdict() for one in self.failures],
            "end": self.end,
            "complete": self.complete,
        }


def summarize(
    source: Recording | str | Path | Iterable[Entry | Moment], progress: Callable[[float], None] = lambda done: None
) -> Summary:
    """Sum a session up, in one pass: nothing that was recorded is kept.

    Args:
        source: See `moments`.
        progress: Told which part of a recording is read, from 0 to 1.

    Raises:
        RecordingError: As `moments`.
    """
    if isinstance(source, str | Path):
        source = open_recording(source)
    seen = moments(source.entries(progress) if isinstance(source, Recording) else source)
    counts, (sketch, timed), turns, used, waits = _all_of(reactivex.from_iterable(seen))
    timeline = Timeline.of_sketch(sketch, timed)
    return Summary(
        seconds=sketch.last if timed else None,
        received=counts.received,
        sent=counts.sent,
        turns=tuple(turns),
        tools=counts.tools,
        waits=tuple(waits) if timed else (),
        used=tuple(used),
        failures=timeline.crosses,
        end=counts.end,
        complete=source.complete if isinstance(source, Recording) else counts.end is not None,
        timeline=timeline,
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    received: int = 0
    sent: int = 0
    tools: Mapping[str, int] = field(default_factory=dict)
    end: str | None = None

    def after(self, moment: Moment) -> _Counts:
        event = moment.event
        if isinstance(event, Mark):
            return replace(self, end=event.text) if event.kind == "end" else self
        if isinstance(event, ResponseFunctionCallArgumentsDone):
            name = event.name or "a function"
            return replace(self, received=self.received + 1, tools={**self.tools, name: self.tools.get(name, 0) + 1})
        if moment.direction == "sent":
            return replace(self, sent=self.sent + 1)
        return replace(self, received=self.received + 1)


def _all_of(seen: Observable[Moment]) -> Any:
    """Run every fold over the same moments; give what each comes to."""

    def folds(shared: Observable[Moment]) -> Observable[Any]:
        events: Observable[object] = shared.pipe(rx.map(attrgetter("event")))
        timed: Observable[tuple[float, object]] = shared.pipe(rx.map(attrgetter("at", "event")))
        return reactivex.fork_join(
            shared.pipe(rx.reduce(_Counts.after, _Counts())),
            shared.pipe(rx.reduce(Sketches.after, Sketches()), rx.map(Sketches.known)),
            events.pipe(ops.turns(), rx.to_list()),
            events.pipe(ops.usage(), rx.to_list()),
            timed.pipe(ops.mealy(latency_step, LatencyState(), unfinished), rx.to_list()),
        )

    return seen.pipe(rx.publish(folds)).run()

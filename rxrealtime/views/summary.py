"""What a session amounts to: turns, tools, waits, tokens, failures, and whether its end is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import reactivex
from reactivex import Observable
from reactivex import operators as rx

from rxrealtime import operators as ops
from rxrealtime.operators import Latency, LatencyState, LatencySummary, Turn, UsageReport
from rxrealtime.operators.latencies import latency_step, latency_summary
from rxrealtime.recording import Entry, Mark, Recording, open_recording
from rxrealtime.views.charts import Latencies, TokensUsed
from rxrealtime.views.moments import Moment, moments
from rxrealtime.views.picture import Picture
from rxrealtime.views.sketch import Cross, Sketch
from rxrealtime.views.timeline import Timeline

__all__ = ["Summary", "summarize"]

_Out = TypeVar("_Out")


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


def summarize(source: Recording | str | Path | Iterable[Entry | Moment]) -> Summary:
    """Sum a session up.

    Args:
        source: See `moments`.

    Raises:
        RecordingError: As `moments`.
    """
    if isinstance(source, str | Path):
        source = open_recording(source)
    seen = list(moments(source))
    timed = any(moment.at > 0 for moment in seen)
    calls = [bar.text for bar in _sketched(seen).bars if bar.lane == "tools"]
    ends = [moment.event for moment in seen if isinstance(moment.event, Mark) and moment.event.kind == "end"]
    timeline = Timeline.of(seen)
    return Summary(
        seconds=seen[-1].at if timed else None,
        received=sum(moment.direction == "received" for moment in seen),
        sent=sum(moment.direction == "sent" for moment in seen),
        turns=tuple(_through(seen, ops.turns())),
        tools={name: calls.count(name) for name in dict.fromkeys(calls)},
        waits=_waits(seen) if timed else (),
        used=tuple(_through(seen, ops.usage())),
        failures=timeline.crosses,
        end=ends[-1].text if ends else None,
        complete=source.complete if isinstance(source, Recording) else bool(ends),
        timeline=timeline,
    )


def _sketched(seen: Sequence[Moment]) -> Sketch:
    sketch = Sketch()
    for moment in seen:
        sketch.take(moment)
    return sketch


def _through(seen: Sequence[Moment], operator: Callable[[Observable[object]], Observable[_Out]]) -> list[_Out]:
    """Run an operator over what happened."""
    events: Observable[object] = reactivex.from_iterable(moment.event for moment in seen)
    return list(events.pipe(operator, rx.to_list()).run())


def _waits(seen: Sequence[Moment]) -> tuple[Latency, ...]:
    def step(known: tuple[LatencyState, tuple[Latency, ...]], moment: Moment) -> Any:
        state, found = latency_step(known[0], (moment.at, moment.event))
        return state, (*known[1], *found)

    return reduce(step, seen, (LatencyState(), ()))[1]

"""A session at a glance: who spoke when, what was answered, heard and called, and what failed where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from rxrealtime.recording import Entry, Recording
from rxrealtime.views.moments import Moment, moments
from rxrealtime.views.picture import Picture
from rxrealtime.views.sketch import LANES, Bar, Cross, Lane, Sketch, Sketches
from rxrealtime.views.svg import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    RED,
    cross,
    drawing,
    label,
    line,
    rect,
    shortened,
)

__all__ = ["Timeline", "colour"]

_COLOURS: Final = dict(zip(LANES, (GREY, BLUE, BLUE, GREY, GREEN, GREEN, PURPLE, "#8c6d1f", RED), strict=True))
_ENDED: Final = {"cancelled": ORANGE, "failed": RED, "incomplete": RED}
_LEFT, _RIGHT, _TOP, _ROW, _BAR = 118, 16, 34, 24, 17
_LETTER: Final = 6.3
"""The width that a letter takes, with some to spare: nothing measures text here."""


@dataclass(frozen=True, slots=True)
class Timeline(Picture):
    """The swim lanes of a session.

    Args:
        bars: What lasted.
        crosses: What failed.
        interruptions: When a response was cancelled, in seconds.
        end: When the last thing happened, in seconds.
        timed: Whether the times are known; without, the axis counts events.
        width: Of the picture, in units.
    """

    bars: tuple[Bar, ...]
    crosses: tuple[Cross, ...] = ()
    interruptions: tuple[float, ...] = ()
    end: float = 0.0
    timed: bool = True
    width: int = 960

    @classmethod
    def of(cls, source: Recording | str | Path | Iterable[Entry | Moment], width: int = 960) -> Timeline:
        """Draw a recording, or what a list of moments tells.

        Args:
            source: See `moments`. If it has no times, events are drawn one after the other.
            width: Of the picture, in units.
        """
        seen = reduce(Sketches.after, moments(source), Sketches())
        return cls.of_sketch(*seen.known(), width)

    @classmethod
    def of_sketch(cls, sketch: Sketch, timed: bool = True, width: int = 960) -> Timeline:
        """Draw what is known by now of a session that may still go on.

        Args:
            sketch: What was seen.
            timed: Whether its times are seconds; how long audio takes to be heard is not known without.
            width: Of the picture, in units.
        """
        bars = tuple(bar for bar in sketch.bars if timed or bar.lane != "audio as heard")
        return cls(bars, sketch.crosses, sketch.interruptions, sketch.last, timed, width)

    @property
    def title(self) -> str:
        """What it shows."""
        return "timeline of a session"

    @property
    def seconds(self) -> tuple[float, float]:
        """From when to when it shows."""
        ends = [bar.start if bar.end is None else bar.end for bar in self.bars]
        starts = [bar.start for bar in self.bars] + [one.at for one in self.crosses]
        first, last = min(starts, default=0.0), max([*ends, self.end])
        return min(first, last), max(last, first + 0.001)

    def rows(self) -> tuple[tuple[Lane, tuple[Bar, ...]], ...]:
        """Give the lanes that are not empty, each in as many rows as its bars need to stand side by side."""
        found = [(lane, row) for lane in LANES for row in _side_by_side([b for b in self.bars if b.lane == lane])]
        return (*found, ("failures", ())) if self.crosses else tuple(found)

    def to_svg(self) -> str:
        """Draw it."""
        rows, scale = self.rows(), _Scale(*self.seconds, self.width)
        height = _TOP + _ROW * max(len(rows), 1) + 30
        parts = [label(_LEFT, 18, self._caption(), GREY, 11), *self._axis(scale, height), *self._rows(scale, rows)]
        bottom = _TOP + _ROW * len(rows)
        parts += [line(x, _TOP - 4, x, bottom, ORANGE, 1.5) for x in map(scale.x, self.interruptions)]
        if not rows:
            parts.append(label(_LEFT, _TOP + 16, "nothing happened yet", GREY))
        return drawing(self.width, height, parts)

    def _caption(self) -> str:
        interrupted = f"; orange lines: interruptions ({len(self.interruptions)})" if self.interruptions else ""
        failed = f"; crosses: failures ({len(self.crosses)})" if self.crosses else ""
        unit = "seconds" if self.timed else "events in order: the recording has no times"
        return f"{unit}{interrupted}{failed}"

    def _axis(self, scale: _Scale, height: int) -> Iterator[str]:
        for part, anchor in enumerate(("start", *["middle"] * 4, "end")):
            at = scale.first + (scale.last - scale.first) * part / 5
            yield line(scale.x(at), _TOP - 4, scale.x(at), height - 24)
            yield label(scale.x(at), height - 8, f"{at:.1f}" if self.timed else f"{at:.0f}", GREY, 11, anchor)

    def _rows(self, scale: _Scale, rows: Iterable[tuple[Lane, tuple[Bar, ...]]]) -> Iterator[str]:
        above = None
        for number, (lane, bars) in enumerate(rows):
            y = _TOP + number * _ROW
            if lane != above:
                yield line(0, y - 3, self.width, y - 3)
                yield label(8, y + 13, lane, INK, 12)
            above = lane
            yield from _drawn(bars, scale, y)
            if lane == "failures":
                yield from (cross(scale.x(one.at), y + 9, one.text) for one in self.crosses)


class _Scale(NamedTuple):
    """Where a time is in the picture."""

    first: float
    last: float
    width: int

    def x(self, at: float | None) -> float:
        """Give the place of a time, in units; what goes on reaches to the right edge."""
        share = 1.0 if at is None else min(max((at - self.first) / (self.last - self.first), 0.0), 1.0)
        return _LEFT + share * (self.width - _LEFT - _RIGHT)


class _Mark(NamedTuple):
    """What is drawn in one place: the last of the bars that would stand there."""

    x: float
    width: float
    bar: Bar
    hidden: int

    @property
    def text(self) -> str:
        return self.bar.text or self.bar.status


def colour(bar: Bar) -> str:
    """Give the colour of a bar: of how it ended, where it did not end well, or of its lane."""
    return _ENDED.get(bar.status) or _COLOURS[bar.lane]


def _drawn(bars: tuple[Bar, ...], scale: _Scale, y: float) -> Iterator[str]:
    marks = [_mark(list(same), scale) for _, same in groupby(bars, key=lambda bar: round(scale.x(bar.start)))]
    edges = [*(mark.x for mark in marks[1:]), float(scale.width)]
    for mark, edge in zip(marks, edges, strict=False):  # none in a row without bars
        more = f" (and {mark.hidden} more)" if mark.hidden else ""
        yield rect(mark.x, y, mark.width, _BAR, colour(mark.bar), f"{mark.text or mark.bar.lane}{more}")
        yield _written(mark, edge, y + 13)


def _mark(same: list[Bar], scale: _Scale) -> _Mark:
    bar = same[-1]
    x = scale.x(bar.start)
    return _Mark(x, scale.x(bar.end) - x, bar, len(same) - 1)


def _written(mark: _Mark, edge: float, y: float) -> str:
    """Write in a bar what fits there; or beside it, where there is more room until the next one."""
    inside = int((mark.width - 8) / _LETTER)
    beside = int((edge - mark.x - mark.width - 8) / _LETTER)
    if inside >= min(len(mark.text), beside):
        text, x, fill = shortened(mark.text, inside), mark.x + 4, "#ffffff"
    else:
        text, x, fill = shortened(mark.text, beside), mark.x + max(mark.width, 1.5) + 4, INK
    return label(x, y, text, fill, 11) if text else ""


def _side_by_side(bars: list[Bar]) -> list[tuple[Bar, ...]]:
    """Put bars that overlap in rows of their own, at most three; the last takes the rest."""
    rows: list[list[Bar]] = []
    for bar in sorted(bars, key=lambda bar: bar.start):
        free = next((row for row in rows if (row[-1].end or bar.start + 1) <= bar.start), None)
        if free is None and len(rows) < 3:
            rows.append(free := [])
        (rows[-1] if free is None else free).append(bar)
    return [tuple(row) for row in rows]

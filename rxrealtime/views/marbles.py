"""A stream as a marble diagram: a line of time, a marble for each value, a cross or a bar where it ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, Final, Literal

from rxrealtime.views.moments import Moment, is_failure
from rxrealtime.views.picture import Picture
from rxrealtime.views.svg import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, cross, drawing, escaped, label, line, shortened

__all__ = ["COLOURS", "MOST", "End", "Marbles", "name_of"]

_LEFT, _RIGHT, _MIDDLE = 20, 30, 34
_APART, _LANES = 17, 16
"""How far two marbles are apart that do not cover each other; into how many lanes at most those go that would."""
MOST: Final = 500
"""How many values are drawn."""
End = Literal["completed", "failed"] | None
"""How a stream ended; None if it goes on."""
COLOURS: Final = (BLUE, GREEN, ORANGE, PURPLE, "#56b4e9", "#8c6d1f", GREY)
"""The colours of the kinds of values, in turn."""


@dataclass(frozen=True, slots=True)
class Marbles(Picture):
    """A marble diagram; one letter and colour a kind of value, told below.

    What would cover the value before it stands below the line, at its time; what failed is never covered.

    Args:
        values: The values with their times in seconds, in order.
        end: How the stream ended: "completed", "failed" or None if it goes on.
        width: Of the picture, in units.
    """

    values: tuple[tuple[float, Any], ...]
    end: End = None
    width: int = 960

    @classmethod
    def of(
        cls,
        values: Iterable[Moment | tuple[float, Any]],
        end: End = None,
        width: int = 960,
    ) -> Marbles:
        """Draw values with times, such as moments; of more than 500 the last ones."""
        timed = tuple((one[0], one.event if isinstance(one, Moment) else one[1]) for one in values)
        return cls(timed[-MOST:], end, width)

    @property
    def title(self) -> str:
        """What it shows."""
        return "marble diagram"

    def to_svg(self) -> str:
        """Draw it."""
        names = list(dict.fromkeys(name_of(value) for _, value in self.values if not is_failure(value)))
        rows = (len(names) + 2) // 3
        last = self.width - _RIGHT
        parts = [line(_LEFT, _MIDDLE, last, _MIDDLE, INK, 1.5), line(last - 6, _MIDDLE - 5, last, _MIDDLE, INK, 1.5)]
        parts += [line(last - 6, _MIDDLE + 5, last, _MIDDLE, INK, 1.5)]
        xs = tuple(map(self._x, range(len(self.values))))
        lanes = _lanes(xs)
        below = max(lanes, default=0) * _APART
        marbles = [(_MIDDLE + lane * _APART, x, *one) for x, lane, one in zip(xs, lanes, self.values, strict=True)]
        parts += [_marble(*one, names) for one in sorted(marbles, key=lambda one: is_failure(one[3]))]
        if self.end == "completed":
            parts.append(line(last - 14, _MIDDLE - 14, last - 14, _MIDDLE + 14, INK, 3))
        elif self.end == "failed":
            parts.append(cross(last - 14, _MIDDLE, "the stream failed", 10))
        for number, name in enumerate(names):
            x, y = _LEFT + number % 3 * (self.width - 40) / 3, 74 + below + number // 3 * 20
            parts.append(_ball(x + 8, y - 4, number, ""))
            parts.append(label(x + 22, y, shortened(name, 44), INK, 11))
        return drawing(self.width, 70 + below + rows * 20, parts)

    def _x(self, number: int) -> float:
        """Give the place of a value: by its time, or by its number where all came at once."""
        first, last = self.values[0][0], self.values[-1][0]
        at = self.values[number][0]
        share = (at - first) / (last - first) if last > first else (number / max(len(self.values) - 1, 1))
        return _LEFT + 12 + share * (self.width - _LEFT - _RIGHT - 48)


def _lanes(xs: Iterable[float]) -> tuple[int, ...]:
    """Give each place the first lane in which it covers none before it; if there is none, that with the most room."""
    lanes: list[int] = []
    taken: list[float] = []
    for x in xs:
        free = next((lane for lane, before in enumerate(taken) if before + _APART <= x), len(taken))
        lane = free if free < _LANES else min(range(_LANES), key=taken.__getitem__)
        taken[lane : lane + 1] = [x]
        lanes.append(lane)
    return tuple(lanes)


def _marble(y: float, x: float, at: float, value: object, names: list[str]) -> str:
    title = f"{name_of(value)} at {at:.3f} s"
    return cross(x, y, title, 7) if is_failure(value) else _ball(x, y, names.index(name_of(value)), title)


def name_of(value: object) -> str:
    """Name a value by its type on the wire, or its class: never by what it holds."""
    kind = getattr(value, "type", None)
    return kind if isinstance(kind, str) else type(value).__name__


def _ball(x: float, y: float, kind: int, title: str) -> str:
    """Draw a marble; beyond the 26th kind they have no letter."""
    told = f"<title>{escaped(title)}</title>" if title else ""
    fill, letter = COLOURS[kind % len(COLOURS)], ascii_lowercase[kind : kind + 1]
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="{fill}" stroke="#ffffff" stroke-width="1">{told}</circle>'
    return circle + (label(x, y + 3.5, letter, "#ffffff", 11, "middle") if letter else "")

"""Lanes of strips over time: the plain picture of a live view. Values that come close together make one strip."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

__all__ = ["Strip", "Strips", "image"]

_KEPT: Final = 400
_GAP: Final = 1.0
"""Seconds of silence that end a strip."""
_LOOK_BACK: Final = 8
_LEFT: Final = 110
_WIDTH: Final = 900
_ROW: Final = 22
_BAR: Final = 12
_FONT: Final = 'font-family="sans-serif" font-size="11"'
_COLOURS: Final = ("#4c78a8", "#59a14f", "#b07aa1", "#f28e2b", "#76b7b2", "#9c755f")
_BAD: Final = "#d62728"


@dataclass(frozen=True, slots=True)
class Strip:
    """Values of one kind that came one after the other.

    Args:
        lane: Where it is drawn.
        label: What came.
        first: When the first one came, in seconds.
        last: When the last one came.
        count: How many.
        bad: Whether it is a failure.
    """

    lane: str
    label: str
    first: float
    last: float
    count: int = 1
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Strips:
    """The last 400 strips, by when they began."""

    kept: tuple[Strip, ...] = ()

    def after(self, new: Strip) -> Strips:
        """Give the strips with one more value: a longer strip, or another one."""
        for back, old in enumerate(reversed(self.kept[-_LOOK_BACK:]), start=1):
            if (old.lane, old.label, old.bad) == (new.lane, new.label, False) and new.first - old.last < _GAP:
                longer = replace(old, last=new.last, count=old.count + 1)
                place = len(self.kept) - back
                return Strips((*self.kept[:place], longer, *self.kept[place + 1 :]))
        return Strips((*self.kept, new)[-_KEPT:])

    def to_svg(self) -> str:
        """Draw: a row a lane, failures as crosses; presentation attributes only."""
        lanes = list(dict.fromkeys(strip.lane for strip in self.kept)) or ["nothing yet"]
        height = _ROW * len(lanes) + 24
        head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}">'
        ground = f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
        return "".join((head, ground, *self._rows(lanes), *self._times(height), "</svg>"))

    def to_html(self) -> str:
        """Give the picture as an image."""
        return image(self.to_svg())

    def _span(self) -> tuple[float, float]:
        start = min((strip.first for strip in self.kept), default=0.0)
        end = max((strip.last for strip in self.kept), default=0.0)
        return start, max(end, start + 1.0)

    def _rows(self, lanes: list[str]) -> Iterator[str]:
        for row, lane in enumerate(lanes):
            y, colour = row * _ROW + 4, _COLOURS[row % len(_COLOURS)]
            yield f'<text x="6" y="{y + 11}" {_FONT} fill="#333333">{html.escape(lane)}</text>'
            yield f'<rect x="{_LEFT}" y="{y + _BAR}" width="{_WIDTH - _LEFT - 10}" height="1" fill="#dddddd"/>'
            yield from (self._strip(strip, y, colour) for strip in self.kept if strip.lane == lane)

    def _strip(self, strip: Strip, y: int, colour: str) -> str:
        x = self._x(strip.first)
        if strip.bad:
            cross = f"M{x - 5:.1f} {y}l10 10m0 -10l-10 10"
            return f'<path d="{cross}" stroke="{_BAD}" stroke-width="2.5" fill="none"/>'
        width = max(self._x(strip.last) - x, 3.0)
        return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="2" fill="{colour}"/>'

    def _x(self, at: float) -> float:
        start, end = self._span()
        return _LEFT + (at - start) / (end - start) * (_WIDTH - _LEFT - 16)

    def _times(self, height: int) -> Iterator[str]:
        start, end = self._span()
        for part in range(5):
            at = start + (end - start) * part / 4
            anchor = "end" if part == 4 else "start"
            yield (
                f'<text x="{self._x(at):.0f}" y="{height - 6}" {_FONT} text-anchor="{anchor}" '
                f'fill="#777777">{at:.1f} s</text>'
            )


def image(svg: str) -> str:
    """Give a drawing as an image that is shown in an untrusted notebook, too.

    Args:
        svg: The drawing.

    Returns:
        An ``img`` element that holds it.
    """
    return f'<img src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"/>'

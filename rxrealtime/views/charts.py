"""How long the user waited, and what was used: points and bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rxrealtime.operators import Latency, UsageReport
from rxrealtime.operators.latencies import latency_summary
from rxrealtime.views.picture import Picture
from rxrealtime.views.svg import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, drawing, label, line, rect

__all__ = ["Latencies", "TokensUsed"]

_LEFT, _TOP, _ROW = 118, 34, 30
_READ, _WRITTEN = BLUE, ORANGE
_NAMES: Final = {
    "first_audio": "first audio",
    "first_text": "first text",
    "response": "response",
    "tool": "tool",
    "interrupt": "interruption",
}


@dataclass(frozen=True, slots=True)
class Latencies(Picture):
    """A row a kind of waiting: a point for each measurement, a line at the median and at the 95th percentile.

    Args:
        measured: What `rxrealtime.ops.latencies` gave.
        width: Of the picture, in units.
    """

    measured: tuple[Latency, ...]
    width: int = 720

    @classmethod
    def of(cls, measured: Iterable[Latency], width: int = 720) -> Latencies:
        """Draw measurements."""
        return cls(tuple(measured), width)

    @property
    def title(self) -> str:
        """What it shows."""
        return "latencies"

    def to_svg(self) -> str:
        """Draw it."""
        kinds = [kind for kind in _NAMES if any(one.kind == kind for one in self.measured)]
        height = _TOP + _ROW * max(len(kinds), 1) + 30
        parts = [label(_LEFT, 18, "seconds; lines: median and 95th percentile", GREY, 11), *self._axis(height)]
        for row, kind in enumerate(kinds):
            parts += self._row(kind, _TOP + row * _ROW)
        if not kinds:
            parts.append(label(_LEFT, _TOP + 16, "nothing was measured", GREY))
        return drawing(self.width, height, parts)

    def _x(self, seconds: float) -> float:
        longest = max((one.seconds for one in self.measured), default=0.0) or 1.0
        return _LEFT + seconds / longest * (self.width - _LEFT - 110)

    def _axis(self, height: int) -> Iterator[str]:
        longest = max((one.seconds for one in self.measured), default=0.0) or 1.0
        for part in range(5):
            x = self._x(longest * part / 4)
            yield line(x, _TOP - 4, x, height - 24)
            yield label(x, height - 8, f"{longest * part / 4:.3g}", GREY, 11, "middle")

    def _row(self, kind: str, y: float) -> Iterator[str]:
        found = [one for one in self.measured if one.kind == kind]
        summary = latency_summary(found)[kind]  # type: ignore[index]
        yield label(8, y + 15, _NAMES[kind])
        for quantile in (summary.p50, summary.p95):
            yield line(self._x(quantile), y, self._x(quantile), y + 22, PURPLE, 2)
        for one in found:
            yield (
                f'<circle cx="{self._x(one.seconds):.1f}" cy="{y + 11:.1f}" r="4" fill="{BLUE}" fill-opacity="0.6"/>'
            )
        yield label(self.width - 8, y + 15, f"{summary.p50:.3g} / {summary.p95:.3g} s", GREEN, 11, "end")


@dataclass(frozen=True, slots=True)
class TokensUsed(Picture):
    """A bar a response: what the model read, and what it wrote, in tokens.

    Args:
        reports: What `rxrealtime.ops.usage` gave; transcriptions are another model's, and left out.
        width: Of the picture, in units.
    """

    reports: tuple[UsageReport, ...]
    width: int = 720

    @classmethod
    def of(cls, reports: Iterable[UsageReport], width: int = 720) -> TokensUsed:
        """Draw reports; the last 40 responses fit."""
        return cls(tuple(one for one in reports if one.item_id is None)[-40:], width)

    @property
    def title(self) -> str:
        """What it shows."""
        return "tokens used"

    def to_svg(self) -> str:
        """Draw it."""
        height = _TOP + 20 * max(len(self.reports), 1) + 12
        most = max((self._sum(one) for one in self.reports), default=0) or 1
        parts = [
            label(_LEFT, 18, "tokens read", _READ, 11),
            label(_LEFT + 80, 18, "written", _WRITTEN, 11),
        ]
        for row, one in enumerate(self.reports):
            parts += self._row(one, row, (self.width - _LEFT - 70) / most)
        if not self.reports:
            parts.append(label(_LEFT, _TOP + 14, "no response told what it used", GREY))
        return drawing(self.width, height, parts)

    @staticmethod
    def _sum(one: UsageReport) -> int:
        return (one.tally.input.total or 0) + (one.tally.output.total or 0)

    def _row(self, one: UsageReport, row: int, scale: float) -> Iterator[str]:
        y, read = _TOP + row * 20, (one.tally.input.total or 0) * scale
        yield label(8, y + 12, f"response {row + 1}", INK, 12)
        yield rect(_LEFT, y, read, 14, _READ)
        yield rect(_LEFT + read, y, (one.tally.output.total or 0) * scale, 14, _WRITTEN)
        yield label(_LEFT + self._sum(one) * scale + 6, y + 12, f"{self._sum(one):,}", GREY, 11)

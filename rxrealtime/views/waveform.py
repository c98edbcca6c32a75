"""Sound as a picture: the least and the greatest sample of each column."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rxrealtime.audio import pcm16_to_samples
from rxrealtime.errors import ConfigurationError
from rxrealtime.views.picture import Picture
from rxrealtime.views.svg import BLUE, GREY, PALE, drawing, label, line

__all__ = ["Waveform"]

_HEIGHT, _TOP = 96, 6
_UNIT: Final = _HEIGHT / 2 / 32_768


@dataclass(frozen=True, slots=True)
class Waveform(Picture):
    """The waveform of mono PCM16.

    Args:
        pcm16: The samples, little endian.
        rate: Samples a second.
        width: Of the picture, in units.

    Raises:
        ConfigurationError: ``rate`` is not above 0, or ``pcm16`` ends within a sample.
    """

    pcm16: bytes
    rate: int = 24_000
    width: int = 720

    def __post_init__(self) -> None:
        if self.rate <= 0 or len(self.pcm16) % 2:
            raise ConfigurationError("a waveform needs whole samples of 2 bytes, and a rate above 0")

    @property
    def title(self) -> str:
        """What it shows."""
        return f"waveform, {self.seconds:.1f} s"

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.pcm16) / 2 / self.rate

    def columns(self) -> tuple[tuple[int, int], ...]:
        """Give the least and the greatest sample of each column of the picture."""
        samples = pcm16_to_samples(self.pcm16)
        count = min(self.width, len(samples))
        edges = [len(samples) * column // max(count, 1) for column in range(count + 1)]
        return tuple((min(samples[a:b]), max(samples[a:b])) for a, b in pairwise(edges))

    def to_svg(self) -> str:
        """Draw it."""
        columns = self.columns()
        step, middle = self.width / max(len(columns), 1), _TOP + _HEIGHT / 2
        path = "".join(
            f"M{x * step + step / 2:.1f} {middle - high * _UNIT:.1f}V{middle - low * _UNIT + 0.5:.1f}"
            for x, (low, high) in enumerate(columns)
        )
        parts = [line(0, middle, self.width, middle, PALE)]
        if path:
            parts.append(f'<path d="{path}" stroke="{BLUE}" stroke-width="{max(step * 0.9, 0.8):.2f}" fill="none"/>')
        parts += [
            label(4, _HEIGHT + 22, "0 s", GREY, 11),
            label(self.width - 4, _HEIGHT + 22, f"{self.seconds:.2f} s", GREY, 11, "end"),
        ]
        return drawing(self.width, _HEIGHT + 30, parts)

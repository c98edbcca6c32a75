"""Plain SVG: presentation attributes only, an explicit background, every text escaped.

Notebook pages that are not trusted, and pages that host code, take styles, ids, clips and references out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Final

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "PALE",
    "PURPLE",
    "RED",
    "cross",
    "drawing",
    "escaped",
    "label",
    "line",
    "printable",
    "rect",
    "shortened",
]

INK, GREY, PALE = "#24292f", "#6e7781", "#e6e8eb"
BLUE, ORANGE, GREEN, PURPLE, RED = "#0072b2", "#e69f00", "#009e73", "#9467bd", "#d55e00"
"""The colours of Okabe and Ito, which the colour-blind can tell apart, and a purple."""

_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold (section 2.2): control characters, surrogates."""
_FAMILY: Final = "Helvetica, Arial, DejaVu Sans, sans-serif"


def printable(text: str) -> str:
    """Replace what XML cannot hold: control characters, and surrogates, which no UTF-8 can hold either."""
    return _NO_XML.sub("\ufffd", text)


def escaped(text: str) -> str:
    """Make a text harmless: markup stays text, and what XML cannot hold is replaced."""
    return html.escape(printable(text))


def shortened(text: str, length: int) -> str:
    """Put a text on one line of at most so many characters; "" where there is room for none."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[: length - 1].rstrip() + "…" if length > 2 else ""


def rect(x: float, y: float, width: float, height: float, fill: str, title: str = "") -> str:
    """Draw a bar; a title is shown where the pointer rests, in a browser."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1.5):.1f}" height="{height:.1f}" rx="2" fill="{fill}">'
        f"{f'<title>{escaped(title)}</title>' if title else ''}</rect>"
    )


def cross(x: float, y: float, title: str, size: float = 5.0) -> str:
    """Draw a failure."""
    path = (
        f"M{x - size:.1f} {y - size:.1f}l{2 * size:.1f} {2 * size:.1f}m{-2 * size:.1f} 0l{2 * size:.1f} {-2 * size:.1f}"
    )
    return f'<path d="{path}" stroke="{RED}" stroke-width="2.5" fill="none"><title>{escaped(title)}</title></path>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str = PALE, width: float = 1.0) -> str:
    """Draw a line."""
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{stroke}" stroke-width="{width:g}" fill="none"/>'


def label(x: float, y: float, text: str, fill: str = INK, size: int = 12, anchor: str = "start") -> str:
    """Write a text on its baseline."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="{_FAMILY}" font-size="{size}" fill="{fill}" '
        f'text-anchor="{anchor}">{escaped(text)}</text>'
    )


def drawing(width: float, height: float, parts: Iterable[str]) -> str:
    """Put a picture together, on white."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}"><rect x="0" y="0" width="{width:.0f}" height="{height:.0f}" '
        f'fill="#ffffff"/>{"".join(parts)}</svg>'
    )

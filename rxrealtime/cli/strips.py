"""The timeline of a session in characters: a row a lane, a column a stretch of time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.cells import cell_len, set_cell_size

from rxrealtime.cli.printable import one_line
from rxrealtime.views import Timeline

__all__ = ["strips"]

_NAMES: Final = 14
_LEAST: Final = 20


def strips(timeline: Timeline, width: int) -> Iterator[str]:
    """Give the timeline in characters.

    A bar is ``[what=======]``, one that goes on ``[what=======>``, one too short for this ``#``, and what failed ``x``.

    Args:
        timeline: The timeline.
        width: Of a line, in cells of a terminal; at least 37 are taken.
    """
    first, last = timeline.seconds
    room = max(width - _NAMES - 3, _LEAST)

    def column(at: float) -> int:
        return min(max(int((at - first) / (last - first) * room), 0), room - 1)

    for lane, bars in timeline.rows():
        cells = [" "] * room
        for bar in bars:
            begin, end = column(bar.start), column(last if bar.end is None else bar.end)
            cells[begin : end + 1] = _bar(bar.text, end - begin + 1, "]" if bar.end is not None else ">")
        for one in timeline.crosses if lane == "failures" else ():
            cells[column(one.at)] = "x"
        yield f"{lane:>{_NAMES}} |{''.join(cells)}|"
    left, right = (f"{at:.1f} s" if timeline.timed else f"event {at:.0f}" for at in (first, last))
    yield f"{'':>{_NAMES}}  {left}{right:>{room - len(left)}}"


def _bar(text: str, width: int, end: str) -> list[str]:
    """Give so many cells; of a character that is two cells wide the second one is empty."""
    if width < 2:
        return ["#"]
    cells: list[str] = []
    for character in _fitting(one_line(text), width - 2):
        size = cell_len(character)
        if size:
            cells += [character, *[""] * (size - 1)]
    return ["[", *cells, *["="] * (width - 2 - len(cells)), end]


def _fitting(text: str, width: int) -> str:
    """Cut a text to so many cells; "" if there is no room to say anything."""
    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, width - 1).rstrip()}…" if width > 2 else ""

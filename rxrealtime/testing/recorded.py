"""A recorded session as a marble diagram: one letter a type, deltas merged into runs."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from rxrealtime.codec import decode_client, decode_frame
from rxrealtime.events import DELTA_EVENTS, ExceptionEvent
from rxrealtime.frames import Frame
from rxrealtime.recording.read import read_recording

__all__ = ["RecordedMarbles", "record_marbles"]

_RECEIVED: Final = string.ascii_lowercase + string.digits
_SENT: Final = string.ascii_uppercase
_NO_LETTER: Final = "?"
_NAMES: Final = ("server ", "client ")


@dataclass(frozen=True)
class RecordedMarbles:
    """What happened in a session, as letters; ``str()`` is the picture.

    One sign is one event, whenever it was: the order is shown, not the time. ``d~`` is a run of deltas, ``(de)~`` one
    of several kinds. Small letters were received, capital letters were sent, ``!`` is a frame that is no event.

    Args:
        received: The line of the server.
        sent: The line of the client, aligned with the other.
        legend: The type of each letter.
        counts: How many there were of each letter.
        width: How wide the picture may be, in characters.
    """

    received: str
    sent: str
    legend: Mapping[str, str]
    counts: Mapping[str, int] = field(repr=False, default_factory=dict)
    width: int = 80

    @property
    def diagram(self) -> str:
        """Both lines, as wide as they are."""
        return f"{_NAMES[0]}{self.received}\n{_NAMES[1]}{self.sent}"

    def __str__(self) -> str:
        room = max(self.width - len(_NAMES[0]), 1)
        blocks = [
            f"{_NAMES[0]}{self.received[at : at + room]}\n{_NAMES[1]}{self.sent[at : at + room]}"
            for at in range(0, max(len(self.received), 1), room)
        ]
        lines = [_cut(f"  {name} = {self.legend[name]}{_times(self.counts[name])}", self.width) for name in self.legend]
        return "\n\n".join([*blocks, "\n".join(lines)])


def record_marbles(source: str | Path | Iterable[Frame], *, width: int = 80) -> RecordedMarbles:
    """Draw a recorded session.

    Args:
        source: A recording (see `read_recording`), or frames.
        width: How wide the picture may be, in characters.

    Returns:
        The diagram and its legend; nothing of the payload is in it.

    Raises:
        RecordingError: There is no such file, or it is not a recording.
    """
    frames = read_recording(source) if isinstance(source, (str, Path)) else source
    letters = _Letters()
    lines = {"received": "", "sent": ""}
    for direction, cell in _cells(((frame.direction, _decoded(frame)) for frame in frames), letters):
        lines[direction] += cell
        other = "sent" if direction == "received" else "received"
        lines[other] += "-" * len(cell)
    return RecordedMarbles(lines["received"], lines["sent"], letters.legend, letters.counts, width)


def _decoded(frame: Frame) -> Any:
    return decode_frame(frame) if frame.direction == "received" else decode_client(frame.data)


def _cells(events: Iterable[tuple[str, Any]], letters: _Letters) -> Iterator[tuple[str, str]]:
    """Give what stands in the diagram, a run of deltas at a time."""
    for (direction, run), group in groupby(events, lambda pair: (pair[0], type(pair[1]) in DELTA_EVENTS)):
        names = [letters.of(direction, event) for _, event in group]
        if run and len(names) > 1:
            kinds = "".join(dict.fromkeys(names))
            yield direction, f"({kinds})~" if len(kinds) > 1 else f"{kinds}~"
        else:
            yield direction, "".join(names)


class _Letters:
    """Which letter stands for which type, in the order in which they come."""

    def __init__(self) -> None:
        self.legend: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        self._known: dict[tuple[str, str], str] = {}

    def of(self, direction: str, event: Any) -> str:
        """Give the letter of an event, and count it."""
        if isinstance(event, ExceptionEvent):
            letter, kind = "!", "no event"
        else:
            kind = event.type
            letter = self._known.get((direction, kind)) or self._spare(direction)
            self._known[direction, kind] = letter
        self.legend.setdefault(letter, kind if letter != _NO_LETTER else "other types")
        self.counts[letter] += 1
        return letter

    def _spare(self, direction: str) -> str:
        signs = _RECEIVED if direction == "received" else _SENT
        return next((sign for sign in signs if sign not in self.legend), _NO_LETTER)


def _times(count: int) -> str:
    return f" x {count}" if count > 1 else ""


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: max(width - 3, 0)] + "..."

"""What of a recording comes again, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import dropwhile
from pathlib import Path
from typing import NamedTuple, TypeAlias

from rxrealtime.errors import RecordingError
from rxrealtime.frames import Frame
from rxrealtime.recording.endings import cause_of
from rxrealtime.recording.entries import Entry, Mark
from rxrealtime.recording.read import Recording, open_recording

__all__ = ["Due", "End", "Start", "due_from", "entries_of"]

Start: TypeAlias = float | Callable[[Frame], bool]


class End(NamedTuple):
    """The end of a connection.

    Args:
        cause: Why; None if it was closed by the client.
    """

    cause: Exception | None


class Due(NamedTuple):
    """Something that comes again.

    Args:
        wait: When, in seconds after the start of the replay.
        what: What.
    """

    wait: float
    what: Frame | End


def entries_of(source: str | Path | Recording | Iterable[Frame], start: Start) -> tuple[Iterator[Entry], float]:
    """Open what is to be played.

    Args:
        source: A file, a recording, or frames.
        start: Seconds, or a predicate for the first frame.

    Returns:
        What there is from then on, and the time of the start in seconds; a recording that is cut off raises
        `RecordingError` at its end.

    Raises:
        RecordingError: There is no such file, or it is not a recording.
    """
    recording = open_recording(source) if isinstance(source, (str, Path)) else source
    at = 0.0 if callable(start) else start
    if isinstance(recording, Recording):
        entries = _whole(recording, at)
    else:
        entries = (frame for frame in recording if frame.at >= at)
    if not callable(start):
        return entries, at
    found = dropwhile(lambda entry: isinstance(entry, Mark) or not start(entry), entries)
    first = next(found, None)
    return (iter(()), 0.0) if first is None else (_with(first, found), first.at)


def due_from(entries: tuple[Iterator[Entry], float], interval: float, stretch: float) -> Iterator[Due]:
    """Say what is delivered when.

    Args:
        entries: What there is, and the time of the start.
        interval: Seconds between frames beside their times.
        stretch: By which times are multiplied.

    Returns:
        The received frames and, last, the end.
    """
    found, start = entries
    number, at, end = 0, start, End(None)
    try:
        for entry in found:
            at = entry.at + number * interval
            if isinstance(entry, Mark):
                end = End(cause_of(entry)) if entry.kind == "end" else end
            elif entry.direction == "received":
                yield Due((at - start) * stretch, entry._replace(at=at))
                number += 1
    except RecordingError as error:
        end = End(error)
    yield Due((at - start) * stretch, end)


def _whole(recording: Recording, at: float) -> Iterator[Entry]:
    yield from recording.since(at) if at else recording.entries()
    if not recording.complete:
        raise RecordingError(f"{recording.path} is cut off: the recording ends here")


def _with(first: Entry, rest: Iterator[Entry]) -> Iterator[Entry]:
    yield first
    yield from rest

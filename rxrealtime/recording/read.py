"""Reading recordings: plain or sealed, whole or cut off, and those of the simple form."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from rxrealtime.errors import RecordingError
from rxrealtime.frames import Frame
from rxrealtime.recording.entries import Entry, Header, Mark
from rxrealtime.recording.lines import Line, is_whole, parsed
from rxrealtime.recording.stored import StoredLines, open_stored

__all__ = ["Recording", "open_recording", "read_recording"]

Progress: TypeAlias = Callable[[float], None]
_DISORDER: Final = 1.0
"""By how many seconds entries may be out of order: a frame is recorded when it is delivered, not when it came."""


class Recording:
    """A recorded session on disk. It holds no file open: each way to read opens it for itself.

    A last line that is cut off, as a killed process leaves it, ends the recording; `complete` tells.

    Args:
        path: The file.

    Raises:
        RecordingError: There is no such file, or it does not begin like a recording.
        ConfigurationError: It is sealed and there is no zstd.

    Attributes:
        path: The file.
        header: What it says of itself.
        complete: Whether its end is there. The simple form does not say how a session ended: then, whether its last
            line is whole.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        file, stored = open_stored(path)
        with file:
            first = next(_parsed(stored.lines(), str(path)), None)
            self.header = first.content if first and isinstance(first.content, Header) else Header(0, clock="")
            self.complete = _is_complete(stored, self.header, str(path))

    def entries(self, progress: Progress = lambda done: None) -> Iterator[Entry]:
        """Give frames and marks, in order.

        Args:
            progress: Told which part of the file is read, from 0 to 1, after each line.

        Raises:
            RecordingError: A line is not one of a recording (when it is reached).
        """
        return (line.content for line in self.lines(progress) if not isinstance(line.content, Header))

    def frames(self, progress: Progress = lambda done: None) -> Iterator[Frame]:
        """Give the frames, in order.

        Args:
            progress: As for `entries`.

        Raises:
            RecordingError: As `entries`.
        """
        return (entry for entry in self.entries(progress) if isinstance(entry, Frame))

    def since(self, at: float, progress: Progress = lambda done: None) -> Iterator[Entry]:
        """Give the entries from a time on; what is before is skipped by bisection.

        Args:
            at: Seconds since the connection was opened.
            progress: As for `entries`.

        Raises:
            RecordingError: As `entries`.
        """
        return (entry for entry in self._found(at, progress) if entry.at >= at)

    def lines(self, progress: Progress = lambda done: None) -> Iterator[Line]:
        """Give what the lines hold, the header included.

        Args:
            progress: As for `entries`.

        Raises:
            RecordingError: As `entries`.
        """
        file, stored = open_stored(self.path)
        with file:
            yield from _told(_parsed(stored.lines(), str(self.path)), file, progress)

    def raw_lines(self) -> Iterator[bytes]:
        """Give the lines as they are, without one that is cut off.

        Raises:
            RecordingError: The file is damaged.
        """
        file, stored = open_stored(self.path)
        with file:
            for line in stored.lines():
                if line.strip() and is_whole(line):
                    yield line.rstrip(b"\r\n") + b"\n"

    def _found(self, at: float, progress: Progress) -> Iterator[Entry]:
        name = str(self.path)

        def before(line: bytes) -> bool:
            if not is_whole(line):
                return False
            content = parsed(line, name).content
            return isinstance(content, Header) or content.at < at - _DISORDER

        file, stored = open_stored(self.path)
        with file:
            for line in _told(_parsed(stored.since(before), f"{name}, from {at} s on"), file, progress):
                if not isinstance(line.content, Header):
                    yield line.content


def open_recording(path: str | Path) -> Recording:
    """Open a recording, ``.jsonl`` or ``.jsonl.zst``, complete or not.

    Args:
        path: The file.

    Returns:
        The recording.

    Raises:
        RecordingError: There is no such file, or it does not begin like a recording.
        ConfigurationError: It is sealed and there is no zstd.
    """
    return Recording(path)


def read_recording(path: str | Path) -> Iterator[Frame]:
    """Read the frames of a recording, in order, a line at a time; `open_recording` gives the rest too.

    Args:
        path: The file.

    Returns:
        The frames. The file is opened at once, and closed when the iterator ends or is dropped.

    Raises:
        RecordingError: There is no such file (at once), or a line is cut off or is not a frame (when it is reached:
            the frames before it have been given).
        ConfigurationError: It is sealed and there is no zstd.
    """
    file, stored = open_stored(path)
    return _frames(file, stored, str(path))


def _frames(file: BinaryIO, stored: StoredLines, name: str) -> Iterator[Frame]:
    with file:
        for number, raw in enumerate(stored.lines(), 1):
            content = parsed(raw, f"{name}, line {number}").content if raw.strip() else None
            if isinstance(content, Frame):
                yield content


def _told(lines: Iterator[Line], file: BinaryIO, progress: Progress) -> Iterator[Line]:
    """Give lines, and tell which part of the file is read."""
    size = max(os.fstat(file.fileno()).st_size, 1)
    for line in lines:
        yield line
        progress(file.tell() / size)
    progress(1.0)


def _parsed(lines: Iterator[bytes], name: str) -> Iterator[Line]:
    """Read lines, up to one that is cut off."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if not is_whole(line):
            return
        yield parsed(line, f"{name}, line {number}")


def _is_complete(stored: StoredLines, header: Header, name: str) -> bool:
    last = stored.last()
    if not last.strip():
        return False
    try:
        content = parsed(last, name).content
    except RecordingError:
        return False
    return header.version == 0 or (isinstance(content, Mark) and content.kind == "end")

"""The lines of a foreign recording as one of ours may hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rxrealtime.frames import Frame
from rxrealtime.recording.credentials import without_credentials
from rxrealtime.recording.lines import Line
from rxrealtime.recording.read import Recording

__all__ = ["clean_lines"]


def clean_lines(recording: Recording, progress: Callable[[float], None]) -> Iterator[Line]:
    """Give the lines of a recording without credentials: ours never had any, those of the simple form may.

    Args:
        recording: What to read.
        progress: See `Recording.entries`.

    Raises:
        RecordingError: As `Recording.lines`.
    """
    lines = recording.lines(progress)
    return map(_clean, lines) if recording.header.version == 0 else lines


def _clean(line: Line) -> Line:
    content = line.content
    return line._replace(content=without_credentials(content)) if isinstance(content, Frame) else line

"""Read recordings: one JSON object a line, ``{"direction": "received" | "sent", "event": {...}, "at": seconds}``.

A first line ``{"meta": {...}}`` says where the recording came from. ``at`` may be absent; the frame is then at 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rxrealtime.errors import RecordingError
from rxrealtime.frames import Frame

__all__ = ["read_recording"]


def read_recording(path: str | Path) -> Iterator[Frame]:
    """Read the frames of a recording, in order, a line at a time.

    Args:
        path: The file.

    Returns:
        The frames. The file is opened at once, and closed when the iterator ends or is dropped.

    Raises:
        RecordingError: There is no such file (at once), or a line is cut off or is not a frame (when it is reached:
            the frames before it have been given).
    """
    try:
        file = Path(path).open("rb")  # noqa: SIM115 (closed by the iterator below)
    except OSError as error:
        raise RecordingError(f"cannot read the recording {path}: {error.strerror}") from error
    return _frames(file, str(path))


def _frames(file: Any, name: str) -> Iterator[Frame]:
    with file:
        for number, line in enumerate(file, 1):
            if line.strip():
                frame = _frame(line, f"{name}, line {number}")
                if frame is not None:
                    yield frame


def _frame(line: bytes, place: str) -> Frame | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        what = "is not JSON" if line.endswith(b"\n") else "is cut off"
        raise RecordingError(f"{place} {what}: the recording ends here") from None
    if not isinstance(row, dict) or ("meta" not in row and row.get("direction") not in ("received", "sent")):
        raise RecordingError(f'{place}: expected {{"direction": "received" or "sent", "event": ...}}')
    if "meta" in row:
        return None
    at = row.get("at", 0.0)
    if not isinstance(at, (int, float)) or "event" not in row:
        raise RecordingError(f'{place}: "at" must be seconds and "event" must be there')
    return Frame(row["direction"], json.dumps(row["event"]).encode(), float(at))

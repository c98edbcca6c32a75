"""The files of recordings while they are written: plain lines that can be read at any time, and whole files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from rxrealtime.errors import RecordingError
from rxrealtime.recording.stored import unsealed_path
from rxrealtime.recording.zstd import seal, zstd_module

__all__ = ["RecordingFile", "written_whole"]


class RecordingFile:
    """A recording that grows. Only its owner may read it.

    A path that ends in ``.zst`` is written as plain lines beside it (``talk.unsealed.jsonl`` for ``talk.jsonl.zst``),
    and sealed when it is closed: what a killed process leaves is readable.

    Args:
        path: Where it is in the end, ``.jsonl`` or ``.jsonl.zst``; a file that is there is written over.

    Raises:
        RecordingError: The file cannot be written.
        ConfigurationError: There is no zstd for it.

    Attributes:
        path: The same.
        sealed: How much of it is sealed, from 0 to 1.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix == ".zst":
            zstd_module()
        self.path = path
        self.sealed = 0.0
        self._plain = unsealed_path(path) if path.suffix == ".zst" else path
        self._file = _created(self._plain)

    def append(self, lines: bytes) -> None:
        """Write whole lines, and flush them.

        Raises:
            OSError: They cannot be written.
        """
        self._file.write(lines)
        self._file.flush()

    def close(self) -> None:
        """Close it, and put the sealed form in the place of the plain one if there is to be one.

        Raises:
            OSError: It cannot be written; the plain lines stay.
        """
        self._file.close()
        if self._plain != self.path:
            with self._plain.open("rb") as lines, written_whole(self.path) as target:
                seal(lines, target, self._tell)
            self._plain.unlink()

    def abandon(self) -> None:
        """Leave it as it is."""
        with suppress(OSError):
            self._file.close()

    def _tell(self, done_bytes: int) -> None:
        self.sealed = done_bytes / max(self._plain.stat().st_size, 1)


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Write a file, whole or not at all.

    Args:
        path: The file; one that is there is written over at the end.

    Yields:
        What to write to.

    Raises:
        RecordingError: The file cannot be made.
    """
    unfinished = path.with_name(f"{path.name}.tmp")
    try:
        with _created(unfinished) as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _created(path: Path) -> BinaryIO:
    try:
        return open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600))
    except OSError as error:
        raise RecordingError(f"cannot write the recording {path}: {error.strerror}") from error

"""The two forms that a recording has on disk, plain lines and sealed frames: read through, or from a time on."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from rxrealtime.errors import RecordingError
from rxrealtime.recording.zstd import block_table, blocks_of, decompressed, unsealed, zstd_module

__all__ = ["Before", "PlainLines", "SealedLines", "StoredLines", "open_stored", "unsealed_path"]

Before = Callable[[bytes], bool]
"""Tells whether a line is from before the time that is looked for."""

_SCANNED_BYTES: Final = 1 << 16
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"


class StoredLines(ABC):
    """The lines of an open file.

    Args:
        file: The file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    @abstractmethod
    def lines(self) -> Iterator[bytes]:
        """Give every line, with its end; the last one may have none."""

    @abstractmethod
    def since(self, before: Before) -> Iterator[bytes]:
        """Give the lines from somewhere on, found by bisection; every line that is left out is from before."""

    @abstractmethod
    def last(self) -> bytes:
        """Give the last line; nothing if there is none."""


class PlainLines(StoredLines):
    """JSON lines as they were written."""

    def lines(self) -> Iterator[bytes]:
        """Give every line."""
        return self._from(0)

    def since(self, before: Before) -> Iterator[bytes]:
        """Give the lines from somewhere on."""
        low, high = 0, self._file.seek(0, os.SEEK_END)
        while high - low > _SCANNED_BYTES:
            middle = (low + high) // 2
            self._file.seek(middle)
            self._file.readline()
            start = self._file.tell()
            line = self._file.readline()
            if line and before(line):
                low = start
            else:
                high = middle
        return self._from(low)

    def last(self) -> bytes:
        """Give the last line, reading backwards."""
        size, length = self._file.seek(0, os.SEEK_END), _SCANNED_BYTES
        while True:
            self._file.seek(max(size - length, 0))
            tail = self._file.read().rstrip(b"\r\n")
            found = tail.rfind(b"\n")
            if found >= 0 or length >= size:
                self._file.seek(max(size - 1, 0))
                return tail[found + 1 :] + (b"\n" if self._file.read() == b"\n" else b"")
            length *= 4

    def _from(self, offset: int) -> Iterator[bytes]:
        self._file.seek(offset)
        yield from iter(self._file.readline, b"")  # not the file itself, which would be closed with the generator


class SealedLines(StoredLines):
    """Independent zstd frames of lines; without a table of them, what any program compressed."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        zstd_module()
        self._table = block_table(file)

    def lines(self) -> Iterator[bytes]:
        """Give every line."""
        return blocks_of(self._file, self._table) if self._table else unsealed(self._file)

    def since(self, before: Before) -> Iterator[bytes]:
        """Give the lines from somewhere on; without a table all of them."""
        low, high = 0, len(self._table)
        while high - low > 1:
            middle = (low + high) // 2
            if before(self._first(middle)):
                low = middle
            else:
                high = middle
        return blocks_of(self._file, self._table, low) if self._table else self.lines()

    def last(self) -> bytes:
        """Give the last line."""
        found = deque(blocks_of(self._file, self._table[-1:]) if self._table else self.lines(), maxlen=1)
        return found[0] if found else b""

    def _first(self, number: int) -> bytes:
        return decompressed(self._file, self._table[number]).partition(b"\n")[0]


def open_stored(path: str | Path) -> tuple[BinaryIO, StoredLines]:
    """Open a file; which form it has, its first bytes say.

    Args:
        path: The file.

    Returns:
        The open file, which is the caller's to close, and its lines.

    Raises:
        RecordingError: There is no such file.
        ConfigurationError: It is sealed and there is no zstd.
    """
    try:
        file = Path(path).open("rb")  # noqa: SIM115 (the caller's)
        sealed = file.read(4) == _ZSTD_MAGIC
    except OSError as error:
        raise RecordingError(f"cannot read the recording {path}: {error.strerror}{_hint(Path(path))}") from error
    try:
        return file, SealedLines(file) if sealed else PlainLines(file)
    except BaseException:
        file.close()
        raise


def unsealed_path(path: Path) -> Path:
    """Say where a recording is written until it is sealed.

    Args:
        path: Where it is in the end, ``talk.jsonl.zst``.

    Returns:
        The path beside it, ``talk.unsealed.jsonl``.
    """
    return path.with_suffix("").with_suffix(".unsealed.jsonl")


def _hint(path: Path) -> str:
    """Say where the lines are of a recording that was never sealed."""
    plain = unsealed_path(path)
    return f"; it was not sealed, but there is {plain}" if path.suffix == ".zst" and plain.exists() else ""

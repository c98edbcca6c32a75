"""Writing recordings beside the event loop: one thread encodes and writes, behind a queue that is bounded."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from rxrealtime.errors import RecordingError
from rxrealtime.frames import Frame
from rxrealtime.recording.credentials import masked, without_credentials
from rxrealtime.recording.entries import Header, Mark
from rxrealtime.recording.lines import line_of_frame, line_of_header, line_of_mark
from rxrealtime.recording.payload import redaction_of, without_payload
from rxrealtime.recording.stored import unsealed_path
from rxrealtime.recording.zstd import seal, zstd_module

__all__ = ["RecordingWriter"]

_GATHER: Final = 0.1
"""Seconds for which entries are gathered: what is written is at most this old, and the time of one batch."""
_OVERHEAD_BYTES: Final = 200
"""What an entry counts beside its payload."""
_BATCH: Final = 256
"""How many entries are written in one piece."""
_Waiting: TypeAlias = "tuple[Frame, bool | None] | Mark | bytes"


class _Missed:
    """Entries for which there was no room, since the last one that there was room for.

    Attributes:
        entries: How many.
        size_bytes: How much they would have taken.
        last: When the last entry was, in seconds, kept or not.
    """

    def __init__(self) -> None:
        self.entries = self.size_bytes = 0
        self.last = 0.0

    def add(self, at: float, size_bytes: int) -> None:
        """Count one more."""
        self.last = at
        self.entries += 1
        self.size_bytes += size_bytes

    def taken(self) -> Mark:
        """Give the mark, and count anew."""
        counts = {"entries": self.entries, "bytes": self.size_bytes}
        self.entries = self.size_bytes = 0
        return Mark("lost", self.last, f"{counts['entries']} entries were lost: they came faster than written", counts)


class RecordingWriter:
    """Writes one recording. `write` and `mark` belong to one thread, never wait and do no I/O.

    A path that ends in ``.zst`` is written as plain lines beside it (``talk.unsealed.jsonl`` for ``talk.jsonl.zst``)
    and sealed at the end: what a killed process leaves is readable. What the queue has no room for is counted in a mark
    "lost" in its place.

    Args:
        path: Where to, ``.jsonl`` or ``.jsonl.zst``; a file that is there is written over. Only its owner may read it.
        header: What the recording says of itself; what is redacted is added.
        redact: What to take out, beside credentials: "transcripts", "audio".
        limit_bytes: How much may wait to be written; default 64 MiB.

    Raises:
        RecordingError: The file cannot be written.
        ConfigurationError: There is no zstd for it, or ``redact`` names something else.

    Attributes:
        path: Where the recording is in the end.
        written: How many entries are in the file, flushed.
        lost: How many entries there was no room for.
    """

    def __init__(
        self,
        path: str | Path,
        header: Header = Header(),  # noqa: B008 (frozen)
        *,
        redact: Iterable[str] = (),
        limit_bytes: int = 64 << 20,
    ) -> None:
        self.path = Path(path)
        self.written = 0
        self.lost = 0
        self._redact = redaction_of(tuple(redact))
        self._sealing = self.path.suffix == ".zst"
        if self._sealing:
            zstd_module()
        self._plain = unsealed_path(self.path) if self._sealing else self.path
        self._file = _created(self._plain)
        self._queue = deque[_Waiting]()
        self._limit = limit_bytes
        self._given = self._taken = 0  # bytes; each belongs to one thread
        self._missed = _Missed()
        self._failure: RecordingError | None = None
        self._told = False
        self._wake, self._stop = threading.Event(), threading.Event()
        self._queue.append(line_of_header(replace(header, redacted=self._redact)))
        self._wake.set()
        self._thread = threading.Thread(target=self._run, name="rxrealtime recording", daemon=True)
        self._thread.start()

    def write(self, frame: Frame, binary: bool | None = None) -> None:
        """Record a frame.

        Args:
            frame: The frame.
            binary: Whether it was a binary message; None if nobody knows: then it was one if it is not UTF-8.

        Raises:
            RecordingError: The recording is closed; or writing failed, which is told once, later frames are ignored.
        """
        self._put((frame, binary), frame.at, len(frame.data))

    def mark(self, mark: Mark) -> None:
        """Record something that is no frame.

        Args:
            mark: What happened.

        Raises:
            RecordingError: As `write`.
        """
        self._put(mark, mark.at, len(mark.text))

    def finish(self, end: Mark | None = None) -> None:
        """Let the rest be written and sealed, without waiting for it; only the first call counts.

        Args:
            end: How it ended; by default only that the recording was closed.
        """
        if not self._stop.is_set():
            self._fill_gap()
            self._queue.append(end or Mark("end", self._missed.last, "the recording was closed"))
            self._stop.set()
            self._wake.set()

    def close(self) -> None:
        """Write the rest, seal, and wait for it; idempotent.

        Raises:
            RecordingError: Something could not be written; what was written before is in the file.
        """
        self.finish()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _put(self, entry: _Waiting, at: float, size_bytes: int) -> None:
        if self._failure is not None or self._stop.is_set():
            self._tell()
            return
        size_bytes += _OVERHEAD_BYTES
        if self._given - self._taken + size_bytes > self._limit:
            self.lost += 1
            self._missed.add(at, size_bytes)
            return
        self._fill_gap()
        self._missed.last = at
        self._given += size_bytes
        self._queue.append(entry)
        if not self._wake.is_set():
            self._wake.set()

    def _tell(self) -> None:
        if self._failure is None:
            raise RecordingError(f"the recording {self.path} is closed")
        if not self._told:
            self._told = True
            raise self._failure

    def _fill_gap(self) -> None:
        if self._missed.entries:
            self._queue.append(self._missed.taken())

    def _run(self) -> None:
        try:
            while not (self._stop.is_set() and not self._queue):
                self._wake.wait()
                self._stop.wait(_GATHER)
                self._wake.clear()
                self._drain()
            self._file.close()
            if self._sealing:
                _sealed(self._plain, self.path)
        except Exception as error:  # whatever it is, it is told; a thread that died in silence would lose the rest
            why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            self._failure = RecordingError(f"cannot write the recording {self.path}: {why}")
            self._failure.__cause__ = error
            self._queue.clear()
            with suppress(OSError):
                self._file.close()

    def _drain(self) -> None:
        """Write what waits, and flush it."""
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), _BATCH))]
            self._file.write(b"".join(map(self._line, batch)))
            self._file.flush()
            self._taken += sum(map(_size, batch))
            self.written += len(batch)

    def _line(self, entry: _Waiting) -> bytes:
        match entry:
            case bytes():
                return entry
            case Mark():
                return line_of_mark(_masked(entry))
            case (frame, binary):
                return line_of_frame(without_payload(without_credentials(frame), self._redact), binary)


def _masked(mark: Mark) -> Mark:
    detail = {name: masked(value) if isinstance(value, str) else value for name, value in mark.detail.items()}
    return replace(mark, text=masked(mark.text), detail=detail)


def _size(entry: _Waiting) -> int:
    """Give what an entry counted when it was put; the header and marks of our own counted nothing."""
    match entry:
        case bytes():
            return 0
        case Mark():
            return len(entry.text) + _OVERHEAD_BYTES if entry.kind not in ("lost", "end") else 0
        case (frame, _):
            return len(frame.data) + _OVERHEAD_BYTES


def _created(path: Path) -> BinaryIO:
    try:
        return open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600))
    except OSError as error:
        raise RecordingError(f"cannot write the recording {path}: {error.strerror}") from error


def _sealed(plain: Path, path: Path) -> None:
    """Put the sealed form in the place of the plain one, whole or not at all."""
    unfinished = path.with_suffix(".tmp")
    try:
        with plain.open("rb") as source, _created(unfinished) as target:
            seal(source, target)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    plain.unlink()

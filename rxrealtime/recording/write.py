"""Writing recordings beside the event loop: one thread encodes and writes, behind a queue that is bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from rxrealtime.errors import RecordingError
from rxrealtime.frames import Frame
from rxrealtime.recording.credentials import masked, without_credentials
from rxrealtime.recording.entries import Entry, Header, Mark
from rxrealtime.recording.files import RecordingFile
from rxrealtime.recording.lines import line_of_frame, line_of_header, line_of_mark
from rxrealtime.recording.payload import Redaction, redaction_of, without_payload
from rxrealtime.recording.queue import EntryQueue

__all__ = ["RecordingWriter"]

_GLANCE: Final = 0.1
"""Seconds between two looks at how far the thread is."""


class RecordingWriter:
    """Writes one recording. `write` and `mark` belong to one thread, never wait and do no I/O.

    A path that ends in ``.zst`` is written as plain lines beside it and sealed at the end, see `RecordingFile`. What
    the queue has no room for is counted in a mark "lost" in its place.

    Args:
        path: Where to, ``.jsonl`` or ``.jsonl.zst``; a file that is there is written over. Only its owner may read it.
        header: What the recording says of itself; what is redacted is added.
        redact: What to take out, beside credentials: "transcripts", "audio".
        limit_bytes: How much may wait to be written; default 64 MiB.

    Raises:
        RecordingError: The file cannot be written.
        ConfigurationError: There is no zstd for it, or ``redact`` names something else.
    """

    def __init__(
        self,
        path: str | Path,
        header: Header = Header(),  # noqa: B008 (frozen)
        *,
        redact: Iterable[str] = (),
        limit_bytes: int = 64 << 20,
    ) -> None:
        redacted = redaction_of(tuple(redact))
        self._file = RecordingFile(Path(path))
        self._queue = EntryQueue(limit_bytes)
        self._thread = _Thread(self._queue, self._file, replace(header, redacted=redacted))
        self._told: RecordingError | None = None
        self._thread.start()

    @property
    def path(self) -> Path:
        """Where the recording is in the end."""
        return self._file.path

    @property
    def written(self) -> int:
        """How many entries are in the file, flushed."""
        return self._thread.written

    @property
    def lost(self) -> int:
        """How many entries there was no room for."""
        return self._queue.lost

    def write(self, frame: Frame, binary: bool | None = None) -> None:
        """Record a frame.

        Args:
            frame: The frame.
            binary: Whether it was a binary message; None if nobody knows: then it was one if it is not UTF-8.

        Raises:
            RecordingError: The recording is closed; or writing failed, which is told once, later frames are ignored.
        """
        if self._takes():
            self._queue.put(frame, len(frame.data), binary)

    def mark(self, mark: Mark) -> None:
        """Record something that is no frame.

        Args:
            mark: What happened.

        Raises:
            RecordingError: As `write`.
        """
        if self._takes():
            self._queue.put(mark, len(mark.text))

    def finish(self, end: Mark | None = None) -> None:
        """Let the rest be written and sealed, without waiting for it; only the first call counts.

        Args:
            end: How it ended; by default only that the recording was closed.
        """
        self._queue.close(end)

    def close(self, progress: Callable[[float], None] = lambda done: None) -> None:
        """Write the rest, seal, and wait for it; idempotent.

        Args:
            progress: Told how much is sealed, from 0 to 1, ten times a second.

        Raises:
            RecordingError: Something could not be written; what was written before is in the file.
        """
        self.finish()
        while self._thread.is_alive():
            progress(self._file.sealed)
            self._thread.join(_GLANCE)
        progress(1.0)
        if self._thread.failure is not None:
            raise self._thread.failure

    def _takes(self) -> bool:
        """Tell whether there is anybody to write."""
        if self._thread.failure is None and not self._queue.closed:
            return True
        self._refuse()
        return False

    def _refuse(self) -> None:
        failure = self._thread.failure
        if failure is None:
            raise RecordingError(f"the recording {self.path} is closed")
        if self._told is not failure:
            self._told = failure
            raise failure


class _Thread(threading.Thread):
    """Writes what a queue gives to a file, and closes that.

    Args:
        queue: What to write.
        file: Where to.
        header: The first line, which says what to take out.

    Attributes:
        written: How many entries are in the file, flushed.
        failure: What went wrong; nothing is written any more.
    """

    def __init__(self, queue: EntryQueue, file: RecordingFile, header: Header) -> None:
        super().__init__(name="rxrealtime recording", daemon=True)
        self.written = 0
        self.failure: RecordingError | None = None
        self._queue, self._file, self._header = queue, file, header

    def run(self) -> None:
        """Write until the queue ends."""
        try:
            self._write_all()
        except Exception as error:  # whatever it is, it is told; a thread that died in silence would lose the rest
            why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            self._file.abandon()
            self._queue.abandon()
            self.failure = RecordingError(f"cannot write the recording {self._file.path}: {why}")
            self.failure.__cause__ = error

    def _write_all(self) -> None:
        redact = redaction_of(self._header.redacted)
        self._file.append(line_of_header(self._header))
        for batch in self._queue.batches():
            self._file.append(b"".join(_line(entry, binary, redact) for entry, _, binary in batch))
            self.written += len(batch)
        self._file.close()


def _line(entry: Entry, binary: bool | None, redact: tuple[Redaction, ...]) -> bytes:
    if isinstance(entry, Mark):
        return line_of_mark(_masked(entry))
    return line_of_frame(without_payload(without_credentials(entry), redact), binary)


def _masked(mark: Mark) -> Mark:
    detail = {name: masked(value) if isinstance(value, str) else value for name, value in mark.detail.items()}
    return replace(mark, text=masked(mark.text), detail=detail)

"""What goes through a proxy, recorded: one recording a connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from rxrealtime.errors import RecordingError
from rxrealtime.frames import Frame
from rxrealtime.recording.credentials import origin_of
from rxrealtime.recording.endings import end_of
from rxrealtime.recording.entries import Header, Mark
from rxrealtime.recording.payload import redaction_of
from rxrealtime.recording.write import RecordingWriter
from rxrealtime.recording.zstd import zstd_module
from rxrealtime.testing.outputs import Injected

__all__ = ["Tape", "Tapes", "numbered"]

_LOG = logging.getLogger("rxrealtime")


class Tape:
    """The recording of one connection, as its client saw it: with the faults, and marks where they are.

    Args:
        writer: Who writes; None records nothing.
        clock: Seconds since the connection was opened.
        failed: Told what could not be written; the conversation goes on.
        sealed: Told, from a thread, how much is sealed, from 0 to 1.
    """

    def __init__(
        self,
        writer: RecordingWriter | None,
        clock: Callable[[], float],
        failed: Callable[[RecordingError], None],
        sealed: Callable[[float], None],
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._failed = failed
        self._sealed = sealed
        self._cause: Exception | None = None

    def frame(self, frame: Frame, binary: bool) -> None:
        """Take a frame that came from the client, or went to it."""
        if self._writer is not None:
            try:
                self._writer.write(frame._replace(at=self._clock()), binary)
            except RecordingError as error:
                self._failed(error)

    def fault(self, injected: Injected) -> None:
        """Take a fault that was injected."""
        if self._writer is not None:
            what = {"fault": injected.fault, "direction": injected.direction, "number": injected.number}
            with suppress(RecordingError):  # it is told when the next frame comes, and at the end
                self._writer.mark(Mark("fault", self._clock(), str(injected), what))

    def ends_by(self, cause: Exception) -> None:
        """Take how the connection is lost for the client; only the first one counts, and none if it closes it."""
        self._cause = self._cause or cause

    async def close(self) -> None:
        """Write the end, and wait until the recording is on disk."""
        if self._writer is not None:
            self._writer.finish(end_of(self._cause, self._clock()))
            try:
                await asyncio.to_thread(self._writer.close, self._sealed)
            except RecordingError as error:
                self._failed(error)


class Tapes:
    """Makes the recordings of a proxy.

    Args:
        path: Where the first connection goes; the second to ``talk-2.jsonl.zst`` for ``talk.jsonl.zst``. None records
            nothing.
        redact: What to take out, beside credentials: "transcripts", "audio".
        origin: The url of the server.

    Raises:
        ConfigurationError: ``redact`` names something else.

    Attributes:
        failure: The first thing that could not be written.
        progress: Told, from a thread, how much of a recording is sealed, from 0 to 1; nobody is by default.
    """

    def __init__(self, path: str | Path | None, redact: Iterable[str] = (), origin: str = "") -> None:
        self._path = Path(path) if path is not None else None
        self._redact = redaction_of(tuple(redact))
        self._origin = origin_of(origin)
        self.failure: RecordingError | None = None
        self.progress: Callable[[float], None] = lambda done: None

    def check(self) -> None:
        """See to it that recordings can be written.

        Raises:
            RecordingError: There is no such folder.
            ConfigurationError: There is no zstd for them.
        """
        if self._path is None:
            return
        if self._path.suffix == ".zst":
            zstd_module()
        if not self._path.parent.is_dir():
            raise RecordingError(f"cannot write the recording {self._path}: there is no folder {self._path.parent}")

    def start(self, number: int, clock: Callable[[], float]) -> Tape:
        """Begin a recording; one that cannot be begun is a failure, and nothing is recorded.

        Args:
            number: Of the connection, from 0.
            clock: Seconds since it was opened.

        Returns:
            The tape.
        """
        return Tape(self._writer(number), clock, self._failed, lambda done: self.progress(done))

    def _writer(self, number: int) -> RecordingWriter | None:
        if self._path is None:
            return None
        header = Header(origin=self._origin, started=datetime.now(UTC).isoformat(timespec="milliseconds"))
        try:
            return RecordingWriter(numbered(self._path, number), header, redact=self._redact)
        except RecordingError as error:
            self._failed(error)
            return None

    def _failed(self, error: RecordingError) -> None:
        if self.failure is None:
            self.failure = error
            _LOG.error("%s", error)


def numbered(path: Path, number: int) -> Path:
    """Give the path for a connection.

    Args:
        path: That of the first one.
        number: Of the connection, from 0.

    Returns:
        The path, with the number from 1 before its suffixes from the second connection on.
    """
    stem, dot, suffixes = path.name.partition(".")
    return path if number == 0 else path.with_name(f"{stem}-{number + 1}{dot}{suffixes}")

"""Recording a session: what goes over its wire, what fails in it, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from reactivex.disposable import CompositeDisposable

from rxrealtime.events import ExceptionEvent
from rxrealtime.faults import Fault
from rxrealtime.recording.credentials import origin_of
from rxrealtime.recording.endings import end_of
from rxrealtime.recording.entries import Header, Mark
from rxrealtime.recording.write import RecordingWriter
from rxrealtime.session import Session

__all__ = ["SessionRecording", "record"]


def record(session: Session, path: str | Path, *, redact: Iterable[str] = (), origin: str = "") -> SessionRecording:
    """Record a session from now on; call it before the session is entered to have all of it.

    Every frame of both directions is kept byte for byte, but for credentials, which are masked. The event loop only
    queues; a thread writes, at most a second later. The recording ends with the session, and is then sealed if its
    path ends in ``.zst``.

    Args:
        session: Which session.
        path: Where to, ``.jsonl`` or ``.jsonl.zst``; a file that is there is written over.
        redact: What else to take out: "transcripts" (whatever was said or written, arguments of calls too), "audio".
        origin: Where the session is connected to, for the header; credentials in the url are left out.

    Returns:
        The recording; ``async with`` waits for its end, see `SessionRecording.close`.

    Raises:
        RecordingError: The file cannot be written.
        ConfigurationError: There is no zstd for it, or ``redact`` names something else.

    Example:
        >>> async def main():
        ...     session = Session("loopback:")
        ...     async with record(session, "talk.jsonl.zst"), session:
        ...         await session.send(*commands.say("Hello"))
        ...         await session.settled()
    """
    started = datetime.now(UTC).isoformat(timespec="milliseconds")
    writer = RecordingWriter(path, Header(origin=origin_of(origin), started=started), redact=redact)
    return SessionRecording(session, writer)


class SessionRecording:
    """A recording that goes on.

    What cannot be written, because the disk is full for example, is a fault of the session, told once; the session
    goes on without it.

    Args:
        session: What is recorded.
        writer: Who writes.
    """

    def __init__(self, session: Session, writer: RecordingWriter) -> None:
        self._session = session
        self._writer = writer
        self._subscriptions = CompositeDisposable(
            session.frames.subscribe(writer.write, _ended),
            session.events.subscribe(self._note_failure, _ended),
            session.activity.subscribe(self._note_failure, _ended),
            session.faults.subscribe(self._note_fault, _ended, self._end),
        )

    @property
    def path(self) -> Path:
        """Where the recording is in the end."""
        return self._writer.path

    @property
    def lost(self) -> int:
        """How many entries could not be kept, because they came faster than they were written."""
        return self._writer.lost

    async def close(self, progress: Callable[[float], None] = lambda done: None) -> None:
        """End the recording, if the session has not, and wait until it is on disk; idempotent.

        Args:
            progress: Told how much is sealed, from 0 to 1, ten times a second, in another thread.

        Raises:
            RecordingError: Something could not be written; what was written before is in the file.
        """
        self._subscriptions.dispose()
        self._writer.finish(Mark("end", self._session.elapsed, "the recording was stopped", {"by": "us"}))
        await asyncio.to_thread(self._writer.close, progress)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _note_failure(self, value: object) -> None:
        """Keep a failure that is no received frame: those are kept as frames."""
        if isinstance(value, ExceptionEvent) and value.frame is None:
            what = {"kind": value.kind.value, "error": type(value.exception).__name__, "event_type": value.event_type}
            self._writer.mark(Mark("failure", value.at, str(value), what))

    def _note_fault(self, fault: Fault) -> None:
        """Keep what was contained by its type alone; its message may quote payload."""
        what = type(fault.exception).__name__
        self._writer.mark(
            Mark("failure", self._session.elapsed, f"contained: {what}", {"kind": "fault", "error": what})
        )

    def _end(self) -> None:
        outcome = self._session.closed.outcome
        self._writer.finish(end_of(outcome.cause if outcome else None, self._session.elapsed))


def _ended(_: Exception) -> None:
    """Leave the end of the session to its outcome."""

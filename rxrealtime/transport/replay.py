"""A recording as a transport: what the server once sent comes again, on any scheduler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from reactivex import Observable, abc
from reactivex.disposable import SerialDisposable
from reactivex.scheduler.eventloop import AsyncIOScheduler

from rxrealtime.errors import ConfigurationError, ConnectionLost, RecordingError
from rxrealtime.frames import Frame
from rxrealtime.recording.read import read_recording
from rxrealtime.transport.inlet import elapsed

__all__ = ["ReplayTransport"]


class ReplayTransport:
    """Play a recording to a session.

    Frames that were received come again in their order; those that were sent are not expected back, and what the
    session sends is taken and ignored. The end of the recording is the end of the stream; a recording that is cut off
    in the middle delivers what it has and then ends with `RecordingError`.

    Args:
        source: A file in the format of `read_recording`, or frames.
        speed: How many times faster than recorded; 0 plays at once.
        interval: Seconds between frames, before ``speed``, for a recording without time stamps.
        scheduler: Runs the deliveries; the event loop's by default. With a virtual-time scheduler a replay is exact.

    Raises:
        ConfigurationError: ``speed`` or ``interval`` is negative.
    """

    def __init__(
        self,
        source: str | Path | Iterable[Frame],
        *,
        speed: float = 1.0,
        interval: float = 0.0,
        scheduler: abc.SchedulerBase | None = None,
    ) -> None:
        if speed < 0 or interval < 0:
            raise ConfigurationError(f"speed={speed} and interval={interval} must not be negative")
        self._source = source
        self._speed = speed
        self._interval = interval
        self._scheduler = scheduler

    async def connect(self) -> _ReplayConnection:
        """Open the recording; see `Transport.connect`.

        Raises:
            RecordingError: There is no such file, or it is not a recording.
        """
        scheduler = self._scheduler or AsyncIOScheduler(asyncio.get_running_loop())
        frames = read_recording(self._source) if isinstance(self._source, (str, Path)) else iter(self._source)
        due = _timed(frames, self._interval, 0.0 if self.instant else 1.0 / self._speed)
        turn = SerialDisposable()
        return _ReplayConnection(_replay(due, scheduler, turn), elapsed(scheduler), turn)

    @property
    def instant(self) -> bool:
        """Whether everything is delivered at once."""
        return self._speed == 0


def _timed(frames: Iterable[Frame], interval: float, stretch: float) -> Iterator[tuple[float, Frame]]:
    """Give each received frame the time at which it is due, in seconds after the subscription."""
    for number, frame in enumerate(found for found in frames if found.direction == "received"):
        at = frame.at + number * interval
        yield at * stretch, frame._replace(at=at)


def _replay(
    due: Iterator[tuple[float, Frame]], scheduler: abc.SchedulerBase, turn: SerialDisposable
) -> Observable[Frame]:
    """Deliver each frame in a turn of the scheduler, at its time; disposing of the turn stops it."""

    def subscribe(observer: abc.ObserverBase[Frame], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        started = scheduler.now

        def plan() -> None:
            try:
                at, frame = next(due)
            except StopIteration:
                turn.disposable = scheduler.schedule(lambda *_: observer.on_completed())
            except RecordingError as error:
                turn.disposable = scheduler.schedule(_failing(observer, error))
            else:
                wait = at - (scheduler.now - started).total_seconds()
                turn.disposable = scheduler.schedule_relative(max(wait, 0.0), deliver, frame)

        def deliver(_: abc.SchedulerBase, frame: Any = None) -> None:
            observer.on_next(frame)
            plan()

        plan()
        return turn

    return Observable(subscribe)


def _failing(observer: abc.ObserverBase[Frame], error: Exception) -> Any:
    return lambda *_: observer.on_error(error)


class _ReplayConnection:
    """A connection to the past: it can be read and closed."""

    def __init__(self, frames: Observable[Frame], clock: Callable[[], float], turn: SerialDisposable) -> None:
        self._frames = frames
        self._turn = turn
        self.now = clock

    @property
    def frames(self) -> Observable[Frame]:
        """What the server sent; see `Connection.frames`."""
        return self._frames

    async def send(self, data: bytes) -> Frame:
        """Take a frame and ignore it; see `Connection.send`."""
        if self._turn.is_disposed:
            raise ConnectionLost("closed")
        return Frame("sent", data, self.now())

    async def close(self, code: int = 1000, reason: str = "", *, timeout: float = 5.0) -> None:
        """Close; see `Connection.close`."""
        self._turn.dispose()

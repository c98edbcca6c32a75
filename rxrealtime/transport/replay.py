"""A recording as a transport: what the server once sent comes again, on any scheduler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from reactivex import Observable, abc
from reactivex.scheduler.eventloop import AsyncIOScheduler

from rxrealtime.errors import ConfigurationError, ConnectionLost
from rxrealtime.frames import Frame
from rxrealtime.recording.read import Recording
from rxrealtime.transport.inlet import elapsed
from rxrealtime.transport.player import Player
from rxrealtime.transport.rerun import Start, due_from, entries_of

__all__ = ["ReplayTransport"]


class ReplayTransport:
    """Play a recording to a session.

    Frames that were received come again in their order; those that were sent are not expected back, and what the
    session sends is taken and ignored. The connection ends as it ended then: with the server's close code, or lost, or
    completed if the client closed it. A recording that is cut off delivers what it has and then ends with
    `RecordingError`.

    Args:
        source: A file, plain or sealed, a `Recording`, or frames.
        speed: How many times faster than recorded; 0 plays at once; None waits for `step` before each frame.
        interval: Seconds between frames, before ``speed``, for a recording without time stamps.
        start: Where to begin: seconds since the connection was opened, found by bisection; or a predicate, true for
            the frame to begin with. What is before is not delivered.
        scheduler: Runs the deliveries; the event loop's by default. With a virtual-time scheduler a replay is exact.

    Raises:
        ConfigurationError: ``speed``, ``interval`` or ``start`` is negative.

    Example:
        >>> from rxrealtime import Session
        >>> async def main():
        ...     transport = ReplayTransport("talk.jsonl.zst", start=lambda frame: b"response.created" in frame.data)
        ...     async with Session(transport) as session:
        ...         async for event in session:
        ...             print(event.type)
    """

    def __init__(
        self,
        source: str | Path | Recording | Iterable[Frame],
        *,
        speed: float | None = 1.0,
        interval: float = 0.0,
        start: Start = 0.0,
        scheduler: abc.SchedulerBase | None = None,
    ) -> None:
        if (speed or 0) < 0 or interval < 0 or (not callable(start) and start < 0):
            raise ConfigurationError(f"speed={speed}, interval={interval} and start={start} must not be negative")
        self._source = source
        self._speed = speed
        self._interval = interval
        self._start = start
        self._scheduler = scheduler
        self._players: list[Player] = []
        self._steps = 0

    async def connect(self) -> _ReplayConnection:
        """Open the recording; see `Transport.connect`.

        Raises:
            RecordingError: There is no such file, or it is not a recording.
        """
        scheduler = self._scheduler or AsyncIOScheduler(asyncio.get_running_loop())
        entries = entries_of(self._source, self._start)
        due = due_from(entries, self._interval, 1.0 / self._speed if self._speed else 0.0)
        playing = Player(due, scheduler, None if self._speed is not None else self._steps)
        self._steps = 0
        self._players.append(playing)
        return _ReplayConnection(playing, elapsed(scheduler))

    def step(self, count: int = 1) -> None:
        """Let the next frames come, each in a turn of its own; for ``speed=None``.

        The end comes after the last frame without a step. Steps before the connection is open are kept for it.

        Args:
            count: How many.

        Raises:
            ConfigurationError: The replay has a pace of its own.
        """
        if self._speed is not None:
            raise ConfigurationError(f"the replay plays by itself, speed={self._speed}: steps are for speed=None")
        if not self._players:
            self._steps += count
        for playing in self._players:
            playing.step(count)

    @property
    def instant(self) -> bool:
        """Whether everything is delivered at once."""
        return self._speed == 0


class _ReplayConnection:
    """A connection to the past: it can be read and closed."""

    def __init__(self, playing: Player, clock: Callable[[], float]) -> None:
        self._player = playing
        self.now = clock

    @property
    def frames(self) -> Observable[Frame]:
        """What the server sent; see `Connection.frames`."""
        return self._player.frames

    async def send(self, data: bytes) -> Frame:
        """Take a frame and ignore it; see `Connection.send`."""
        if self._player.is_stopped:
            raise ConnectionLost("closed")
        return Frame("sent", data, self.now())

    async def close(self, code: int = 1000, reason: str = "", *, timeout: float = 5.0) -> None:
        """Close; see `Connection.close`."""
        self._player.stop()

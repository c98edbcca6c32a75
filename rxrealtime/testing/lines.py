"""What is on its way: deliveries that wait for their time, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from reactivex import abc

from rxrealtime.errors import ConnectionLost
from rxrealtime.testing.outputs import Deliver, Delivery, Pause
from rxrealtime.transport.base import Connection
from rxrealtime.transport.inlet import elapsed

__all__ = ["LateSends", "Line", "schedule_of"]

OnLine = Delivery | Exception | None
"""A delivery, or the end of the stream: its cause, or None if it completes."""


def schedule_of(delivery: OnLine, due: float, now: float) -> tuple[float, float]:
    """Tell when a delivery is due, and from when on the next one may be.

    Args:
        delivery: What is to be delivered.
        due: From when on it may be, by what went before.
        now: The time.

    Returns:
        Both on the clock of ``now``, in seconds.
    """
    due = max(due, now)
    match delivery:
        case Deliver(delay=delay):
            due = max(due, now + delay)
        case Pause(seconds=seconds):
            return due, due + seconds
    return due, due


class Line:
    """Deliver in order, each thing at its time, in turns of a scheduler.

    Args:
        scheduler: Runs the turns that nothing else gives.
    """

    def __init__(self, scheduler: abc.SchedulerBase) -> None:
        self._scheduler = scheduler
        self._now = elapsed(scheduler)
        self._queue: deque[tuple[float, OnLine]] = deque()
        self._due = 0.0
        self._take: Callable[[OnLine], None] | None = None
        self._timer: abc.DisposableBase | None = None

    def open(self, take: Callable[[OnLine], None]) -> None:
        """Begin to deliver, in a later turn."""
        self._take = take
        self._wake()

    def push(self, delivery: OnLine) -> None:
        """Queue something; it is delivered in a later turn, or by the next `drain`."""
        at, self._due = schedule_of(delivery, self._due, self._now())
        self._queue.append((at, delivery))
        self._wake()

    def drain(self) -> None:
        """Deliver what is due. The caller is in a turn of its own."""
        while self._queue and self._take is not None and self._queue[0][0] <= self._now():
            self._take(self._queue.popleft()[1])
        self._wake()

    def stop(self) -> None:
        """Deliver nothing more; no timer is left."""
        self._take = None
        self._queue.clear()
        self._wake()

    def _wake(self) -> None:
        wanted = bool(self._queue) and self._take is not None
        if self._timer is not None and not wanted:
            self._timer.dispose()
            self._timer = None
        if self._timer is None and wanted:
            wait = self._queue[0][0] - self._now()
            self._timer = self._scheduler.schedule_relative(max(wait, 0.0), self._turn)

    def _turn(self, scheduler: abc.SchedulerBase, state: object = None) -> abc.DisposableBase | None:
        self._timer = None
        self.drain()
        return None


class LateSends:
    """Send frames to the peer, at once or late, in order.

    Args:
        inner: The connection that carries them.

    Attributes:
        turn: Held by whoever sends.
    """

    def __init__(self, inner: Connection) -> None:
        self.turn = asyncio.Lock()
        self._inner = inner
        self._late: deque[tuple[float, bytes]] = deque()
        self._due = 0.0
        self._free = 0.0
        self._over = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    async def rest(self) -> None:
        """Wait while the peer reads nothing, until the end of the connection at the latest."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._free):
                await self._over.wait()

    def release(self) -> None:
        """Let nobody rest any more: the connection is over."""
        self._over.set()

    async def carry(self, delivery: Delivery) -> None:
        """Send a frame or plan to, or note how long the peer reads nothing.

        Raises:
            ConnectionLost: The connection below has ended.
        """
        loop = asyncio.get_running_loop()
        match delivery:
            case Pause(seconds=seconds):
                self._free = loop.time() + seconds
            case Deliver(frame, delay=delay):
                data = frame.data.encode() if isinstance(frame.data, str) else frame.data
                if not delay and not self._late:
                    await self._inner.send(data)
                    return
                _, self._due = schedule_of(delivery, self._due, loop.time())
                self._late.append((self._due, data))
                if self._pump is None or self._pump.done():
                    self._pump = loop.create_task(self._run(), name="rxrealtime late sends")

    async def finish(self) -> None:
        """Wait until what is late has been sent."""
        if self._pump is not None:
            await asyncio.wait([self._pump])

    async def stop(self) -> None:
        """Send nothing more of what is late."""
        self.release()
        self._late.clear()
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait([self._pump])

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        with suppress(ConnectionLost):  # it is reported by the stream of what is received
            while self._late:
                await asyncio.sleep(max(self._late[0][0] - loop.time(), 0.0))
                await self._inner.send(self._late[0][1])
                self._late.popleft()
            return
        self._late.clear()

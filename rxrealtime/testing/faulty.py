"""Any transport with a plan of faults in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from reactivex import Observable, abc
from reactivex.disposable import Disposable
from reactivex.scheduler.eventloop import AsyncIOScheduler

from rxrealtime.errors import (
    ConfigurationError,
    ConnectionLost,
    HandshakeRejected,
    OpenTimeoutError,
    ServerClosed,
)
from rxrealtime.frames import Frame
from rxrealtime.server.outputs import Disconnect, GoSilent
from rxrealtime.testing.lines import LateSends, Line
from rxrealtime.testing.outputs import Deliver, Delivery, Injected, Output, Pause
from rxrealtime.testing.plans import FaultPlan, FaultState, begin, deliveries, finish, step
from rxrealtime.transport.base import Connection, Transport

__all__ = ["FaultyConnection", "FaultyTransport"]

_CLOSE_TIMEOUT = 5.0


class FaultyTransport:
    """Carry frames as another transport does, except for what a plan says.

    Args:
        inner: The transport that carries them.
        plan: What goes wrong.
        open_timeout: Seconds that a stalled handshake may take.
        scheduler: Times what is delayed on the way to the client; the event loop's by default.

    Attributes:
        log: Every fault that was injected, in order.

    Raises:
        ConfigurationError: The plan splits or merges frames, or makes frames of the client binary; a transport carries
            whole frames, and those of the client as text, so only a proxy can.

    Example:
        >>> from rxrealtime import MemoryTransport
        >>> from rxrealtime.testing.faults import truncate
        >>> FaultyTransport(MemoryTransport(), FaultPlan(7, truncate(every=10))).log
        []
    """

    def __init__(
        self,
        inner: Transport,
        plan: FaultPlan,
        *,
        open_timeout: float = 10.0,
        scheduler: abc.SchedulerBase | None = None,
    ) -> None:
        if plan.for_proxies:
            raise ConfigurationError(
                "a transport carries whole frames, and those of the client as text: only a FaultProxy can split and "
                "merge them, or make those binary"
            )
        self.log: list[Injected] = []
        self._inner = inner
        self._plan = plan
        self._open_timeout = open_timeout
        self._scheduler = scheduler
        self._connections = 0

    async def connect(self) -> FaultyConnection:
        """Open a connection; see `Transport.connect`.

        Raises:
            HandshakeRejected: The plan refuses it.
            OpenTimeoutError: The plan stalls it for longer than ``open_timeout``.
        """
        number, self._connections = self._connections, self._connections + 1
        stalled, refusal = self._plan.handshake(number)
        if stalled:
            self.log.append(Injected(None, "received", "stall", detail=f"{stalled:.3f} s", connection=number))
            await asyncio.sleep(min(stalled, self._open_timeout))
        if stalled > self._open_timeout:
            raise OpenTimeoutError(f"the handshake did not end in {self._open_timeout:g} s (open_timeout)")
        if refusal is not None:
            self.log.append(Injected(None, "received", "refuse", detail=str(refusal.status), connection=number))
            raise HandshakeRejected(refusal.status, refusal.message)
        scheduler = self._scheduler or AsyncIOScheduler(asyncio.get_running_loop())
        return FaultyConnection(await self._inner.connect(), begin(self._plan, number), scheduler, self.log)


class FaultyConnection:
    """An open connection with faults; see `Connection` for what its methods promise.

    Args:
        inner: The connection that carries the frames.
        begun: The plan at work, and what happens before the first frame.
        scheduler: Times the deliveries.
        log: Where what was injected is noted.
    """

    def __init__(
        self,
        inner: Connection,
        begun: tuple[FaultState, tuple[Output, ...]],
        scheduler: abc.SchedulerBase,
        log: list[Injected],
    ) -> None:
        self.now = inner.now
        self._inner = inner
        self._log = log
        self._received = Line(scheduler)
        self._sending = LateSends(inner)
        self._end = _End()
        self._state = begun[0]
        self._take(begun[1])

    @property
    def frames(self) -> Observable[Frame]:
        """What the peer sends and the plan lets through; see `Connection.frames`."""
        return Observable(self._subscribe)

    async def send(self, data: bytes) -> Frame:
        """Send a text frame; see `Connection.send`. Returns what was asked for, whatever the plan makes of it."""
        async with self._sending.turn:
            await self._sending.rest()
            if self._end.cause is not None:
                raise self._end.cause
            if self._end.ours:
                raise ConnectionLost("it was closed by us")
            frame = Frame("sent", data, self.now())
            for delivery in self._take(self._advance(frame)):
                await self._sending.carry(delivery)
            return frame

    async def close(self, code: int = 1000, reason: str = "", *, timeout: float = 5.0) -> None:
        """Close; see `Connection.close`.

        What is late or waits for later frames is sent first, for as long as ``timeout`` allows. A peer that the plan
        silenced does not answer.
        """
        again, self._end.ours = self._end.ours, True
        began = asyncio.get_running_loop().time()
        try:
            if not again and self._end.cause is None:
                await self._flush(timeout)
            await self._sending.stop()
            if self._end.silent and not again:
                await asyncio.sleep(timeout)
            timeout = max(0.0, timeout - (asyncio.get_running_loop().time() - began))
        finally:
            if self._end.closing is not None:
                await asyncio.wait([self._end.closing])
            await self._inner.close(code, reason, timeout=timeout)
            if self._end.silent or self._end.cause is not None:
                self._received.stop()

    async def _flush(self, seconds: float) -> None:
        """Send what is still on its way to the peer."""
        self._state, left = finish(self._state, "sent")
        with suppress(TimeoutError, ConnectionLost):
            async with asyncio.timeout(seconds):
                for delivery in self._take(left):
                    await self._sending.carry(delivery)
                await self._sending.finish()

    def _advance(self, frame: Frame) -> tuple[Output, ...]:
        self._state, outputs = step(self._state, frame, binary=False)
        return outputs

    def _take(self, outputs: tuple[Output, ...]) -> tuple[Delivery, ...]:
        """Log what was injected, queue an end, and return the rest if it is for the peer."""
        self._log += [output for output in outputs if isinstance(output, Injected)]
        found = deliveries(outputs)
        for delivery in found:
            match delivery:
                case Disconnect(code, reason):
                    self._end.cause = ConnectionLost() if code is None else ServerClosed(code, reason)
                    self._sending.release()
                    self._received.push(delivery)
                case GoSilent():
                    self._end.silent = True
                    self._received.push(delivery)
                case Deliver(Frame("received")) | Pause(direction="received"):
                    self._received.push(delivery)
        return tuple(one for one in found if _is_sent(one))

    def _subscribe(
        self, observer: abc.ObserverBase[Frame], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        self._received.open(self._deliverer(observer))

        def arrive(frame: Frame) -> None:
            self._take(self._advance(frame))
            self._received.drain()

        def over(cause: Exception | None) -> None:
            if self._end.ours:
                self._received.stop()
                observer.on_completed()
            elif not self._end.silent and self._end.cause is None:
                self._state, left = finish(self._state, "received")
                self._take(left)
                self._received.push(cause)
                self._received.drain()

        source = self._inner.frames.subscribe(arrive, over, lambda: over(None))
        self._end.leave = source.dispose

        def release() -> None:
            self._received.stop()
            source.dispose()

        return Disposable(release)

    def _deliverer(self, observer: abc.ObserverBase[Frame]) -> Callable[[Delivery | Exception | None], None]:
        """Carry out what is due on the way to the client; times never go back, even if the order of frames does."""
        latest = 0.0

        def deliver(delivery: Delivery | Exception | None) -> None:
            nonlocal latest
            match delivery:
                case Deliver(frame):
                    latest = max(latest, frame.at)
                    observer.on_next(frame if frame.at == latest else frame._replace(at=latest))
                case Disconnect():
                    self._end.close_with(self._inner)
                    observer.on_error(self._end.cause or ConnectionLost())
                case GoSilent():
                    self._received.stop()
                case Exception():
                    observer.on_error(delivery)
                case None:
                    observer.on_completed()

        return deliver


class _End:
    """How a connection came to its end."""

    def __init__(self) -> None:
        self.ours = False
        self.silent = False
        self.cause: ConnectionLost | None = None
        self.leave: Callable[[], None] = lambda: None
        self.closing: asyncio.Task[None] | None = None

    def close_with(self, inner: Connection) -> None:
        """The client hears that it is over: the connection below is closed at once."""
        self.leave()
        if self.closing is None:
            self.closing = asyncio.get_running_loop().create_task(_closed(inner), name="rxrealtime faulty end")


async def _closed(inner: Connection) -> None:
    await inner.close(1001, timeout=_CLOSE_TIMEOUT)


def _is_sent(delivery: Delivery) -> bool:
    match delivery:
        case Deliver(frame):
            return frame.direction == "sent"
        case Pause(direction=direction):
            return direction == "sent"
    return False

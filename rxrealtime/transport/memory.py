"""Two ends of a connection in one process: the network of tests, notebooks and examples.

The far end is a `MemoryPeer`, which a test drives by hand: it sees what the session sent and decides what comes back,
how the connection ends, and what fails on the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from reactivex import Observable, abc
from reactivex.scheduler.eventloop import AsyncIOScheduler

from rxrealtime.errors import ConnectionLost, ServerClosed
from rxrealtime.frames import Frame
from rxrealtime.transport.inlet import Inlet, elapsed

__all__ = ["MemoryFaults", "MemoryPeer", "MemoryTransport"]


@dataclass(frozen=True, slots=True)
class MemoryFaults:
    """What goes wrong at the near end.

    Args:
        connect: Raised by ``connect``.
        send: Raised by every ``send``.
        close: Raised by ``close``, after the connection was released.
        silent_close: The peer never answers the close frame, so that closing takes its whole time-out.
    """

    connect: Exception | None = None
    send: Exception | None = None
    close: Exception | None = None
    silent_close: bool = False


class MemoryPeer:
    """The far end of a memory connection.

    Attributes:
        received: What the session sent, in order.
        close_code: The code with which the session closed, or None while it has not.
    """

    def __init__(self) -> None:
        self.received: list[Frame] = []
        self.close_code: int | None = None
        self._inlet: Inlet | None = None
        self._arrived = asyncio.Event()

    def send(self, data: bytes | str, at: float = 0.0) -> None:
        """Send a frame to the session.

        Args:
            data: The payload, text or binary, well-formed or not.
            at: Its time stamp, in seconds since the connection was opened.

        Raises:
            ConnectionLost: The session has not connected.
        """
        self._open().push(Frame("received", data, at))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close as a server does.

        Args:
            code: The close code.
            reason: The close reason.

        Raises:
            ConnectionLost: The session has not connected.
        """
        self._open().end(ServerClosed(code, reason))

    def vanish(self, cause: ConnectionLost | None = None) -> None:
        """End the connection without a close frame.

        Args:
            cause: What the transport reports; a plain `ConnectionLost` by default.

        Raises:
            ConnectionLost: The session has not connected.
        """
        self._open().end(cause or ConnectionLost())

    async def until_received(self, count: int) -> list[Frame]:
        """Wait until the session has sent that many frames.

        Args:
            count: How many in all.

        Returns:
            What was received so far.
        """
        while len(self.received) < count:
            self._arrived.clear()
            await self._arrived.wait()
        return self.received

    async def flush(self) -> None:
        """Wait until everything that was sent has been delivered."""
        while self._inlet is not None and self._inlet.waiting:  # noqa: ASYNC110 (a turn is what is waited for)
            await asyncio.sleep(0)

    def attach(self, inlet: Inlet) -> None:
        """Connect this end; the transport calls it.

        Args:
            inlet: Where the session reads.
        """
        self._inlet = inlet

    def accept(self, frame: Frame) -> None:
        """Take a frame from the session; the transport calls it.

        Args:
            frame: What was sent.
        """
        self.received.append(frame)
        self._arrived.set()

    def _open(self) -> Inlet:
        if self._inlet is None:
            raise ConnectionLost("nobody has connected to this peer yet")
        return self._inlet


class MemoryTransport:
    """A connection within the process.

    Args:
        peer: The far end, a new one by default.
        faults: What goes wrong.
        scheduler: Delivers the frames; the event loop's by default, so that time can be virtual if asked.

    Example:
        >>> transport = MemoryTransport()
        >>> transport.peer.received
        []
    """

    def __init__(
        self,
        peer: MemoryPeer | None = None,
        *,
        faults: MemoryFaults | None = None,
        scheduler: abc.SchedulerBase | None = None,
    ) -> None:
        self.peer = peer or MemoryPeer()
        self._faults = faults or MemoryFaults()
        self._scheduler = scheduler

    async def connect(self) -> _MemoryConnection:
        """Open the connection; see `Transport.connect`."""
        if self._faults.connect is not None:
            raise self._faults.connect
        scheduler = self._scheduler or AsyncIOScheduler(asyncio.get_running_loop())
        inlet = Inlet(scheduler)
        self.peer.attach(inlet)
        return _MemoryConnection(inlet, self.peer, self._faults, elapsed(scheduler))


class _MemoryConnection:
    """The near end."""

    def __init__(self, inlet: Inlet, peer: MemoryPeer, faults: MemoryFaults, clock: Callable[[], float]) -> None:
        self._inlet = inlet
        self._peer = peer
        self._faults = faults
        self.now = clock

    @property
    def frames(self) -> Observable[Frame]:
        """What the peer sends; see `Connection.frames`."""
        return self._inlet

    async def send(self, data: bytes) -> Frame:
        """Hand a frame to the peer; see `Connection.send`."""
        if self._faults.send is not None:
            raise self._faults.send
        if self._peer.close_code is not None:
            raise ConnectionLost("closed")
        frame = Frame("sent", data, self.now())
        self._peer.accept(frame)
        return frame

    async def close(self, code: int = 1000, reason: str = "", *, timeout: float = 5.0) -> None:
        """Close; see `Connection.close`."""
        if self._peer.close_code is not None:
            return
        self._peer.close_code = code
        try:
            if self._faults.silent_close:
                await asyncio.sleep(timeout)
        finally:
            self._inlet.end(None)
        if self._faults.close is not None:
            raise self._faults.close

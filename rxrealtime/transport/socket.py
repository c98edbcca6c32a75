"""An open websocket as a `Connection`: the reader, the writer, and an end that comes exactly once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from reactivex import Observable, abc
from reactivex.disposable import Disposable
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close
from websockets.protocol import State

from rxrealtime.errors import ConnectionLost
from rxrealtime.frames import Frame
from rxrealtime.transport.endings import Closing, Evidence, ending
from rxrealtime.transport.intake import IntakeConnection
from rxrealtime.transport.stalls import PERIOD, StallWatch

__all__ = ["SocketConnection", "SocketLimits"]

_TURN = 0.005


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What a websocket was opened with.

    Args:
        max_frame_bytes: The largest frame that is taken, or None.
        close_timeout: Seconds to wait for a peer that does not finish a closing handshake.
        window: How far back, in seconds, a death by keepalive may have its cause.
    """

    max_frame_bytes: int | None
    close_timeout: float
    window: float


class SocketConnection:
    """One open websocket; see `Connection` for what its methods promise.

    Args:
        socket: The websocket, after its handshake.
        limits: What it was opened with.
    """

    def __init__(self, socket: IntakeConnection, limits: SocketLimits) -> None:
        self._socket = socket
        self._limits = limits
        self._watch = StallWatch(socket.loop, limits.window, self._look)
        self._patience = _Patience(limits.close_timeout)
        self._reader: asyncio.Task[None] | None = None
        self._ours: Closing | None = None
        self._lost: ConnectionLost | None = None

    @property
    def frames(self) -> Observable[Frame]:
        """What the server sends; see `Connection.frames`."""
        return Observable(self._subscribe)

    def now(self) -> float:
        """Give the time; see `Connection.now`."""
        return self._socket.loop.time() - self._socket.opened

    async def send(self, data: bytes) -> Frame:
        """Send a text frame; see `Connection.send`."""
        try:
            await self._socket.send(data, text=True)
        except ConnectionClosed as closed:
            raise self._lost or self._ending(closed) or ConnectionLost("it was closed by us") from None
        return Frame("sent", data, self.now())

    async def close(self, code: int = 1000, reason: str = "", *, timeout: float = 5.0) -> None:
        """Close the websocket; see `Connection.close`."""
        self._ours = Closing(code, reason)
        if self._reader is None or self._reader.done():
            # a queue that nobody empties keeps the library from reading the peer's close frame
            Observable(self._subscribe).subscribe()
        try:
            async with asyncio.timeout(timeout):
                await self._socket.close(code, reason)
        except TimeoutError:
            pass  # the peer does not answer: the socket is cut below
        finally:
            self._socket.transport.abort()
            self._watch.stop()
            if self._reader is not None:
                await asyncio.wait([self._reader])

    def _subscribe(
        self, observer: abc.ObserverBase[Frame], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        self._reader = reader = self._socket.loop.create_task(self._read(observer), name="rxrealtime reader")

        def release() -> None:
            reader.cancel()

        return Disposable(release)

    async def _read(self, observer: abc.ObserverBase[Frame]) -> None:
        end: Exception | None = None
        try:
            await self._deliver(observer)
        except ConnectionClosed as closed:
            end = self._lost = self._ending(closed)
        except Exception as error:  # foreign code below on_next: a socket that nobody reads must not stay open
            end = error
            self._socket.transport.abort()
        finally:
            self._watch.stop()
        if end is None:
            observer.on_completed()
        else:
            observer.on_error(end)

    async def _deliver(self, observer: abc.ObserverBase[Frame]) -> None:
        inbox, deliver, clock = self._socket.inbox, observer.on_next, self._socket.loop.time
        turn = clock()
        while True:
            while inbox:
                deliver(inbox.popleft())
                if clock() - turn > _TURN:  # others have to run, however long the backlog is
                    await asyncio.sleep(0)
                    turn = clock()
            await self._socket.more()
            turn = clock()

    def _ending(self, closed: ConnectionClosed) -> ConnectionLost | None:
        if self._ours is not None:
            return None
        evidence = Evidence(self._limits.max_frame_bytes, self._watch.longest, self._watch.unsent_bytes)
        return ending(_closing(closed.rcvd), _closing(closed.sent), closed.rcvd_then_sent, evidence)

    def _look(self) -> int:
        """Cut a server that sent its close frame and then keeps the socket open; measure what is unsent."""
        if self._patience.lost(self._socket.state is State.CLOSING):
            self._socket.transport.abort()
        return self._socket.transport.get_write_buffer_size()


class _Patience:
    """Count how long something has been so, in looks of the watch."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    def lost(self, waiting: bool) -> bool:
        """Tell whether it has been waited for long enough."""
        self._left -= PERIOD if waiting else 0.0
        return self._left <= 0


def _closing(found: Close | None) -> Closing | None:
    return None if found is None else Closing(found.code, found.reason)

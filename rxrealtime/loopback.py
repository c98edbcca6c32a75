"""``Session("loopback:")``: the embedded server and a websocket to it, as one transport.

The place where client and server meet; it is found through its entry point, so that neither imports the other.
"""

from __future__ import annotations

from reactivex import Observable

from rxrealtime.errors import InvalidUrlError
from rxrealtime.frames import Frame
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.scenarios import Scenario
from rxrealtime.server.scripts import Script
from rxrealtime.transport.base import Connection
from rxrealtime.transport.websocket import WebSocketTransport

__all__ = ["LoopbackTransport"]


class LoopbackTransport:
    """Start the embedded server on 127.0.0.1 for one session and stop it with the session.

    Args:
        url: ``loopback:``; nothing may follow.
        scenario: What the server says and does; its default mind if None.

    Raises:
        InvalidUrlError: Something follows the colon.
    """

    def __init__(self, url: str = "loopback:", *, scenario: Scenario | Script | None = None) -> None:
        if url.rstrip("/") != "loopback:":
            raise InvalidUrlError("loopback: takes nothing after the colon; for a scenario use LoopbackTransport")
        self._scenario = scenario

    async def connect(self) -> Connection:
        """Start the server and open a websocket to it; see `Transport.connect`."""
        server = LoopbackServer(self._scenario)
        await server.start()
        try:
            connection = await WebSocketTransport(server.url).connect()
        except BaseException:
            await server.close()
            raise
        return _LoopbackConnection(connection, server)


class _LoopbackConnection:
    """A connection whose end is also the end of its server."""

    def __init__(self, connection: Connection, server: LoopbackServer) -> None:
        self._connection = connection
        self._server = server
        self.now = connection.now
        self.send = connection.send

    @property
    def frames(self) -> Observable[Frame]:
        """What the server sends; see `Connection.frames`."""
        return self._connection.frames

    async def close(self, code: int = 1000, reason: str = "", *, timeout: float = 5.0) -> None:
        """Close the websocket, then the server; see `Connection.close`."""
        try:
            await self._connection.close(code, reason, timeout=timeout)
        finally:
            await self._server.close()

"""What listens on a websocket, for as long as it is entered."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from weakref import WeakSet

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from rxrealtime.errors import ConfigurationError
from rxrealtime.gone import SafelyLost
from rxrealtime.hosts import is_loopback
from rxrealtime.wirelog import WIRE_LOG

__all__ = ["Listener", "answer"]

_CLOSE_TIMEOUT: Final = 1.0


class _Connection(SafelyLost, ServerConnection):
    """The library's, which may be written to whatever became of it."""


class Listener(ABC):
    """Listen on an address, and hold one conversation for each connection.

    Args:
        host: Where to listen.
        port: The port; 0 takes a free one.
        token: What clients have to know; None lets anybody on this machine in.

    Raises:
        ConfigurationError: ``host`` can be reached from other machines and there is no ``token``.
    """

    def __init__(self, host: str, port: int, token: str | None) -> None:
        if not token and not is_loopback(host):
            raise ConfigurationError(f"listening on {host} needs a token: everybody there could connect")
        self._address = (host, port)
        self._token = token
        self._held: WeakSet[ServerConnection] = WeakSet()
        self._server: Server | None = None

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            ConfigurationError: The address cannot be listened on.
        """
        try:
            self._server = await serve(
                self._converse,
                *self._address,
                process_request=self._process_request,
                compression=None,
                close_timeout=_CLOSE_TIMEOUT,
                logger=WIRE_LOG,
                **{"create_connection": _Connection, **self._options()},
            )
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {self._address[0]}:{self._address[1]}: {error.strerror}"
            ) from error

    async def close(self) -> None:
        """Close every connection with 1001 and stop listening; a second call does nothing."""
        server, self._server = self._server, None
        if server is not None:
            for connection in tuple(self._held):
                connection.transport.abort()
            server.close()
            await server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def port(self) -> int:
        """The port that is listened on.

        Raises:
            ConfigurationError: It is not running.
        """
        if self._server is None:
            raise ConfigurationError(f"the {type(self).__name__} is not running: start it first")
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        return port

    @property
    def _location(self) -> str:
        """Host and port as in a url; raises as `port` does."""
        name = self._address[0]
        return f"[{name}]:{self.port}" if ":" in name else f"{name}:{self.port}"

    async def _stall(self, connection: ServerConnection, seconds: float) -> None:
        """Wait, but not longer than the client and this server do."""
        self._held.add(connection)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await connection.wait_closed()
        self._held.discard(connection)

    @abstractmethod
    def _options(self) -> Mapping[str, Any]:
        """Say what else `websockets.asyncio.server.serve` is told."""

    @abstractmethod
    async def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse a handshake, or let it go on with None."""

    @abstractmethod
    async def _converse(self, connection: ServerConnection) -> None:
        """Hold one conversation."""


def answer(connection: ServerConnection, status: int, body: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Make the answer that refuses a handshake.

    Args:
        connection: Whose handshake it is.
        status: The HTTP status.
        body: JSON text.
        headers: More headers.

    Returns:
        The response.
    """
    response = connection.respond(HTTPStatus(status), body)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    for name, value in headers:
        response.headers[name] = value
    return response

"""The embedded server on an event loop in a thread of its own: for tests that are not async, and for those that are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from rxrealtime.errors import ConfigurationError
from rxrealtime.server.loopback import LoopbackServer

__all__ = ["BackgroundServer"]

T = TypeVar("T")


class BackgroundServer:
    """Run a `LoopbackServer` in a thread, for as long as it is entered.

    Args:
        make: Makes the server, in that thread; default `LoopbackServer`, with ``options``.
        **options: What `LoopbackServer` takes: ``scenario``, ``port``, ``token``, ``pace``, ``faults``. ``pace`` is 0
            by default: nothing is waited for.

    Example:
        >>> with BackgroundServer() as server:
        ...     server.url.startswith("ws://127.0.0.1:")
        True
    """

    def __init__(self, make: Callable[..., LoopbackServer] = LoopbackServer, **options: Any) -> None:
        self._make = make
        self._options = {"pace": 0} | options
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: LoopbackServer | None = None

    def start(self) -> Self:
        """Begin to listen; a second call does nothing.

        Returns:
            The server.

        Raises:
            ConfigurationError: The address cannot be listened on, or an option is not possible.
        """
        if self._thread is None:
            ready = threading.Event()
            self._thread = threading.Thread(target=self._turn, args=(ready,), name="rxrealtime server", daemon=True)
            self._thread.start()
            ready.wait()
            try:
                self._server = self._call(self._begin)
            except BaseException:
                self.close()
                raise
        return self

    def close(self) -> None:
        """Close every connection, stop listening, end the thread; a second call does nothing."""
        thread, self._thread = self._thread, None
        if thread is None or self._loop is None:
            return
        server, self._server = self._server, None
        try:
            if server is not None:
                self._call(server.close)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The url for clients.

        Raises:
            ConfigurationError: The server is not running.
        """
        return self._running().url

    @property
    def port(self) -> int:
        """The port that is listened on; raises as `url` does."""
        return self._running().port

    def _running(self) -> LoopbackServer:
        if self._server is None:
            raise ConfigurationError("the server is not running: start it first")
        return self._server

    async def _begin(self) -> LoopbackServer:
        server = self._make(**self._options)
        await server.start()
        return server

    def _turn(self, ready: threading.Event) -> None:
        """Turn the loop until it is stopped; what is left of it then is cancelled."""
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._loop.call_soon(ready.set)
            self._loop.run_forever()

    def _call(self, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if self._loop is None:
            raise ConfigurationError("the server is not running: start it first")
        return asyncio.run_coroutine_threadsafe(main(), self._loop).result()

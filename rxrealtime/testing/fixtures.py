"""What the fixtures of the pytest plugin give; the plugin itself is `pytest_rxrealtime`, which imports nothing."""

from __future__ import annotations

from importlib import import_module
from types import TracebackType
from typing import Any, Self

from rxrealtime.agent import Agent
from rxrealtime.session import Session
from rxrealtime.testing.leaks import LeakError
from rxrealtime.testing.serving import BackgroundServer

__all__ = ["Servers", "Sessions", "plan_faults"]


class Servers:
    """Servers in threads, all of which end with the test."""

    def __init__(self) -> None:
        self._running: list[BackgroundServer] = []
        self._default: BackgroundServer | None = None

    def __call__(self, **options: Any) -> BackgroundServer:
        """Start a server.

        Args:
            **options: What `LoopbackServer` takes: ``scenario``, ``port``, ``token``, ``pace`` (default 0),
                ``faults``.

        Returns:
            The running server, with ``url`` and ``port``.

        Raises:
            ConfigurationError: An option is not possible.
        """
        server = BackgroundServer(**options).start()
        self._running.append(server)
        return server

    @property
    def url(self) -> str:
        """The url of the server that has no options; it is started when it is first asked for."""
        return self._one().url

    @property
    def port(self) -> int:
        """Its port."""
        return self._one().port

    def _one(self) -> BackgroundServer:
        self._default = self._default or self()
        return self._default

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._running:
            server.close()


class _NotedSession(Session):
    """A session that knows whether it was entered."""

    entered = False

    async def open(self) -> Self:
        """Open the connection; see `Session.open`."""
        self.entered = True
        return await super().open()


class Sessions:
    """Make sessions to a server of the test.

    Args:
        servers: The servers of the test.
    """

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._made: list[_NotedSession] = []

    def __call__(self, url: str | None = None, *, agent: Agent | None = None, **options: Any) -> Session:
        """Make a session; enter it with ``async with``.

        Args:
            url: Where to; default None, the test's own server.
            agent: As `Session` takes it.
            **options: As `Session` takes them.

        Returns:
            The session, which is not open yet.
        """
        session = _NotedSession(url or self._servers.url, agent=agent, **options)
        self._made.append(session)
        return session

    def check(self) -> None:
        """See to it that every session that was opened is closed.

        Raises:
            LeakError: One is not.
        """
        left = sum(1 for session in self._made if session.entered and session.closed.outcome is None)
        if left:
            raise LeakError(f"{left} session(s) to {self._servers.url} were opened and not closed")


def plan_faults(seed: int = 0, *faults: Any) -> Any:
    """Make a seeded plan of faults on the wire.

    Args:
        seed: The same seed gives the same faults.
        *faults: What goes wrong; see `rxrealtime.testing.faults`.

    Returns:
        A `FaultPlan`.
    """
    return import_module("rxrealtime.testing.plans").FaultPlan(seed, *faults)

"""Clocks of the embedded server: the one on the wall, and one that a test turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from rxrealtime.errors import ConfigurationError

__all__ = ["ServerClock", "TurnedClock", "WallClock"]


class ServerClock(Protocol):
    """What tells a server the time."""

    def now(self) -> float:
        """Return the time in seconds; it never goes back."""
        ...

    def until(self, at: float | None) -> AbstractAsyncContextManager[object]:
        """Limit what is waited for inside: TimeoutError at this time; never if None."""
        ...


class WallClock:
    """The time that passes by itself."""

    def now(self) -> float:
        """Return the seconds of the monotonic clock."""
        return time.monotonic()

    def until(self, at: float | None) -> AbstractAsyncContextManager[object]:
        """Limit what is waited for inside; see `ServerClock`."""
        return asyncio.timeout(None if at is None else max(at - self.now(), 0.0))


class TurnedClock:
    """A clock that stands still until it is turned, in the event loop of the server.

    Example:
        clock = TurnedClock()
        async with LoopbackServer(clock=clock) as server:
            ...
            clock.advance(3600)
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._waiting: dict[asyncio.Timeout, float] = {}

    def now(self) -> float:
        """Return how far it was turned, in seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Turn the clock; what is due by then happens when the event loop gets its turn.

        Args:
            seconds: How far, 0 or more.

        Raises:
            ConfigurationError: ``seconds`` is negative.
        """
        if not seconds >= 0:
            raise ConfigurationError(f"a clock is not turned back, as by {seconds} s")
        self._now += seconds
        for limit, at in tuple(self._waiting.items()):
            if at <= self._now:
                limit.reschedule(asyncio.get_running_loop().time())
                del self._waiting[limit]

    @asynccontextmanager
    async def until(self, at: float | None) -> AsyncIterator[None]:
        """Limit what is waited for inside; see `ServerClock`."""
        past = at is not None and at <= self._now
        async with asyncio.timeout(0 if past else None) as limit:
            if at is not None and not past:
                self._waiting[limit] = at
            try:
                yield
            finally:
                self._waiting.pop(limit, None)

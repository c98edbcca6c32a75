"""Clocks of the embedded server: the one on the wall, and one that a test turns."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any, Protocol

from rxrealtime.errors import ConfigurationError

__all__ = ["ServerClock", "TurnedClock", "WallClock"]


class ServerClock(Protocol):
    """What tells a server the time."""

    def now(self) -> float:
        """Return the time in seconds; it never goes back."""
        ...

    async def wait(self, awaited: asyncio.Future[Any], at: float | None) -> None:
        """Wait until it is done, or it is this time; None waits for it alone. It is left as it is, also by the time."""
        ...


class WallClock:
    """The time that passes by itself."""

    def now(self) -> float:
        """Return the seconds of the monotonic clock."""
        return time.monotonic()

    async def wait(self, awaited: asyncio.Future[Any], at: float | None) -> None:
        """Wait until something is done, or it is this time; see `ServerClock`."""
        await asyncio.wait((awaited,), timeout=None if at is None else max(at - self.now(), 0.0))


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
        self._alarms: dict[asyncio.Future[None], float] = {}

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
        for alarm, at in self._alarms.items():
            if at <= self._now and not alarm.done():
                alarm.set_result(None)

    async def wait(self, awaited: asyncio.Future[Any], at: float | None) -> None:
        """Wait until something is done, or the clock was turned this far; see `ServerClock`."""
        alarm: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._alarms[alarm] = math.inf if at is None else at
        self.advance(0)
        try:
            await asyncio.wait((awaited, alarm), return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._alarms[alarm]

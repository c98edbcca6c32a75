"""Clocks of event loops with real sockets: time that a test takes without taking any."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.operators.streams import settle

__all__ = ["MovedLoop", "TurnedLoop"]


class MovedLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, sockets included, with a clock that also goes on when it is told to.

    Attributes:
        moved: Seconds by which the clock is ahead; what adds to it stands for work that holds the loop so long.
    """

    moved = 0.0

    def time(self) -> float:
        """Give the time in seconds."""
        return super().time() + self.moved


class TurnedLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, sockets included, whose clock stands still until it is turned, however slow the machine is.

    A deadline counts turned seconds too, and never comes where nobody turns the clock.
    """

    _step = 0.25

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__()

    def time(self) -> float:
        """Give how far the clock was turned, in seconds."""
        return self._now

    async def turn(self, seconds: float) -> None:
        """Turn the clock, and let everybody do what is due."""
        self._now += seconds
        await settle()

    async def turn_until(self, done: asyncio.Future[Any], limit: float) -> None:
        """Turn the clock a quarter of a second at a time, and let everybody do what is due, until something is done.

        Args:
            done: What ends it.
            limit: Seconds that it may take.
        """
        end = self._now + limit
        while not done.done():
            assert self._now < end, f"not done after {limit} s"
            await self.turn(self._step)

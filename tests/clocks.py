"""A clock that a test moves on while the loop does its work: time taken without taking any."""

from __future__ import annotations

import asyncio

__all__ = ["MovedLoop"]


class MovedLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, sockets included, with a clock that also goes on when it is told to.

    Attributes:
        moved: Seconds by which the clock is ahead; what adds to it stands for work that holds the loop so long.
    """

    moved = 0.0

    def time(self) -> float:
        """Give the time in seconds."""
        return super().time() + self.moved

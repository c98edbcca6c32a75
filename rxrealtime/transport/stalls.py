"""How long the event loop stood still, so that a death by keepalive can name its cause."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

__all__ = ["PERIOD", "StallWatch"]

PERIOD = 0.5
"""Seconds between two looks."""


class StallWatch:
    """Look at a connection twice a second, and at how late each look comes.

    Args:
        loop: The loop to watch.
        window: How far back, in seconds, `longest` and `unsent_bytes` look.
        look: Called at each look; gives the bytes that were written and not yet taken by the network.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, window: float, look: Callable[[], int]) -> None:
        self._loop = loop
        self._look = look
        self._seen: deque[tuple[float, int]] = deque(maxlen=max(2, int(window / PERIOD)))
        self._timer = loop.call_later(PERIOD, self._tick)

    @property
    def longest(self) -> float:
        """The longest standstill in the window, in seconds; one that is still going on counts."""
        overdue = self._loop.time() - self._timer.when()
        return max([0.0, overdue, *(late for late, _ in self._seen)])

    @property
    def unsent_bytes(self) -> int:
        """What was waiting to be sent at the last two looks, if it was waiting at both."""
        return min((unsent for _, unsent in list(self._seen)[-2:]), default=0)

    def stop(self) -> None:
        """Stop watching; no timer is left."""
        self._timer.cancel()

    def _tick(self) -> None:
        late = self._loop.time() - self._timer.when()
        self._timer = self._loop.call_later(PERIOD, self._tick)
        self._seen.append((late, self._look()))

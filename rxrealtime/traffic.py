"""The traffic of a session: one order for everything that comes in, goes out, and is done about it.

Policies listen to the traffic, and what they answer is part of it. To be seen in one order by everybody, a value is
never delivered inside the delivery of another one: it waits until that is over.
"""

from __future__ import annotations

import asyncio
from typing import Any

from rxrealtime.multicast import Multicast, Report
from rxrealtime.operators._tasks import Owned, Tasks
from rxrealtime.operators._turns import Turns

__all__ = ["Traffic"]


class Traffic:
    """Values on their way to the policies, and each to the stream that shows it.

    Args:
        report: Told what an observer raised.

    Attributes:
        stream: Everything, in order; for policies.
        tasks: What policies have started and is not done.
    """

    def __init__(self, report: Report) -> None:
        self.stream: Multicast[object] = Multicast(report)
        self.tasks: Tasks = set()
        self._turns = Turns()

    def put(self, shown: Multicast[Any] | None, value: object) -> None:
        """Deliver a value, after those that wait: first to the policies, then to its own stream.

        Args:
            shown: The stream of those who want to see it; None if nobody does.
            value: The value.
        """
        self._turns.take(self._deliver, shown, value)

    async def moved(self) -> None:
        """Wait for the next value, or the end."""
        moved = asyncio.Event()

        def move(_: object = None) -> None:
            moved.set()

        watching = self.stream.subscribe(move, move, move)
        try:
            await moved.wait()
        finally:
            watching.dispose()

    def _deliver(self, shown: Multicast[Any] | None, value: object) -> None:
        with Owned(self.tasks):
            self.stream.on_next(value)
            if shown is not None:
                shown.on_next(value)

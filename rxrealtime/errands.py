"""Tasks that belong to a session and end with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["Errands"]


class Errands:
    """Tasks, held until they are done, and cancelled with the session.

    Args:
        report: Told what one of them raises; their results are nobody's.
    """

    def __init__(self, report: Callable[[Exception, object], None]) -> None:
        self._report = report
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = False

    def start(self, errand: Coroutine[Any, Any, None], name: str, after: Callable[[], None] | None = None) -> None:
        """Start one; after `cancel` none starts.

        Args:
            errand: What to do.
            name: What it is, for people who look at the tasks of a loop.
            after: Called when it is over, on every path, also if it never began.
        """
        if self._over:
            errand.close()
            if after is not None:
                after()
            return
        task = asyncio.get_running_loop().create_task(errand, name=f"rxrealtime {name}")
        self._tasks.add(task)
        task.add_done_callback(self._done)
        if after is not None:
            task.add_done_callback(lambda _: after())

    async def cancel(self) -> None:
        """Cancel all of them, and wait until they are gone."""
        self._over = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._report(error, None)

"""A queue of notifications that delivers each in a turn of its own: what memory and replay connections read from."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from reactivex import Notification, Observable, abc
from reactivex.disposable import Disposable
from reactivex.notification import OnCompleted, OnError, OnNext
from reactivex.scheduler.eventloop import AsyncIOScheduler

from rxrealtime.frames import Frame

__all__ = ["Inlet", "elapsed"]


def elapsed(scheduler: abc.SchedulerBase) -> Callable[[], float]:
    """Start a clock.

    Args:
        scheduler: Whose time it tells; for an `AsyncIOScheduler`, whose ``now`` is the wall clock, the running event
            loop's, which is monotonic.

    Returns:
        A function that gives the seconds since this call.
    """
    if isinstance(scheduler, AsyncIOScheduler):
        now = asyncio.get_running_loop().time
        began = now()
        return lambda: now() - began
    started = scheduler.now
    return lambda: (scheduler.now - started).total_seconds()


class Inlet(Observable[Frame]):
    """Frames for one subscriber, delivered on a scheduler in the order they were pushed.

    What is pushed before somebody subscribes waits. A notification is never delivered inside the call that pushed it,
    nor inside ``subscribe``: every delivery is a turn of the scheduler.

    Args:
        scheduler: Runs the turns.
    """

    def __init__(self, scheduler: abc.SchedulerBase) -> None:
        super().__init__()
        self._scheduler = scheduler
        self._queue: deque[Notification[Frame]] = deque()
        self._turn: abc.DisposableBase | None = None
        self._observer: abc.ObserverBase[Frame] | None = None

    def push(self, frame: Frame) -> None:
        """Queue a frame.

        Args:
            frame: The next frame.
        """
        self._queue.append(OnNext(frame))
        self._wake()

    def end(self, cause: Exception | None) -> None:
        """Queue the end; what was pushed before is delivered before.

        Args:
            cause: Why the stream ends, or None if we ended it.
        """
        self._queue.append(OnCompleted() if cause is None else OnError(cause))
        self._wake()

    @property
    def waiting(self) -> int:
        """How many notifications wait for their turn."""
        return len(self._queue)

    def _subscribe_core(
        self, observer: abc.ObserverBase[Frame], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        self._observer = observer
        self._wake()
        return Disposable(self._release)

    def _release(self) -> None:
        self._observer = None
        self._queue.clear()
        if self._turn is not None:
            self._turn.dispose()

    def _wake(self) -> None:
        if self._turn is None and self._queue and self._observer is not None:
            self._turn = self._scheduler.schedule(self._deliver)

    def _deliver(self, scheduler: abc.SchedulerBase, state: Any = None) -> abc.DisposableBase | None:
        self._turn = None
        if self._queue and self._observer is not None:
            notification, observer = self._queue.popleft(), self._observer
            self._wake()
            notification.accept(observer)
        return None

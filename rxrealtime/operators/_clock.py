"""What time it is when a value comes: the one clock of the operators that measure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container
from contextlib import suppress
from typing import TypeVar

from reactivex import Observable, abc
from reactivex.scheduler.eventloop import AsyncIOScheduler
from reactivex.scheduler.scheduler import Scheduler

from rxrealtime.errors import ConfigurationError

__all__ = ["timed"]

_T = TypeVar("_T")


def timed(
    scheduler: abc.SchedulerBase | None, classes: Container[type] | None = None
) -> Callable[[Observable[_T]], Observable[tuple[float, _T]]]:
    """Pair values with the seconds since the subscription; a clock that goes backwards stands still.

    Args:
        scheduler: Whose clock to read; None for the one of the subscription, and if there is none either, for the
            monotonic clock of the running event loop. The same clock is read for an `AsyncIOScheduler`, whose own
            ``now`` is the wall clock.
        classes: Of which classes the values are that count, the others do not pass; default None, all.

    Returns:
        The operator. Without a scheduler, and subscribed before a loop runs, it counts from its first value. If no
        loop runs then either, a `ConfigurationError` goes to ``on_error``.
    """

    def operator(source: Observable[_T]) -> Observable[tuple[float, _T]]:
        def subscribe(
            observer: abc.ObserverBase[tuple[float, _T]], subscribed: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            watch = _Watch(scheduler or subscribed)
            emit = observer.on_next

            def on_next(value: _T) -> None:
                if classes is not None and type(value) not in classes:
                    return
                try:
                    at = watch.seconds()
                except RuntimeError as no_loop:
                    observer.on_error(_no_clock(no_loop))
                else:
                    emit((at, value))

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=subscribed)

        return Observable(subscribe)

    return operator


class _Watch:
    """Counts the seconds since it was made, or since it is asked for the first time if there was no clock before."""

    def __init__(self, scheduler: abc.SchedulerBase | None) -> None:
        self._scheduler = scheduler
        self._read: Callable[[], float] | None = None
        self._began = self._latest = 0.0
        with suppress(RuntimeError):  # no loop runs yet: asked again at the first value
            self.seconds()

    def seconds(self) -> float:
        """Read the clock; RuntimeError if there is none."""
        if self._read is None:
            self._read = _reading(self._scheduler)
            self._began = self._read()
        self._latest = max(self._latest, self._read() - self._began)
        return self._latest


def _reading(scheduler: abc.SchedulerBase | None) -> Callable[[], float]:
    if scheduler is None or isinstance(scheduler, AsyncIOScheduler):
        return asyncio.get_running_loop().time
    chosen = scheduler
    return lambda: Scheduler.to_seconds(chosen.now)


def _no_clock(cause: Exception) -> ConfigurationError:
    error = ConfigurationError("no event loop runs and there is no scheduler: give one to read the time from")
    error.__cause__ = cause
    return error

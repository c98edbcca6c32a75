"""The hot stream behind a session: one source, many observers, and no observer can hurt another.

A stock ``Subject`` takes a lock and copies its observers on every value, half of the cost of the whole path at five
subscribers; and an observer that raises starves those after it and surfaces in the task that reads the socket. This
one belongs to one event loop, keeps its observers in a tuple that is replaced when somebody comes or goes, and reports
what an observer raises instead of passing it on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import Disposable

__all__ = ["Multicast", "Report"]

T = TypeVar("T")
Report = Callable[[Exception, object], None]
"""Told what an observer raised, and the value that it was given (None for a terminal signal)."""

_LIVE = object()


class Multicast(Observable[T], Generic[T]):
    """A hot Observable that is fed by `on_next`, `on_error` and `on_completed`.

    Every subscriber sees the same order and ends exactly once; one that comes after the end gets the end at once. An
    observer that raises stays subscribed: what it raised is reported, the next value reaches it as usual.

    Args:
        report: Called with what an observer raised and the value it was given.
    """

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report
        self._observers: tuple[abc.ObserverBase[T], ...] = ()
        self._end: object = _LIVE

    @property
    def observer_count(self) -> int:
        """How many observers listen."""
        return len(self._observers)

    def on_next(self, value: T) -> None:
        """Give a value to every observer.

        Args:
            value: The value; ignored after the end.
        """
        for observer in self._observers:
            try:
                observer.on_next(value)
            except Exception as error:  # an observer is foreign code: whatever it raises is its own bug
                self._report(error, value)

    def follow(self, source: Observable[T], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        """Be fed by another stream.

        Args:
            source: The stream.
            scheduler: What to subscribe with; default None.

        Returns:
            The subscription.
        """
        return source.subscribe(self.on_next, self.on_error, self.on_completed, scheduler=scheduler)

    def on_error(self, error: Exception) -> None:
        """End every observer with an error; only the first end counts.

        Args:
            error: Why the stream ends.
        """
        self._terminate(error)

    def on_completed(self) -> None:
        """End every observer; only the first end counts."""
        self._terminate(None)

    def _terminate(self, end: Exception | None) -> None:
        if self._end is not _LIVE:
            return
        self._end = end
        observers, self._observers = self._observers, ()
        for observer in observers:
            self._finish(observer)

    def _finish(self, observer: abc.ObserverBase[T]) -> None:
        end = self._end
        try:
            if isinstance(end, Exception):
                observer.on_error(end)
            else:
                observer.on_completed()
        except Exception as error:  # foreign code, as above
            if error is not end:  # a subscriber without on_error raises the error itself: no bug of its own
                self._report(error, None)

    def _subscribe_core(
        self, observer: abc.ObserverBase[T], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        if self._end is not _LIVE:
            self._finish(observer)
            return Disposable()
        self._observers = (*self._observers, observer)
        return Disposable(lambda: self._remove(observer))

    def _remove(self, observer: abc.ObserverBase[Any]) -> None:
        self._observers = tuple(found for found in self._observers if found is not observer)

"""A stream that has a value at any time: to be looked at, and to be followed."""

from __future__ import annotations

from typing import TypeVar

from reactivex import abc

from rxrealtime.multicast import Multicast, Report

__all__ = ["Current"]

T = TypeVar("T")


class Current(Multicast[T]):
    """A hot Observable whose latest value can be read; a new subscriber gets that value first.

    Args:
        value: The value at the beginning.
        report: Called with what an observer raised and the value it was given.
    """

    def __init__(self, value: T, report: Report) -> None:
        super().__init__(report)
        self._value = value

    @property
    def value(self) -> T:
        """The latest value."""
        return self._value

    def on_next(self, value: T) -> None:
        """Take another value, and give it to every observer."""
        self._value = value
        super().on_next(value)

    def _subscribe_core(
        self, observer: abc.ObserverBase[T], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        observer.on_next(self._value)
        return super()._subscribe_core(observer, scheduler)

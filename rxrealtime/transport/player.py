"""Delivering what is due, each in a turn of a scheduler, at its time or when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reactivex import Observable, abc
from reactivex.disposable import SerialDisposable

from rxrealtime.frames import Frame
from rxrealtime.transport.rerun import Due, End

__all__ = ["Player"]


class Player:
    """Plays once, to one subscriber.

    Args:
        due: What is delivered when.
        scheduler: Runs the turns.
        steps: How many frames may come without waiting for `step`; None lets each come at its time.
    """

    def __init__(self, due: Iterator[Due], scheduler: abc.SchedulerBase, steps: int | None) -> None:
        self._due = due
        self._scheduler = scheduler
        self._steps = steps
        self._turn = SerialDisposable()
        self._observer: abc.ObserverBase[Frame] | None = None
        self._next: Due | None = None
        self._started = scheduler.now
        self.frames: Observable[Frame] = Observable(self._subscribe)

    @property
    def is_stopped(self) -> bool:
        """Whether it was stopped."""
        return self._turn.is_disposed

    def step(self, count: int) -> None:
        """Let more frames come."""
        if self._steps is not None:
            self._steps += count
            if self._steps == count:
                self._wait()

    def stop(self) -> None:
        """Deliver nothing any more."""
        self._turn.dispose()

    def _subscribe(
        self, observer: abc.ObserverBase[Frame], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        self._observer, self._started = observer, self._scheduler.now
        self._plan()
        return self._turn

    def _plan(self) -> None:
        self._next = next(self._due, None)
        self._wait()

    def _wait(self) -> None:
        """Take a turn for what is next, if it may come."""
        if self._next is None or self._observer is None:
            return
        if self._steps is None:
            wait = self._next.wait - (self._scheduler.now - self._started).total_seconds()
            self._turn.disposable = self._scheduler.schedule_relative(max(wait, 0.0), self._deliver)
        elif self._steps > 0 or isinstance(self._next.what, End):
            self._turn.disposable = self._scheduler.schedule(self._deliver)

    def _deliver(self, scheduler: abc.SchedulerBase, state: Any = None) -> None:
        if self._next is None or self._observer is None:
            return
        what = self._next.what
        if isinstance(what, Frame):
            self._steps = None if self._steps is None else self._steps - 1
            self._next = None  # until the delivery is over: a step inside of it must not deliver again
            self._observer.on_next(what)
            self._plan()
        elif what.cause is None:
            self._observer.on_completed()
        else:
            self._observer.on_error(what.cause)

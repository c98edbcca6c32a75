"""Marble diagrams over events: what goes in, what is to come out, and when, in virtual time.

    legend = {"a": delta("Hel"), "b": delta("lo"), "d": done("Hello"), "T": Transcript(...)}
    expect(ops.transcripts(), "------T--|", legend, given="--a-b-d--|")

The grammar is told in `rxrealtime.testing.marks`. One sign is one frame, and one frame is one virtual second.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final
from weakref import WeakKeyDictionary

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable
from reactivex.notification import Notification, OnError, OnNext
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxrealtime.testing.differing import differences
from rxrealtime.testing.marks import Legend, Mark, notifications, read_marks

__all__ = ["cold", "expect", "hot", "observe"]

_SUBSCRIBED: Final = 200.0
"""When the `TestScheduler` subscribes: frame 0 of all diagrams."""
_RUNNING: ContextVar[TestScheduler | None] = ContextVar("rxrealtime_running", default=None)

Operator = Callable[[Observable[Any]], Observable[Any]]


def cold(diagram: str, legend: Legend | None = None) -> Observable[Any]:
    """Make a stream that begins anew for each subscriber.

    Args:
        diagram: What it gives, from its subscription on.
        legend: What the letters stand for.

    Returns:
        The stream; it takes its time from the scheduler of the subscription, or of `expect`.

    Raises:
        ValueError: It is not a diagram.
    """
    timed = notifications(read_marks(diagram, legend))

    def subscribe(observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        clock = _clock(scheduler)
        return CompositeDisposable([clock.schedule_relative(at, _giving(each, observer)) for at, each in timed])

    return Observable(subscribe)


def hot(diagram: str, legend: Legend | None = None) -> Observable[Any]:
    """Make a stream that runs whether or not anybody listens; who subscribes later has missed what was before.

    Args:
        diagram: What it gives, from frame 0 of the run on.
        legend: What the letters stand for.

    Returns:
        The stream; in each run of `expect` it begins anew.

    Raises:
        ValueError: It is not a diagram.
    """
    timed = notifications(read_marks(diagram, legend))
    runs: WeakKeyDictionary[Any, Subject[Any]] = WeakKeyDictionary()

    def begin(clock: abc.SchedulerBase) -> Subject[Any]:
        subject: Subject[Any] = Subject()
        passed = clock.to_seconds(clock.now) - _SUBSCRIBED if _RUNNING.get() is clock else 0.0
        for at, each in timed:
            if at >= passed:
                clock.schedule_relative(at - passed, _giving(each, subject))
        return subject

    def subscribe(observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        clock = _clock(scheduler)
        if clock not in runs:
            runs[clock] = begin(clock)
        return runs[clock].subscribe(observer, scheduler=scheduler)

    return Observable(subscribe)


def observe(
    stream: Observable[Any] | Operator,
    legend: Legend | None = None,
    *,
    given: str | None = None,
    frames: float = 1_000_000.0,
) -> list[Mark]:
    """Run a stream in virtual time.

    Args:
        stream: A stream, or an operator together with ``given``.
        legend: What the letters of ``given`` stand for.
        given: The diagram of the stream that the operator is put on; it is hot.
        frames: When to stop listening; default far away.

    Returns:
        What happened, and when.

    Raises:
        TypeError: It is an operator and nothing is given, or a stream and something is.
    """
    scheduler = TestScheduler()
    if isinstance(stream, Observable) is (given is not None):
        raise TypeError('an operator needs a diagram to work on, as in given="--a--|"; a stream has its own')
    token = _RUNNING.set(scheduler)
    try:
        observer = scheduler.start(
            lambda: stream if isinstance(stream, Observable) else stream(hot(given or "", legend)),
            created=100.0,
            subscribed=_SUBSCRIBED,
            disposed=_SUBSCRIBED + frames,
        )
    finally:
        _RUNNING.reset(token)
    return [_mark(record.time - _SUBSCRIBED, record.value) for record in observer.messages]  # type: ignore[arg-type]  # no predicates


def expect(
    stream: Observable[Any] | Operator,
    diagram: str,
    legend: Legend | None = None,
    *,
    given: str | None = None,
    payload: bool = False,
) -> None:
    """Run a stream in virtual time and compare what comes out with a diagram.

    Failures (`ExceptionEvent`) compare by their kind, the type of their exception, and their frame. Errors compare by
    type and message, or by type alone where the legend's ``#`` is a class.

    Args:
        stream: A stream, or an operator together with ``given``.
        diagram: What is to come out.
        legend: What the letters of both diagrams stand for.
        given: The diagram of the stream that the operator is put on.
        payload: Whether a failing comparison shows values; default False, only their types and the fields that differ.

    Raises:
        AssertionError: Something else came out: two aligned diagrams, and what differs.
        ValueError: It is not a diagram.
        TypeError: It is an operator and nothing is given, or a stream and something is.

    Example:
        >>> from reactivex import operators as rx
        >>> expect(rx.map(str.upper), "--A--(B|)", given="--a--(b|)")
        >>> expect(rx.take(1), "--a--|", given="--a--|")
        Traceback (most recent call last):
            ...
        AssertionError: another stream than expected
        expected  --a---|
        actual    --(a|)-
                    ^^^^^
        ...
    """
    expected = read_marks(diagram, legend)
    text = differences(expected, observe(stream, legend, given=given), legend or {}, payload=payload)
    if text:
        raise AssertionError(f"another stream than expected\n{text}")


def _clock(scheduler: abc.SchedulerBase | None) -> Any:
    clock = _RUNNING.get() or scheduler
    if clock is None:
        raise TypeError("a stream of marbles needs a clock: give it to expect, or subscribe with a scheduler")
    return clock


def _giving(notification: Notification[Any], observer: abc.ObserverBase[Any]) -> Any:
    return lambda *_: notification.accept(observer)


def _mark(at: float, notification: Notification[Any]) -> Mark:
    if isinstance(notification, OnNext):
        return Mark(at, "N", notification.value)
    if isinstance(notification, OnError):
        return Mark(at, "E", notification.exception)
    return Mark(at, "C", None)

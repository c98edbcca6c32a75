"""Async functions over a stream, on a real event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as rx
from reactivex.subject import Subject

from rxrealtime import operators as ops
from rxrealtime.errors import BufferOverflowError, ConfigurationError, RealtimeError
from tests.operators.streams import other_tasks, reported, run, settle, terminal


class _Calls:
    """A mapper whose calls end when the test says so."""

    def __init__(self) -> None:
        self.futures: dict[object, asyncio.Future[object]] = {}
        self.cancelled: list[object] = []

    async def __call__(self, value: object) -> object:
        self.futures[value] = asyncio.get_running_loop().create_future()
        try:
            return await self.futures[value]
        except asyncio.CancelledError:
            self.cancelled.append(value)
            raise

    async def end(self, value: object, error: Exception | None = None) -> None:
        """End one call, with its value or an error, and let that sink in."""
        if error:
            self.futures.pop(value).set_exception(error)
        else:
            self.futures.pop(value).set_result(value)
        await settle()


async def _soon(value: Any) -> Any:
    await settle(1)
    return value


def _watch(stream: Observable[Any]) -> tuple[list[Any], reactivex.abc.DisposableBase]:
    got: list[Any] = []
    return got, stream.subscribe(got.append, lambda error: got.append(type(error)), lambda: got.append("completed"))


@pytest.mark.parametrize(("ordered", "expected"), [(True, [1, 2, 3]), (False, [2, 1, 3])])
def test_results_come_in_order_or_as_they_are_ready(ordered: bool, expected: list[int]) -> None:
    """Two calls at a time; the second ends first."""

    async def main() -> None:
        calls = _Calls()
        got, _ = _watch(reactivex.of(1, 2, 3).pipe(ops.map_async(calls, concurrency=2, ordered=ordered)))
        await settle()
        assert list(calls.futures) == [1, 2]
        await calls.end(2)
        assert got == ([] if ordered else [2])
        await calls.end(1)
        assert list(calls.futures) == [3]
        await calls.end(3)
        assert got == [*expected, "completed"]
        assert other_tasks() == set()

    run(main)


def test_no_more_calls_run_than_allowed() -> None:
    """At any time at most `concurrency` calls are under way, one by default, ordered or not."""

    async def main(concurrency: int, ordered: bool) -> None:
        calls = _Calls()
        got, _ = _watch(reactivex.range(9).pipe(ops.map_async(calls, concurrency=concurrency, ordered=ordered)))
        await settle()
        while calls.futures:
            assert len(calls.futures) <= concurrency
            await calls.end(max(calls.futures, key=str))
        assert sorted(got[:-1]) == list(range(9))
        assert (got[:-1] == list(range(9))) is (ordered or concurrency == 1)

    for concurrency, ordered in ((1, True), (1, False), (3, True), (3, False)):
        run(lambda concurrency=concurrency, ordered=ordered: main(concurrency, ordered))  # type: ignore[misc]


def test_a_call_that_raises_ends_the_stream_after_what_came_before() -> None:
    """Results before it are given, later ones not; the calls that still run are cancelled; the source is left."""

    async def main() -> None:
        calls = _Calls()
        source: Subject[int] = Subject()
        got, _ = _watch(source.pipe(ops.map_async(calls, concurrency=4)))
        for value in (1, 2, 3, 4, 5):
            source.on_next(value)
        await settle()
        await calls.end(3)
        await calls.end(2, KeyError("x"))
        assert got == []
        await calls.end(1)
        assert got == [1, KeyError]
        assert (calls.cancelled, source.observers) == ([4], [])
        assert other_tasks() == set()
        source.on_next(6)

    run(main)


def test_a_function_that_raises_before_it_awaits_is_the_same() -> None:
    """A plain function that returns an awaitable may raise at once."""

    async def main() -> None:
        def refuse(value: int) -> Awaitable[object]:
            raise ZeroDivisionError(value)

        got, _ = _watch(reactivex.of(1).pipe(ops.map_async(refuse)))
        await settle()
        assert got == [ZeroDivisionError]

    run(main)


def test_disposing_cancels_every_call() -> None:
    """After dispose no call runs and no value waits; what a call raises while it is cancelled is not reported."""

    async def main() -> None:
        reports = reported()
        calls = _Calls()
        source: Subject[int] = Subject()

        async def stubborn(value: int) -> object:
            try:
                return await calls(value)
            finally:
                if value == 2:
                    raise OSError("while cancelled")

        got, subscription = _watch(source.pipe(ops.map_async(stubborn, concurrency=2)))
        for value in (1, 2, 3):
            source.on_next(value)
        await settle()
        subscription.dispose()
        await settle()
        assert (got, sorted(calls.cancelled, key=str), source.observers) == ([], [1, 2], [])
        assert other_tasks() == set()
        assert reports == []

    run(main)


def test_a_subscriber_that_has_enough_cancels_the_rest() -> None:
    """take() disposes of the subscription within on_next."""

    async def main() -> None:
        calls = _Calls()
        got, _ = _watch(reactivex.of(1, 2, 3).pipe(ops.map_async(calls, concurrency=3), rx.take(1)))
        await settle()
        await calls.end(1)
        assert got == [1, "completed"]
        assert calls.cancelled == [2, 3]
        assert other_tasks() == set()

    run(main)


def test_too_many_values_fail_after_the_results_of_those_before() -> None:
    """The queue is bounded: the value too many ends the stream once what was taken is through (B1)."""

    async def main() -> None:
        calls = _Calls()
        source: Subject[int] = Subject()
        got, _ = _watch(source.pipe(ops.map_async(calls, max_waiting=1)))
        for value in (1, 2, 3, 4):
            source.on_next(value)
        assert source.observers == []
        await settle()
        await calls.end(1)
        await calls.end(2)
        assert got == [1, 2, BufferOverflowError]

    run(main)


def test_the_sources_error_comes_after_the_results() -> None:
    """All that was received before the error is delivered before it (T5)."""

    async def main() -> None:
        calls = _Calls()
        source = reactivex.concat(reactivex.of(1, 2), reactivex.throw(OSError("gone")))
        got, _ = _watch(source.pipe(ops.map_async(calls)))
        await settle()
        await calls.end(1)
        await calls.end(2)
        assert got == [1, 2, OSError]

    run(main)


def test_an_empty_source_completes() -> None:
    """With nothing under way the end passes at once, even without a loop."""
    assert terminal(reactivex.empty().pipe(ops.map_async(_Calls()))) == ([], "completed")


def test_a_call_that_is_cancelled_from_elsewhere_is_an_error() -> None:
    """The subscriber gets its one terminal also then (T1)."""

    async def main() -> None:
        got, _ = _watch(reactivex.of(1).pipe(ops.map_async(_Calls())))
        await settle()
        (task,) = other_tasks()
        task.cancel()
        await settle()
        assert got == [RealtimeError]

    run(main)


def test_a_subscriber_that_raises_gets_the_next_results() -> None:
    """Its bug reaches the loop's exception handler (T6)."""

    async def main() -> None:
        reports = reported()
        got: list[int] = []

        def subscriber(value: int) -> None:
            got.append(value)
            raise RuntimeError(value)

        ended = asyncio.Event()
        reactivex.of(1, 2).pipe(ops.map_async(_soon)).subscribe(subscriber, None, ended.set)
        await ended.wait()
        assert got == [1, 2]
        assert [type(report) for report in reports] == [RuntimeError, RuntimeError]

    run(main)


def test_a_value_pushed_by_the_subscriber_keeps_its_place() -> None:
    """A re-entrant value comes after those that wait."""

    async def main() -> None:
        source: Subject[int] = Subject()
        got: list[int] = []

        def subscriber(value: int) -> None:
            got.append(value)
            if value == 1:
                source.on_next(9)

        source.pipe(ops.map_async(_soon)).subscribe(subscriber)
        for value in (1, 2):
            source.on_next(value)
        await settle()
        assert got == [1, 2, 9]

    run(main)


def test_without_a_loop_the_first_value_is_the_end() -> None:
    """There are no tasks outside of an event loop: an error, not an exception in the emitter."""
    source: Subject[int] = Subject()
    got, _ = _watch(source.pipe(ops.map_async(_Calls())))

    source.on_next(1)

    assert (got, source.observers) == ([RuntimeError], [])


@pytest.mark.parametrize("bounds", [{"concurrency": 0}, {"max_waiting": -1}])
def test_impossible_bounds_are_refused(bounds: dict[str, Any]) -> None:
    """No calls at all, or a queue of negative length, is an error when the pipeline is made."""
    with pytest.raises(ConfigurationError):
        ops.map_async(_Calls(), **bounds)

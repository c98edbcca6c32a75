"""Between streams and asyncio, on a real event loop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import reactivex
from reactivex import operators as rx
from reactivex.subject import Subject

from rxrealtime import operators as ops
from rxrealtime.errors import BufferOverflowError, RealtimeError
from rxrealtime.events import Event, InputAudioBufferCleared
from tests.operators.streams import other_tasks, reported, run, settle, terminal
from tests.operators.wire import audio

# a stream as an async iterable


def test_a_stream_is_iterated_over_once_each_time() -> None:
    """Each `async for` subscribes when it starts, and gives every value up to the completion."""

    async def main() -> None:
        values = reactivex.of(1, 2, 3).pipe(ops.to_async_iterable())
        assert [value async for value in values] == [value async for value in values] == [1, 2, 3]

    run(main)


def test_an_error_is_raised_after_what_waits() -> None:
    """Buffered values come first, then the very exception of the stream (T5)."""

    async def main() -> None:
        source: Subject[int] = Subject()
        iterator = aiter(source.pipe(ops.to_async_iterable()))
        error = OSError("gone")
        source.on_next(1)
        source.on_error(error)
        got = [await anext(iterator)]
        for _ in range(2):
            with pytest.raises(OSError, match="gone") as raised:
                await anext(iterator)
            assert raised.value is error
        assert got == [1]

    run(main)


def test_an_error_that_is_raised_often_does_not_grow() -> None:
    """Each raise starts from the traceback that the error came with."""

    async def main() -> None:
        iterator = ops.EventIterator[int]()
        error = OSError("gone")
        iterator.on_error(error)
        depths = set()
        for _ in range(3):
            with contextlib.suppress(OSError):
                await anext(iterator)
            frames, traceback = 0, error.__traceback__
            while traceback:
                frames, traceback = frames + 1, traceback.tb_next
            depths.add(frames)
        assert len(depths) == 1

    run(main)


def test_values_and_terminals_after_the_end_do_not_count() -> None:
    """The first terminal is the end (T1)."""

    async def main() -> None:
        iterator = ops.EventIterator[int]()
        iterator.on_next(1)
        iterator.on_completed()
        iterator.on_next(2)
        iterator.on_error(OSError("late"))
        assert [value async for value in iterator] == [1]

    run(main)


def test_an_iterator_is_made_and_fed_without_a_loop() -> None:
    """Neither making one nor pushing to it needs a running event loop."""
    iterator = ops.EventIterator[int](ops.BufferLimits(max_events=2))
    iterator.on_next(1)
    iterator.on_completed()

    async def main() -> list[object]:
        return [value async for value in iterator]

    assert run(main) == [1]


def test_all_tasks_on_one_iterator_are_released_at_the_end() -> None:
    """Several tasks share the values, one each, and all of them end: by completion, by error, by aclose."""

    async def consume(iterator: ops.EventIterator[int], got: list[object]) -> str:
        try:
            async for value in iterator:
                got.append(value)
        except OSError:
            return "error"
        return "end"

    async def main(finish: Callable[[ops.EventIterator[int]], Any], expected: str) -> None:
        iterator = ops.EventIterator[int]()
        got: list[object] = []
        tasks = [asyncio.create_task(consume(iterator, got)) for _ in range(3)]
        await settle()
        iterator.on_next(1)
        iterator.on_next(2)
        await settle()
        ended = finish(iterator)
        if ended:
            await ended
        assert await asyncio.gather(*tasks) == [expected] * 3
        assert sorted(got, key=str) == [1, 2]

    run(lambda: main(lambda iterator: iterator.on_completed(), "end"))
    run(lambda: main(lambda iterator: iterator.on_error(OSError("gone")), "error"))
    run(lambda: main(lambda iterator: iterator.aclose(), "end"))


def test_aclose_leaves_the_source_and_forgets_what_waits() -> None:
    """After aclose the source has no subscriber, the iteration is over, and closing again changes nothing."""

    async def main() -> None:
        source: Subject[int] = Subject()
        iterator = ops.EventIterator[int]().follow(source)
        source.on_next(1)
        await iterator.aclose()
        await iterator.aclose()
        source.on_next(2)
        assert source.observers == []
        assert [value async for value in iterator] == []

    run(main)


def test_a_loop_that_is_left_leaves_the_source() -> None:
    """`break` ends the subscription: nobody holds the iterator any more."""

    async def main() -> None:
        source: Subject[int] = Subject()
        asyncio.get_running_loop().call_soon(source.on_next, 1)
        async for _ in source.pipe(ops.to_async_iterable()):
            assert len(source.observers) == 1
            break
        assert source.observers == []

    run(main)


def test_a_cancelled_loop_leaves_the_source() -> None:
    """Cancelling the task that iterates ends the subscription, and the cancellation is not swallowed (T6)."""

    async def main() -> None:
        source: Subject[int] = Subject()

        async def consume() -> None:
            async for _ in source.pipe(ops.to_async_iterable()):
                pass

        task = asyncio.create_task(consume())
        await settle()
        assert len(source.observers) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert source.observers == []

    run(main)


def test_a_time_out_around_one_value_loses_nothing() -> None:
    """A cancelled __anext__ takes no value and ends nothing."""

    async def main() -> None:
        source: Subject[int] = Subject()
        iterator = ops.EventIterator[int]().follow(source)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await anext(iterator)
        source.on_next(1)
        assert await anext(iterator) == 1

    run(main)


def test_a_value_for_a_cancelled_task_goes_to_another_one() -> None:
    """A task that is cancelled in the very turn in which a value came leaves it to the next that waits."""

    async def main() -> None:
        iterator = ops.EventIterator[int]()

        async def one() -> object:
            return await anext(iterator)

        first, second = asyncio.create_task(one()), asyncio.create_task(one())
        await settle()
        iterator.on_next(1)
        first.cancel()
        assert await second == 1
        third, fourth = asyncio.create_task(one()), asyncio.create_task(one())
        await settle()
        third.cancel()
        iterator.on_next(2)
        assert await fourth == 2
        fifth, sixth = asyncio.create_task(one()), asyncio.create_task(one())
        await settle()
        fifth.cancel()
        await settle()
        iterator.on_next(3)
        assert await sixth == 3
        await asyncio.gather(first, third, fifth, return_exceptions=True)

    run(main)


def test_one_value_can_be_taken_without_keeping_the_iterator() -> None:
    """Whoever waits for a value holds the iterator, also if nothing else does."""

    async def main() -> None:
        source: Subject[int] = Subject()
        asyncio.get_running_loop().call_soon(source.on_next, 1)
        assert await anext(aiter(source.pipe(ops.to_async_iterable()))) == 1
        assert source.observers == []

    run(main)


def test_a_slow_loop_gets_a_marker_for_dropped_deltas() -> None:
    """The buffer is that of `EventBuffer`: deltas are dropped and marked, structure is not."""

    async def main() -> None:
        source: Subject[Event] = Subject()
        iterator = aiter(source.pipe(ops.to_async_iterable(max_events=4)))
        for event in [*[audio(b"1234")] * 5, InputAudioBufferCleared()]:
            with contextlib.suppress(BufferOverflowError):
                source.on_next(event)
        got = [await anext(iterator) for _ in range(4)]
        assert got[3] == ops.EventsDropped(2, 8)

    run(main)


def test_a_loop_that_is_too_slow_fails_after_what_waits() -> None:
    """On overflow the source is left; the loop gets what was taken and then one BufferOverflowError (B1)."""

    async def main() -> None:
        source: Subject[Event] = Subject()
        iterator = aiter(source.pipe(ops.to_async_iterable(max_events=2)))
        for _ in range(3):
            source.on_next(InputAudioBufferCleared())
        assert source.observers == []
        assert [await anext(iterator), await anext(iterator)] == [InputAudioBufferCleared()] * 2
        for _ in range(2):
            with pytest.raises(BufferOverflowError):
                await anext(iterator)

    run(main)


def test_the_subscription_has_the_scheduler_of_the_loop() -> None:
    """A timed operator upstream runs on the loop, not in a thread."""

    async def main() -> None:
        ticks = reactivex.timer(0.001, 0.001).pipe(rx.take(2), ops.to_async_iterable())
        assert [value async for value in ticks] == [0, 1]

    run(main)


# an async iterable as a stream


class _Numbers:
    """An async generator that knows how it ended."""

    def __init__(self, *values: int, then: BaseException | None = None, wait: bool = False) -> None:
        self.values, self.then, self.wait = values, then, wait
        self.closed: list[str] = []

    async def iterate(self) -> AsyncIterator[int]:
        try:
            for value in self.values:
                yield value
            if self.wait:
                await asyncio.get_running_loop().create_future()
            if self.then:
                raise self.then
        finally:
            self.closed.append("closed")


def test_an_async_iterable_becomes_a_stream() -> None:
    """Values in order, then the completion; an exception goes to on_error; the task is gone."""

    async def main(then: Exception | None) -> object:
        stream = ops.from_async_iterable(_Numbers(1, 2, then=then).iterate())
        got: list[object] = []
        ended = asyncio.Event()
        stream.pipe(rx.finally_action(ended.set)).subscribe(got.append, lambda error: got.append(type(error)))
        await ended.wait()
        await settle()
        assert other_tasks() == set()
        return got

    assert run(lambda: main(None)) == [1, 2]
    assert run(lambda: main(KeyError("x"))) == [1, 2, KeyError]


def test_disposing_cancels_the_task_and_closes_the_source() -> None:
    """Whether the source waits, was just begun, or is between two values: it is closed and nothing goes on."""

    async def main() -> None:
        for turns in range(6):
            numbers = _Numbers(1, 2, wait=True)
            iterator = numbers.iterate()
            got: list[int] = []
            subscription = ops.from_async_iterable(iterator).subscribe(got.append)
            await settle(turns)
            seen = len(got)
            subscription.dispose()
            await settle()
            assert other_tasks() == set()
            assert len(got) == seen
            with pytest.raises(StopAsyncIteration):
                await anext(iterator)
            assert numbers.closed == (["closed"] if seen else [])

    run(main)


def test_a_subscriber_that_has_enough_closes_the_source() -> None:
    """take() disposes of the subscription within on_next; the source is closed and not advanced."""

    async def main() -> None:
        numbers = _Numbers(1, 2, 3)
        assert await ops.from_async_iterable(numbers.iterate()).pipe(rx.take(1)) == 1
        await settle()
        assert numbers.closed == ["closed"]
        assert other_tasks() == set()

    run(main)


def test_a_source_that_never_waits_lets_the_loop_run() -> None:
    """After each value the loop gets a turn (B3)."""

    async def main() -> None:
        order: list[object] = []
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()

        def note(value: int) -> None:
            order.append(value)
            loop.call_soon(order.append, "turn")

        ops.from_async_iterable(_Numbers(1, 2).iterate()).subscribe(note, None, ended.set)
        await ended.wait()
        assert order == [1, "turn", 2, "turn"]

    run(main)


def test_cancellation_from_elsewhere_ends_the_stream_and_goes_on() -> None:
    """A task that somebody else cancels is cancelled, and its subscriber still gets its one terminal (T1, T6)."""

    async def main() -> None:
        numbers = _Numbers(1, wait=True)
        got: list[object] = []
        ops.from_async_iterable(numbers.iterate()).subscribe(got.append, lambda error: got.append(type(error)))
        await settle()
        (task,) = other_tasks()
        task.cancel()
        await asyncio.wait([task])
        await settle()
        assert task.cancelled()
        assert (got, numbers.closed) == ([1, RealtimeError], ["closed"])

    run(main)


def test_a_subscriber_that_raises_is_reported_and_goes_on() -> None:
    """Its bug reaches the loop's exception handler, and the next values reach it (T6)."""

    async def main() -> None:
        reports = reported()
        got: list[int] = []
        ended = asyncio.Event()

        def subscriber(value: int) -> None:
            got.append(value)
            raise RuntimeError(value)

        ops.from_async_iterable(_Numbers(1, 2).iterate()).subscribe(subscriber, None, ended.set)
        await ended.wait()
        assert got == [1, 2]
        assert [type(report) for report in reports] == [RuntimeError, RuntimeError]

    run(main)


def test_a_task_that_nobody_holds_goes_on() -> None:
    """An event loop refers to its tasks weakly; the stream keeps its own alive until they are done."""

    async def main() -> None:
        waiting: list[weakref.ref[asyncio.Future[int]]] = []

        async def numbers() -> AsyncIterator[int]:
            future = asyncio.get_running_loop().create_future()
            waiting.append(weakref.ref(future))
            yield await future

        got: list[int] = []
        ops.from_async_iterable(numbers()).subscribe(got.append)
        await settle()
        gc.collect()
        future = waiting[0]()
        assert future is not None
        future.set_result(1)
        await settle()
        assert got == [1]

    run(main)


def test_without_a_loop_the_stream_fails_at_once() -> None:
    """There is no task outside of an event loop: an error, and no coroutine that nobody awaits."""
    got, end = terminal(ops.from_async_iterable(_Numbers(1).iterate()))

    assert (got, type(end)) == ([], RuntimeError)

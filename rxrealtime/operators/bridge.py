"""Between streams and asyncio: a stream as an async iterator, an async iterable as a stream."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Self, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import Disposable, SerialDisposable
from reactivex.scheduler.eventloop import AsyncIOScheduler

from rxrealtime.errors import BufferOverflowError, RealtimeError
from rxrealtime.operators._tasks import hand, spawn
from rxrealtime.operators.buffering import BufferLimits, EventBuffer, EventsDropped, Overflow

__all__ = ["EventIterator", "from_async_iterable", "to_async_iterable"]

_T = TypeVar("_T")


class _Inbox(abc.ObserverBase[_T]):
    """Takes what is pushed, and gives it to whoever waits. It does not know its `EventIterator`."""

    def __init__(self, limits: BufferLimits) -> None:
        self._buffer: EventBuffer[_T] = EventBuffer(limits)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._end: Callable[[], BaseException] | None = None
        self.source = SerialDisposable()

    def on_next(self, value: _T) -> None:
        """Buffer a value and wake one who waits; on overflow, end."""
        if self._end:
            return
        try:
            self._buffer.push(value)
        except BufferOverflowError as overflow:
            self.on_error(overflow)
            self.source.dispose()
        else:
            if self._waiting:
                self._wake(1)

    def on_error(self, error: Exception) -> None:
        """End with an error, once the buffer is empty."""
        traceback = error.__traceback__  # raised several times, it must not grow by each
        self._finish(lambda: error.with_traceback(traceback))

    def on_completed(self) -> None:
        """End, once the buffer is empty."""
        self._finish(StopAsyncIteration)

    def close(self) -> None:
        """End now: leave the source and forget what waits."""
        self.source.dispose()
        self._finish(StopAsyncIteration)
        while self._buffer:
            self._buffer.pop()

    async def get(self) -> _T | EventsDropped:
        """Give the next value, or raise what the stream ended with."""
        while not self._buffer:
            if self._end:
                raise self._end()
            await self._wait()
        return self._buffer.pop()

    async def _wait(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            elif self._buffer:
                self._wake(1)  # it was woken for a value and will not take it
            raise

    def _finish(self, end: Callable[[], BaseException]) -> None:
        self._end = self._end or end
        self._wake(len(self._waiting))

    def _wake(self, count: int) -> None:
        for _ in range(min(count, len(self._waiting))):
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)


class EventIterator(abc.ObserverBase[_T], AsyncIterator[_T | EventsDropped]):
    """A stream as an async iterator, with a bounded buffer in between: an Rx observer that is iterated over.

    It may be made anywhere, and pushed to from inside the event loop; several tasks may iterate over it together, each
    value goes to one of them. It ends exactly once: all that waits is given first, then a completed stream ends the
    iteration, and a failed one raises its error, to each task that asks.

    A cancelled ``__anext__`` loses no value and ends nothing, so that a time-out around one value is safe. What ends
    the subscription is `aclose`, the end of the stream, or that nobody holds the iterator any more, as when the
    ``async for`` over it was left or its task was cancelled.

    Args:
        limits: How much may wait, and what happens beyond (see `EventBuffer`); default: those of `BufferLimits`.

    Example:
        >>> import asyncio, reactivex
        >>> async def main():
        ...     return [value async for value in EventIterator().follow(reactivex.of(1, 2))]
        >>> asyncio.run(main())
        [1, 2]
    """

    def __init__(self, limits: BufferLimits | None = None) -> None:
        self._inbox: _Inbox[_T] = _Inbox(limits or BufferLimits())

    def follow(self, source: Observable[_T], scheduler: abc.SchedulerBase | None = None) -> Self:
        """Subscribe to a stream, instead of the one that was followed before, if any.

        Args:
            source: The stream. It does not keep this iterator alive, other than after ``source.subscribe(iterator)``.
            scheduler: What to subscribe with; default None.

        Returns:
            The iterator itself.
        """
        self._inbox.source.disposable = source.subscribe(self._inbox, scheduler=scheduler)
        return self

    def on_next(self, value: _T) -> None:
        """Take the next value; never blocks. After the end it is ignored."""
        self._inbox.on_next(value)

    def on_error(self, error: Exception) -> None:
        """End with an error, once what waits was given."""
        self._inbox.on_error(error)

    def on_completed(self) -> None:
        """End, once what waits was given."""
        self._inbox.on_completed()

    def __aiter__(self) -> Self:
        """Give the iterator itself."""
        return self

    async def __anext__(self) -> _T | EventsDropped:
        """Give the next value, or an `EventsDropped` where deltas were dropped.

        Raises:
            StopAsyncIteration: The stream completed, or the iterator was closed.
            Exception: The error the stream ended with; `BufferOverflowError` if the iteration was too slow.
        """
        try:
            return await self._inbox.get()
        finally:
            del self  # the traceback of a cancellation must not keep the iterator, and so its subscription, alive

    async def aclose(self) -> None:
        """End the subscription, forget what waits, and release every task that waits for a value."""
        self._inbox.close()

    def __del__(self) -> None:
        """End the subscription when nobody can iterate any more."""
        self._inbox.source.dispose()


class _Iterable(AsyncIterable[_T | EventsDropped]):
    """Subscribes anew for each iteration."""

    def __init__(self, source: Observable[_T], limits: BufferLimits) -> None:
        self._source = source
        self._limits = limits

    def __aiter__(self) -> EventIterator[_T]:
        scheduler = AsyncIOScheduler(asyncio.get_running_loop())
        return EventIterator[_T](self._limits).follow(self._source, scheduler)


def to_async_iterable(
    *, max_events: int = 4096, max_bytes: int = 8 * 1024 * 1024, overflow: Overflow = "drop"
) -> Callable[[Observable[_T]], AsyncIterable[_T | EventsDropped]]:
    """Give a stream as an async iterable: ``async for event in stream.pipe(to_async_iterable())``.

    Marbles:
        in:   --a--b--|
        ops.to_async_iterable()
        out:  --a--b--|
        a = InputAudioBufferCleared()
        b = InputAudioBufferCleared(event_id="event_2")

    Args:
        max_events: Events that may wait for the loop's body; default 4096.
        max_bytes: Their weight in bytes; default 8 MiB.
        overflow: "drop" (default) drops deltas and marks the place; "fail" ends the iteration instead.

    Returns:
        The operator. Each ``aiter`` of its result subscribes, with the scheduler of the running loop, and gives an
        `EventIterator`.

    Raises:
        ConfigurationError: A limit is not possible.

    State: the events that wait, see `EventBuffer`; gone with the iterator.
    Time: none.
    Errors: all that waits is given before the end; a failed stream raises its error out of the ``async for``, an
        overflow a `BufferOverflowError`.
    Protocol: which events may be dropped: those whose type ends in ``.delta`` (openai-openapi f85dbe2).

    Example:
        >>> import asyncio, reactivex
        >>> async def main():
        ...     return [value async for value in reactivex.of(1, 2).pipe(to_async_iterable())]
        >>> asyncio.run(main())
        [1, 2]
    """
    limits = BufferLimits(max_events, max_bytes, overflow)
    return lambda source: _Iterable(source, limits)


def from_async_iterable(source: AsyncIterable[_T]) -> Observable[_T]:
    """Give an async iterable as a stream: each subscription iterates over it in a task of its own.

    Marbles:
        in:   --a--b--|
        ops.from_async_iterable(source)
        out:  --a--b--|
        a = "one"
        b = "two"

    Args:
        source: An async iterable. An async generator can be iterated over once only.

    Returns:
        The stream. Subscribe while the event loop runs: otherwise it ends at once with a ``RuntimeError``.

    State: one task a subscription, gone with it.
    Time: none; after each value the loop gets a turn, even if the source never waits.
    Errors: what the source raises goes to ``on_error``, and so does its cancellation from elsewhere, which also goes
        on. Disposing of the subscription cancels the task; the source is closed (``aclose``) on every path. A
        subscriber that raises is reported by the loop's exception handler; it gets the next values all the same.
    Protocol: none.

    Example:
        >>> import asyncio
        >>> async def numbers():
        ...     yield 1
        ...     yield 2
        >>> async def main():
        ...     return await from_async_iterable(numbers())
        >>> asyncio.run(main())
        2
    """

    def subscribe(observer: abc.ObserverBase[_T], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
        task = spawn(_pump, source, observer)

        def dispose() -> None:
            if not task.done():
                # not at once: a task that is cancelled before its first step never gets to close the source
                task.get_loop().call_soon(task.cancel)

        return Disposable(dispose)

    return Observable(subscribe)


async def _pump(source: AsyncIterable[_T], observer: abc.ObserverBase[_T]) -> None:
    try:
        await _drain(source, observer)
    except asyncio.CancelledError:
        cancelled = RealtimeError("the task that iterated over the source was cancelled")
        asyncio.get_running_loop().call_soon(observer.on_error, cancelled)
        raise
    except Exception as error:  # the source is the caller's: whatever it raises ends the stream
        observer.on_error(error)
    else:
        observer.on_completed()


async def _drain(source: AsyncIterable[_T], observer: abc.ObserverBase[_T]) -> None:
    iterator = aiter(source)
    try:
        await asyncio.sleep(0)
        async for value in iterator:
            hand(observer, value)
            await asyncio.sleep(0)
    finally:
        close = getattr(iterator, "aclose", None)
        if close:
            await close()

"""Async functions over a stream: bounded in what runs and in what waits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import SingleAssignmentDisposable

from rxrealtime.errors import BufferOverflowError, ConfigurationError, RealtimeError
from rxrealtime.operators._relay import relayed
from rxrealtime.operators._tasks import hand, spawn

__all__ = ["map_async"]

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def map_async(
    mapper: Callable[[_In], Awaitable[_Out]], *, concurrency: int = 1, ordered: bool = True, max_waiting: int = 1024
) -> Callable[[Observable[_In]], Observable[_Out]]:
    """Call an async function with every value, some at a time, and give the results.

    Marbles:
        in:   --a-b-c-------|
        ops.map_async(lambda seconds: asyncio.sleep(seconds, result=seconds), concurrency=2)
        out:  -------(a,b)-c|
        a = 5
        b = 1
        c = 6

    Args:
        mapper: The function; it runs in a task, off the source's path.
        concurrency: How many calls may be under way; default 1. With `ordered` a call counts until its result was
            given.
        ordered: Give the results in the order of the values (default), or as they are ready.
        max_waiting: How many values may wait for their call; default 1024.

    Returns:
        The operator. It needs a running event loop once values come.

    Raises:
        ConfigurationError: `concurrency` is not positive, or `max_waiting` is negative.

    State: the calls under way and the values that wait; none of them outlives the subscription.
    Time: none.
    Errors: when a call raises, the results before it are given, the other calls are cancelled, and its exception goes
        to ``on_error``. The end of the source, its error, and too many values (`BufferOverflowError`) come after the
        results of all values before. Disposing of the subscription cancels every call. A subscriber that raises is
        reported by the loop's exception handler; it gets the next results all the same.
    Protocol: none.

    Example:
        >>> import asyncio, reactivex
        >>> async def double(number):
        ...     return number * 2
        >>> async def main():
        ...     return await reactivex.of(1, 2).pipe(map_async(double))
        >>> asyncio.run(main())
        4
    """
    if concurrency < 1 or max_waiting < 0:
        raise ConfigurationError(f"concurrency={concurrency}, max_waiting={max_waiting}: at least 1 and 0")
    bounds = _Bounds(concurrency, ordered, max_waiting)
    return relayed(lambda observer, _: _Calls(observer, mapper, bounds))


class _Bounds(NamedTuple):
    concurrency: int
    ordered: bool
    max_waiting: int


class _Calls(Generic[_In, _Out]):
    """The calls of one subscription: values wait, run, and are given in turn."""

    def __init__(
        self, observer: abc.ObserverBase[_Out], mapper: Callable[[_In], Awaitable[_Out]], bounds: _Bounds
    ) -> None:
        self._observer = observer
        self._mapper = mapper
        self._bounds = bounds
        self._waiting: deque[_In] = deque()
        self._running: list[asyncio.Task[_Out]] = []
        self._end: Callable[[], None] | None = None
        self.source = SingleAssignmentDisposable()

    def on_next(self, value: _In) -> None:
        """Call, or let the value wait, or end because too many do."""
        if self._end:
            return
        if not self._waiting and len(self._running) < self._bounds.concurrency:
            self._call(value)
        elif len(self._waiting) < self._bounds.max_waiting:
            self._waiting.append(value)
        else:
            self.source.dispose()
            self.on_error(
                BufferOverflowError(
                    f"map_async: {len(self._waiting)} values wait for {len(self._running)} calls under way; "
                    "raise concurrency or max_waiting, or let fewer values come"
                )
            )

    def on_error(self, error: Exception) -> None:
        """End with an error, once every result was given."""
        self._finish(lambda: self._observer.on_error(error))

    def on_completed(self) -> None:
        """End, once every result was given."""
        self._finish(self._observer.on_completed)

    def stop(self) -> None:
        """Cancel every call and forget what waits."""
        self._waiting.clear()
        running, self._running = self._running, []
        for task in running:
            task.cancel()

    def _finish(self, end: Callable[[], None]) -> None:
        if self._end:
            return
        self._end = end
        if not self._running:
            end()

    def _call(self, value: _In) -> None:
        try:
            task = spawn(self._mapper, value)
        except RuntimeError as no_loop:
            self._fail(no_loop)
        else:
            self._running.append(task)
            task.add_done_callback(self._settle)

    def _settle(self, task: asyncio.Task[_Out]) -> None:
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it a second time
        if task not in self._running:
            return
        while ready := self._ready(task):
            self._running.remove(ready)
            self._give(ready)
        while self._waiting and len(self._running) < self._bounds.concurrency:
            self._call(self._waiting.popleft())
        if self._end and not self._running:
            self._end()

    def _ready(self, task: asyncio.Task[_Out]) -> asyncio.Task[_Out] | None:
        """Choose a call whose result is to be given now; none of those that were cancelled by us."""
        if not self._bounds.ordered:
            return task if task in self._running else None
        return self._running[0] if self._running and self._running[0].done() else None

    def _give(self, task: asyncio.Task[_Out]) -> None:
        if task.cancelled():
            self._fail(RealtimeError("map_async: a call was cancelled from elsewhere"))
            return
        error = task.exception()
        if error is None:
            hand(self._observer, task.result())
        elif isinstance(error, Exception):
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._observer.on_error(error)  # it disposes of the subscription, which cancels every call

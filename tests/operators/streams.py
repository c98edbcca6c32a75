"""Ways to put values through an operator at once and see what comes out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import reactivex
from hypothesis import strategies as st
from reactivex import Observable

__all__ = ["given", "interleavings", "other_tasks", "reported", "results", "run", "settle", "splits", "terminal"]

_T = TypeVar("_T")


def results(operator: Callable[[Observable[Any]], Observable[_T]], values: Iterable[object]) -> list[_T]:
    """Give what an operator makes of values and their completion."""
    return given(operator(reactivex.from_iterable(values)))


def given(stream: Observable[_T]) -> list[_T]:
    """Give the values of a stream that ends at once; an error is raised."""
    got: list[_T] = []
    stream.subscribe(got.append)
    return got


def terminal(stream: Observable[Any]) -> tuple[list[Any], Exception | str]:
    """Give the values of a stream and how it ended: its error, or "completed", or "open"."""
    got: list[Any] = []
    ends: list[Exception | str] = []
    stream.subscribe(got.append, ends.append, lambda: ends.append("completed"))
    assert len(ends) < 2, "more than one terminal"
    return got, ends[0] if ends else "open"


def run(main: Callable[[], Awaitable[_T]], seconds: float = 5.0) -> _T:
    """Run an async test on a real loop, under a deadline."""

    async def bounded() -> _T:
        async with asyncio.timeout(seconds):
            return await main()

    return asyncio.run(bounded())


async def settle(turns: int = 10) -> None:
    """Let the event loop turn until everything that is ready has run."""
    loop = asyncio.get_running_loop()
    for _ in range(turns):
        turned = loop.create_future()
        loop.call_soon(turned.set_result, None)
        await turned


def other_tasks() -> set[asyncio.Task[Any]]:
    """Give the tasks that are not the test's own."""
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


def reported() -> list[BaseException]:
    """Collect the exceptions that the loop's exception handler is told of, from now on."""
    exceptions: list[BaseException] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: exceptions.append(context["exception"]))
    return exceptions


@st.composite
def splits(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """Split bytes anywhere, empty pieces included."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@st.composite
def interleavings(draw: st.DrawFn, *rows: Sequence[_T]) -> list[_T]:
    """Merge rows in any order that keeps each of them in order."""
    turns = draw(st.permutations([index for index, row in enumerate(rows) for _ in row]))
    left: list[Iterator[_T]] = [iter(row) for row in rows]
    return [next(left[index]) for index in turns]

"""Tasks that are held on to: an event loop refers to its tasks weakly, and one that nobody holds may vanish."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar, Token
from typing import Any, TypeVar

from reactivex import abc

__all__ = ["Owned", "Tasks", "hand", "spawn"]

_T = TypeVar("_T")

Tasks = set[asyncio.Task[Any]]

_running: Tasks = set()
_owner: ContextVar[Tasks | None] = ContextVar("rxrealtime_tasks", default=None)


class Owned:
    """Let the tasks that are started inside, and by what follows from them, belong to somebody who waits for them.

    A class, since ``contextmanager`` takes three times as long and this is entered for every event.

    Args:
        tasks: Where they are put until they are done; None, where functions of the application are called: what they
            start is their own.
    """

    __slots__ = ("_tasks", "_token")
    _token: Token[Tasks | None]

    def __init__(self, tasks: Tasks | None) -> None:
        self._tasks = tasks

    def __enter__(self) -> None:
        self._token = _owner.set(self._tasks)

    def __exit__(self, *_: object) -> None:
        _owner.reset(self._token)


def spawn(function: Callable[..., Awaitable[_T]], *args: object) -> asyncio.Task[_T]:
    """Start a task on the running loop and hold it until it is done.

    Args:
        function: An async function, or any other that returns an awaitable. It is called inside the task.
        args: What to call it with.

    Returns:
        The task.

    Raises:
        RuntimeError: No event loop is running.
    """

    async def run() -> _T:
        return await function(*args)

    loop = asyncio.get_running_loop()
    task = loop.create_task(run())
    for tasks in (_running, _owner.get()):
        if tasks is not None:
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    return task


def hand(observer: abc.ObserverBase[_T], value: _T) -> None:
    """Hand a value to a subscriber inside a task; if it raises, the loop's exception handler reports it."""
    try:
        observer.on_next(value)
    except Exception as error:  # a subscriber's bug is neither our end nor to be swallowed
        asyncio.get_running_loop().call_exception_handler({"message": "a subscriber raised", "exception": error})

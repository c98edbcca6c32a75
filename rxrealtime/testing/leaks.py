"""Tests that leave nothing behind: no task, no timer, no socket, no subscription, no exception that nobody saw."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from reactivex import Observable
from reactivex.subject import Subject

from rxrealtime.session import Session

__all__ = ["LeakError", "leak_check", "run_clean"]

T = TypeVar("T")
_STREAMS: Final = ("frames", "events", "sent", "activity", "audio", "faults")
_DESCRIPTORS: Final = "/dev/fd"


class LeakError(AssertionError):
    """Something was left behind; the message names each."""


def run_clean(
    main: Callable[[], Coroutine[Any, Any, T]],
    *,
    deadline: float = 10.0,
    watch: Iterable[Session | Observable[Any]] = (),
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> T:
    """Run a test that is a coroutine function, on a loop of its own; fail if it leaves anything behind.

    Args:
        main: The test.
        deadline: Seconds that it may take: a safety net, which no test that passes ever reaches.
        watch: Sessions and streams whose observers are counted, too.
        loop_factory: Makes the loop; default None, asyncio's own. `VirtualLoop` is one.

    Returns:
        What the test returns.

    Raises:
        LeakError: Something was left behind.
        TimeoutError: It took too long.

    Example:
        >>> async def main():
        ...     return 42
        >>> run_clean(main)
        42
    """

    async def watched() -> T:
        async with asyncio.timeout(deadline), leak_check(*watch):
            return await main()

    with asyncio.Runner(loop_factory=loop_factory or asyncio.SelectorEventLoop) as runner:
        return runner.run(watched())


@asynccontextmanager
async def leak_check(*watch: Session | Observable[Any]) -> AsyncIterator[None]:
    """Fail if what runs inside leaves anything behind that was not there before.

    Usable as ``async with leak_check():`` and, on a coroutine function, as ``@leak_check()``. Timers can be seen on
    asyncio's own loops only, sockets only where the system lists them.

    Args:
        *watch: Sessions and streams whose observers are counted, too: what was subscribed inside must be disposed of.

    Raises:
        LeakError: Something was left behind. If the body raises, its exception counts and nothing is checked.
    """
    loop = asyncio.get_running_loop()
    tasks, sockets, observers = asyncio.all_tasks(), _sockets(), _observers(watch)
    timers = _Timers(loop)
    unhandled: list[dict[str, Any]] = []
    previous = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: unhandled.append(context))
    try:
        yield
        await asyncio.sleep(0)
        left = [f"task {_task(task)}" for task in asyncio.all_tasks() - tasks]
        left += timers.left()
        await asyncio.sleep(0)
    finally:
        timers.restore()
        loop.set_exception_handler(previous)
    left += [f"socket {name}" for key, name in _sockets().items() if key not in sockets]
    left += [f"{count} subscription(s) to {name}" for name, count in (_observers(watch) - observers).items()]
    left += [f"unhandled {_unhandled(context)}" for context in unhandled]
    if left:
        raise LeakError("left behind:\n" + "\n".join(f"  {what}" for what in left))


class _Timers:
    """Remember every timer that is set on a loop, so that one that is still due can be named."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._set: list[asyncio.TimerHandle] = []
        self._before = vars(loop).get("call_at") if hasattr(loop, "__dict__") else None
        if isinstance(loop, asyncio.BaseEventLoop):
            setattr(loop, "call_at", self._noting(loop.call_at))  # noqa: B010 (call_later goes through it)

    def _noting(self, call_at: Callable[..., asyncio.TimerHandle]) -> Callable[..., asyncio.TimerHandle]:
        def noted(*args: Any, **options: Any) -> asyncio.TimerHandle:
            handle = call_at(*args, **options)
            self._set.append(handle)
            return handle

        return noted

    def left(self) -> list[str]:
        """Name the timers that would still fire."""
        now = self._loop.time()
        due = [timer for timer in self._set if not timer.cancelled() and timer.when() > now]
        return [f"timer due in {timer.when() - now:.3f} s: {timer!r}" for timer in due]

    def restore(self) -> None:
        """Be gone from the loop."""
        if not isinstance(self._loop, asyncio.BaseEventLoop):
            return
        if self._before is None:
            del self._loop.call_at
        else:
            setattr(self._loop, "call_at", self._before)  # noqa: B010 (that of an outer check)


def _task(task: asyncio.Task[Any]) -> str:
    frames = task.get_stack(limit=1)
    where = f" at {frames[0].f_code.co_filename}:{frames[0].f_lineno}" if frames else ""
    return f"{task.get_name()} ({getattr(task.get_coro(), '__qualname__', '')}){where}"


def _unhandled(context: dict[str, Any]) -> str:
    """Give the exception's type and what the loop says of it; what the exception says may be payload."""
    error = context.get("exception")
    return f"{type(error).__name__ if error else 'report'}: {context.get('message', '')}"


def _observers(watched: Iterable[Session | Observable[Any]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for number, each in enumerate(watched):
        if isinstance(each, Session):
            streams = {f"session.{name}": getattr(each, name) for name in _STREAMS}
        else:
            streams = {f"{type(each).__name__} {number}": each}
        for name, stream in streams.items():
            counted[name] += _count(stream)
    return counted


def _count(stream: Any) -> int:
    if isinstance(stream, Subject):
        return len(stream.observers)
    return int(getattr(stream, "observer_count", 0))


def _sockets() -> dict[tuple[int, int], str]:
    """Give the open sockets of this process and what they are, where the system tells."""
    try:
        descriptors = [int(name) for name in os.listdir(_DESCRIPTORS) if name.isdigit()]
    except OSError:
        return {}
    found: dict[tuple[int, int], str] = {}
    for descriptor in descriptors:
        try:
            status = os.fstat(descriptor)
        except OSError:  # the descriptor of the listing itself
            continue
        if stat.S_ISSOCK(status.st_mode):
            found[status.st_dev, status.st_ino] = _address(descriptor)
    return found


def _address(descriptor: int) -> str:
    try:
        with socket.socket(fileno=os.dup(descriptor)) as copy:
            return f"{descriptor}: {_end(copy.getsockname)} to {_end(copy.getpeername)}"
    except OSError:
        return f"{descriptor}"


def _end(name: Callable[[], Any]) -> str:
    try:
        return str(name())
    except OSError:
        return "nobody"

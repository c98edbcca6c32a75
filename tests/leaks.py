"""Run a coroutine under a deadline and see to it that it leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["run_clean"]

T = TypeVar("T")


class _CountingLoop(asyncio.SelectorEventLoop):
    """Remember every timer, so that one that is still due at the end can be named."""

    def __init__(self) -> None:
        self.timers: list[asyncio.TimerHandle] = []
        super().__init__()

    def call_at(self, when: float, callback: Any, *args: Any, **options: Any) -> asyncio.TimerHandle:
        handle = super().call_at(when, callback, *args, **options)
        self.timers.append(handle)
        return handle

    def pending(self) -> list[asyncio.TimerHandle]:
        """Give the timers that would still fire."""
        return [timer for timer in self.timers if not timer.cancelled() and timer.when() > self.time()]


def run_clean(main: Callable[[], Coroutine[Any, Any, T]], *, deadline: float = 10.0) -> T:
    """Run ``main()``; fail if it takes too long, or leaves a task, a timer or a socket, or an unhandled exception.

    The deadline is a safety net: it is never reached by a test that passes.
    """
    loops: list[_CountingLoop] = []
    unhandled: list[dict[str, Any]] = []

    def factory() -> _CountingLoop:
        loops.append(_CountingLoop())
        loops[0].set_exception_handler(lambda _, context: unhandled.append(context))
        return loops[0]

    async def watched() -> T:
        before = _descriptors()
        async with asyncio.timeout(deadline) as limit:
            result = await main()
        limit_handle = limit.when()
        await asyncio.sleep(0)
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert left == [], f"tasks are left: {left}"
        timers = [timer for timer in loops[0].pending() if timer.when() != limit_handle]
        assert timers == [], f"timers are left: {timers}"
        await asyncio.sleep(0)
        assert _descriptors() <= before, "sockets are left"
        return result

    with asyncio.Runner(loop_factory=factory) as runner:
        result = runner.run(watched())
    assert unhandled == [], f"the loop met unhandled exceptions: {unhandled}"
    return result


def _descriptors() -> set[str]:
    """Give the open sockets of this process, where the system tells."""
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return set()
    return {link for name in names if (link := _link(name)).startswith("socket:")}


def _link(name: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{name}")
    except OSError:
        return ""

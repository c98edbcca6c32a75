"""An asyncio event loop whose clock is virtual: an hour of waiting takes no time, and takes it the same way each run.

Nothing is patched: `asyncio.sleep`, time-outs, timers, the operators and a whole `Session` over memory take their time
from the loop they run on.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn, TypeVar

__all__ = ["VirtualLoop", "VirtualTimeError", "virtual_run"]

T = TypeVar("T")
_PATIENCE: Final = 10.0
"""Real seconds that the clock stands still for a function in a thread."""


class VirtualTimeError(RuntimeError):
    """Virtual time cannot go on; the message says who waits, or what was asked for."""


class _Clock(selectors.DefaultSelector):
    """Lets time pass instead of waiting for it.

    Attributes:
        now: Seconds since the start.
        limit: Seconds after which a run counts as endless.
        in_threads: How many functions run in threads: the clock stands still for them.
        loop: Whose clock it is.
    """

    def __init__(self, limit: float) -> None:
        super().__init__()
        self.now = 0.0
        self.limit = limit
        self.in_threads = 0
        self.loop: asyncio.AbstractEventLoop | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Give what is ready; if nothing is, be at the next timer at once."""
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.in_threads:
            ready = super().select(_PATIENCE)
            if not ready:
                raise VirtualTimeError(f"a function has been in its thread for {_PATIENCE:g} real seconds")
            return ready
        if timeout is None:
            raise VirtualTimeError(f"everything waits and no timer is set: {self._waiting()}")
        self.now += timeout
        if self.now > self.limit:
            raise VirtualTimeError(f"it is {self.now:.0f} s and nothing ends: {self._waiting()}")
        return ready

    def _waiting(self) -> str:
        tasks = asyncio.all_tasks(self.loop) if self.loop else set()
        return ", ".join(sorted(_place(task) for task in tasks)) or "no task is left"


def _place(task: asyncio.Task[Any]) -> str:
    """Say which task it is and where its innermost coroutine waits."""
    waiting: Any = task.get_coro()
    while getattr(getattr(waiting, "cr_await", None), "cr_frame", None) is not None:
        waiting = waiting.cr_await
    frame = getattr(waiting, "cr_frame", None)
    where = f" at {frame.f_code.co_filename}:{frame.f_lineno}" if frame else ""
    return f"{getattr(waiting, '__qualname__', task.get_name())}{where}"


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock starts at 0 and jumps to the next timer when nothing else is left to do.

    A function in a thread (`asyncio.to_thread`) takes no virtual time: the clock stands still until it returns.
    Sockets, pipes and processes have no place here: what would need them raises `VirtualTimeError`.

    Args:
        limit: Virtual seconds after which a run counts as endless; default a day.
    """

    def __init__(self, limit: float = 86_400.0) -> None:
        self._virtual = _Clock(limit)
        super().__init__(self._virtual)
        self._virtual.loop = self

    def time(self) -> float:
        """Give the virtual time in seconds, free of what floating point adds up."""
        return round(self._virtual.now, 6)

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]  # looser
        """Call a function in a thread; the clock stands still until it returns."""
        self._virtual.in_threads += 1
        try:
            called = super().run_in_executor(executor, func, *args)
        except BaseException:
            self._virtual.in_threads -= 1
            raise
        called.add_done_callback(self._came_back)
        return called

    async def shutdown_default_executor(self, *args: Any) -> None:
        """End the threads; the clock stands still until they have."""
        self._virtual.in_threads += 1
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self._virtual.in_threads -= 1

    def _came_back(self, _: object) -> None:
        self._virtual.in_threads -= 1

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse what virtual time cannot have.

        Raises:
            VirtualTimeError: Always.
        """
        raise VirtualTimeError(
            "virtual time has no sockets, pipes or processes: nobody could say how long they take; "
            "use ScriptedTransport, MemoryTransport or ReplayTransport"
        )

    create_connection = create_server = create_datagram_endpoint = _refuse
    create_unix_connection = create_unix_server = connect_accepted_socket = _refuse
    sock_connect = sock_accept = sock_recv = sock_recv_into = sock_sendall = _refuse
    add_reader = add_writer = _refuse  # type: ignore[assignment]  # it never returns
    connect_read_pipe = connect_write_pipe = _refuse
    subprocess_exec = subprocess_shell = _refuse


def virtual_run(main: Callable[[], Awaitable[T]], *, limit: float = 86_400.0) -> T:
    """Run an async function on a loop whose clock is virtual.

    Args:
        main: The function; it is called on the loop.
        limit: Virtual seconds after which a run counts as endless; default a day.

    Returns:
        What the function returns.

    Raises:
        VirtualTimeError: Everything waits for everything, or it is later than ``limit``, or sockets are asked for.
        Exception: What the function raises.

    Example:
        >>> async def hour():
        ...     await asyncio.sleep(3600)
        ...     return asyncio.get_running_loop().time()
        >>> virtual_run(hour)
        3600.0
    """

    async def called() -> T:
        return await main()

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(limit)) as runner:
        return runner.run(called())

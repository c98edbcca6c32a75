"""What is left behind is found and named."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
from reactivex.subject import Subject

from rxrealtime import MemoryTransport, Session
from rxrealtime.testing import LeakError, VirtualLoop, leak_check, run_clean

_KEPT: list[object] = []


@pytest.fixture(autouse=True)
def _cleared() -> object:
    yield
    for kept in _KEPT:
        if isinstance(kept, socket.socket):
            kept.close()
    _KEPT.clear()


async def _task() -> None:
    _KEPT.append(asyncio.create_task(asyncio.sleep(1000), name="forgotten"))


async def _timer() -> None:
    asyncio.get_running_loop().call_later(1000, print)


async def _socket() -> None:
    left, right = socket.socketpair()
    right.close()
    _KEPT.append(left)


async def _listener() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    _KEPT.append(listening)


async def _unhandled() -> None:
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)


@pytest.mark.parametrize(
    ("leaving", "named"),
    [
        (_task, r"task forgotten \(sleep\)"),
        (_timer, r"timer due in \d+\.\d+ s: .*print"),
        (_socket, r"socket \d+"),
        (_listener, r"socket \d+: \('127\.0\.0\.1', \d+\) to nobody"),
        (_unhandled, "unhandled ZeroDivisionError"),
    ],
)
def test_each_leak_is_named(leaving: Callable[[], Awaitable[None]], named: str) -> None:
    """By the runner, and by the context on a loop that somebody else runs."""

    async def within() -> None:
        async with leak_check():
            await leaving()

    with pytest.raises(LeakError, match=named):
        run_clean(leaving)  # type: ignore[arg-type]
    with pytest.raises(LeakError, match=named):
        asyncio.run(within())


def test_a_subscription_is_named_by_its_stream() -> None:
    """Observers of a session's streams, and of subjects, that were not there before."""

    async def main() -> None:
        session, subject = Session(MemoryTransport()), Subject[int]()
        session.events.subscribe(print)
        async with session:
            async with leak_check(session, subject):
                session.events.subscribe(print).dispose()
            with pytest.raises(LeakError, match=r"1 subscription\(s\) to session.sent\n  2 .* to Subject 1"):
                async with leak_check(session, subject):
                    session.sent.subscribe(print)
                    subject.subscribe(print)
                    subject.subscribe(print)

    run_clean(main)


def test_what_was_there_before_is_no_leak() -> None:
    """Only what the body left counts."""

    async def main() -> None:
        task, timer = asyncio.create_task(asyncio.sleep(1000)), asyncio.get_running_loop().call_later(1000, print)
        await asyncio.sleep(0)  # the task begins
        async with leak_check():
            await asyncio.sleep(0)
        task.cancel()
        timer.cancel()

    asyncio.run(main())


def test_it_is_a_decorator_and_gives_the_loop_back_as_it_was() -> None:
    """A check within a check, and none afterwards."""

    @leak_check()
    async def clean() -> int:
        return 1

    async def main() -> None:
        loop = asyncio.get_running_loop()
        before = loop.call_at, loop.get_exception_handler()
        async with leak_check():
            assert await clean() == 1
            with pytest.raises(LeakError, match="timer"):
                async with leak_check():
                    _KEPT.append(loop.call_later(1000, print))
            _KEPT.pop().cancel()  # type: ignore[attr-defined]
        assert (loop.call_at, loop.get_exception_handler()) == before

    asyncio.run(main())


def test_the_error_of_the_test_counts_before_its_leaks() -> None:
    """A test that fails says why it fails."""

    async def main() -> None:
        await _timer()
        raise LookupError

    with pytest.raises(LookupError):
        run_clean(main)


def test_it_runs_on_virtual_time_too() -> None:
    """The loop is the caller's to choose."""

    async def main() -> float:
        await asyncio.sleep(5000)
        return asyncio.get_running_loop().time()

    assert run_clean(main, loop_factory=VirtualLoop, deadline=10_000) == 5000.0

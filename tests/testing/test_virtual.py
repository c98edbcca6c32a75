"""The event loop whose clock is virtual."""

from __future__ import annotations

import asyncio
import itertools
import threading

import pytest

from rxrealtime import ConnectionLost, MemoryTransport, Session, WebSocketTransport
from rxrealtime.errors import RealtimeError
from rxrealtime.testing import VirtualTimeError, virtual_run


def _now() -> float:
    return asyncio.get_running_loop().time()


def test_timers_sleeps_and_timeouts_jump() -> None:
    """A day passes at once, in the order of its timers."""
    seen: list[tuple[str, float]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(3600, lambda: seen.append(("later", loop.time())))
        loop.call_at(60.0, lambda: seen.append(("at", loop.time())))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(7200):
                await asyncio.Event().wait()
        seen.append(("timeout", loop.time()))
        await asyncio.sleep(0.1)
        await asyncio.sleep(0.2)
        seen.append(("sleeps", loop.time()))

    virtual_run(main)
    assert seen == [("at", 60.0), ("later", 3600.0), ("timeout", 7200.0), ("sleeps", 7200.3)]


def test_a_thread_takes_no_virtual_time() -> None:
    """The clock stands still until the function returns, whatever timers are set, and its error is raised."""
    timer_seen: list[float] = []
    turned = threading.Event()

    def work(loop: asyncio.AbstractEventLoop) -> float:
        loop.call_soon_threadsafe(turned.set)
        assert turned.wait(5)
        return loop.time()

    def fail() -> None:
        raise LookupError

    async def main() -> tuple[float, float]:
        asyncio.get_running_loop().call_later(1, lambda: timer_seen.append(_now()))
        at = await asyncio.to_thread(work, asyncio.get_running_loop())
        assert timer_seen == []
        with pytest.raises(LookupError):
            await asyncio.to_thread(fail)
        return at, _now()

    assert virtual_run(main) == (0.0, 0.0)


def test_a_run_in_which_everything_waits_says_who() -> None:
    """Not a hang."""

    async def forgotten() -> None:
        await asyncio.get_running_loop().create_future()

    async def main() -> None:
        await asyncio.gather(forgotten())

    with pytest.raises(VirtualTimeError, match=r"everything waits and no timer is set: .*forgotten"):
        virtual_run(main)


def test_a_run_that_never_ends_is_ended() -> None:
    """A heartbeat alone would run for ever, at full speed."""

    async def main() -> None:
        for _ in itertools.count():
            await asyncio.sleep(30)

    with pytest.raises(VirtualTimeError, match="nothing ends"):
        virtual_run(main, limit=3600)


def test_sockets_are_refused_by_name() -> None:
    """They take real time: the error says what to use instead."""

    async def directly() -> None:
        await asyncio.open_connection("127.0.0.1", 1)

    async def by_a_session() -> None:
        async with Session(WebSocketTransport("ws://127.0.0.1:1")):
            raise AssertionError

    with pytest.raises(VirtualTimeError, match="MemoryTransport"):
        virtual_run(directly)
    with pytest.raises((VirtualTimeError, RealtimeError)):
        virtual_run(by_a_session)


def test_a_whole_session_runs_on_it() -> None:
    """Its time-outs and its teardown take no time: closing against a silent peer takes five virtual seconds."""

    async def main() -> tuple[object, float]:
        transport = MemoryTransport()
        session = Session(transport)
        session.events.subscribe(lambda _: None, lambda _: None)
        async with session:
            asyncio.get_running_loop().call_later(600, transport.peer.vanish)
            outcome = await session.closed
        return outcome.cause, _now()

    cause, at = virtual_run(main)
    assert isinstance(cause, ConnectionLost)
    assert at == 600.0

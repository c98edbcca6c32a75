"""A transport with faults in front of it: the session meets them where the log says, and ends as they say."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rxrealtime import ConnectionLost, MemoryTransport, ServerClosed, Session
from rxrealtime.errors import ConfigurationError, HandshakeRejected, OpenTimeoutError
from rxrealtime.events import ConnectionFailed, ExceptionEvent, InputAudioBufferClear
from rxrealtime.server.faults import Refusal, Stall, abort, close, go_silent, inject
from rxrealtime.testing import faults as f
from rxrealtime.testing.faulty import FaultyTransport
from rxrealtime.testing.mutations import MUTATIONS
from rxrealtime.testing.plans import FaultPlan
from tests.frames import transcript_delta
from tests.leaks import run_clean

FRAMES = [transcript_delta(str(n)) for n in range(12)]


async def converse(transport: FaultyTransport, peer: MemoryTransport, count: int) -> tuple[list[Any], list[Any]]:
    """Send the frames to a session, until it has seen ``count`` values or has ended; give values and terminals."""
    session = Session(transport, close_timeout=0.05)
    seen: list[Any] = []
    terminals: list[Any] = []
    enough = asyncio.Event()

    def take(event: Any) -> None:
        seen.append(event)
        if len(seen) >= count:
            enough.set()

    def end(cause: Any = None) -> None:
        terminals.append(cause)
        enough.set()

    session.events.subscribe(take, end, end)
    try:
        async with session:
            for data in FRAMES:
                peer.peer.send(data)
            await enough.wait()
    except ConnectionLost:
        pass  # how it ended is in the terminals
    return seen, terminals


@pytest.mark.parametrize("kind", sorted(MUTATIONS))
def test_d1_a_session_sees_a_failure_exactly_where_the_log_says(kind: str) -> None:
    """N frames give N values in order; the session lives, and its subscriber ends once."""

    async def main() -> None:
        memory = MemoryTransport()
        transport = FaultyTransport(memory, FaultPlan(5, f.mutate(kind, every=3)))
        seen, terminals = await converse(transport, memory, len(FRAMES))
        expected = {log.number: log.failure for log in transport.log}
        assert sorted(expected, key=str) == sorted([2, 5, 8, 11], key=str)
        for number, event in enumerate(seen):
            failure = event.kind if isinstance(event, ExceptionEvent) else None
            assert failure == expected.get(number)
            if number not in expected:
                assert event.delta == str(number)
        assert len(seen) == len(FRAMES)
        assert len(terminals) == 1

    run_clean(main)


@pytest.mark.parametrize(
    ("fault", "order"),
    [
        (f.delay(0.01, 0.01, every=4), list(range(12))),
        (f.slow(0.01, every=4), list(range(12))),
        (f.duplicate(every=6), [0, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11, 11]),
        (f.drop(every=6), [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]),
        (f.reorder(2, numbers=(3,)), [0, 1, 2, 4, 5, 3, 6, 7, 8, 9, 10, 11]),
        (f.oversize(20_000, every=4), list(range(12))),
    ],
)
def test_d1_what_harms_no_frame_makes_no_failure(fault: f.FrameFault, order: list[int]) -> None:
    """The frames come whole, in the order that the fault says."""

    async def main() -> None:
        memory = MemoryTransport()
        seen, terminals = await converse(FaultyTransport(memory, FaultPlan(5, fault)), memory, len(order))
        assert [int(event.delta) for event in seen] == order
        assert len(terminals) == 1

    run_clean(main)


@pytest.mark.parametrize(
    ("faults", "values", "code"),
    [(close(1011, "why", after=5), 5, 1011), (abort(after=3), 3, 1006), (close(4000), 0, 4000)],
)
def test_t1_an_end_ends_the_session_once_after_what_came_before(faults: Any, values: int, code: int) -> None:
    """T5: everything before it is delivered; then the failure, then the terminal with the cause that was planned."""

    async def main() -> None:
        memory = MemoryTransport()
        seen, terminals = await converse(FaultyTransport(memory, FaultPlan(1, faults)), memory, 99)
        assert [event.delta for event in seen[:-1]] == [str(n) for n in range(values)]
        assert isinstance(seen[-1], ConnectionFailed)
        (cause,) = terminals
        assert isinstance(cause, ConnectionLost)
        assert getattr(cause, "code", None) == code
        assert memory.peer.close_code is not None

    run_clean(main)


def test_t5_what_is_delayed_comes_before_the_end() -> None:
    """The end of the connection below waits for what is on its way."""

    async def main() -> None:
        memory = MemoryTransport()
        connection = await FaultyTransport(memory, FaultPlan(1, f.delay(0.02), f.reorder(5, numbers=(1,)))).connect()
        seen: list[Any] = []
        over = asyncio.Event()
        connection.frames.subscribe(lambda frame: seen.append(frame.data), lambda error: over.set())
        memory.peer.send("a")
        memory.peer.send("b")
        memory.peer.close(1001)
        await over.wait()
        assert seen == ["a", "b"]
        await connection.close()

    run_clean(main)


def test_t2_a_silent_peer_is_left_after_the_time_out() -> None:
    """Half-open: nothing comes, sends go nowhere, no close frame is answered; closing is bounded."""

    async def main() -> None:
        memory = MemoryTransport()
        session = Session(FaultyTransport(memory, FaultPlan(1, go_silent(after=2))), close_timeout=0.05)
        seen: list[Any] = []
        two = asyncio.Event()
        session.events.subscribe(lambda event: (seen.append(event), len(seen) == 2 and two.set()), lambda error: None)
        async with session:
            for data in FRAMES:
                memory.peer.send(data)
            await two.wait()
            await session.send(InputAudioBufferClear())
            await memory.peer.flush()
        assert memory.peer.received == []
        assert len(seen) == 2

    run_clean(main)


def test_a_client_frame_can_be_what_ends_the_connection() -> None:
    """The end is a turn of its own, and later sends are refused with its cause."""

    async def main() -> None:
        memory = MemoryTransport()
        plan = FaultPlan(0, f.strike(close(1008)[0].strike, direction="sent", numbers=(1,)))
        connection = await FaultyTransport(memory, plan).connect()
        causes: list[Any] = []
        over = asyncio.Event()
        connection.frames.subscribe(lambda frame: None, lambda error: (causes.append(error), over.set()))
        await connection.send(b"{}")
        await connection.send(b"{}")
        assert causes == []
        await over.wait()
        assert isinstance(causes[0], ServerClosed)
        with pytest.raises(ServerClosed):
            await connection.send(b"{}")
        await connection.close()

    run_clean(main)


@pytest.mark.parametrize(
    ("faults", "error"), [((Refusal(429),), HandshakeRejected), ((Stall(60.0),), OpenTimeoutError)]
)
def test_t3_a_handshake_that_fails_leaves_nothing(faults: tuple[Any, ...], error: type[Exception]) -> None:
    """Refused with its status, or given up in time; it is in the log, and the next connection is not touched."""

    async def main() -> None:
        memory = MemoryTransport()
        transport = FaultyTransport(memory, FaultPlan(0, faults), open_timeout=0.02)
        with pytest.raises(error):
            await transport.connect()
        assert len(transport.log) == 1

    run_clean(main)


def test_what_only_a_proxy_can_do_is_refused() -> None:
    """A transport carries whole frames."""
    for make in (f.split, f.merge):
        with pytest.raises(ConfigurationError):
            FaultyTransport(MemoryTransport(), FaultPlan(0, make()))


def test_injected_frames_do_not_turn_back_the_time() -> None:
    """``at`` never goes back, whatever the order."""

    async def main() -> None:
        memory = MemoryTransport()
        plan = FaultPlan(0, inject("x", after=2), f.reorder(numbers=(0,)))
        connection = await FaultyTransport(memory, plan).connect()
        times: list[float] = []
        connection.frames.subscribe(lambda frame: times.append(frame.at))
        for at in (1.0, 2.0, 3.0):
            memory.peer.send("{}", at)
        await memory.peer.flush()
        await asyncio.sleep(0)
        assert len(times) == 4
        assert times == sorted(times)
        await connection.close()

    run_clean(main)

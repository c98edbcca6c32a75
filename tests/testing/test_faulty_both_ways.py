"""Every fault of frames on any transport, in each direction, on a clock that is virtual."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rxrealtime import ConnectionLost, MemoryTransport
from rxrealtime.errors import ConfigurationError
from rxrealtime.frames import Direction
from rxrealtime.server.outputs import Disconnect, GoSilent, RawFrame
from rxrealtime.testing import faults as f
from rxrealtime.testing.faulty import FaultyTransport
from rxrealtime.testing.outputs import Injected
from rxrealtime.testing.plans import FaultPlan
from rxrealtime.testing.virtual import virtual_run
from tests.testing.directions import (
    FRAMES,
    KINDS,
    MISPLACED,
    check_mutated,
    each_direction,
    everything,
    numbers_of,
    of,
    towards,
)

Arrived = list[tuple[bytes, float]]
LIMIT = 3600.0
FOR_TRANSPORTS = [kind for kind in KINDS if kind != "binary"]


async def across(direction: Direction, plan: FaultPlan) -> tuple[Arrived, list[Injected], list[float]]:
    """Send the frames to the other side and end; give what arrived and when, the log, and when each was sent."""
    memory, now = MemoryTransport(), asyncio.get_running_loop().time
    transport = FaultyTransport(memory, plan)
    connection = await transport.connect()
    arrived: Arrived = []
    over = asyncio.Event()
    connection.frames.subscribe(lambda frame: arrived.append((_bytes(frame.data), now())), lambda _: over.set())
    sent: list[float] = []
    for data in FRAMES[direction]:
        if direction == "sent":
            await connection.send(data)
        else:
            memory.peer.send(data)
        sent.append(now())
    if direction == "received":
        memory.peer.close()
        await over.wait()
    await connection.close(timeout=LIMIT)
    if direction == "sent":
        arrived = [(_bytes(frame.data), frame.at) for frame in memory.peer.received]
    return arrived, transport.log, sent


def _bytes(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else data


def run(direction: Direction, *faults: f.FrameFault, seed: int = 5) -> tuple[Arrived, list[Injected], list[float]]:
    """Let faults of one direction strike, in virtual time."""
    plan = FaultPlan(seed, *(towards(direction, fault) for fault in faults))
    return virtual_run(lambda: across(direction, plan))


@each_direction
@pytest.mark.parametrize("kind", FOR_TRANSPORTS)
def test_a_mutated_frame_is_the_failure_in_the_log(kind: str, direction: Direction) -> None:
    """And the others arrive as they were."""
    arrived, log, _ = run(direction, f.mutate(kind, every=3))
    check_mutated(direction, [data for data, _ in arrived], log, {2, 5})
    assert [injected.fault for injected in log] == [kind, kind]


@each_direction
@pytest.mark.parametrize("name", MISPLACED)
def test_frames_arrive_in_the_order_that_the_fault_makes(name: str, direction: Direction) -> None:
    """At the end of the stream, what still waits for later frames arrives too."""
    fault, order = MISPLACED[name]
    arrived, log, _ = run(direction, fault)
    assert numbers_of(direction, (data for data, _ in arrived)) == order
    assert {injected.direction for injected in log} == {direction}


@each_direction
def test_a_frame_grows_to_its_size(direction: Direction) -> None:
    """To the byte."""
    arrived, _, _ = run(direction, f.oversize(20_000, numbers=(3,)))
    assert [number for number, (data, _) in enumerate(arrived) if len(data) == 20_000] == [3]


@each_direction
def test_a_frame_is_injected_before_the_one_it_is_for(direction: Direction) -> None:
    """Nothing is lost."""
    arrived, _, _ = run(direction, f.strike(RawFrame("x"), numbers=(3,)))
    assert [data for data, _ in arrived] == [*FRAMES[direction][:3], b"x", *FRAMES[direction][3:]]


@each_direction
def test_a_delayed_frame_is_late_and_nothing_overtakes_it(direction: Direction) -> None:
    """By its seconds, to the clock's last digit; also when the connection is closed in the meantime."""
    arrived, _, sent = run(direction, f.delay(30.0, numbers=(2,)))
    assert [at for _, at in arrived] == [0.0, 0.0, *[30.0] * 6]
    assert numbers_of(direction, (data for data, _ in arrived)) == list(range(8))
    assert sent == [0.0] * 8


@each_direction
def test_jitter_is_another_delay_each_time(direction: Direction) -> None:
    """Between the seconds and the seconds with the jitter; the same for the same seed."""
    (arrived, *_), (again, *_), (other, *_) = (
        run(direction, f.delay(1.0, 2.0, numbers=(n,)), seed=seed) for n, seed in ((2, 5), (2, 5), (2, 6))
    )
    assert 1.0 < arrived[2][1] < 3.0
    assert arrived == again
    assert arrived != other


@each_direction
def test_a_slow_reader_takes_nothing_for_a_while(direction: Direction) -> None:
    """After the frame that it is slow with. Who sends to it waits; a peer of a session cannot be made to wait here."""
    arrived, _, sent = run(direction, f.slow(30.0, numbers=(2,)))
    assert [at for _, at in arrived] == [0.0, 0.0, 0.0, *[30.0] * 5]
    assert sent == ([at for _, at in arrived] if direction == "sent" else [0.0] * 8)


@pytest.mark.parametrize("ends", ["we close", "the peer is gone"])
def test_who_waits_for_a_slow_reader_is_told_of_the_end(ends: str) -> None:
    """T1: a send that waits ends when the connection does, not an hour later."""

    async def main() -> float:
        slow = f.slow(3600.0, direction="sent")
        gone = f.strike(Disconnect(), numbers=(0,))
        memory = MemoryTransport()
        connection = await FaultyTransport(memory, FaultPlan(0, slow, gone)).connect()
        connection.frames.subscribe(lambda _: None, lambda _: None)
        await connection.send(b"{}")
        waiting = asyncio.ensure_future(connection.send(b"{}"))
        if ends == "we close":
            await connection.close()
        else:
            memory.peer.send("{}")
        with pytest.raises(ConnectionLost):
            await waiting
        await connection.close()
        return asyncio.get_running_loop().time()

    assert virtual_run(main) < 60


def test_what_is_late_holds_up_the_end_only_for_so_long() -> None:
    """T2: closing is bounded by its own time-out."""

    async def main() -> tuple[int, float]:
        memory = MemoryTransport()
        connection = await FaultyTransport(memory, FaultPlan(0, f.delay(3600.0, direction="sent"))).connect()
        await connection.send(b"{}")
        await connection.close(timeout=5.0)
        return len(memory.peer.received), asyncio.get_running_loop().time()

    assert virtual_run(main) == (0, 5.0)


@each_direction
@pytest.mark.parametrize("end", [Disconnect(4000, "why"), Disconnect(), GoSilent()])
def test_an_end_comes_instead_of_its_frame(end: Any, direction: Direction) -> None:
    """What came before arrives, nothing after it does."""

    async def main() -> tuple[list[Any], list[Any], int]:
        memory = MemoryTransport()
        plan = FaultPlan(0, f.strike(end, direction=direction, numbers=(1,)))
        connection = await FaultyTransport(memory, plan).connect()
        seen: list[Any] = []
        causes: list[Any] = []
        connection.frames.subscribe(lambda frame: seen.append(frame.data), causes.append)
        for _ in range(3):
            memory.peer.send("{}")
            await memory.peer.flush()
            try:
                await connection.send(b"{}")
            except ConnectionLost:
                break
        await asyncio.sleep(1)  # of virtual time
        await connection.close()
        return seen, causes, len(memory.peer.received)

    seen, causes, received = virtual_run(main)
    assert (len(seen), received) == ((1, 1) if direction == "received" else (2, 1))
    assert [getattr(cause, "code", None) for cause in causes] == ([] if end == GoSilent() else [end.code])


@each_direction
def test_the_same_seed_strikes_the_same_frames(direction: Direction) -> None:
    """The log is equal, number by number, and so is what arrived; another seed strikes others."""
    first, again, other = (
        virtual_run(lambda seed=seed: across(direction, everything(seed, *FOR_TRANSPORTS)))  # type: ignore[misc]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first[1] != other[1]
    assert len({injected.fault for injected in of(direction, first[1])}) > 3


@pytest.mark.parametrize("direction", ["sent", None])
def test_frames_of_the_client_cannot_be_made_binary_here(direction: Direction | None) -> None:
    """A connection sends text; the fault would be logged and not happen."""
    with pytest.raises(ConfigurationError, match="only a FaultProxy"):
        FaultyTransport(MemoryTransport(), FaultPlan(0, f.binary(direction=direction)))
    FaultyTransport(MemoryTransport(), FaultPlan(0, f.binary()))

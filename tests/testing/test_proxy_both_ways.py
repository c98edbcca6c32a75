"""Every fault of frames in the proxy, in each direction, as the two ends of the wire see it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

from rxrealtime import MemoryTransport
from rxrealtime.frames import Direction
from rxrealtime.server.outputs import Disconnect, GoSilent, RawFrame
from rxrealtime.testing import faults as f
from rxrealtime.testing.faulty import FaultyTransport
from rxrealtime.testing.outputs import Injected
from rxrealtime.testing.plans import FaultPlan
from tests.leaks import run_clean
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
from tests.testing.wired import Noting, Wire, wired

Passed = tuple[list[bytes], list[Injected], Noting]
LATE = 0.02
"""Seconds of a delay: a lower bound for what is measured."""


def run(direction: Direction, *faults: f.FrameFault) -> Passed:
    """Send the frames through faults of one direction; give what arrived, the log, and the end where it arrived."""
    passed: list[Passed] = []

    async def main() -> None:
        async with wired(FaultPlan(5, *(towards(direction, fault) for fault in faults))) as wire:
            await wire.send(direction, *FRAMES[direction])
            arrived = await wire.received(direction)
            passed.append((arrived, wire.proxy.log, wire.ends[direction]))

    run_clean(main)
    return passed[0]


@each_direction
@pytest.mark.parametrize("kind", KINDS)
def test_a_mutated_frame_is_the_failure_in_the_log(kind: str, direction: Direction) -> None:
    """And the others arrive as they were, as text."""
    arrived, log, end = run(direction, f.mutate(kind, every=3))
    check_mutated(direction, arrived, log, {2, 5})
    binary = [number for number, (_, opcode, _) in enumerate(end.noted) if opcode is Opcode.BINARY]
    assert binary == ([2, 5] if kind in ("binary", "garbage") else [])


@each_direction
@pytest.mark.parametrize("name", MISPLACED)
def test_frames_arrive_in_the_order_that_the_fault_makes(name: str, direction: Direction) -> None:
    """At the end of the stream, what still waits for later frames arrives too."""
    fault, order = MISPLACED[name]
    arrived, log, _ = run(direction, fault)
    assert numbers_of(direction, arrived) == order
    assert {injected.direction for injected in log} == {direction}


@each_direction
def test_a_frame_grows_to_its_size(direction: Direction) -> None:
    """To the byte."""
    arrived, _, _ = run(direction, f.oversize(2**20, numbers=(3,)))
    assert [number for number, data in enumerate(arrived) if len(data) == 2**20] == [3]


@each_direction
@pytest.mark.parametrize(("data", "opcode"), [("x", Opcode.TEXT), (b"x", Opcode.BINARY)])
def test_a_frame_is_injected_before_the_one_it_is_for(data: Any, opcode: Opcode, direction: Direction) -> None:
    """Nothing is lost."""
    arrived, _, end = run(direction, f.strike(RawFrame(data), numbers=(3,)))
    assert arrived == [*FRAMES[direction][:3], b"x", *FRAMES[direction][3:]]
    assert end.noted[3][1] is opcode


@each_direction
def test_a_split_frame_comes_in_fragments(direction: Direction) -> None:
    """RFC 6455, section 5.4: the first has the opcode, the last the bit that ends it; others come whole."""
    arrived, _, end = run(direction, f.split(3, numbers=(2,)))
    assert arrived == FRAMES[direction]
    whole = (Opcode.TEXT, True)
    fragments = [(Opcode.TEXT, False), (Opcode.CONT, False), (Opcode.CONT, True)]
    assert [(opcode, fin) for _, opcode, fin in end.noted] == [whole, whole, *fragments, *[whole] * 5]


@each_direction
def test_a_merged_frame_comes_in_one_piece_with_the_next(direction: Direction) -> None:
    """It is not written before there is a next one."""

    async def main() -> None:
        async with wired(FaultPlan(0, towards(direction, f.merge(every=2)))) as wire:
            first, merged, last, *_ = FRAMES[direction]
            await wire.send(direction, first, merged)
            assert (await wire.struck.get()).number == 1
            await wire.send(direction, last)
            assert await wire.received(direction) == [first, merged, last]
            pieces = [piece for piece, _, _ in wire.ends[direction].noted]
            assert pieces[0] < pieces[1] == pieces[2]

    run_clean(main)


@each_direction
@pytest.mark.parametrize("fault", [f.delay(LATE, numbers=(1,)), f.slow(LATE, numbers=(0,))], ids=["delay", "slow"])
def test_what_is_late_is_late(fault: f.FrameFault, direction: Direction) -> None:
    """And nothing overtakes it."""

    async def main() -> None:
        now = asyncio.get_running_loop().time
        async with wired(FaultPlan(0, towards(direction, fault))) as wire:
            end = wire.ends[direction]
            await wire.send(direction, FRAMES[direction][0])
            assert await end.recv(decode=False) == FRAMES[direction][0]
            began = now()
            await wire.send(direction, *FRAMES[direction][1:])
            assert await end.recv(decode=False) == FRAMES[direction][1]
            assert now() - began > LATE / 2
            assert await wire.received(direction) == FRAMES[direction][2:]

    run_clean(main)


CHUNK = bytes(2**18).replace(b"\0", b" ")
CHUNKS = 192
"""Together far more than the buffers of the sockets and of the proxy hold."""


@each_direction
def test_a_slow_reader_holds_up_the_sender(direction: Direction) -> None:
    """By TCP: what it does not read cannot be sent, while as much passes through other connections of the proxy."""

    async def main() -> None:
        slow = towards(direction, f.slow(3600, numbers=(0,), connection=0))
        async with wired(FaultPlan(0, slow)) as wire:
            sent: list[int] = []
            sending = asyncio.ensure_future(_pour(wire, direction, sent))
            await wire.struck.get()
            async with wired(FaultPlan(0)) as other:
                done: list[int] = []
                pouring = asyncio.ensure_future(_pour(other, direction, done))
                for _ in range(CHUNKS):
                    assert await other.ends[direction].recv(decode=False) == CHUNK
                await pouring
            assert len(done) == CHUNKS
            assert 0 < len(sent) < CHUNKS
            assert not sending.done()
            assert await wire.ends[direction].recv(decode=False) == CHUNK
            await wire.proxy.close()
            with pytest.raises(ConnectionClosed):
                await sending

    run_clean(main)


async def _pour(wire: Wire, direction: Direction, sent: list[int]) -> None:
    for number in range(CHUNKS):
        await wire.send(direction, CHUNK)
        sent.append(number)


@each_direction
@pytest.mark.parametrize(
    ("end", "codes"), [(Disconnect(4000, "why"), (4000, 1001)), (Disconnect(), (1006, 1006))], ids=["close", "abort"]
)
def test_an_end_comes_instead_of_its_frame(end: Disconnect, codes: tuple[int, int], direction: Direction) -> None:
    """What came before arrives; the client sees the code, the server a client that leaves."""

    async def main() -> None:
        async with wired(FaultPlan(0, f.strike(end, direction=direction, numbers=(1,)))) as wire:
            await wire.send(direction, *FRAMES[direction][:2])
            assert await wire.until_the_end(direction) == FRAMES[direction][:1]
            client, server = wire.ends["received"], wire.ends["sent"]
            await asyncio.gather(client.wait_closed(), server.wait_closed())
            assert (client.close_code, server.close_code) == codes

    run_clean(main)


@each_direction
def test_after_silence_nothing_comes_and_no_close_is_answered(direction: Direction) -> None:
    """Half-open: both ends think that they are connected, until the client gives up."""

    async def main() -> None:
        async with wired(FaultPlan(0, f.strike(GoSilent(), direction=direction, numbers=(1,)))) as wire:
            await wire.send(direction, *FRAMES[direction][:2])
            assert (await wire.struck.get()).fault == "silent"
            assert await wire.ends[direction].recv(decode=False) == FRAMES[direction][0]
            await wire.send("sent", b"{}")
            await wire.send("received", b"{}")
            await wire.ends["received"].close()
            assert wire.ends["received"].close_code == 1006
            assert [len(end.noted) for end in wire.ends.values()] == [direction == "received", direction == "sent"]

    run_clean(main)


@each_direction
def test_the_same_seed_strikes_the_same_frames_as_on_a_transport(direction: Direction) -> None:
    """The log is equal, number by number, whatever carries the frames and whenever they come."""
    plan, logs = everything(3, *(kind for kind in KINDS if kind != "binary")), []

    async def main() -> None:
        async with wired(plan) as wire:
            await wire.send(direction, *FRAMES[direction])
            await wire.received(direction)
            logs.append(of(direction, wire.proxy.log))
        memory = MemoryTransport()
        transport = FaultyTransport(memory, plan)
        connection = await transport.connect()
        connection.frames.subscribe(lambda _: None, lambda _: None)
        for data in FRAMES[direction]:
            memory.peer.send(data) if direction == "received" else await connection.send(data)
        await memory.peer.flush()
        await connection.close()
        logs.append(of(direction, transport.log))

    run_clean(main)
    run_clean(main)
    assert logs[0] == logs[1] == logs[2] == logs[3]
    assert len(logs[0]) > 3

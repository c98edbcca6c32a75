"""One suite over every transport: what a connection promises, whatever carries the frames."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from reactivex import operators as rx

from rxrealtime import (
    Connection,
    ConnectionLost,
    Frame,
    MemoryTransport,
    ReplayTransport,
    Transport,
    WebSocketTransport,
)
from rxrealtime.server.faults import inject
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.testing.faulty import FaultyTransport
from rxrealtime.testing.plans import FaultPlan
from tests.leaks import run_clean

SENT = [json.dumps({"type": "zork", "n": n}).encode() for n in range(50)] + [b"not json", b"\xff\xfe"]


@asynccontextmanager
async def memory() -> AsyncIterator[Transport]:
    """The far end sends as soon as somebody connected."""

    class Talking(MemoryTransport):
        async def connect(self) -> Any:
            connection = await super().connect()
            for data in SENT:
                self.peer.send(data)
            return connection

    yield Talking()


@asynccontextmanager
async def replay() -> AsyncIterator[Transport]:
    """Frames that were received, one a millisecond."""
    yield ReplayTransport([Frame("received", data, n / 1000) for n, data in enumerate(SENT)])


@asynccontextmanager
async def websocket() -> AsyncIterator[Transport]:
    """The embedded server, before session.created."""
    texts = [data.decode() if data.isascii() else data for data in SENT]
    async with LoopbackServer(faults=inject(*texts)) as server:
        yield WebSocketTransport(server.url)


def faulty(
    inner: Callable[[], AbstractAsyncContextManager[Transport]],
) -> Callable[[], AbstractAsyncContextManager[Transport]]:
    """A plan without faults in front of another transport."""

    @asynccontextmanager
    async def over() -> AsyncIterator[Transport]:
        async with inner() as transport:
            yield FaultyTransport(transport, FaultPlan(7))

    return over


TRANSPORTS: dict[str, Callable[[], AbstractAsyncContextManager[Transport]]] = {
    "memory": memory,
    "replay": replay,
    "websocket": websocket,
    "faulty memory": faulty(memory),
    "faulty replay": faulty(replay),
    "faulty websocket": faulty(websocket),
}
every = pytest.mark.parametrize("name", TRANSPORTS)


class Reading:
    """Subscribe to the frames, and note them and the terminal."""

    def __init__(self, connection: Connection) -> None:
        self.frames: list[Frame] = []
        self.terminals: list[Any] = []
        self.enough = asyncio.Event()
        self.subscription = connection.frames.subscribe(
            self._take, self.terminals.append, lambda: self.terminals.append("completed")
        )

    def _take(self, frame: Frame) -> None:
        self.frames.append(frame)
        if len(self.frames) == len(SENT):
            self.enough.set()


@every
def test_frames_come_whole_in_order_with_rising_times(name: str) -> None:
    """Byte for byte; ``at`` is in seconds and never goes back."""

    async def main() -> list[Frame]:
        async with TRANSPORTS[name]() as transport:
            connection = await transport.connect()
            reading = Reading(connection)
            await reading.enough.wait()
            await connection.close()
            return reading.frames[: len(SENT)]

    frames = run_clean(main)
    assert [_bytes(frame.data) for frame in frames] == SENT
    assert {frame.direction for frame in frames} == {"received"}
    assert [frame.at for frame in frames] == sorted(frame.at for frame in frames)


def _bytes(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else data


@every
def test_nothing_is_delivered_inside_subscribe_or_send(name: str) -> None:
    """Every delivery is a turn of its own."""

    async def main() -> None:
        async with TRANSPORTS[name]() as transport:
            connection = await transport.connect()
            reading = Reading(connection)
            assert reading.frames == []
            sending = connection.send(b"{}")
            before = len(reading.frames)
            frame = await sending
            assert (frame.direction, frame.data, before) == ("sent", b"{}", 0)
            await connection.close()

    run_clean(main)


@every
def test_our_close_is_idempotent_and_never_an_error(name: str) -> None:
    """A subscriber gets at most one terminal, and it is no error; a send afterwards is refused."""

    async def main() -> list[Any]:
        async with TRANSPORTS[name]() as transport:
            connection = await transport.connect()
            reading = Reading(connection)
            await reading.enough.wait()
            await connection.close()
            await connection.close()
            with pytest.raises(ConnectionLost):
                await connection.send(b"{}")
            return reading.terminals

    assert run_clean(main) in ([], ["completed"])


@every
def test_disposing_of_the_subscription_stops_the_deliveries(name: str) -> None:
    """And closing still works."""

    async def main() -> None:
        async with TRANSPORTS[name]() as transport:
            connection = await transport.connect()
            reading = Reading(connection)
            await reading.enough.wait()
            reading.subscription.dispose()
            await connection.close()
            assert reading.terminals == []

    run_clean(main)


@every
def test_the_clock_of_a_connection_only_rises(name: str) -> None:
    """``now`` is in seconds since the connection was opened."""

    async def main() -> None:
        async with TRANSPORTS[name]() as transport:
            connection = await transport.connect()
            first = connection.now()
            await asyncio.sleep(0)
            assert 0 <= first <= connection.now()
            await connection.close()

    run_clean(main)


@every
def test_a_connection_nobody_reads_from_can_be_closed(name: str) -> None:
    """Nothing is left of it."""

    async def main() -> None:
        async with TRANSPORTS[name]() as transport:
            await (await transport.connect()).close()

    run_clean(main)


@every
def test_a_subscriber_that_leaves_from_inside_a_delivery_gets_no_more(name: str) -> None:
    """``take(2)``: two frames, one end, and the connection can still be closed."""

    async def main() -> list[Any]:
        async with TRANSPORTS[name]() as transport:
            connection = await transport.connect()
            seen: list[Any] = []
            over = asyncio.Event()
            two = connection.frames.pipe(rx.take(2))
            two.subscribe(lambda frame: seen.append(_bytes(frame.data)), on_completed=over.set)
            await over.wait()
            await connection.close()
            return seen

    assert run_clean(main) == SENT[:2]

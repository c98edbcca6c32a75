"""D1 at scale: every good frame in order, every bad one a failure in its place, through the whole path."""

from __future__ import annotations

import asyncio
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve

from rxrealtime import MemoryTransport, Session, WebSocketTransport, decode
from rxrealtime.testing.strategies import FaultyTrace, Numbered, multiplied, traces_with_faults

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
EXAMPLES = 50 if NIGHTLY else 4
FRAMES = {"decode": 5_000_000, "memory": 5_000_000, "websocket": 5_000_000} if NIGHTLY else {}
SHARE = {"decode": 60_000, "memory": 40_000, "websocket": 100_000}
"""How many frames take each path: 200,000 in an ordinary run, 5,000,000 each in the nightly one."""

_BATCH = 500
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
_STATM = Path("/proc/self/statm")
_MEGABYTES = 24
"""What the resident memory may grow by in one run: the noise of an allocator, much less than the frames together."""


@dataclass
class Judge:
    """Holds each value against the frame it has to come from, as it comes; keeps only what was wrong."""

    expected: deque[Numbered] = field(default_factory=deque)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)

    def announce(self, frames: list[Numbered]) -> list[bytes | str]:
        """Expect frames, and give their payloads."""
        self.expected.extend(frames)
        return [one.frame for one in frames]

    def saw(self, value: Any) -> None:
        """Take the next value of the stream."""
        if not self.expected:
            self.wrong.append(f"one too many: {value!r}")
            return
        wanted = self.expected.popleft()
        got = (value.event_id, value.type, None) if wanted.kind is None else (None, None, _kind(value, wanted))
        if got != (wanted.event_id, wanted.type, wanted.kind):
            self.wrong.append(f"{got} for {wanted}")
        self.counts["good" if wanted.kind is None else "bad"] += 1
        if self.counts.total() % 5_000 == 0 and _STATM.exists():
            self.resident.append(int(_STATM.read_text("ascii").split()[1]) * _PAGE)

    def failed(self, fault: object) -> None:
        """Take what a subscriber, this one too, failed with."""
        self.wrong.append(repr(fault))

    def verdict(self, count: int) -> None:
        """Check that all came, that all was right, and that memory was flat."""
        assert self.wrong[:3] == []
        assert (self.counts.total(), len(self.expected)) == (count, 0)
        assert self.counts["bad"] > count / 20 and self.counts["good"] > count / 2
        if len(self.resident) > 1:
            grown = (self.resident[-1] - self.resident[0]) / 2**20
            assert grown < _MEGABYTES, f"memory grew by {grown:.0f} MiB"


def _kind(value: Any, wanted: Numbered) -> Any:
    """Give the kind of a failure, if it kept its frame whole."""
    frame = getattr(value, "frame", None)
    data = frame.data if frame is not None else None
    return getattr(value, "kind", None) if data == wanted.frame else None


def _batches(frames: Iterator[Numbered]) -> Iterator[list[Numbered]]:
    while batch := list(islice(frames, _BATCH)):
        yield batch


def through_decode(frames: Iterator[Numbered], judge: Judge) -> None:
    """Decode each frame by itself."""
    for batch in _batches(frames):
        for data in judge.announce(batch):
            judge.saw(decode(data))


def through_memory(frames: Iterator[Numbered], judge: Judge) -> None:
    """Send the frames to a session over memory."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport)
        session.events.subscribe(judge.saw)
        session.faults.subscribe(judge.failed)
        async with session:
            for batch in _batches(frames):
                for data in judge.announce(batch):
                    transport.peer.send(data)
                await transport.peer.flush()
        assert (await session.closed).cause is None, "the session did not live"

    asyncio.run(main())


def through_websocket(frames: Iterator[Numbered], judge: Judge) -> None:
    """Send the frames to a session over a socket, text as text and bytes as binary frames, as fast as it takes them.

    Neither end pings: both live in one event loop, which a machine with more to do keeps from its pongs for seconds.
    """

    async def speak(socket: ServerConnection) -> None:
        for batch in _batches(frames):
            for data in judge.announce(batch):
                await socket.send(data)
        sent.set()
        look()  # the last one may have come before its send returned
        await socket.wait_closed()

    def look() -> None:
        if judge.wrong or (sent.is_set() and not judge.expected):
            all_in.set()

    async def main() -> None:
        async with serve(speak, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
            host, port = server.sockets[0].getsockname()[:2]
            session = Session(WebSocketTransport(f"ws://{host}:{port}/", ping_interval=None))
            session.events.subscribe(lambda value: (judge.saw(value), look()))
            session.faults.subscribe(lambda fault: (judge.failed(fault), look()))
            async with session:
                await all_in.wait()
            assert (await session.closed).cause is None, "the session did not live"

    sent, all_in = asyncio.Event(), asyncio.Event()
    asyncio.run(main())


PATHS: dict[str, Callable[[Iterator[Numbered], Judge], None]] = {
    "decode": through_decode,
    "memory": through_memory,
    "websocket": through_websocket,
}


@pytest.mark.timeout(7200 if NIGHTLY else 120)
@pytest.mark.parametrize("path", PATHS)
def test_d1_every_frame_of_many_has_its_place(path: str) -> None:
    """D1: N frames with k bad ones give N-k events and k failures in order; the session lives, memory is flat."""
    per_example = FRAMES.get(path, SHARE[path]) // EXAMPLES
    counted: list[int] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate,) if not NIGHTLY else (Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(traces_with_faults(), st.integers(0, 2**32))
    def hold(trace: FaultyTrace, seed: int) -> None:
        judge = Judge()
        PATHS[path](multiplied(trace, count=per_example, seed=seed), judge)
        judge.verdict(per_example)
        counted.append(per_example)

    hold()
    assert sum(counted) >= FRAMES.get(path, SHARE[path]), "fewer frames than promised"

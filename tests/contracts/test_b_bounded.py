"""B: nothing queues without bound, and no backlog holds the loop."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from base64 import b64encode
from typing import Any

import pytest

from rxrealtime import (
    BufferLimits,
    BufferOverflowError,
    EventsDropped,
    FrameTooLarge,
    MemoryTransport,
    Session,
    WebSocketTransport,
)
from rxrealtime.server.faults import inject
from rxrealtime.server.loopback import LoopbackServer
from tests.clocks import MovedLoop
from tests.frames import audio_delta, transcript_delta
from tests.leaks import run_clean

SECOND = audio_delta(b64encode(bytes(48_000)).decode())
DONE = b'{"type": "response.done", "event_id": "e", "response": {"id": "r1", "status": "completed"}}'


def test_b1_an_hour_of_audio_before_a_stalled_consumer_leaves_memory_flat() -> None:
    """B1: one second of audio a frame, one turn a minute, and an ``async for`` that never comes."""

    async def main() -> tuple[int, list[Any]]:
        transport = MemoryTransport()
        session = Session(transport, limits=BufferLimits(max_events=1000, max_bytes=2_000_000))
        async with session:
            tracemalloc.start()
            for second in range(3600):
                transport.peer.send(SECOND)
                if second % 60 == 59:
                    transport.peer.send(DONE)
                    await transport.peer.flush()
            await transport.peer.flush()
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return peak, [event async for event in session]

    peak, seen = run_clean(main, deadline=50)
    assert peak < 12_000_000, f"{peak} bytes for 172 MB of audio, of which a minute, 4 MB, waits in the peer"
    assert sum(event.type == "response.done" for event in seen) == 60, "a structural event was dropped"
    dropped = sum(event.count for event in seen if isinstance(event, EventsDropped))
    kept = sum(event.type == "response.output_audio.delta" for event in seen)
    assert (kept > 0, dropped + kept) == (True, 3600), "every delta is there or counted"


def test_b1_overflow_may_end_the_iteration_instead_if_asked() -> None:
    """B1: with overflow="fail" what was buffered is given, then a BufferOverflowError; the session lives."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport, limits=BufferLimits(max_events=8, overflow="fail"))
        live: list[Any] = []
        session.events.subscribe(live.append)
        async with session:
            for number in range(20):
                transport.peer.send(transcript_delta(str(number)))
            await transport.peer.flush()
            seen: list[Any] = []
            with pytest.raises(BufferOverflowError, match="max_events=8"):
                async for event in session:
                    seen.append(event.delta)  # type: ignore[union-attr]  # these are deltas
            assert seen == [str(number) for number in range(len(seen))]
            assert (len(live), 0 < len(seen) <= 8) == (20, True)

    run_clean(main)


def test_b1_after_an_overflow_the_next_loop_starts_anew() -> None:
    """B1: the error is raised once; a consumer that caught up goes on from where the stream is."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport, limits=BufferLimits(max_events=4))
        async with session:
            for _ in range(10):
                transport.peer.send(DONE)
            await transport.peer.flush()
            with pytest.raises(BufferOverflowError):
                async for event in session:
                    assert event.type == "response.done"
            seen: list[Any] = []
            for text in ("a", "b"):
                # the first of these is a loop of its own, the second resumes it: what came in between is not lost
                following = aiter(session)
                transport.peer.send(transcript_delta(text))
                await transport.peer.flush()
                if text == "b":
                    seen.append((await anext(following)).delta)  # type: ignore[union-attr]  # this is a delta
                del following
            assert seen == ["a"]

    run_clean(main)


def test_b1_structural_events_past_the_limit_end_the_iteration_rather_than_vanish() -> None:
    """B1: they are never dropped, so a consumer that stalls for good gets an error, not a gap."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport, limits=BufferLimits(max_events=8))
        async with session:
            for _ in range(20):
                transport.peer.send(DONE)
            await transport.peer.flush()
            with pytest.raises(BufferOverflowError):
                async for event in session:
                    assert event.type == "response.done"

    run_clean(main)


def test_b2_a_frame_of_exactly_the_limit_passes_and_one_byte_more_ends_the_connection() -> None:
    """B2: 1009, FrameTooLarge with the limit, and nothing of the frame is delivered."""
    limit = 5_000
    head, tail = b'{"type": "zork", "x": "', b'"}'
    fits = head + b"x" * (limit - len(head) - len(tail)) + tail

    async def main() -> tuple[list[Any], Any]:
        async with LoopbackServer(faults=inject(fits.decode(), (fits + b" ").decode(), after=1)) as server:
            session = Session(WebSocketTransport(server.url, max_frame_bytes=limit))
            seen: list[Any] = []
            session.events.subscribe(seen.append, lambda error: None)
            async with session:
                outcome = await session.closed
            return seen, outcome.cause

    seen, cause = run_clean(main)
    assert [event.type for event in seen] == ["session.created", "zork", "exception"]
    assert isinstance(cause, FrameTooLarge)
    assert cause.limit == limit


def test_b2_the_default_takes_a_frame_of_several_megabytes() -> None:
    """B2: 3.4 MB were met in public reports; the library's own default is 1 MiB."""
    big = json.dumps({"type": "zork", "x": "y" * 3_500_000})

    async def main() -> int:
        async with LoopbackServer(faults=inject(big, after=1)) as server, Session(server.url) as session:
            async for event in session:
                if event.type == "zork":
                    return len(event.raw["x"])  # type: ignore[union-attr]  # the unknown event
        return 0

    assert run_clean(main) == 3_500_000


def test_b3_a_backlog_of_frames_does_not_hold_the_loop() -> None:
    """B3: while thousands of frames wait, others have their turn after 10 ms, of which each event takes one."""
    frames = [transcript_delta(str(number)).decode() for number in range(3_000)]
    loop = MovedLoop()

    async def main() -> tuple[int, int]:
        longest, seen = 0, 0
        done = asyncio.Event()

        def busy(event: Any) -> None:
            nonlocal seen
            seen += event.type == "response.output_audio_transcript.delta"
            loop.moved += 0.001
            if seen == len(frames):
                done.set()

        async def tick() -> None:
            nonlocal longest
            while not done.is_set():
                before = seen
                await asyncio.sleep(0)
                longest = max(longest, seen - before)

        async with LoopbackServer(faults=inject(*frames, after=1)) as server:
            session = Session(server.url)
            session.events.subscribe(busy)
            async with session:
                await asyncio.gather(tick(), done.wait())
        return seen, longest

    seen, longest = run_clean(main, deadline=30, loop_factory=lambda: loop)
    assert seen == len(frames)
    assert 1 < longest <= 10, f"{longest} events held the loop, for a millisecond each"

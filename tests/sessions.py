"""Sessions for tests: over memory, driven by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rxrealtime import MemoryTransport, Outcome, Session
from rxrealtime.course import FailurePolicy

__all__ = ["collect"]


async def collect(frames: Iterable[bytes], *, on_failure: FailurePolicy = "emit") -> tuple[list[Any], Outcome]:
    """Send frames to a session over memory, close it, and give what it emitted and how it ended."""
    transport = MemoryTransport()
    session = Session(transport, on_failure=on_failure)
    seen: list[Any] = []
    session.events.subscribe(seen.append, lambda error: None)
    async with session:
        for frame in frames:
            transport.peer.send(frame)
        await transport.peer.flush()
    return seen, await session.closed

"""(a) The floor: a bare websockets loop that looks into nothing."""

from __future__ import annotations

from meter import Measurement, Meter
from websockets.asyncio.client import connect

__all__ = ["run"]


async def run(url: str, frames: int) -> Measurement:
    """Receive every frame as bytes and drop it.

    Args:
        url: The server's address.
        frames: How many deltas it sends; this contestant knows the end by counting.

    Returns:
        What the run took.
    """
    meter = Meter()
    async with connect(url, max_size=None, compression=None) as socket:
        await socket.recv(decode=False)
        meter.opened()
        await socket.recv(decode=False)
        meter.streaming()
        for _ in range(frames):
            await socket.recv(decode=False)
        return meter.ended(None)

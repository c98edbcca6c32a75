"""(b) What one writes without a library: a websockets loop, json.loads, base64.b64decode of the audio."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from meter import Measurement, Meter
from websockets.asyncio.client import connect

__all__ = ["run", "run_undecoded"]


async def run(url: str, frames: int) -> Measurement:
    """Parse every frame into a dict and decode the audio, which is what everyone does with it.

    Args:
        url: The server's address.
        frames: How many deltas it sends; not needed, the end mark ends the loop.

    Returns:
        What the run took.
    """
    return await listen(url, base64.b64decode)


async def run_undecoded(url: str, frames: int) -> Measurement:
    """Parse every frame into a dict and leave the audio as base64 text.

    Args:
        url: The server's address.
        frames: How many deltas it sends; not needed, the end mark ends the loop.

    Returns:
        What the run took.
    """
    return await listen(url, str)


async def listen(url: str, mapper: Callable[[str], bytes | str]) -> Measurement:
    """Receive until response.done, with each audio delta given to `mapper`."""
    meter = Meter()
    audio_units = 0
    seen = 0
    async with connect(url, max_size=None, compression=None) as socket:
        json.loads(await socket.recv(decode=False))
        meter.opened()
        while True:
            event = json.loads(await socket.recv(decode=False))
            seen += 1
            if seen == 1:
                meter.streaming()
            if event["type"] == "response.output_audio.delta":
                audio_units += len(mapper(event["delta"]))
            elif event["type"] == "response.done":
                return meter.ended(audio_units)

"""(c) The openai package's asynchronous realtime client, iterated for its typed events."""

from __future__ import annotations

import base64
from collections.abc import Callable

from meter import Measurement, Meter
from openai import AsyncOpenAI

__all__ = ["run", "run_decoded"]


async def run(url: str, frames: int) -> Measurement:
    """Iterate the typed events; the audio stays the base64 text that the client hands out.

    Args:
        url: The server's address, ending in `/v1/realtime?model=...`.
        frames: How many deltas it sends; not needed, the end mark ends the loop.

    Returns:
        What the run took.
    """
    return await listen(url, str)


async def run_decoded(url: str, frames: int) -> Measurement:
    """Iterate the typed events and decode the audio, which is left to the caller.

    Args:
        url: The server's address, ending in `/v1/realtime?model=...`.
        frames: How many deltas it sends; not needed, the end mark ends the loop.

    Returns:
        What the run took.
    """
    return await listen(url, base64.b64decode)


async def listen(url: str, mapper: Callable[[str], bytes | str]) -> Measurement:
    """Iterate until response.done, with each audio delta given to `mapper`."""
    meter = Meter()
    audio_units = 0
    seen = 0
    client = AsyncOpenAI(api_key="x", websocket_base_url=url.partition("/realtime")[0])
    async with client.realtime.connect(model="m") as connection:
        async for event in connection:
            if event.type == "response.output_audio.delta":
                audio_units += len(mapper(event.delta))
            elif event.type == "response.done":
                return meter.ended(audio_units)
            if seen == 0:
                meter.opened()
            elif seen == 1:
                meter.streaming()
            seen += 1
    raise RuntimeError("the connection ended before response.done")

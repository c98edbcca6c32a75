"""(e), (f), (g) A rxrealtime session with one subscriber, with five pipelines beside it, and with an agent."""

from __future__ import annotations

import asyncio
from collections import Counter

import reactivex.operators as rx_ops
from meter import Measurement, Meter

import rxrealtime
from rxrealtime import ops
from rxrealtime.events import ResponseDone, ResponseOutputAudioDelta, ResponseOutputAudioTranscriptDelta

__all__ = ["run", "run_agent", "run_pipelines"]


async def run(url: str, frames: int) -> Measurement:
    """Subscribe once; the audio arrives decoded.

    Args:
        url: The server's address.
        frames: How many deltas it sends; not needed, the end mark ends the run.

    Returns:
        What the run took.
    """
    return await listen(open_session(url))


async def run_pipelines(url: str, frames: int) -> Measurement:
    """Subscribe as `run` does, with five pipelines on the same session.

    Args:
        url: The server's address.
        frames: How many deltas it sends; checked against what the pipelines saw.

    Returns:
        What the run took, the audio counted by the audio pipeline.

    Raises:
        RuntimeError: If a pipeline saw fewer or more events than were sent.
    """
    session = open_session(url)
    seen = Counter[str]()

    def count(name: str) -> None:
        seen[name] += 1

    events = session.events
    events.pipe(ops.audio_chunks()).subscribe(lambda _: count("audio"))
    events.pipe(ops.transcripts()).subscribe(lambda _: count("transcripts"))
    events.pipe(ops.text()).subscribe(lambda _: count("text"))
    events.pipe(ops.failures()).subscribe(lambda _: count("failures"))
    deltas = events.pipe(ops.of_type(ResponseOutputAudioTranscriptDelta), rx_ops.count())
    deltas.subscribe(lambda total: seen.update(deltas=total))
    measurement = await listen(session)
    if seen["deltas"] != frames // 3 or seen["audio"] == 0 or seen["failures"]:
        raise RuntimeError(f"the pipelines saw {dict(seen)} of {frames} frames")
    return measurement


async def run_agent(url: str, frames: int) -> Measurement:
    """Subscribe as `run` does, to a session that keeps the history, the playback, the calls and the audio.

    Args:
        url: The server's address.
        frames: How many deltas it sends; not needed, the end mark ends the run.

    Returns:
        What the run took.
    """
    return await listen(open_session(url, rxrealtime.Agent("measured")))


def open_session(url: str, agent: rxrealtime.Agent | None = None) -> rxrealtime.Session:
    """Build a session over a websocket, not yet entered."""
    transport = rxrealtime.WebSocketTransport(url, headers={"Authorization": "Bearer x"})
    return rxrealtime.Session(transport, agent=agent)


async def listen(session: rxrealtime.Session) -> Measurement:
    """Enter the session and count the audio until response.done."""
    meter = Meter()
    ended: asyncio.Future[Measurement] = asyncio.get_running_loop().create_future()
    audio_bytes = 0
    seen = 0

    def on_next(event: object) -> None:
        nonlocal audio_bytes, seen
        if isinstance(event, ResponseOutputAudioDelta):
            audio_bytes += len(event.delta)
        elif isinstance(event, ResponseDone):
            ended.set_result(meter.ended(audio_bytes))
        if seen == 0:
            meter.opened()
        elif seen == 1:
            meter.streaming()
        seen += 1

    def on_end(cause: Exception | None = None) -> None:
        if not ended.done():
            ended.set_exception(cause or RuntimeError("the session ended before response.done"))

    session.events.subscribe(on_next, on_end, on_end)
    async with session:
        return await ended

"""(d) An openai-agents realtime session, iterated for its events."""

from __future__ import annotations

from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession, RealtimeSessionEvent
from meter import Measurement, Meter

__all__ = ["run"]


async def run(url: str, frames: int) -> Measurement:
    """Iterate the session's events; the package decodes the audio itself.

    Args:
        url: The server's address.
        frames: How many deltas it sends; not needed, the end mark ends the loop.

    Returns:
        What the run took.
    """
    runner = RealtimeRunner(RealtimeAgent(name="benchmark", instructions="Answer in two or three words."))
    async with await runner.run(model_config={"url": url, "api_key": "x"}) as session:
        return await listen(session)


async def listen(session: RealtimeSession) -> Measurement:
    """Count the audio until the session says that the turn, and with it response.done, is over."""
    meter = Meter()
    audio_bytes = 0
    async for event in session:
        if event.type == "audio":
            if audio_bytes == 0:
                meter.streaming()
            audio_bytes += len(event.audio.data)
        elif event.type == "agent_end":
            return meter.ended(audio_bytes)
        elif event.type == "error":
            raise RuntimeError(f"the session reported an error: {event.error!r}")
        elif audio_bytes == 0 and is_opening(event):
            meter.opened()
    raise RuntimeError("the session ended before response.done")


def is_opening(event: RealtimeSessionEvent) -> bool:
    """Tell whether the event is the server's session.created, passed on raw."""
    if event.type != "raw_model_event" or event.data.type != "raw_server_event":
        return False
    return bool(event.data.data["type"] == "session.created")

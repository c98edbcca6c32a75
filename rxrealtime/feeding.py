"""The user's audio on its way out: sent as it comes, and committed at its end where the client takes the turns."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from rxrealtime import commands
from rxrealtime.events import InputAudioBufferAppend
from rxrealtime.life import Life

__all__ = ["feed"]


async def feed(life: Life, appends: AsyncGenerator[InputAudioBufferAppend, None], respond: bool) -> None:
    """Send audio until its source ends; with manual turns, that is the end of the turn.

    Args:
        life: The session.
        appends: The audio.
        respond: Whether to ask for a response to a turn that is committed here.

    Raises:
        CommitTooShortError: The turn is shorter than 100 ms.
        Exception: What the source raised, or what sending raises.
    """
    async with aclosing(appends):
        async for append in appends:
            await life.send(append)
    audio = life.desk.audio
    if audio.manual and audio.buffered_bytes:
        await life.send(*commands.commit_audio(), *(commands.respond() if respond else ()))

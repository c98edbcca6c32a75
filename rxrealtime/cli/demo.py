"""The conversation of ``rxrealtime demo``, as a user of the library would write it: four turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from itertools import chain, repeat
from typing import Any

import reactivex
from reactivex import Observable
from reactivex import operators as rx

from rxrealtime import Session, SilentSpeaker, Transport, commands, ops
from rxrealtime.audio import PCM16_24K
from rxrealtime.cli.moments import Chapter, Heard, Note
from rxrealtime.cli.scene import CHAPTERS, ENOUGH, GUIDE, QUESTION, TELL, TIME, WEATHER
from rxrealtime.errors import RealtimeError
from rxrealtime.events import ConversationItemRetrieved, Message, ResponseCreated
from rxrealtime.server.voices import speak, transcribe

__all__ = ["Demo"]

_CHUNK_MS = 100
_LISTENED = 1.5
"""Seconds of the story that the user listens to before speaking."""
_PATIENCE = 60.0
"""Seconds that a turn may take, also where the machine is slow; at less than real time accordingly more."""


class Demo:
    """A user who holds the conversation.

    Args:
        transport: Where the server is: a url, or any transport.
        tell: Called with what the session does not say: chapters, and what was heard.
        speed: How many times faster than real time everything goes.

    Attributes:
        session: The session; subscribe to it before `converse`, which enters it.
    """

    def __init__(self, transport: Transport | str, tell: Callable[[Note], None], *, speed: float = 1.0) -> None:
        clock = asyncio.get_running_loop().time
        self._tell = tell
        self._speed = speed
        self._speaker = SilentSpeaker(lambda: clock() * speed)
        self.session = Session(transport, agent=GUIDE, speaker=self._speaker)

    async def converse(self) -> None:
        """Hold the conversation from the first event to the end of the session.

        Raises:
            RealtimeError: The session was not opened, was lost or refused something, or a turn did not end.
        """
        turns = (self._text_turn, self._spoken_turn, self._function_call, self._barge_in)
        async with self.session:
            await self.session.settled()
            for title, turn in zip(CHAPTERS, turns, strict=True):
                self._tell(Chapter(title))
                await self._in_time(title, turn())

    async def _in_time(self, title: str, turn: Coroutine[Any, Any, None]) -> None:
        seconds = _PATIENCE / min(self._speed, 1.0)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except TimeoutError:
            raise RealtimeError(f"the {title} did not end within {seconds:.0f} s") from None

    async def _text_turn(self) -> None:
        question, _ = commands.say(QUESTION)
        await self.session.send(question, *commands.respond(output_modalities=("text",)))
        await self._listen()

    async def _spoken_turn(self) -> None:
        await self.session.audio_in(self._microphone(TIME))
        await self._listen()

    async def _function_call(self) -> None:
        await self.session.send(*commands.say(WEATHER))
        await self._listen()

    async def _barge_in(self) -> None:
        wish, create = commands.say(TELL)
        await self.session.send(wish)
        await self.session.request(create)
        await self.session.audio.pipe(rx.first())
        await self._pause(_LISTENED)
        await self.session.audio_in(self._microphone(ENOUGH))
        await self._listen()
        await self._look_back()

    async def _look_back(self) -> None:
        """Ask the server what it kept of the answer that was interrupted."""
        for item in self.session.history.value:
            if item.heard_ms:
                kept = await self.session.request(*commands.retrieve(item.id))
                audio = _audio_of(kept) if isinstance(kept, ConversationItemRetrieved) else b""
                self._tell(Heard(item.id, transcribe(audio), PCM16_24K.bytes_to_ms(len(audio))))

    def _microphone(self, text: str) -> Observable[bytes]:
        """Speak at the speed of speech, and be silent until the model answers."""
        chunks = chain(_chunks(speak(text)), repeat(bytes(PCM16_24K.ms_to_bytes(_CHUNK_MS))))
        return reactivex.interval(_CHUNK_MS / 1000 / self._speed, scheduler=self.session.scheduler).pipe(
            rx.map(lambda _: next(chunks)),
            rx.take_until(self.session.events.pipe(ops.of_type(ResponseCreated))),
        )

    async def _listen(self) -> None:
        """Hear the answer to its end, and think for a moment."""
        await self.session.settled()
        await self._pause(self._speaker.left + 0.5)

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


def _chunks(audio: bytes) -> Iterator[bytes]:
    size = PCM16_24K.ms_to_bytes(_CHUNK_MS)
    return (audio[start : start + size] for start in range(0, len(audio), size))


def _audio_of(event: ConversationItemRetrieved) -> bytes:
    parts = (event.item.content or ()) if isinstance(event.item, Message) else ()
    return b"".join(part.audio or b"" for part in parts)

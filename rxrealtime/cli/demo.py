"""The conversation of ``rxrealtime demo``, as a user of the library would write it: four turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat

from rxrealtime import Session, commands, ops
from rxrealtime.audio import PCM16_24K
from rxrealtime.cli.awaiting import Expecting
from rxrealtime.cli.moments import Chapter, Heard, Note
from rxrealtime.cli.scene import CHAPTERS, CONFIG, ENOUGH, QUESTION, TELL, TIME, WEATHER, get_weather
from rxrealtime.cli.speaker import Speaker
from rxrealtime.events import (
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemRetrieved,
    InputAudioBufferSpeechStarted,
    InputAudioBufferSpeechStopped,
    Message,
    ResponseDone,
    ResponseFunctionCallArgumentsDone,
    ResponseOutputAudioDelta,
)
from rxrealtime.server.voices import speak, transcribe

__all__ = ["Demo"]

_CHUNK_MS = 100
_PATIENCE_CHUNKS = 40
"""How much silence is sent before the user gives up waiting for the server to notice that the turn is over."""
_LISTENED = 1.5
"""Seconds of the story that the user listens to before speaking."""


class Demo:
    """A user who holds the conversation.

    Args:
        session: The session; it is entered here.
        tell: Called with what the events do not say: chapters, and what was heard.
        speed: How many times faster than real time everything goes.
    """

    def __init__(self, session: Session, tell: Callable[[Note], None], *, speed: float = 1.0) -> None:
        self._session = session
        self._tell = tell
        self._speed = speed
        self._events = Expecting(session)
        self._speaker = Speaker(lambda: time.perf_counter() * speed)
        session.events.pipe(ops.audio_chunks()).subscribe(self._speaker.play, on_error=lambda _: None)

    async def converse(self) -> None:
        """Hold the conversation from the first event to the end of the session.

        Raises:
            RealtimeError: The session was not opened, was lost, refused something, or an event did not come.
        """
        turns = (self._text_turn, self._spoken_turn, self._function_call, self._barge_in)
        try:
            async with self._session as session:
                await session.request(*commands.configure(CONFIG))
                for title, turn in zip(CHAPTERS, turns, strict=True):
                    self._tell(Chapter(title))
                    await turn(session)
        finally:
            self._events.forget()

    async def _text_turn(self, session: Session) -> None:
        done = self._events.next(ResponseDone)
        question, _ = commands.say(QUESTION)
        await session.send(question, *commands.respond(output_modalities=("text",)))
        await done
        await self._pause(0.5)

    async def _spoken_turn(self, session: Session) -> None:
        transcribed = self._events.next(ConversationItemInputAudioTranscriptionCompleted)
        done = self._events.next(ResponseDone)
        await self._speak(TIME)
        await transcribed
        await done
        await self._listen()

    async def _function_call(self, session: Session) -> None:
        called = self._events.next(ResponseFunctionCallArgumentsDone)
        done = self._events.next(ResponseDone)
        await session.send(*commands.say(WEATHER))
        call = await called
        await done
        answered = self._events.next(ResponseDone)
        output = get_weather(call.arguments)
        await session.send(*commands.answer_call(call.call_id or "", output), *commands.respond())
        await answered
        await self._listen()

    async def _barge_in(self, session: Session) -> None:
        begun = self._events.next(ResponseOutputAudioDelta)
        await session.send(*commands.say(TELL))
        await begun
        await self._pause(_LISTENED)
        answered = self._events.next(ResponseDone, lambda event: event.response.status == "completed")
        await asyncio.gather(self._speak(ENOUGH), self._give_way(session))
        await answered
        await self._listen()

    async def _give_way(self, session: Session) -> None:
        """Stop playing when the user speaks, and let the server forget what was not heard."""
        cancelled = self._events.next(ResponseDone, lambda event: event.response.status == "cancelled")
        await self._events.next(InputAudioBufferSpeechStarted)
        item_id, heard_ms = self._speaker.stop()
        await session.request(*commands.truncate(item_id, heard_ms))
        await cancelled
        kept = await session.request(*commands.retrieve(item_id))
        if isinstance(kept, ConversationItemRetrieved):
            audio = _audio_of(kept)
            self._tell(Heard(item_id, transcribe(audio), PCM16_24K.bytes_to_ms(len(audio))))

    async def _speak(self, text: str) -> None:
        """Speak, and be silent until the server has noticed that the turn is over."""
        stopped = self._events.next(InputAudioBufferSpeechStopped)
        silence = bytes(PCM16_24K.ms_to_bytes(_CHUNK_MS))
        for chunk in chain(_chunks(speak(text)), repeat(silence, _PATIENCE_CHUNKS)):
            if stopped.here:
                break
            await self._session.send(*commands.append_audio(chunk))
            await self._pause(_CHUNK_MS / 1000)
        await stopped

    async def _listen(self) -> None:
        """Hear the answer to its end, and think for a moment."""
        await self._pause(self._speaker.left + 0.5)

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


def _chunks(audio: bytes) -> Iterator[bytes]:
    size = PCM16_24K.ms_to_bytes(_CHUNK_MS)
    return (audio[start : start + size] for start in range(0, len(audio), size))


def _audio_of(event: ConversationItemRetrieved) -> bytes:
    parts = (event.item.content or ()) if isinstance(event.item, Message) else ()
    return b"".join(part.audio or b"" for part in parts)

"""A user who speaks while the model does: it falls silent, and the conversation keeps what was heard."""

import asyncio
from collections.abc import AsyncIterator

from rxrealtime import Agent, Interrupted, Session, commands, ops, session_config
from rxrealtime.audio import PCM16_24K
from rxrealtime.events import ResponseOutputAudioDelta
from rxrealtime.loopback import LoopbackTransport
from rxrealtime.server.scenarios import Rule, Scenario
from rxrealtime.server.voices import speak

STORY = "Once upon a time a stream set out for the sea. It met a stone and went around it. " * 3
SERVER = Scenario((Rule("story", say=STORY), Rule("enough", say="As you like.")), pace=4)


async def microphone(text: str) -> AsyncIterator[bytes]:
    """Speak at the speed of speech, then be silent for a while."""
    audio = speak(text) + bytes(PCM16_24K.ms_to_bytes(800))
    size = PCM16_24K.ms_to_bytes(100)
    for start in range(0, len(audio), size):
        yield audio[start : start + size]
        await asyncio.sleep(0.1)


async def main() -> None:
    settings = session_config(turn_detection="server_vad", transcription="tones")
    session = Session(LoopbackTransport(scenario=SERVER), agent=Agent("teller", settings=settings))
    session.activity.pipe(ops.of_type(Interrupted)).subscribe(print)
    begun = asyncio.Event()
    session.events.pipe(ops.of_type(ResponseOutputAudioDelta)).subscribe(lambda _: begun.set())
    async with session:
        await session.send(*commands.say("Tell me a story."))
        await begun.wait()
        await asyncio.sleep(1.0)  # the user listens
        await session.audio_in(microphone("Enough!"))
        await session.settled()
        print(session.history.value)


if __name__ == "__main__":
    asyncio.run(main())

"""The async realtime client of the ``openai`` package holds a conversation with the embedded server."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from rxrealtime.audio import PCM16_24K
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.voices import speak

openai = pytest.importorskip("openai", reason="needs the openai package, which is not installed")

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def _run(main: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await main()

    asyncio.run(bounded())


@asynccontextmanager
async def _connected(pace: float = 0) -> AsyncIterator[Any]:
    """Give a connection of the client to a server, after ``session.created``."""
    async with LoopbackServer(pace=pace) as server:
        url = server.url.partition("/realtime")[0]
        client = openai.AsyncOpenAI(api_key="not-a-key", websocket_base_url=url, base_url=url)
        async with client, client.realtime.connect(model="gpt-realtime") as connection:
            assert (await connection.recv()).type == "session.created"
            yield connection


async def _until(connection: Any, kind: str) -> list[Any]:
    """Give what comes, up to an event of a type; an error of the server fails the test."""
    events: list[Any] = []
    while not events or events[-1].type != kind:
        events.append(await connection.recv())
        assert events[-1].type != "error", events[-1]
    return events


async def _configure(connection: Any, **settings: Any) -> Any:
    await connection.session.update(session={"type": "realtime", **settings})
    return (await _until(connection, "session.updated"))[-1].session


async def _say(connection: Any, text: str) -> None:
    content = [{"type": "input_text", "text": text}]
    await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
    await connection.response.create()


def test_a_text_turn_and_an_orderly_end() -> None:
    """Configured, asked, answered in writing, closed."""

    async def main() -> None:
        async with _connected() as connection:
            session = await _configure(connection, instructions="Be brief.", output_modalities=["text"])
            assert session.instructions == "Be brief."
            await _say(connection, "hello")
            events = await _until(connection, "response.done")
            text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
            assert text
            assert events[-1].response.status == "completed"
            assert events[-1].response.output[0].content[0].text == text
            await connection.close(code=1000, reason="bye")

    _run(main)


def test_an_audio_turn() -> None:
    """Speech is found, transcribed, and answered in speech that says what its transcript says."""

    async def main() -> None:
        async with _connected() as connection:
            audio = {"input": {"transcription": {"model": "whisper-1"}, "turn_detection": {"type": "server_vad"}}}
            await _configure(connection, output_modalities=["audio"], audio=audio)
            spoken = speak("hello", PCM16_24K) + bytes(48_000)
            for start in range(0, len(spoken), 4_800):
                chunk = b64encode(spoken[start : start + 4_800]).decode()
                await connection.input_audio_buffer.append(audio=chunk)
            events = await _until(connection, "response.done")
            kinds = [event.type for event in events]
            assert kinds.index("input_audio_buffer.speech_started") < kinds.index("input_audio_buffer.speech_stopped")
            heard = [e.transcript for e in events if e.type == "conversation.item.input_audio_transcription.completed"]
            assert heard == ["hello"]
            assert "response.output_audio.delta" in kinds
            said = [event.transcript for event in events if event.type == "response.output_audio_transcript.done"]
            assert said == [events[-1].response.output[0].content[0].transcript]

    _run(main)


def test_a_function_call() -> None:
    """The call is made, its output is sent, and the answer holds it."""

    async def main() -> None:
        async with _connected() as connection:
            await _configure(connection, output_modalities=["text"], tools=[WEATHER])
            await _say(connection, "What is the weather in Oslo?")
            called = (await _until(connection, "response.done"))[-1].response.output[0]
            assert (called.type, called.name) == ("function_call", "get_weather")
            assert isinstance(json.loads(called.arguments), dict)
            output = {"type": "function_call_output", "call_id": called.call_id, "output": "sunny"}
            await connection.conversation.item.create(item=output)
            await connection.response.create()
            answered = (await _until(connection, "response.done"))[-1].response
            assert "sunny" in answered.output[0].content[0].text

    _run(main)


def test_an_interruption() -> None:
    """A response is cancelled and its item is cut."""

    async def main() -> None:
        async with _connected(pace=1) as connection:
            await _configure(connection, output_modalities=["audio"])
            await _say(connection, "say this again: " + "and on and on " * 20)
            delta = (await _until(connection, "response.output_audio.delta"))[-1]
            await connection.response.cancel()
            done = (await _until(connection, "response.done"))[-1].response
            assert done.status == "cancelled"
            await connection.conversation.item.truncate(item_id=delta.item_id, content_index=0, audio_end_ms=20)
            assert (await _until(connection, "conversation.item.truncated"))[-1].audio_end_ms == 20

    _run(main)

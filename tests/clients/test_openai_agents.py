"""A realtime session of ``openai-agents`` holds a conversation with the embedded server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from rxrealtime.audio import PCM16_24K
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.voices import speak

agents = pytest.importorskip("agents", reason="needs the openai-agents package, which is not installed")
realtime = pytest.importorskip("agents.realtime", reason="needs the openai-agents package, which is not installed")


def _run(main: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await main()

    agents.set_tracing_disabled(True)
    asyncio.run(bounded())


@asynccontextmanager
async def _session(pace: float = 0, **settings: Any) -> AsyncIterator[Any]:
    """Give a session with an agent that has one tool."""
    called: list[str] = []

    def get_weather(city: str) -> str:
        """Tell the weather."""
        called.append(city)
        return "sunny"

    agent = realtime.RealtimeAgent(
        name="host", instructions="Be brief.", tools=[agents.function_tool(get_weather, name_override="get_weather")]
    )
    async with LoopbackServer(pace=pace) as server:
        named = {"model_name": "gpt-realtime"} | settings  # that of the url: no server changes the model of a session
        config = {"api_key": "not-a-key", "url": server.url, "initial_model_settings": named}
        async with await realtime.RealtimeRunner(agent).run(model_config=config) as session:
            yield session


async def _until(session: Any, ends: Callable[[Any], bool]) -> list[Any]:
    """Give the session's events, up to one; its errors fail the test."""
    events: list[Any] = []
    async for event in session:
        events.append(event)
        assert event.type != "error", event
        if ends(event):
            break
    return events


def _is(kind: str) -> Callable[[Any], bool]:
    return lambda event: event.type == kind


def _says(word: str) -> Callable[[Any], bool]:
    """Find the event after which the session's own history has an answer that holds a word."""

    def found(event: Any) -> bool:
        history = getattr(event, "history", [])
        answers = [item for item in history if getattr(item, "role", "") == "assistant"]
        parts = [part for item in answers for part in item.content]
        return any(word in (getattr(part, "text", "") or getattr(part, "transcript", "") or "") for part in parts)

    return found


def test_a_text_turn_and_an_orderly_end() -> None:
    """Its own settings are taken as they come; the turn ends, the session closes."""

    async def main() -> None:
        async with _session(output_modalities=["text"]) as session:
            await session.send_message("zebra")
            events = await _until(session, _says("zebra"))
            assert "agent_start" in [event.type for event in events]

    _run(main)


def test_an_audio_turn() -> None:
    """Speech goes in, speech comes out."""

    async def main() -> None:
        async with _session(turn_detection={"type": "server_vad"}) as session:
            spoken = speak("hello", PCM16_24K) + bytes(48_000)
            for start in range(0, len(spoken), 4_800):
                await session.send_audio(spoken[start : start + 4_800])
            events = await _until(session, _is("audio_end"))
            assert sum(len(event.audio.data) for event in events if event.type == "audio") > 4_800

    _run(main)


def test_a_function_call() -> None:
    """The session runs the tool, sends its output, and hears an answer that holds it."""

    async def main() -> None:
        async with _session(output_modalities=["text"]) as session:
            await session.send_message("What is the get_weather in Oslo?")
            events = await _until(session, _is("tool_end"))
            assert events[-1].output == "sunny"
            await _until(session, _says("sunny"))

    _run(main)


def test_an_interruption() -> None:
    """The session interrupts: the server ends the response, and the next turn works."""

    async def main() -> None:
        async with _session(pace=1) as session:
            await session.send_message("say this again: " + "and on and on " * 20)
            await _until(session, _is("audio"))
            await session.interrupt()
            await _until(session, _is("audio_interrupted"))
            await session.send_message("hello")
            await _until(session, _is("audio"))

    _run(main)

"""What the embedded server says to our own session, with an agent, keeps the invariants."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from reactivex import Observable
from reactivex import operators as rx

from rxrealtime import Agent, Frame, RequestRejectedError, Session, WebSocketTransport, commands, session_config, tool
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.scenarios import Rule, Scenario
from rxrealtime.server.voices import speak
from tests.leaks import run_clean
from tests.server.invariants import Checker, is_answer

Talk = Callable[[Session], Awaitable[None]]
SERVER = Scenario(rules=(Rule("story", say="Once there was a king. " * 8),))


@tool
def get_weather(city: str) -> str:
    """Tell the weather."""
    return f"fine in {city}"


class _Tapped:
    """A transport that remembers what came, and what was sent with how much had come by then."""

    def __init__(self, inner: WebSocketTransport) -> None:
        self.inner = inner
        self.frames: list[Frame] = []
        self.sent: list[tuple[int, Any]] = []

    @property
    def received(self) -> list[Any]:
        """What came, in order."""
        return [json.loads(frame.data) for frame in self.frames]

    async def connect(self) -> Any:
        return _TappedConnection(await self.inner.connect(), self)


class _TappedConnection:
    def __init__(self, connection: Any, tap: _Tapped) -> None:
        self.frames: Observable[Frame] = connection.frames.pipe(rx.do_action(tap.frames.append))
        self.close = connection.close
        self.now = connection.now
        self._inner = connection
        self._tap = tap

    async def send(self, data: str | bytes) -> None:
        self._tap.sent.append((len(self._tap.frames), json.loads(data)))
        await self._inner.send(data)


async def _heard(session: Session, kind: str, times: int = 1) -> None:
    """Wait until that many events of a type have come."""
    async for event in session:
        times -= event.type == kind
        if not times:
            break


async def _writes(session: Session) -> None:
    for text in ("hello", "who are you"):
        await session.send(*commands.say(text))
        await session.settled()


async def _calls_a_tool(session: Session) -> None:
    await session.send(*commands.say("get_weather of Oslo"))
    await session.settled()


async def _interrupts(session: Session) -> None:
    await session.send(*commands.say("a story"))
    await _heard(session, "response.output_audio.delta", 2)
    await session.interrupt()
    await session.settled()
    await session.send(*commands.say("hello"))
    await session.settled()


async def _speaks_over_it(session: Session) -> None:
    await session.send(*commands.say("a story"))
    await _heard(session, "response.output_audio.delta", 2)
    await session.send(*commands.append_audio(speak("hi") + bytes(48_000)))
    await _heard(session, "response.done", 2)


async def _is_refused(session: Session) -> None:
    with pytest.raises(RequestRejectedError):
        await session.request(commands.delete("nothing")[0])
    await _writes(session)


SCENES: dict[str, tuple[Talk, str, float, tuple[str, ...]]] = {
    "text": (_writes, "text", 0, ("response.output_text.done",)),
    "speech": (_writes, "audio", 0, ("response.output_audio.done",)),
    "a tool": (_calls_a_tool, "text", 0, ("response.function_call_arguments.done", "response.output_text.done")),
    "a tool, aloud": (_calls_a_tool, "audio", 0, ("response.function_call_arguments.done",)),
    "interrupted": (_interrupts, "audio", 8, ("conversation.item.truncated",)),
    "spoken over": (_speaks_over_it, "audio", 8, ("input_audio_buffer.speech_started", "conversation.item.truncated")),
    "refused": (_is_refused, "text", 0, ("error",)),
}
"""What is said, in what modality, at what pace, and what must have happened in it."""


async def _held(talk: Talk, modality: Any, pace: float) -> _Tapped:
    agent = Agent("clerk", tools=(get_weather,), settings=session_config(output_modalities=(modality,)))
    async with LoopbackServer(SERVER, pace=pace) as server:
        transport = _Tapped(WebSocketTransport(server.url))
        async with Session(transport, agent=agent) as session:
            await talk(session)
    return transport


def _starts(sent: list[tuple[int, Any]], received: list[Any]) -> Iterator[int]:
    """Give for each message where in what came that begins which it may have led to.

    The server answers in order. So that is the answer of the message, the first one behind that of the message before;
    for audio, which has none, all that came after it was sent.
    """
    place = 0
    for earlier, message in sent:
        place = max(place, earlier)
        if message["type"] == "input_audio_buffer.append":
            yield place
            continue
        later = range(place, len(received))
        place = next((number for number in later if is_answer(message, received[number])), len(received))
        yield place
        place += 1


@pytest.mark.parametrize("scene", SCENES)
def test_a_conversation_with_our_session_keeps_the_invariants(scene: str) -> None:
    """Every frame that the session sent was answered once, and every one that it received was in order."""
    talk, modality, pace, happened = SCENES[scene]
    tapped = run_clean(lambda: _held(talk, modality, pace))
    received = tapped.received
    starts = [*_starts(tapped.sent, received), len(received)]
    checker = Checker()
    checker.saw(received[: starts[0]])
    for (_, message), (start, end) in zip(tapped.sent, pairwise(starts), strict=True):
        checker.sent(message, received[start:end])
    kinds = [event["type"] for event in received]
    assert set(happened) <= set(kinds)
    assert kinds.count("response.created") == kinds.count("response.done") >= 2

"""A live run and the replay of its recording are the same, for every family of operators."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reactivex import Observable
from reactivex import operators as rx

from rxrealtime import ReplayTransport, Session, commands, ops, record
from rxrealtime.events import ResponseDone, ToolDefinition
from rxrealtime.server.faults import inject
from rxrealtime.server.loopback import LoopbackServer
from tests.leaks import run_clean

FAMILIES: dict[str, Callable[[Observable[Any]], Observable[Any]]] = {
    "everything": rx.map(lambda value: value),
    "of_type": ops.of_type(ResponseDone),
    "failures": ops.failures(),
    "audio_chunks": ops.audio_chunks(),
    "transcripts": ops.transcripts(partial=True),
    "text": ops.text(partial=True),
    "turns": ops.turns(),
    "usage": ops.usage(),
    "rechunk": lambda source: source.pipe(ops.audio_chunks(), ops.rechunk(1000)),
    "history": ops.history(),
    "history_deltas": ops.history_deltas(),
    "mute_interrupted": ops.mute_interrupted(),
    "catch_map": ops.catch_map(lambda event: event.response.status, lambda event, error: type(error).__name__),
}
WEATHER = ToolDefinition(
    type="function", name="get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}}
)


def _watch(session: Session) -> dict[str, list[str]]:
    seen: dict[str, list[str]] = {name: [] for name in FAMILIES}
    for name, family in FAMILIES.items():
        session.events.pipe(family).subscribe(lambda value, name=name: seen[name].append(_shown(value)))
    return seen


def _shown(value: Any) -> str:
    """Everything of a value: the repr of a failure does not compare equal, its frame does."""
    return repr((value.kind, value.frame.data, round(value.at, 6))) if hasattr(value, "kind") else repr(value)


async def _live(path: Path) -> dict[str, list[str]]:
    """Hold a conversation: a configuration, a written and a spoken answer, a call, malformed frames in between."""
    garbage = inject("{", b"\xff\xfe", after="response.created")
    async with LoopbackServer(pace=0, faults=garbage) as server:
        session = Session(server.url)
        seen = _watch(session)
        async with record(session, path), session:
            await session.request(commands.configure(output_modalities=("text",), tools=(WEATHER,))[0])
            for text, modality in (("hello", "text"), ("who are you", "audio"), ("the weather in Oslo", "text")):
                await session.request(commands.configure(output_modalities=(modality,))[0])
                await session.send(*commands.say(text))
                async for event in session:
                    if event.type == "rate_limits.updated":  # the last event of a turn of this server
                        break
    return seen


async def _replayed(path: Path) -> dict[str, list[str]]:
    session = Session(ReplayTransport(path, speed=0))
    seen = _watch(session)
    async with session:
        await session.closed
    return seen


@pytest.fixture(scope="module", params=["talk.jsonl", "talk.jsonl.zst"])
def runs(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """One live run, and the replay of its recording."""
    path = tmp_path_factory.mktemp("talk") / request.param
    return run_clean(lambda: _live(path)), run_clean(lambda: _replayed(path))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_replay_gives_what_the_live_run_gave(family: str, runs: tuple[dict[str, list[str]], ...]) -> None:
    """Value for value, in order, failures in their places."""
    live, replayed = runs
    assert replayed[family] == live[family]
    assert len(live[family]) >= 1


async def _two_views() -> tuple[list[str], list[str]]:
    """Watch one live session by subscription and by iteration."""
    async with LoopbackServer(pace=0) as server:
        session = Session(server.url)
        subscribed: list[str] = []
        iterated: list[str] = []
        session.events.subscribe(lambda event: subscribed.append(repr(event)))
        async with session:
            await session.send(*commands.say("hello"))
            async for event in session:
                iterated.append(repr(event))
                if event.type == "response.done":
                    break
            await asyncio.sleep(0)
    return subscribed, iterated


def test_a_loop_sees_what_a_subscriber_sees() -> None:
    """From the first event on, although the loop began after something was sent."""
    subscribed, iterated = run_clean(_two_views)
    assert iterated == subscribed[: len(iterated)]
    assert "session.created" in iterated[0]

"""A session with an agent, live and over the replay of its recording: policies and clocks give the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as rx

from rxrealtime import Agent, Frame, Guardrail, MemoryTransport, ReplayTransport, Session, ops, record, tool
from rxrealtime.events import InputAudioBufferSpeechStopped, ResponseCreate
from rxrealtime.operators.wanted import Wanted
from rxrealtime.testing.virtual import virtual_run
from rxrealtime.transport import Transport
from tests.views.story import STORY

_CALL = {"type": "function_call", "id": "i2", "call_id": "c1", "name": "get_weather", "arguments": "{}"}
_CALLED = {"type": "response.output_item.done", "response_id": "r2", "output_index": 0, "item": _CALL}
TOLD = sorted(
    [
        *(entry for entry in STORY if isinstance(entry, Frame) and entry.direction == "received"),
        Frame("received", json.dumps({**_CALLED, "event_id": "e2"}), 3.25),
    ],
    key=lambda frame: frame.at,
)
Seen = dict[str, list[tuple[float, str]]]
weather = tool(partial(asyncio.sleep, 0.25, "fog"), name="get_weather")


async def _no_stories(text: str, context: object) -> str | None:
    """Find a story after a quarter of a second."""
    await asyncio.sleep(0.25)
    return "a story" if "story" in text else None


def _politeness() -> Guardrail:
    return Guardrail("no stories", _no_stories, on_error="block", every_chars=4)


def _asking(source: Observable[Any]) -> Observable[Any]:
    """Ask for a response twice whenever the user stopped."""

    def asked(event: Any) -> Observable[Any]:
        twice = [Wanted(ResponseCreate())] * 2 if isinstance(event, InputAudioBufferSpeechStopped) else []
        return reactivex.of(event, *twice)

    return source.pipe(rx.concat_map(asked), ops.schedule_responses())


FAMILIES: dict[str, Callable[[Observable[Any]], Observable[Any]]] = {
    "latencies": ops.latencies(),
    "spans": ops.spans(),
    "usage": ops.usage(),
    "run_tools": ops.run_tools([weather]),
    "guardrails": ops.guardrails([_politeness()]),
    "interruption": ops.interruption(),
    "schedule_responses": _asking,
}
STREAMS = ("events", "activity", "sent")


def _agent() -> Agent:
    return Agent("guide", "Tell no stories.", tools=(weather,), output_guardrails=(_politeness(),))


def _shown(value: Any) -> str:
    """Everything of a value; the repr of an exception may have an address, its kind and frame tell the rest."""
    return repr((value.kind, value.frame)) if hasattr(value, "kind") and hasattr(value, "frame") else repr(value)


async def _watched(transport: Transport, agent: Agent | None, during: Callable[[Session], Any]) -> Seen:
    """Hold a session, and note what each stream of it gave, and when."""
    loop = asyncio.get_running_loop()
    session = Session(transport, agent=agent)
    seen: Seen = {name: [] for name in (*STREAMS, *FAMILIES)}

    def note(name: str, value: object) -> None:
        seen[name].append((round(loop.time(), 6), _shown(value)))

    for name in STREAMS:
        getattr(session, name).subscribe(partial(note, name))
    for name, family in FAMILIES.items():
        session.events.pipe(family).subscribe(partial(note, name), scheduler=session.scheduler)
    await during(session)
    return seen


async def _live(path: Path, agent: Agent | None) -> Seen:
    """Let a provider tell the story, and confirm whatever configuration it is sent."""
    transport = MemoryTransport()

    async def during(session: Session) -> None:
        async with record(session, path), session:
            transport.peer.send('{"type":"session.created","event_id":"e0","session":{"type":"realtime"}}')
            if agent is not None:
                update = json.loads((await transport.peer.until_received(1))[0].data)
                transport.peer.send(json.dumps({**update, "type": "session.updated", "event_id": "e1"}))
            loop = asyncio.get_running_loop()
            for frame in TOLD:
                await asyncio.sleep(1.0 + frame.at - loop.time())
                transport.peer.send(str(frame.data).encode(), loop.time())
            await asyncio.sleep(5.0)

    return await _watched(transport, agent, during)


async def _replayed(path: Path, agent: Agent | None) -> Seen:
    async def during(session: Session) -> None:
        async with session:
            await session.closed

    return await _watched(ReplayTransport(path), agent, during)


@pytest.fixture(scope="module", params=["talk.jsonl", "talk.jsonl.zst"])
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[bool, tuple[Seen, Seen]]:
    """A live run and the replay of its recording, without and with an agent."""
    folder, found = tmp_path_factory.mktemp("talk"), {}
    for agent in (None, _agent()):
        path = folder / f"{agent is None}-{request.param}"
        live = virtual_run(lambda: _live(path, agent))  # noqa: B023 (it runs now)
        found[agent is not None] = live, virtual_run(lambda: _replayed(path, agent))  # noqa: B023 (it runs now)
    return found


@pytest.mark.parametrize("with_agent", [False, True])
@pytest.mark.parametrize("name", [*STREAMS, *FAMILIES])
def test_a_replay_gives_what_the_live_run_gave_when_it_gave_it(
    name: str, with_agent: bool, runs: dict[bool, tuple[Seen, Seen]]
) -> None:
    """Value for value at the same virtual time: latencies, spans, tools, checks, interruptions, and what is sent."""
    live, replayed = (seen[name] for seen in runs[with_agent])
    assert replayed == live
    assert live or (name in ("activity", "sent") and not with_agent)


def test_the_story_makes_every_policy_act(runs: dict[bool, tuple[Seen, Seen]]) -> None:
    """A tool ran, a guardrail tripped, an answer was cut, and two creates became one."""
    replayed = runs[True][1]
    done = " ".join(text for _, text in replayed["activity"])
    for what in ("ToolEnded", "GuardrailTripped", "Interrupted"):
        assert what in done
    assert "ResponseDropped" in " ".join(text for _, text in replayed["schedule_responses"])

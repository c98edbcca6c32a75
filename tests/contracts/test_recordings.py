"""S5, D7 and T of recordings: a recording ends with its session, once, and tells nobody's secrets."""

from __future__ import annotations

import asyncio
import json
import threading
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from reactivex import operators as rx

from rxrealtime import (
    Agent,
    Guardrail,
    MemoryTransport,
    SchemaError,
    Session,
    commands,
    open_recording,
    ops,
    record,
    tool,
)
from rxrealtime.events import Error, ErrorDetail, Response, ResponseDone, ToolDefinition
from rxrealtime.recorder import SessionRecording
from rxrealtime.recording.entries import Mark
from rxrealtime.testing import leak_check
from rxrealtime.views import Marbles, Timeline, event_rows, moments, show, summarize
from tests.configs import mcp_with
from tests.contracts.endings import ENDINGS, Ending, Scene, scene_of
from tests.conversing import Provider
from tests.frames import BAD_FRAMES
from tests.leaks import run_clean
from tests.operators.streams import settle
from tests.operators.wire import said, text_item, transcribed
from tests.views.screens import FakeScreen

CANARY = "c4n4ry-7f3a9b"
KEY = f"sk-{CANARY}"
CREATED = b'{"type": "session.created", "event_id": "e", "session": {}}'


def _marks(path: Path) -> list[Mark]:
    return [entry for entry in open_recording(path).entries() if isinstance(entry, Mark)]


_Ending = Callable[[Scene, SessionRecording], Awaitable[None]]


async def _closing_is_cancelled(scene: Scene, recording: SessionRecording) -> None:
    await scene.open()
    closing = asyncio.ensure_future(scene.session.close())
    await asyncio.sleep(0)
    closing.cancel()


async def _the_recording_is_stopped_first(scene: Scene, recording: SessionRecording) -> None:
    await scene.open()
    await recording.close()
    await scene.session.close()


async def _both_end_at_once(scene: Scene, recording: SessionRecording) -> None:
    await scene.open()
    await asyncio.gather(recording.close(), scene.session.close(), recording.close())


def _with_the_session(end: Ending) -> _Ending:
    return lambda scene, _: end(scene)


_ENDINGS: dict[str, _Ending] = {name: _with_the_session(end) for name, end in ENDINGS.items()} | {
    "closing is cancelled": _closing_is_cancelled,
    "the recording is stopped first": _the_recording_is_stopped_first,
    "both end at once": _both_end_at_once,
}
_SAID = {
    "the server closes": "1011",
    "the connection is lost": "lost",
    "a frame is bad": "not JSON",
    "no connection comes to be": "no way",
    "the recording is stopped first": "the recording was stopped",
    "both end at once": "the recording was stopped",
}


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "left alone"])
@pytest.mark.parametrize("name", _ENDINGS)
def test_t1_a_recording_ends_once_with_its_session(name: str, closed: bool, tmp_path: Path) -> None:
    """T1, T2, T3: one end, the last entry, which says how; no thread, task or subscription is left."""
    scene, path, threads = scene_of(name), tmp_path / "x.jsonl.zst", set(threading.enumerate())

    async def main() -> None:
        recording = record(scene.session, path)
        await _ENDINGS[name](scene, recording)
        await scene.session.closed
        if closed:
            await recording.close()

    run_clean(main, watch=[scene.session])
    for writing in {*threading.enumerate()} - threads:
        if writing.name == "rxrealtime recording":
            writing.join()  # at the end of the session it is told to stop, whether or not somebody waits for it
    found = list(open_recording(path).entries())
    assert [entry.kind for entry in found if isinstance(entry, Mark)].count("end") == 1
    assert isinstance(found[-1], Mark)
    assert _SAID.get(name, "closed by us") in found[-1].text
    assert [file.name for file in tmp_path.iterdir()] == ["x.jsonl.zst"]


def test_t3_a_recording_that_is_stopped_leaves_nothing_in_its_session(tmp_path: Path) -> None:
    """T3: the session goes on as if it had never been recorded."""

    async def main() -> None:
        transport = MemoryTransport()
        async with Session(transport) as session:
            async with leak_check(session), record(session, tmp_path / "x.jsonl"):
                transport.peer.send(CREATED)
                await transport.peer.flush()
            faults: list[Any] = []
            session.faults.subscribe(faults.append)
            transport.peer.send(CREATED)
            await transport.peer.flush()
        assert faults == []

    run_clean(main)
    assert len(list(open_recording(tmp_path / "x.jsonl").frames())) == 1


def _raises(value: Any) -> Any:
    raise ValueError(CANARY)


@tool
async def lookup(key: str) -> str:
    """Look something up, and fail."""
    raise LookupError(key)


async def _go_wrong(path: Path) -> None:
    """Record a session in which everything that can fail does, with a secret in all that was said."""
    provider = Provider()
    agent = Agent("clerk", CANARY, tools=(lookup,), input_guardrails=(Guardrail("fails", _checks, on_error="pass"),))
    policies = [lambda stream: stream.pipe(rx.filter(lambda value: isinstance(value, ResponseDone)), rx.map(_raises))]
    session = Session(provider.transport, agent=agent, policies=policies)
    session.events.pipe(ops.transcripts()).subscribe(_raises)
    async with record(session, path), session:
        await provider.confirm()
        for frame, _ in BAD_FRAMES.values():
            provider.transport.peer.send(frame.replace(b"hello", CANARY.encode()))
        provider.transport.peer.send(json.dumps({"type": "response.output_text.delta", "delta": [CANARY]}))
        await provider.call("lookup", json.dumps({"key": CANARY}))
        await provider.call("lookup", json.dumps({"other": CANARY}), call_id="call_2", response_id="r2")
        await provider.say(said(CANARY), transcribed(CANARY), Error(error=ErrorDetail(message=CANARY, code="no")))
        await provider.say(ResponseDone(response=Response(id="r3", status="failed", output=(text_item("i", CANARY),))))
        with pytest.raises(SchemaError):
            await session.send(*commands.say(f"{CANARY}\ud800"))
        await settle(50)


def _checks(text: str, context: Any) -> None:
    raise ValueError(text)


def test_d7_no_mark_of_a_recording_and_no_row_contains_payload(tmp_path: Path) -> None:
    """D7: what failed is named by its kind, its exception and its event; what was said is in the frames alone."""
    run_clean(lambda: _go_wrong(tmp_path / "x.jsonl"))
    marks = _marks(tmp_path / "x.jsonl")
    kinds = {mark.detail.get("kind") for mark in marks}
    assert {"tool", "guardrail", "handler", "send", "fault", "response"} <= kinds, kinds
    rows = list(event_rows(tmp_path / "x.jsonl"))
    assert sum(row["failed"] for row in rows) > len(marks)
    assert CANARY not in f"{marks} {rows}"


async def _be_full_of_keys(path: Path) -> str:
    """Record a session with keys in its url, its configuration and all that the server says; give what is shown."""
    provider = Provider()
    agent = Agent("clerk", "Be brief.", tools=(ToolDefinition.model_validate(mcp_with(CANARY)),))
    session = Session(provider.transport, agent=agent)
    screen = FakeScreen()
    view = show(session, screen=screen)
    recording = record(session, path, origin=f"wss://me:{CANARY}@host/v1/realtime?api-key={CANARY}")
    async with recording, session:
        await provider.confirm()
        await provider.refuse(None, "invalid_api_key", f"Incorrect API key provided: {KEY}")
        provider.transport.peer.send(f"no JSON, Bearer {CANARY}")
        await provider.transport.peer.flush()
        provider.transport.peer.close(1008, f"Incorrect API key provided: {KEY}")
        outcome = await session.closed
        await view.finish()
    return (
        f"{recording!r} {recording} {session!r} {outcome!r} {view!r} {[_read(shown.bundle) for shown in screen.shown]}"
    )


def _read(bundle: Mapping[str, Any]) -> str:
    """Give what a picture says, the image included."""
    image = str(bundle["text/html"]).partition("base64,")[2].partition('"')[0]
    return f"{bundle} {b64decode(image).decode()}"


def test_s5_credentials_are_in_no_recording_repr_or_picture(tmp_path: Path) -> None:
    """S5: wherever they were: in a url, a configuration, an error, a broken frame, the reason of a close."""
    path = tmp_path / "x.jsonl"
    said = run_clean(lambda: _be_full_of_keys(path))
    found = open_recording(path)
    drawn = [Timeline.of(found).to_svg(), Marbles.of(moments(found)).to_svg(), repr(summarize(found))]
    assert {"session.update", "error"} <= {row["type"] for row in event_rows(path)}
    assert CANARY not in path.read_text(encoding="utf-8")
    assert CANARY not in f"{said} {found!r} {found.header!r} {list(found.entries())!r} {drawn} {list(event_rows(path))}"

"""Recordings played by the server: what was received comes again, whoever the client is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from rxrealtime import Frame, Session, decode, decode_client
from rxrealtime.errors import RecordingError
from rxrealtime.events import Event
from rxrealtime.frames import Direction
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.recorded import script_from_recording
from rxrealtime.server.scripts import Expect, Garble, Send, Wait
from tests.conftest import Recording
from tests.leaks import run_clean
from tests.server.scripted import Played

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "recordings"
NAMES = sorted(path.stem for path in _SHARED.glob("*.jsonl"))


async def _conversation(path: Path, recording: Recording) -> list[Any]:
    """Let the server play a recording to a session that sends what was sent, each frame when it was its turn."""
    seen: list[Any] = []
    arrived = asyncio.Event()

    def take(event: Any) -> None:
        seen.append(event)
        arrived.set()

    async with LoopbackServer(script_from_recording(path)) as server:
        session = Session(server.url)
        session.events.subscribe(take, lambda error: None)
        async with session:
            received = 0
            for direction, data in recording:
                if direction == "received":
                    received += 1
                    continue
                while len(seen) < received:
                    arrived.clear()
                    await arrived.wait()
                event = decode_client(data)
                assert isinstance(event, Event)
                await session.send(event)
            while len(seen) < received:
                arrived.clear()
                await arrived.wait()
    return seen


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_played_to_a_session(name: str, recordings: Callable[[str], Recording]) -> None:
    """Every event of the recording reaches the session, in order and equal, and the session follows the script."""
    recording = recordings(name)
    seen = run_clean(lambda: _conversation(_SHARED / f"{name}.jsonl", recording))
    assert seen == [decode(data) for direction, data in recording if direction == "received"]
    assert len(seen) > 10


def test_there_are_recordings(shared: Path) -> None:
    """The parameters above are not an empty list."""
    assert len(NAMES) >= 18


def _frames(*rows: tuple[Direction, Any] | tuple[Direction, Any, float]) -> list[Frame]:
    return [Frame(row[0], row[1] if isinstance(row[1], bytes | str) else json.dumps(row[1]), *row[2:]) for row in rows]


_CREATE = {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}
_ADDED = {"type": "conversation.item.added", "item": {"type": "message", "role": "user", "id": "item_server"}}


def _with_id(item_id: str) -> dict[str, Any]:
    return {"type": _CREATE["type"], "item": {"type": "message", "role": "user", "id": item_id}}


def test_the_ids_of_the_client_take_the_place_of_the_recorded_ones() -> None:
    """An id that the recorded client chose is the client's own in what the server sends."""
    create = {**_with_id("item_old"), "event_id": "event_old"}
    done = {"type": "conversation.item.done", "item": {"id": "item_old"}, "previous_item_id": "item_server"}
    error = {"type": "error", "error": {"event_id": "event_old", "message": "about item_old"}}
    played = Played(
        script_from_recording(_frames(("received", _ADDED), ("sent", create), ("received", done), ("received", error)))
    )
    assert played.send({**_with_id("item_new"), "event_id": "event_new"}) == [
        {**done, "item": {"id": "item_new"}},
        {"type": "error", "error": {"event_id": "event_new", "message": "about item_old"}},
    ]


def test_the_id_that_the_server_chose_gives_way_to_one_that_the_client_chooses() -> None:
    """Where the recorded client left the id to the server, the items are told apart by their order."""
    other = {"type": "conversation.item.added", "item": {"type": "message", "role": "user", "id": "item_second"}}
    script = script_from_recording(
        _frames(("sent", _CREATE), ("sent", _CREATE), ("received", _ADDED), ("received", other))
    )
    played = Played(script)
    played.send(_CREATE)
    first, second = played.send(_with_id("mine"))
    assert (first["item"]["id"], second["item"]["id"]) == ("item_server", "mine")


def test_an_id_of_the_server_is_never_renamed() -> None:
    """A call that the server announced keeps its id, whatever the client says."""
    call = {"type": "response.done", "call_id": "call_1"}
    output = {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "call_1"}}
    played = Played(script_from_recording(_frames(("received", call), ("sent", output), ("received", call))))
    assert played.send({**output, "item": {"type": "function_call_output", "call_id": "other"}}) == [call]


def test_an_item_is_recognised_by_its_type_and_role() -> None:
    """What the client says may differ, who says it may not."""
    script = script_from_recording(_frames(("sent", _CREATE)))
    fine = Played(script)
    fine.send({**_CREATE, "item": {**_CREATE["item"], "content": [{"type": "input_text", "text": "other"}]}})
    assert fine.leave() is None
    wrong = Played(script)
    wrong.send({**_CREATE, "item": {"type": "message", "role": "system"}})
    assert wrong.leave() is not None


def test_time_is_kept_if_asked() -> None:
    """The server waits as long as the recording did, and by default not at all."""
    frames = _frames(
        ("received", _ADDED, 1.0), ("sent", _CREATE, 2.0), ("received", _ADDED, 2.5), ("received", _ADDED, 2.5)
    )
    paced = script_from_recording(frames, paced=True).steps
    assert [step.seconds for step in paced if isinstance(step, Wait)] == [0.5]
    assert not any(isinstance(step, Wait) for step in script_from_recording(frames).steps)


def test_fewer_appends_can_be_enough() -> None:
    """A run of appends counts as one where it is asked for, and more of them never count."""
    append = {"type": "input_audio_buffer.append", "audio": ""}
    frames = _frames(*[("sent", append)] * 3, ("received", _ADDED))
    played = Played(script_from_recording(frames, appends=1))
    assert played.send(append) == [_ADDED]
    assert played.send(append, append) == []
    assert sum(isinstance(step, Expect) for step in script_from_recording(frames).steps) == 3


@pytest.mark.parametrize("data", ['{"type": ', b"\xff\xfe", "[]", '{"a": NaN}', '{"a": 1e400}'])
def test_frames_that_are_no_events_are_sent_as_they_were(data: bytes | str) -> None:
    """What a provider sent is sent, malformed or not."""
    (step,) = script_from_recording([Frame("received", data)]).steps
    assert step == Garble((data,))


def test_a_client_frame_that_is_no_event_is_named() -> None:
    """It could not be recognised."""
    with pytest.raises(RecordingError, match="frame 1 of the recording"):
        script_from_recording([Frame("sent", "{")])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """As when it is read."""
    with pytest.raises(RecordingError, match="cannot read"):
        script_from_recording(tmp_path / "absent.jsonl")


def test_a_recording_is_sent_as_objects() -> None:
    """Nothing is added to the events of the provider."""
    (step,) = script_from_recording(_frames(("received", _ADDED))).steps
    assert step == Send(_ADDED)


async def _twice(path: Path, recording: Recording) -> list[list[Any]]:
    """Let two clients after each other have the same recording."""
    sent = [data.decode() for direction, data in recording if direction == "sent"]
    count = sum(direction == "received" for direction, _ in recording)
    got: list[list[Any]] = []
    async with LoopbackServer(script_from_recording(path)) as server:
        for _ in range(2):
            async with connect(server.url) as connection:
                for message in sent:
                    await connection.send(message)
                got.append([json.loads(await connection.recv()) for _ in range(count)])
    return got


def test_any_client_may_send_ahead(recordings: Callable[[str], Recording]) -> None:
    """A client that never waits has the whole conversation in order, and so has the next one."""
    recording = recordings("openai-tool-call-round")
    first, second = run_clean(lambda: _twice(_SHARED / "openai-tool-call-round.jsonl", recording))
    assert first == second == [json.loads(data) for direction, data in recording if direction == "received"]

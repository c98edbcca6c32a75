"""The engine's frame: beginning, time, ids, and what it makes of frames that are no client events."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from rxrealtime.events import SessionCreated
from rxrealtime.server.engine import next_due, open_session, step
from rxrealtime.server.scenarios import DEFAULT, Rule, Scenario
from rxrealtime.server.state import Tick
from tests.server.driving import Client, at_once, items_of, text_item, types_of


def _error(client: Client, frame: str | bytes) -> dict[str, Any]:
    (answer,) = client.send_raw(frame)
    assert answer["type"] == "error"
    found: dict[str, Any] = answer["error"]
    return found


def test_session_created_is_first() -> None:
    """session.created comes first, with the model of the url and the time when the session ends."""
    _, outputs = open_session(model="m", expires_at=7)
    (event,) = outputs
    assert isinstance(event, SessionCreated)
    assert (event.session.model, event.session.expires_at, event.session.object) == ("m", 7, "realtime.session")


def test_same_inputs_same_outputs() -> None:
    """The engine is pure: the same inputs and seed give equal events, ids included; another seed other ids."""
    first, second = Client(), Client()
    assert first.ask("hello") == second.ask("hello")
    assert open_session(seed=1)[1] != open_session(seed=2)[1]


def test_ids_have_the_recorded_form() -> None:
    """Ids are a prefix and at least 20 letters and digits, items at most 32 characters, all unique."""
    client = Client(at_once)
    client.ask("hello")
    ids = [event["event_id"] for event in client.got] + [e["item"]["id"] for e in items_of(client.got, _ADDED)]
    assert all(re.fullmatch(r"(event|item)_[0-9A-Za-z]{20,}", made) for made in ids)
    assert all(len(made) <= 32 for made in ids if made.startswith("item_"))
    assert len(set(ids)) == len(ids)


_ADDED = "conversation.item.added"


def test_audio_is_paced() -> None:
    """Audio comes at the pace of the scenario: at 8 x real time 1.2 s of audio take 0.15 s, in deltas of 0.2 s."""
    client = Client(DEFAULT)
    client.send(text_item("say it"), {"type": "response.create"})
    assert "response.done" not in types_of(client.got)
    client.wait()
    audio = items_of(client.got, "response.output_audio.delta")
    said = items_of(client.got, "response.output_audio_transcript.done")[0]["transcript"]
    assert client.now == pytest.approx(len(said) * 0.040 / 8)
    assert len(audio) == -(-len(said) * 40 // 200)


def test_pace_zero_is_at_once() -> None:
    """At pace 0 a response is complete within the step that began it, and nothing waits."""
    client = Client(at_once)
    got = client.send(text_item("hello"), {"type": "response.create"})
    assert types_of(got)[-2:] == ["response.done", "rate_limits.updated"]
    assert next_due(client.state) is None


def test_time_never_goes_back() -> None:
    """A tick with an earlier time than the last input changes nothing."""
    state, _ = open_session()
    later, _ = step(state, Tick(5.0))
    assert step(later, Tick(1.0)) == (later, ())


def test_rate_limits_follow_response_done() -> None:
    """I23: rate_limits.updated comes right after response.done."""
    kinds = types_of(Client(at_once).ask("hello"))
    assert kinds.index("rate_limits.updated") == kinds.index("response.done") + 1


@pytest.mark.parametrize(
    ("frame", "code", "param"),
    [
        ('{"type": "respo', "invalid_json", None),
        (b"\xff\xfe", "invalid_json", None),
        ("", "invalid_json", None),
        ("[1, 2]", "invalid_event", None),
        ('"text"', "invalid_event", None),
        ('{"event_id": "e"}', "invalid_event", "type"),
        ('{"type": 5}', "invalid_event", "type"),
        ('{"type": "no.such.thing"}', "invalid_value", "type"),
        ('{"type": "conversation.item.delete"}', "missing_required_parameter", "item_id"),
        ('{"type": "conversation.item.delete", "item_id": 5}', "invalid_value", "item_id"),
        ('{"type": "input_audio_buffer.append", "audio": "%%%"}', "invalid_value", "audio"),
        ('{"type": "session.update", "session": {}}', "missing_required_parameter", "session.type"),
        ('{"type": "output_audio_buffer.clear"}', "invalid_event", "type"),
    ],
)
def test_frames_that_are_refused(frame: str | bytes, code: str, param: str | None) -> None:
    """A frame that is no acceptable client event gives one error that names code and parameter; the session lives."""
    client = Client(at_once)
    error = _error(client, frame)
    assert (error["code"], error["param"], error["type"]) == (code, param, "invalid_request_error")
    assert types_of(client.ask("hello"))[-2] == "response.done"


@pytest.mark.parametrize("type", ["no.such.type", "response.cancel", "conversation.item.delete", 5])
def test_error_names_the_clients_event(type: object) -> None:
    """I25: error.event_id is the id of the client's event if it gave one, and null otherwise."""
    assert _error(Client(at_once), json.dumps({"type": type, "event_id": "mine"}))["event_id"] == "mine"
    assert _error(Client(at_once), json.dumps({"type": type}))["event_id"] is None


def test_event_id_of_513_characters_is_refused() -> None:
    """A client's event_id has at most 512 characters."""
    client = Client(at_once)
    assert types_of(client.send({"type": "input_audio_buffer.clear", "event_id": "x" * 512})) == [_CLEARED]
    error = _error(client, json.dumps({"type": "input_audio_buffer.clear", "event_id": "x" * 513}))
    assert (error["code"], error["param"]) == ("string_above_max_length", "event_id")


_CLEARED = "input_audio_buffer.cleared"


def test_greeting_of_the_scenario() -> None:
    """A rule for the start gives a response that nobody asked for, after session.created."""
    client = Client(Scenario((Rule("start", say="Welcome at {time}."),), pace=0))
    assert types_of(client.got)[:2] == ["session.created", "response.created"]
    assert items_of(client.got, "response.output_audio_transcript.done")[0]["transcript"] == "Welcome at 12:30."

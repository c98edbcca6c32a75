"""The engine under random clients: legal and illegal events in any order, and time passing."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rxrealtime.server.scenarios import Call, Failure, Rule, Scenario
from rxrealtime.server.voices import speak
from tests.server.driving import Client, text_item
from tests.server.invariants import Checker

_SCENARIO = Scenario(
    (
        Rule("two", say="Two.", call=(Call("one", "{}"), Call("tool"))),
        Rule("fail", say="Well.", fail=Failure()),
        Rule("cut", fail=Failure(status="incomplete")),
        Rule("noise", garble=("{", b"\xff")),
    )
)
_TOOL = {"type": "function", "name": "tool", "parameters": {"type": "object", "properties": {}}}
_IDS = st.sampled_from(["a", "b", "c", "$0", "$1", "$2", "no such"])
_TEXTS = st.sampled_from(["hi", "two", "fail", "cut", "noise", "what is a tool", ""])
_VOICE = b64encode(speak("hi")).decode()
_TELEPHONE = {"type": "audio/pcmu"}
_DETECTION = st.sampled_from(
    [
        None,
        {"type": "server_vad"},
        {"type": "server_vad", "create_response": False, "silence_duration_ms": 100},
        {"type": "server_vad", "interrupt_response": False, "create_response": True},
        {"type": "semantic_vad", "eagerness": "high"},
        {"silence_duration_ms": 100},
        {"type": "server_vad", "threshold": 2},
    ]
)
_SESSIONS = st.one_of(
    _DETECTION.map(lambda found: {"type": "realtime", "audio": {"input": {"turn_detection": found}}}),
    st.sampled_from(
        [
            {},
            {"type": "realtime"},
            {"type": "realtime", "output_modalities": ["text"]},
            {"type": "realtime", "output_modalities": ["audio"]},
            {"type": "realtime", "output_modalities": ["audio", "text"]},
            {"type": "realtime", "tools": [_TOOL], "tool_choice": "required"},
            {"type": "realtime", "tools": [], "instructions": ""},
            {"type": "realtime", "voice": "alloy"},
            {"type": "realtime", "audio": {"output": {"voice": "marin"}}},
            {"type": "realtime", "audio": {"input": {"transcription": {"model": "whisper-1"}}}},
            {"type": "realtime", "audio": {"input": {"format": _TELEPHONE}, "output": {"format": _TELEPHONE}}},
            {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}},
            {"type": "transcription"},
        ]
    ),
)
_PARAMS = st.sampled_from(
    [
        None,
        {},
        {"conversation": "none", "metadata": {"a": "b"}},
        {"conversation": "none", "output_modalities": ["text"], "input": []},
        {"conversation": "other"},
        {"output_modalities": ["text"]},
        {"max_output_tokens": 2},
        {"max_output_tokens": 0},
        {"tools": [_TOOL], "tool_choice": {"type": "function", "name": "tool"}},
        {"input": [{"type": "item_reference", "id": "a"}]},
        {"input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}]},
        {"nonsense": 1},
    ]
)
_MESSAGES = st.one_of(
    st.builds(lambda text: text_item(text), _TEXTS),
    st.builds(
        lambda text, id, previous: text_item(text, previous_item_id=previous, item=_item(text, id)),
        _TEXTS,
        _IDS,
        st.one_of(st.none(), st.just("root"), _IDS),
    ),
    st.builds(lambda id: {"type": "conversation.item.create", "item": _output(id)}, _IDS),
    st.builds(lambda id: {"type": "conversation.item.delete", "item_id": id}, _IDS),
    st.builds(lambda id: {"type": "conversation.item.retrieve", "item_id": id}, _IDS),
    st.builds(
        lambda id, index, ms: {
            "type": "conversation.item.truncate",
            "item_id": id,
            "content_index": index,
            "audio_end_ms": ms,
        },
        _IDS,
        st.sampled_from([0, 0, 0, 1]),
        st.sampled_from([0, 40, 10_000, -1]),
    ),
    st.sampled_from([{"type": "input_audio_buffer.append", "audio": _VOICE}] * 2),
    st.sampled_from([200, 1000]).map(
        lambda ms: {"type": "input_audio_buffer.append", "audio": b64encode(bytes(48 * ms)).decode()}
    ),
    st.sampled_from(["input_audio_buffer.commit", "input_audio_buffer.clear", "output_audio_buffer.clear"]).map(
        lambda kind: {"type": kind}
    ),
    _PARAMS.map(lambda params: {"type": "response.create", "response": params}),
    st.just({"type": "response.create"}),
    st.sampled_from([{"type": "response.cancel"}, {"type": "response.cancel", "response_id": "resp_no"}]),
    _SESSIONS.map(lambda session: {"type": "session.update", "session": session}),
    st.sampled_from([{"type": "no.such.type"}, {"type": 1}, [], {}, "raw", {"type": "response.create", "response": 1}]),
)
_SPEECH = {"type": "input_audio_buffer.append", "audio": b64encode(speak("hi") + bytes(48_000)).decode()}
_TURNS = st.one_of(
    st.builds(lambda text: [text_item(text), {"type": "response.create"}], _TEXTS),
    st.sampled_from([[_SPEECH], [_SPEECH, {"type": "response.cancel"}]]),
    st.just([{"type": "response.create"}, 0.05, {"type": "response.cancel"}]),
)
_STEPS = st.one_of(_MESSAGES.map(lambda message: [message]), _TURNS, st.sampled_from([[0.01], [0.05], [1.0], [30.0]]))
_ACTIONS = st.lists(_STEPS, min_size=4, max_size=25).map(lambda steps: [action for step in steps for action in step])


def _item(text: str, id: str) -> dict[str, Any]:
    return {"id": id, "type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def _output(call_id: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id.replace(" ", "_"), "output": "done"}


def _resolved(message: Any, checker: Checker) -> Any:
    """Put the ids of items that the server made in the place of ``$0`` ...: the newest first."""
    text = json.dumps(message)
    for place, known in enumerate([*reversed(checker.items)][:3]):
        text = text.replace(f'"${place}"', json.dumps(known))
    return json.loads(text.replace('"$', '"'))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(_ACTIONS, st.sampled_from([None, "mine"]))
def test_invariants_hold_for_any_client(actions: list[Any], event_id: str | None) -> None:
    """For any sequence of client events and ticks the server's events hold I2 to I28, after each step."""
    client, checker = Client(_SCENARIO), Checker()
    checker.saw(client.got)
    for action in actions:
        if isinstance(action, float):
            checker.saw(client.wait(action))
        else:
            message = _resolved(action, checker)
            named = message | {"event_id": event_id} if isinstance(message, dict) and event_id else message
            checker.sent(named, client.send_raw(json.dumps(named)))
    checker.saw(client.wait())
    assert all(response.status != "in_progress" for response in checker.responses.values()), "I17: every one ends"
    assert (client.state.responses, client.state.agenda) == ((), ())

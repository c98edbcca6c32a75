"""session.update: what it changes, what it leaves, what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.driving import Client, at_once, text_item, types_of


def _update(client: Client, session: dict[str, Any]) -> dict[str, Any]:
    (answer,) = client.send({"type": "session.update", "session": {"type": "realtime"} | session})
    assert answer["type"] == "session.updated", answer
    found: dict[str, Any] = answer["session"]
    return found


def _refused(client: Client, session: dict[str, Any]) -> dict[str, Any]:
    (answer,) = client.send({"type": "session.update", "session": {"type": "realtime"} | session})
    assert answer["type"] == "error", answer
    found: dict[str, Any] = answer["error"]
    return found


def _input(**fields: Any) -> dict[str, Any]:
    return {"audio": {"input": fields}}


def test_update_resets_nothing_it_does_not_name() -> None:
    """A field deep in the configuration changes alone; everything else stays as it was."""
    client = Client(at_once)
    before = client.got[0]["session"]
    after = _update(client, _input(turn_detection={"type": "server_vad", "silence_duration_ms": 900}))
    assert after["audio"]["input"]["turn_detection"].pop("silence_duration_ms") == 900
    before["audio"]["input"]["turn_detection"].pop("silence_duration_ms")
    assert after == before


def test_empty_values_clear() -> None:
    """ "" clears the instructions, [] the tools, null turn detection and transcription."""
    client = Client(at_once)
    tool = {"type": "function", "name": "f", "parameters": {}}
    _update(client, {"instructions": "x", "tools": [tool]} | _input(transcription={"model": "whisper-1"}))
    after = _update(client, {"instructions": "", "tools": []} | _input(transcription=None, turn_detection=None))
    assert (after["instructions"], after["tools"]) == ("", [])
    assert (after["audio"]["input"]["transcription"], after["audio"]["input"]["turn_detection"]) == (None, None)


@pytest.mark.parametrize(
    "session", [{"audio": None}, {"audio": {"input": None}}, {"output_modalities": None}, {"tool_choice": None}]
)
def test_null_is_as_if_absent_where_nothing_can_be_cleared(session: dict[str, Any]) -> None:
    """Null changes nothing where something has to be in force."""
    client = Client(at_once)
    assert _update(client, session) == client.got[0]["session"]


def test_another_kind_of_turn_detection_has_its_own_defaults() -> None:
    """semantic_vad takes no thresholds over from server_vad; turned off and on again it begins with the defaults."""
    client = Client(at_once)
    first = client.got[0]["session"]["audio"]["input"]["turn_detection"]
    semantic = _update(client, _input(turn_detection={"type": "semantic_vad"}))["audio"]["input"]["turn_detection"]
    assert set(semantic) == {"type", "eagerness", "create_response", "interrupt_response"}
    assert _update(client, _input(turn_detection=None))["audio"]["input"]["turn_detection"] is None
    again = _update(client, _input(turn_detection={"type": "server_vad"}))
    assert again["audio"]["input"]["turn_detection"] == first


def test_transcription_is_completed_with_nulls() -> None:
    """A transcription shows language and prompt as null where they were not set, as recorded."""
    shown = _update(Client(at_once), _input(transcription={"model": "m"}))["audio"]["input"]["transcription"]
    assert shown == {"model": "m", "language": None, "prompt": None}


def test_identity_cannot_be_set() -> None:
    """id, object and expires_at in an update are ignored."""
    client = Client(at_once)
    assert _update(client, {"id": "x", "object": "y", "expires_at": 1}) == client.got[0]["session"]


def test_format_of_a_telephone() -> None:
    """G.711 has no rate on the wire."""
    shown = _update(Client(at_once), _input(format={"type": "audio/pcmu"}))
    assert shown["audio"]["input"]["format"] == {"type": "audio/pcmu"}


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"type": "transcription"}, "invalid_value", "session.type"),
        ({"modalities": ["text"]}, "unknown_parameter", "session.modalities"),
        ({"audio": {"voice": "x"}}, "unknown_parameter", "session.audio.voice"),
        ({"audio": {"input": {"vad": 1}}}, "unknown_parameter", "session.audio.input.vad"),
        ({"model": "another"}, "invalid_value", "session.model"),
        ({"output_modalities": ["text", "audio"]}, "invalid_value", "session.output_modalities"),
        ({"output_modalities": []}, "invalid_value", "session.output_modalities"),
        ({"max_output_tokens": 0}, "invalid_value", "session.max_output_tokens"),
        ({"max_output_tokens": "many"}, "invalid_value", "session.max_output_tokens"),
        ({"tool_choice": "sometimes"}, "invalid_value", "session.tool_choice"),
        ({"tool_choice": {"type": "x"}}, "invalid_value", "session.tool_choice.type"),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "session.tools[0].name"),
        ({"tools": [{"type": "x"}]}, "invalid_value", "session.tools[0].type"),
        ({"audio": {"output": {"speed": 9}}}, "invalid_value", "session.audio.output.speed"),
        ({"audio": {"output": {"format": {"type": "mp3"}}}}, "invalid_value", "session.audio.output.format"),
        (_input(turn_detection={}), "missing_required_parameter", "session.audio.input.turn_detection.type"),
        (_input(turn_detection={"type": "x"}), "invalid_value", "session.audio.input.turn_detection.type"),
        (
            _input(turn_detection={"type": "server_vad", "threshold": 1.5}),
            "invalid_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (_input(noise_reduction={"type": "x"}), "invalid_value", "session.audio.input.noise_reduction.type"),
        (_input(format="mp3"), "invalid_value", "session.audio.input.format"),
        ({"output_modalities": 5}, "invalid_value", "session.output_modalities"),
    ],
)
def test_updates_that_are_refused(session: dict[str, Any], code: str, param: str) -> None:
    """A value that is not allowed gives one error with the path of the parameter, and changes nothing."""
    client = Client(at_once)
    error = _refused(client, session)
    assert (error["code"], error["param"]) == (code, param)
    assert _update(client, {}) == client.got[0]["session"]


def test_voice_stays_once_it_was_heard() -> None:
    """The voice can change until the model has spoken; the same voice may be named again after."""
    client = Client(at_once)
    voice = {"audio": {"output": {"voice": "marin"}}}
    assert _update(client, voice)["audio"]["output"]["voice"] == "marin"
    client.send(text_item("hi"), {"type": "response.create"})
    assert _update(client, voice)["audio"]["output"]["voice"] == "marin"
    assert _refused(client, {"audio": {"output": {"voice": "cedar"}}})["code"] == "cannot_update_voice"


def test_tools_of_the_session_reach_the_mind() -> None:
    """A tool that was set is called when the user names it, and no more when it was cleared."""
    client = Client(at_once)
    _update(client, {"tools": [{"type": "function", "name": "get_weather", "parameters": {}}]})
    called = "response.function_call_arguments.done"
    assert called in types_of(client.ask("What is the weather?"))
    _update(client, {"tools": []})
    assert called not in types_of(client.ask("What is the weather?"))

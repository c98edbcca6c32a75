"""S: what is in force is what was asked for, and credentials in a configuration are shown to nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from rxrealtime import SessionUpdate, SessionUpdated, decode, decode_client, encode
from rxrealtime.events import SessionConfig
from rxrealtime.settings import differences, merged, session_config
from tests.configs import configs, mcp_with
from tests.conftest import load_recording

CANARY = "canary-5d1f0c"


def _pairs(path: Path) -> list[tuple[SessionConfig, SessionConfig]]:
    """Give what a recorded session asked for, each with what was in force then."""
    asked, found = [], []
    for direction, data in load_recording(path):
        event = decode_client(data) if direction == "sent" else decode(data)
        if isinstance(event, SessionUpdate):
            asked.append(event.session)
        elif isinstance(event, SessionUpdated):
            found.append(event.session)
    return list(zip(asked, found, strict=True))


def test_s3_no_recorded_session_of_openai_or_azure_differs(shared: Path) -> None:
    """S3: what servers change on the way is no mismatch.

    The beta shape of Voice Live and the shape of xAI are other vocabularies: their names are mapped by a dialect.
    """
    files = [
        path
        for path in sorted((shared / "recordings").glob("*.jsonl"))
        if path.name.startswith(("openai-", "azure-")) and "voice-live" not in path.name
    ]
    pairs = {path.name: _pairs(path) for path in files}
    assert len(files) == 12
    assert all(pairs.values())
    assert {name: [differences(*pair) for pair in found] for name, found in pairs.items()} == {
        name: [()] * len(found) for name, found in pairs.items()
    }


IN_FORCE: dict[str, Any] = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_1",
    "model": "internal-name",
    "output_modalities": ["audio"],
    "instructions": "Be brief.",
    "tools": [
        {"type": "function", "name": "a", "description": "A.", "parameters": {"type": "object", "properties": {}}},
        {"type": "function", "name": "b", "parameters": {"type": "object", "required": ["x", "y"], "strict": False}},
        {
            "type": "mcp",
            "server_label": "docs",
            "require_approval": "always",
            "allowed_tools": {"tool_names": ["s"]},
            "authorization": "***",
        },
    ],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.800000011920929},
    "prompt": {"id": "p", "variables": {"who": "you", "more": 1}},
    "expires_at": 1,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"model": "whisper-1", "language": None, "prompt": None},
            "noise_reduction": None,
            "turn_detection": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 200},
        },
        "output": {"format": {"type": "audio/pcmu"}, "voice": "alloy", "speed": 1.0},
    },
    "include": None,
}

SAME: dict[str, dict[str, Any]] = {
    "nothing was asked for": {},
    "what is in force": IN_FORCE,
    "the model, under the name that was asked for": {"model": "gpt-realtime"},
    "instructions were cleared": {"instructions": ""},
    "null": {"prompt": None, "tracing": None, "audio": {"input": {"turn_detection": None}}},
    "no tools": {"tools": []},
    "numbers": {"audio": {"output": {"speed": 1}}, "truncation": {"retention_ratio": 0.8}},
    "a format by its beta name": {"audio": {"input": {"format": "pcm16"}, "output": {"format": "g711_ulaw"}}},
    "a format without its rate": {"audio": {"input": {"format": {"type": "audio/pcm"}}}},
    "a format with its rate": {"audio": {"output": {"format": {"type": "audio/pcmu", "rate": 8000}}}},
    "a voice as an object": {"audio": {"output": {"voice": {"name": "alloy", "type": "standard"}}}},
    "the order of tools": {"tools": IN_FORCE["tools"][::-1]},
    "the order of names in a schema": {
        "tools": [
            *IN_FORCE["tools"][::2],
            {"type": "function", "name": "b", "parameters": {"required": ["y", "x"]}},
        ]
    },
    "a tool without a description": {"tools": [{**IN_FORCE["tools"][0], "description": ""}, *IN_FORCE["tools"][1:]]},
    "credentials, which no server repeats, and the form in which it tells the rest": {
        "tools": [
            *IN_FORCE["tools"][:2],
            {
                "type": "mcp",
                "server_label": "docs",
                "server_url": "https://example.com",
                "authorization": CANARY,
                "headers": {"key": CANARY},
                "allowed_tools": ["s"],
            },
        ]
    },
    "credentials that come back masked": {
        "tools": [*IN_FORCE["tools"][:2], {"type": "mcp", "server_label": "docs", "authorization": CANARY}]
    },
    "settings that no recorded server tells": {"parallel_tool_calls": False, "reasoning": {"effort": "high"}},
    "a part of the prompt": {"prompt": {"id": "p", "variables": {"who": "you"}}},
}


@pytest.mark.parametrize("name", SAME)
def test_s3_what_is_in_force_is_no_mismatch(name: str) -> None:
    """S3: clearing, additions of the server, order, spelling and the precision of numbers are none."""
    assert differences(SessionConfig(**SAME[name]), SessionConfig(**IN_FORCE)) == ()


def test_s3_the_order_of_modalities_says_nothing() -> None:
    """S3: nor does the order of any other list of names."""
    asked, found = (SessionConfig(output_modalities=names) for names in (("text", "audio"), ("audio", "text")))
    assert differences(asked, found) == ()


def _input(**fields: Any) -> dict[str, Any]:
    return {"audio": {"input": fields}}


def _output(**fields: Any) -> dict[str, Any]:
    return {"audio": {"output": fields}}


OTHER: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "instructions": ({"instructions": "Be kind."}, ("instructions",)),
    "modalities": ({"output_modalities": ["text"]}, ("output_modalities",)),
    "more modalities": ({"output_modalities": ["audio", "text"]}, ("output_modalities",)),
    "type": ({"type": "transcription"}, ("type",)),
    "a limit": ({"max_output_tokens": 100}, ("max_output_tokens",)),
    "a choice": ({"tool_choice": {"type": "function", "name": "a"}}, ("tool_choice",)),
    "a number": (_output(speed=1.1), ("audio.output.speed",)),
    "a voice": (_output(voice="marin"), ("audio.output.voice",)),
    "a custom voice": (_output(voice={"id": "voice_1"}), ("audio.output.voice",)),
    "an encoding": (_output(format={"type": "audio/pcm"}), ("audio.output.format",)),
    "a rate": (_input(format={"type": "audio/pcm", "rate": 16000}), ("audio.input.format",)),
    "a format nobody knows": (_input(format="zork"), ("audio.input.format",)),
    "a kind of detection": (_input(turn_detection={"type": "semantic_vad"}), ("audio.input.turn_detection.type",)),
    "one field of many": (
        _input(turn_detection={"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 500}),
        ("audio.input.turn_detection.silence_duration_ms",),
    ),
    "a field that is not there": (
        _input(turn_detection={"idle_timeout_ms": 6000}),
        ("audio.input.turn_detection.idle_timeout_ms",),
    ),
    "an object that is not there": (_input(noise_reduction={"type": "near_field"}), ("audio.input.noise_reduction",)),
    "a transcription model": (_input(transcription={"model": "gpt-transcribe"}), ("audio.input.transcription.model",)),
    "names that are not included": ({"include": ["item.input_audio_transcription.logprobs"]}, ("include",)),
    "a truncation": ({"truncation": {"retention_ratio": 0.81}}, ("truncation.retention_ratio",)),
    "a prompt's variables": ({"prompt": {"variables": {"who": CANARY}}}, ("prompt.variables",)),
    "tracing": ({"tracing": "auto"}, ("tracing",)),
    "a tool that is not there": (
        {"tools": [*IN_FORCE["tools"], {"type": "function", "name": "c"}]},
        ("tools.c",),
    ),
    "a tool that should be gone": ({"tools": IN_FORCE["tools"][1:]}, ("tools.a",)),
    "parameters": (
        {"tools": [IN_FORCE["tools"][0], {"type": "function", "name": "b", "parameters": {"required": ["x"]}}]},
        ("tools.b.parameters",),
    ),
    "a description": (
        {"tools": [{**IN_FORCE["tools"][0], "description": CANARY}, IN_FORCE["tools"][1]]},
        ("tools.a.description",),
    ),
    "approval of an MCP server's tools": (
        {"tools": [*IN_FORCE["tools"][:2], {"type": "mcp", "server_label": "docs", "require_approval": "never"}]},
        ("tools.docs.require_approval",),
    ),
    "an MCP server that is not there": (
        {"tools": [*IN_FORCE["tools"][:2], {"type": "mcp", "server_label": "other"}]},
        ("tools.other",),
    ),
    "a field that the protocol does not have": ({"zork": 1}, ("zork",)),
    "two": ({"instructions": "Be kind.", **_output(speed=1.5)}, ("instructions", "audio.output.speed")),
}


@pytest.mark.parametrize("name", OTHER)
def test_s3_what_is_not_in_force_is_named(name: str) -> None:
    """S3: by its path on the wire, and without its value."""
    asked, expected = OTHER[name]
    found = differences(SessionConfig(**asked), SessionConfig(**IN_FORCE))
    assert sorted(found) == sorted(expected)
    assert CANARY not in "".join(found)


def test_s3_true_and_1_differ() -> None:
    """S3: numbers compare as numbers, and a truth value is none."""
    for asked, found in ((True, 1), (1, True), (0, False)):
        assert differences(SessionConfig(**{"zork": asked}), SessionConfig(**{"zork": found})) == ("zork",)


def test_s3_a_number_that_no_float_can_hold_is_compared_too() -> None:
    """S3: whatever a server answers, telling what differs does not fail."""
    found = SessionConfig(**{"zork": 10**400})
    assert differences(SessionConfig(**{"zork": 0.5}), found) == ("zork",)
    assert differences(found, found) == ()


@given(configs(), configs())
def test_s3_what_a_server_merges_is_in_force(before: SessionConfig, update: SessionConfig) -> None:
    """S3: after an update was merged as servers do it, nothing that was asked for differs."""
    assert differences(update, merged(before, update)) == ()


@given(configs(), configs())
def test_s3_telling_what_differs_never_fails(asked: SessionConfig, in_force: SessionConfig) -> None:
    """S3: whatever the server puts in force; every path begins with a setting that was asked for, or a tool."""
    for path in differences(asked, in_force):
        assert path.partition(".")[0] in asked.model_fields_set


MCP = mcp_with(CANARY)


def test_s5_credentials_of_an_mcp_server_are_written_to_the_wire_and_shown_nowhere() -> None:
    """S5: not by the repr or str of a definition, of a configuration or of an event, nor by what is refused."""
    update = SessionUpdate(session=session_config(tools=[MCP]))
    (tool,) = update.session.tools or ()
    assert json.loads(encode(update))["session"]["tools"] == [MCP]
    assert CANARY not in "".join(show(value) for value in (tool, update.session, update) for show in (repr, str))
    assert "shop" in repr(update)
    assert decode_client(encode(update)) == update


def test_s5_credentials_are_in_no_refusal() -> None:
    """S5: even if they are of the wrong kind."""
    for wrong in ({"authorization": [CANARY]}, {"headers": CANARY}, {"server_url": {"x": CANARY}}):
        with pytest.raises(ValueError, match=next(iter(wrong))) as raised:
            session_config(tools=[{**MCP, **wrong}])
        assert CANARY not in f"{raised.value!r} {raised.value.__cause__!r}"

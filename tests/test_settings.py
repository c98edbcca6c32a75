"""Settings: flat names to the shape of the GA session, merging as a server does, and what follows from a setting."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given

from rxrealtime import AudioFormat, ConfigurationError, SessionUpdate, commands, encode
from rxrealtime.events import (
    AudioConfig,
    InputAudioConfig,
    NoiseReduction,
    OutputAudioConfig,
    Prompt,
    Reasoning,
    RetentionRatio,
    SessionConfig,
    ToolChoice,
    ToolDefinition,
    Tracing,
    Transcription,
    TurnDetection,
    Voice,
    WireAudioFormat,
)
from rxrealtime.events.config import TokenLimits
from rxrealtime.settings import (
    input_format,
    merged,
    output_format,
    read_format,
    server_interrupts,
    server_responds,
    session_config,
    wire_format,
)
from rxrealtime.tools import Tool
from tests.configs import configs

CANARY = "canary-5d1f0c"
PCM = {"type": "audio/pcm", "rate": 24000}
WEATHER = {"type": "function", "name": "get_weather", "description": "Weather.", "parameters": {"type": "object"}}


def wire(**settings: Any) -> dict[str, Any]:
    """Give what the wire carries for some settings, without the type that is always there."""
    raw = json.loads(encode(commands.configure(**settings)[0]))["session"]
    assert raw.pop("type") == "realtime"
    return dict(raw)


def _input(**fields: Any) -> dict[str, Any]:
    return {"audio": {"input": fields}}


def _output(**fields: Any) -> dict[str, Any]:
    return {"audio": {"output": fields}}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "instructions": ({"instructions": "Be brief."}, {"instructions": "Be brief."}),
    "a voice": ({"voice": "marin"}, _output(voice="marin")),
    "a custom voice": ({"voice": {"id": "voice_1"}}, _output(voice={"id": "voice_1"})),
    "a custom voice as a value": ({"voice": Voice(id="voice_1")}, _output(voice={"id": "voice_1"})),
    "a nested custom voice": (_output(voice={"id": "voice_1"}), _output(voice={"id": "voice_1"})),
    "speed": ({"speed": 1.2}, _output(speed=1.2)),
    "formats": (
        {"input_format": "pcm16", "output_format": AudioFormat("audio/pcmu", 8000)},
        {"audio": {"input": {"format": PCM}, "output": {"format": {"type": "audio/pcmu"}}}},
    ),
    "nested formats": (_input(format="g711_alaw"), _input(format={"type": "audio/pcma"})),
    "modalities": ({"modalities": ["text"]}, {"output_modalities": ["text"]}),
    "a modality that only the server can refuse": (
        {"modalities": ["smell"]},
        {"output_modalities": ["smell"]},
    ),
    "a transcription model": ({"transcription": "whisper-1"}, _input(transcription={"model": "whisper-1"})),
    "transcription with everything": (
        {
            "transcription": Transcription(
                model="gpt-live-transcribe", keywords=("Oslo",), languages=("en", "no"), prompt="Weather.", delay="low"
            )
        },
        _input(
            transcription={
                "model": "gpt-live-transcribe",
                "prompt": "Weather.",
                "languages": ["en", "no"],
                "keywords": ["Oslo"],
                "delay": "low",
            }
        ),
    ),
    "noise reduction": ({"noise_reduction": "near_field"}, _input(noise_reduction={"type": "near_field"})),
    "noise reduction with its strength": (
        {"noise_reduction": NoiseReduction(type="far_field", strength=0.5)},
        _input(noise_reduction={"type": "far_field", "strength": 0.5}),
    ),
    "turn detection by name": ({"turn_detection": "semantic_vad"}, _input(turn_detection={"type": "semantic_vad"})),
    "turn detection": (
        {"turn_detection": TurnDetection(type="server_vad", idle_timeout_ms=6000)},
        _input(turn_detection={"type": "server_vad", "idle_timeout_ms": 6000}),
    ),
    "turn detection with the names of peers": (
        {"turn_detection": {"type": "server_vad", "createResponse": False, "silenceDurationMs": 400}},
        _input(turn_detection={"type": "server_vad", "create_response": False, "silence_duration_ms": 400}),
    ),
    "turn detection with both names": (
        {"turn_detection": {"create_response": True, "type": "server_vad", "createResponse": False}},
        _input(turn_detection={"type": "server_vad", "create_response": True}),
    ),
    "turn detection that keeps interrupt_response": (
        {"turn_detection": {"type": "server_vad", "interrupt_response": False}},
        _input(turn_detection={"type": "server_vad", "interrupt_response": False}),
    ),
    "a provider's own field": (
        {"turn_detection": TurnDetection(type="azure_semantic_vad", **{"remove_filler_words": True})},
        _input(turn_detection={"type": "azure_semantic_vad", "remove_filler_words": True}),
    ),
    "manual turns": ({"turn_detection": None}, _input(turn_detection=None)),
    "nulls": (
        {"voice": None, "input_format": None, "tools": None, "reasoning": None, "transcription": None},
        {
            "audio": {"input": {"format": None, "transcription": None}, "output": {"voice": None}},
            "tools": None,
            "reasoning": None,
        },
    ),
    "what is empty, 0 or false": (
        {"instructions": "", "tools": [], "include": [], "parallel_tool_calls": False},
        {"instructions": "", "include": [], "tools": [], "parallel_tool_calls": False},
    ),
    "tools in every form": (
        {
            "tools": [
                Tool("get_weather", "Weather.", {"type": "object"}, print),
                ToolDefinition(type="mcp", server_label="docs"),
                {"type": "function", "name": "other"},
            ]
        },
        {"tools": [WEATHER, {"type": "mcp", "server_label": "docs"}, {"type": "function", "name": "other"}]},
    ),
    "a choice": ({"tool_choice": "required"}, {"tool_choice": "required"}),
    "one tool": (
        {"tool_choice": ToolChoice(type="function", name="get_weather")},
        {"tool_choice": {"type": "function", "name": "get_weather"}},
    ),
    "for reasoning models": (
        {"parallel_tool_calls": True, "reasoning": "low"},
        {"parallel_tool_calls": True, "reasoning": {"effort": "low"}},
    ),
    "reasoning as a value": ({"reasoning": Reasoning(effort="high")}, {"reasoning": {"effort": "high"}}),
    "a limit": ({"max_output_tokens": 4096}, {"max_output_tokens": 4096}),
    "no limit": ({"max_output_tokens": "inf"}, {"max_output_tokens": "inf"}),
    "truncation": ({"truncation": "disabled"}, {"truncation": "disabled"}),
    "truncation with limits": (
        {
            "truncation": RetentionRatio(
                type="retention_ratio", retention_ratio=0.8, token_limits=TokenLimits(post_instructions=8000)
            )
        },
        {
            "truncation": {
                "type": "retention_ratio",
                "retention_ratio": 0.8,
                "token_limits": {"post_instructions": 8000},
            }
        },
    ),
    "a prompt": (
        {"prompt": Prompt(id="p", version="2", variables={"who": "you"})},
        {"prompt": {"id": "p", "version": "2", "variables": {"who": "you"}}},
    ),
    "tracing": ({"tracing": "auto"}, {"tracing": "auto"}),
    "tracing off": ({"tracing": None}, {"tracing": None}),
    "tracing with names": (
        {"tracing": Tracing(workflow_name="w", group_id="g", metadata={"deep": {"er": [1]}})},
        {"tracing": {"workflow_name": "w", "group_id": "g", "metadata": {"deep": {"er": [1]}}}},
    ),
    "include": (
        {"include": ["item.input_audio_transcription.logprobs"]},
        {"include": ["item.input_audio_transcription.logprobs"]},
    ),
    "a model": ({"model": "gpt-realtime"}, {"model": "gpt-realtime"}),
    "sides that are None": ({"audio": {"input": None, "output": None}}, {}),
    "no audio": ({"audio": None}, {}),
    "nested wins over flat, and leaves the rest of it": (
        {"voice": "alloy", "speed": 1.5, "turn_detection": None, "audio": {"output": {"voice": "marin"}}},
        {"audio": {"input": {"turn_detection": None}, "output": {"voice": "marin", "speed": 1.5}}},
    ),
    "nested as a value": (
        {
            "voice": "alloy",
            "audio": AudioConfig(input=InputAudioConfig(turn_detection=None), output=OutputAudioConfig(voice="marin")),
        },
        {"audio": {"input": {"turn_detection": None}, "output": {"voice": "marin"}}},
    ),
    "nested unknown fields are kept": (
        {"audio": {"zork": 1, "input": {"transport": "binary"}}},
        {"audio": {"input": {"transport": "binary"}, "zork": 1}},
    ),
    "output_modalities win": (
        {"output_modalities": ["audio"], "modalities": ["text"]},
        {"output_modalities": ["audio"]},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_settings_have_the_shape_of_the_ga_session(name: str) -> None:
    """What is named is there, None as null; what is not named is absent."""
    settings, expected = CASES[name]
    assert wire(**settings) == expected


@pytest.mark.parametrize("order", [["modalities", "output_modalities"], ["output_modalities", "modalities"]])
def test_the_order_of_settings_does_not_matter(order: list[str]) -> None:
    """Whichever name of the modalities comes first."""
    values = {"modalities": ["text"], "output_modalities": ["audio"]}
    assert session_config(**{name: values[name] for name in order}).output_modalities == ("audio",)


def test_a_configuration_is_taken_as_it_is() -> None:
    """With all that a provider knows and this package does not."""
    config = SessionConfig(**{"zork": {"deep": True}}, output_modalities=("text", "audio"))
    assert commands.configure(config) == (SessionUpdate(session=config),)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown name": ({"voise": CANARY}, r"unknown setting 'voise': did you mean 'voice'\?"),
    "a name that is like nothing": ({"zork": CANARY}, "unknown setting 'zork': there are type, model, instructions"),
    "what only the server says": ({"expires_at": 1}, "unknown setting 'expires_at'"),
    "a text that is none": ({"instructions": [CANARY]}, "^instructions: input should be a valid string$"),
    "a voice that is none": ({"voice": 3}, "^voice: input should be a valid string$"),
    "a nested voice that is none": (_output(voice=3), r"^audio\.output\.voice: input should be a valid string$"),
    "audio that is none": ({"audio": CANARY}, "^audio takes an object, not str$"),
    "a side that is none": ({"audio": {"input": CANARY}}, r"^audio\.input takes an object, not str$"),
    "a number that is none": ({"speed": CANARY}, "^speed: input should be a valid number"),
    "a speed too high": ({"speed": 1.6}, r"^speed: a number from 0\.25 to 1\.5 is expected$"),
    "a nested speed too low": (_output(speed=0.2), r"^audio\.output\.speed: a number from 0\.25 to 1\.5 is expected$"),
    "a number that JSON does not have": ({"speed": math.nan}, "^speed: input should be a finite number$"),
    "both modalities": ({"modalities": ["text", "audio"]}, "^modalities: one is expected, 'audio'"),
    "no modality": ({"output_modalities": []}, "^output_modalities: one is expected, 'audio'"),
    "a modality that is no list": ({"modalities": "text"}, "^modalities: input should be a valid tuple$"),
    "turn detection nobody knows": ({"turn_detection": CANARY}, "^turn_detection is none of server_vad, semantic_vad"),
    "turn detection without a type": ({"turn_detection": {"threshold": 0.5}}, "^turn_detection: a type is expected"),
    "a threshold": (
        {"turn_detection": {"type": "server_vad", "threshold": 1.1}},
        r"^turn_detection\.threshold: a number from 0 to 1 is expected$",
    ),
    "a silence": (
        {"turn_detection": {"type": "server_vad", "silence_duration_ms": -1}},
        r"^turn_detection\.silence_duration_ms: a number from 0 ",
    ),
    "a padding": (
        {"turn_detection": {"type": "server_vad", "prefix_padding_ms": -1}},
        r"^turn_detection\.prefix_padding_ms: a number from 0 ",
    ),
    "an idle time": (
        {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 4999}},
        r"^turn_detection\.idle_timeout_ms: a number from 5000 to 30000",
    ),
    "a field of the wrong kind": (
        {"turn_detection": {"type": "server_vad", "threshold": CANARY}},
        r"^turn_detection\.threshold: input should be a valid number",
    ),
    "noise reduction nobody knows": ({"noise_reduction": CANARY}, "^noise_reduction is none of near_field, far_field"),
    "a limit of 0": ({"max_output_tokens": 0}, "^max_output_tokens: a positive integer or 'inf' is expected$"),
    "a limit that is none": ({"max_output_tokens": CANARY}, "^max_output_tokens: a positive integer or 'inf'"),
    "a choice nobody knows": ({"tool_choice": CANARY}, "^tool_choice: 'none', 'auto', 'required' or a ToolChoice"),
    "a truncation nobody knows": ({"truncation": CANARY}, "^truncation: 'auto', 'disabled' or a RetentionRatio"),
    "a ratio": (
        {"truncation": {"type": "retention_ratio", "retention_ratio": 1.1}},
        r"^truncation\.retention_ratio: a number from 0 to 1",
    ),
    "tracing nobody knows": ({"tracing": CANARY}, "^tracing: 'auto', a Tracing or None is expected$"),
    "a function that is no tool": ({"tools": [math.sqrt]}, "^tools: sqrt is not a tool: functions become one with"),
    "a value that is no tool": ({"tools": [3]}, "^tools: int is not a tool"),
    "tools that are no list": ({"tools": WEATHER}, "^tools takes a list of tools, not dict$"),
    "a definition of the wrong kind": ({"tools": [{"name": [CANARY]}]}, r"^tools\.name: input should be a valid str"),
    "two tools of one name": ({"tools": [WEATHER, WEATHER]}, "^tools: two tools are called 'get_weather'$"),
    "two servers of one label": (
        {"tools": [ToolDefinition(type="mcp", server_label="docs")] * 2},
        "^tools: two tools are called 'docs'$",
    ),
    "a format nobody knows": ({"input_format": CANARY}, "^input_format is not an audio format: allowed are audio/pcm"),
    "a nested format": (_output(format={"type": CANARY}), r"^audio\.output\.format is not an audio format"),
    "a format of the wrong kind": ({"output_format": 24000}, "^output_format is not an audio format"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_session_can_have_is_refused_by_name(name: str) -> None:
    """In one sentence, as an error of this package, without the value."""
    settings, message = REFUSED[name]
    with pytest.raises(ConfigurationError, match=message) as raised:
        commands.configure(**settings)
    assert CANARY not in repr(raised.value)
    assert raised.value.__cause__ is None
    assert "\n" not in str(raised.value)


def test_a_configuration_and_settings_by_name_are_not_mixed() -> None:
    """One of them would be left out in silence."""
    with pytest.raises(ConfigurationError, match=r"^voice: give a configuration or settings by name, not both$"):
        commands.configure(SessionConfig(), voice="marin")


def test_a_tool_and_a_server_may_share_a_name() -> None:
    """They are told apart by their type."""
    tools = [WEATHER, ToolDefinition(type="mcp", server_label="get_weather")]
    assert len(session_config(tools=tools).tools or ()) == 2


SPELLINGS = {
    "audio/pcm": PCM,
    "pcm": PCM,
    "pcm16": PCM,
    "audio/pcmu": {"type": "audio/pcmu"},
    "pcmu": {"type": "audio/pcmu"},
    "g711_ulaw": {"type": "audio/pcmu"},
    "audio/pcma": {"type": "audio/pcma"},
    "pcma": {"type": "audio/pcma"},
    "g711_alaw": {"type": "audio/pcma"},
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_format_may_be_spelled_in_every_way(name: str) -> None:
    """GA, short and beta names, alone and inside an object; reading what is written gives the same format."""
    expected = WireAudioFormat.model_validate(SPELLINGS[name])
    assert wire_format(name) == wire_format({"type": name}) == expected
    assert wire_format(read_format(name)) == expected
    assert read_format(expected) == read_format(name)


def test_a_typed_format_passes_as_it_is() -> None:
    """Whatever it says; so does none."""
    typed = WireAudioFormat(type="zork", **{"channels": 2})
    assert wire_format(typed) is typed
    assert wire_format(None) is None


def test_a_format_keeps_what_else_it_says_and_g711_no_rate() -> None:
    """A rate belongs to PCM alone on the wire."""
    assert wire_format({"type": "pcm", "rate": 16_000, "channels": 1}) == WireAudioFormat.model_validate(
        {"type": "audio/pcm", "rate": 16_000, "channels": 1}
    )
    assert wire_format({"type": "g711_ulaw", "rate": 8000}) == WireAudioFormat(type="audio/pcmu")


@pytest.mark.parametrize("rate", [math.nan, math.inf, 7_999, 24_000.0, "24000", True])
def test_a_rate_that_cannot_be_is_refused_and_not_replaced(rate: object) -> None:
    """Audio at another rate than was asked for would be noise."""
    with pytest.raises(ConfigurationError, match="input_format is not an audio format"):
        session_config(input_format={"type": "audio/pcm", "rate": rate})


class _Hostile(Mapping[str, Any]):
    """A mapping that must not be shown."""

    def __getitem__(self, key: str) -> Any:
        return {"type": CANARY}[key]

    def __iter__(self) -> Iterator[str]:
        return iter(["type"])

    def __len__(self) -> int:
        return 1

    def __repr__(self) -> str:
        raise AssertionError("shown")

    __str__ = __repr__


def test_a_refused_format_is_never_rendered() -> None:
    """Neither in the message nor on the way to it."""
    with pytest.raises(ConfigurationError, match="output_format is not an audio format") as raised:
        session_config(output_format=_Hostile())
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(("read", "side"), [(input_format, "input"), (output_format, "output")])
def test_the_format_in_force_is_pcm16_at_24_khz_unless_named(read: Callable[..., AudioFormat], side: str) -> None:
    """By default, by its object and by its beta name; what nobody knows counts as what was known before."""
    for audio in (None, {}, {side: None}, {side: {}}, {side: {"format": None}}, {side: {"format": "pcm16"}}):
        assert read(SessionConfig.model_validate({"audio": audio})) == AudioFormat()
    named = {side: {"format": {"type": "audio/pcmu"}}}
    assert read(SessionConfig.model_validate({"audio": named})) == G711
    strange = SessionConfig.model_validate({"audio": {side: {"format": CANARY}}})
    assert (read(strange), read(strange, G711)) == (AudioFormat(), G711)


G711 = AudioFormat("audio/pcmu", 8000)
TURNS: list[tuple[dict[str, Any], bool, bool]] = [
    ({}, True, True),
    ({"voice": "marin"}, True, True),
    ({"transcription": "whisper-1"}, True, True),
    ({"turn_detection": "server_vad"}, True, True),
    ({"turn_detection": {"type": "server_vad", "create_response": None, "interrupt_response": None}}, True, True),
    ({"turn_detection": {"type": "server_vad", "create_response": False}}, False, True),
    ({"turn_detection": {"type": "semantic_vad", "interrupt_response": False}}, True, False),
    ({"turn_detection": {"type": "server_vad", "create_response": False, "interrupt_response": False}}, False, False),
    ({"turn_detection": None}, False, False),
]


@pytest.mark.parametrize(("settings", "responds", "interrupts"), TURNS)
def test_who_takes_the_turns_follows_from_turn_detection(
    settings: dict[str, Any], responds: bool, interrupts: bool
) -> None:
    """And from nothing else; what is not named is the server's default."""
    config = session_config(**settings)
    assert (server_responds(config), server_interrupts(config)) == (responds, interrupts)


def test_turn_detection_of_no_type_is_off() -> None:
    """As xAI says it in session.created; one that only does not name its type is on."""
    off, on = ({"audio": {"input": {"turn_detection": found}}} for found in ({"type": None}, {"threshold": 0.5}))
    assert not server_responds(SessionConfig(**off))
    assert not server_interrupts(SessionConfig(**off))
    assert server_responds(SessionConfig(**on))


MERGES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "what is not named stays": (
        {"instructions": "a", "audio": {"input": {"noise_reduction": None}, "output": {"voice": "alloy"}}},
        {"audio": {"output": {"speed": 1.5}}},
        {
            "instructions": "a",
            "audio": {"input": {"noise_reduction": None}, "output": {"voice": "alloy", "speed": 1.5}},
        },
    ),
    "what was not there is added": ({}, _input(transcription={"model": "m"}), _input(transcription={"model": "m"})),
    "a detection of the same type keeps its fields": (
        _input(turn_detection={"type": "server_vad", "threshold": 0.5}),
        _input(turn_detection={"type": "server_vad", "silence_duration_ms": 300}),
        _input(turn_detection={"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 300}),
    ),
    "a detection without a type keeps its fields": (
        _input(turn_detection={"type": "server_vad", "threshold": 0.5}),
        _input(turn_detection={"create_response": False}),
        _input(turn_detection={"type": "server_vad", "threshold": 0.5, "create_response": False}),
    ),
    "a detection of another type begins anew": (
        _input(turn_detection={"type": "server_vad", "threshold": 0.5}),
        _input(turn_detection={"type": "semantic_vad"}),
        _input(turn_detection={"type": "semantic_vad"}),
    ),
    "null clears": (
        {"prompt": {"id": "p"}, **_input(turn_detection={"type": "server_vad"}, transcription={"model": "m"})},
        {"prompt": None, **_input(turn_detection=None, transcription=None)},
        {"prompt": None, **_input(turn_detection=None, transcription=None)},
    ),
    "empty clears": (
        {"instructions": "a", "tools": [WEATHER]},
        {"instructions": "", "tools": []},
        {"instructions": "", "tools": []},
    ),
    "null where there is always a value is as if absent": (
        {"output_modalities": ["text"], "tool_choice": "none", **_output(voice="alloy", speed=1.5)},
        {"output_modalities": None, "tool_choice": None, **_output(voice=None, speed=None, format=None)},
        {"output_modalities": ["text"], "tool_choice": "none", **_output(voice="alloy", speed=1.5)},
    ),
    "audio of null is as if absent": (_output(voice="alloy"), {"audio": None}, _output(voice="alloy")),
    "a side of null is as if absent": (_output(voice="alloy"), {"audio": {"output": None}}, _output(voice="alloy")),
    "lists are replaced": ({"tools": [WEATHER]}, {"tools": [{"name": "b"}]}, {"tools": [{"name": "b"}]}),
    "values are replaced": (
        {
            "tool_choice": {"type": "function", "name": "a"},
            "prompt": {"id": "p", "version": "1"},
            **_output(format=PCM),
        },
        {"tool_choice": "auto", "prompt": {"id": "q"}, **_output(format={"type": "audio/pcmu"})},
        {"tool_choice": "auto", "prompt": {"id": "q"}, **_output(format={"type": "audio/pcmu"})},
    ),
    "unknown fields too": ({"zork": {"a": 1, "b": 1}}, {"zork": {"b": 2}}, {"zork": {"a": 1, "b": 2}}),
}


@pytest.mark.parametrize("name", MERGES)
def test_an_update_is_merged_as_a_server_does(name: str) -> None:
    """An update never resets what it does not name."""
    before, update, after = MERGES[name]
    assert merged(SessionConfig(**before), SessionConfig(**update)) == SessionConfig(**after)


@given(configs(), configs())
def test_merging_neither_forgets_nor_repeats(before: SessionConfig, update: SessionConfig) -> None:
    """An empty update changes nothing, a second one of the same changes nothing more, and no name is lost."""
    after = merged(before, update)
    assert merged(before, SessionConfig()) == before
    assert merged(after, update) == after
    assert before.model_fields_set <= after.model_fields_set


@given(configs())
def test_a_configuration_that_is_merged_keeps_its_credentials(config: SessionConfig) -> None:
    """They are hidden, not gone."""
    secret = SessionConfig(tools=(ToolDefinition(type="mcp", server_label="docs", authorization=CANARY),))
    (tool,) = merged(config, secret).tools or ()
    assert tool.authorization == CANARY

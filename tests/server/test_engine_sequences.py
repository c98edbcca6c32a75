"""The engine against recorded conversations: the same client events lead to the same sequence of types."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import pytest

from rxrealtime.server.scenarios import Call, Rule, Scenario
from rxrealtime.server.voices import speak
from tests.conftest import Recording
from tests.server.driving import Client, at_once, types_of

_PROVIDERS = ("openai", "azure")
_ASIDE = ("rate_limits.updated", "conversation.item.input_audio_transcription.delta")
_COMPLETED = "conversation.item.input_audio_transcription.completed"


def _shape(types: Iterable[str]) -> list[str]:
    """Merge runs of deltas, which interleave freely, and leave out what may come anywhere or not at all."""
    kept = [kind for kind in types if kind not in (*_ASIDE, _COMPLETED)]
    return [kind for kind, _ in groupby("deltas" if kind.endswith(".delta") else kind for kind in kept)]


def _split(recording: Recording) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rows = [(direction, json.loads(data)) for direction, data in recording]
    return [e for d, e in rows if d == "sent"], [e for d, e in rows if d == "received"]


def _append(audio: bytes) -> dict[str, Any]:
    return {"type": "input_audio_buffer.append", "audio": b64encode(audio).decode()}


@pytest.mark.parametrize("provider", _PROVIDERS)
@pytest.mark.parametrize("name", ["text-in-audio-out-turn", "message-history-seeding"])
def test_text_turn(recordings: Callable[[str], Recording], provider: str, name: str) -> None:
    """A text turn, answered in audio or text, gives the recorded sequence of types."""
    sent, received = _split(recordings(f"{provider}-{name}"))
    client = Client(at_once)
    client.send(*sent)
    assert _shape(types_of(client.got)) == _shape(types_of(received))


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_tool_call_round(recordings: Callable[[str], Recording], provider: str) -> None:
    """A tool call, its output and the answer give the recorded sequence, name and arguments included."""
    sent, received = _split(recordings(f"{provider}-tool-call-round"))
    client = Client(at_once)
    client.send(*sent)
    assert _shape(types_of(client.got)) == _shape(types_of(received))
    ours, theirs = (
        next(e for e in side if e["type"] == "response.function_call_arguments.done") for side in (client.got, received)
    )
    assert ours["name"] == theirs["name"]
    assert json.loads(ours["arguments"]) == json.loads(theirs["arguments"])


@pytest.mark.parametrize(
    "name", ["openai-audio-in-server-vad-turn", "azure-audio-in-server-vad-transcribes"], ids=["openai", "azure"]
)
def test_spoken_turn(recordings: Callable[[str], Recording], name: str) -> None:
    """A turn found by voice activity detection gives the recorded sequence, transcription aside."""
    sent, received = _split(recordings(name))
    update = next(event for event in sent if event["type"] == "session.update")
    client = Client(at_once)
    client.send(update, _append(bytes(24_000)), _append(speak("hello")), _append(bytes(48_000)))
    one_turn = received[: types_of(received).index("response.done") + 1]
    assert _shape(types_of(client.got)) == _shape(types_of(one_turn))


@pytest.mark.parametrize("name", ["openai-text-in-audio-out-turn", "openai-tool-call-round"])
def test_fields(recordings: Callable[[str], Recording], name: str) -> None:
    """Every event of a turn has the fields of the recorded one, obfuscation of deltas aside."""
    sent, received = _split(recordings(name))
    client = Client(at_once)
    client.send(*sent)
    for theirs in received:
        ours = next(event for event in client.got if event["type"] == theirs["type"])
        assert set(ours) == set(theirs) - {"obfuscation"}


def test_session_fields(recordings: Callable[[str], Recording]) -> None:
    """session.created and session.updated have every field that OpenAI's have, nulls included."""
    sent, received = _split(recordings("openai-audio-in-server-vad-turn"))
    client = Client(at_once)
    client.send(sent[0])
    for ours, theirs in zip(client.got[:2], received[:2], strict=True):
        assert _paths(ours["session"]) == _paths(theirs["session"])


def test_response_fields(recordings: Callable[[str], Recording]) -> None:
    """response.created and response.done have every field that OpenAI's have, nulls included."""
    sent, received = _split(recordings("openai-text-in-audio-out-turn"))
    client = Client(at_once)
    client.send(*sent)
    for kind in ("response.created", "response.done"):
        ours, theirs = (next(e for e in side if e["type"] == kind)["response"] for side in (client.got, received))
        assert _paths(ours) == _paths(theirs)


def _paths(value: Any, prefix: str = "") -> set[str]:
    if isinstance(value, dict):
        return {path for key, part in value.items() for path in _paths(part, f"{prefix}.{key}")}
    if isinstance(value, list) and value:
        return {path for part in value for path in _paths(part, f"{prefix}[]")}
    return {prefix}


def test_transcription_comes_after_its_item() -> None:
    """Transcription deltas follow the item's added and are, joined, the completed transcript."""
    client = Client(at_once)
    turned_on = {"type": "realtime", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
    client.send({"type": "session.update", "session": turned_on})
    got = client.send(_append(speak("what is this")), _append(bytes(48_000)))
    kinds = types_of(got)
    deltas = [event["delta"] for event in got if event["type"] == _ASIDE[1]]
    assert "".join(deltas) == next(event for event in got if event["type"] == _COMPLETED)["transcript"]
    assert "".join(deltas) == "what is this"
    assert kinds.index("conversation.item.added") < kinds.index(_ASIDE[1])


def test_several_calls() -> None:
    """Several calls are several output items, in order, one after the other."""
    client = Client(Scenario((Rule("both", say="Wait.", call=(Call("one", "{}"), Call("two", '{"a": 1}'))),), pace=0))
    got = client.ask("both", output_modalities=["text"])
    done = next(event for event in got if event["type"] == "response.done")["response"]
    assert [(item["type"], item.get("name")) for item in done["output"]] == [
        ("message", None),
        ("function_call", "one"),
        ("function_call", "two"),
    ]
    added = [event["output_index"] for event in got if event["type"] == "response.output_item.added"]
    assert added == [0, 1, 2]

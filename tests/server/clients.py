"""What clients send, as Hypothesis strategies: legal and illegal events, broken frames, turns, and waiting."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from hypothesis import strategies as st

from rxrealtime.server.voices import speak
from tests.server.driving import text_item

__all__ = ["MALFORMED", "MESSAGES", "PAUSES", "PHRASES", "TOOL", "spoken"]

TOOL = {"type": "function", "name": "tool", "parameters": {"type": "object", "properties": {}}}
_MCP = {"type": "mcp", "server_label": "maps", "server_url": "https://maps.example"}
_TELEPHONE = {"type": "audio/pcmu"}
_IDS = st.sampled_from(["a", "b", "c", "$0", "$1", "$2", "$3", "no such"])
_TEXTS = st.sampled_from(["hi", "two", "fail", "cut", "noise", "what is a tool", "map", "slow", "ask", ""])

PHRASES = st.sampled_from(["hi", "two", "fail", "map", "deaf"])
"""What a user says aloud."""

PAUSES = st.sampled_from([0.01, 0.05, 0.3, 1.0, 6.0, 30.0])
"""How long nothing is sent, in seconds."""

_DETECTION = st.sampled_from(
    [
        None,
        {"type": "server_vad"},
        {"type": "server_vad", "create_response": False, "silence_duration_ms": 100},
        {"type": "server_vad", "interrupt_response": False, "create_response": True},
        {"type": "server_vad", "idle_timeout_ms": 5000},
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
            {"type": "realtime", "tools": [TOOL], "tool_choice": "required"},
            {"type": "realtime", "tools": [_MCP | {"require_approval": "never"}]},
            {"type": "realtime", "tools": [_MCP, TOOL, {"type": "mcp", "server_label": "gone"}]},
            {"type": "realtime", "tools": [], "instructions": ""},
            {"type": "realtime", "voice": "alloy"},
            {"type": "realtime", "max_output_tokens": 3},
            {"type": "realtime", "audio": {"output": {"voice": "marin"}}},
            {"type": "realtime", "audio": {"input": {"transcription": {"model": "whisper-1"}}}},
            {"type": "realtime", "audio": {"input": {"transcription": None}}},
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
        {"tools": [TOOL], "tool_choice": {"type": "function", "name": "tool"}},
        {"tools": [_MCP]},
        {"input": [{"type": "item_reference", "id": "a"}]},
        {"input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "map"}]}]},
        {"nonsense": 1},
    ]
)


def _item(id: str, content: dict[str, Any], role: str = "user") -> dict[str, Any]:
    return {"id": id, "type": "message", "role": role, "content": [content]}


_CONTENTS = st.sampled_from(
    [
        {"type": "input_text", "text": "two"},
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
        {"type": "input_audio", "audio": b64encode(speak("hi")).decode()},
        {"type": "output_text", "text": "earlier"},
        {"type": "output_audio", "audio": b64encode(speak("no")).decode(), "transcript": "no"},
        {"type": "sculpture"},
    ]
)
_CREATED = st.one_of(
    st.builds(_item, _IDS, _CONTENTS, st.sampled_from(["user", "user", "assistant", "system", "nobody"])),
    _IDS.map(lambda id: {"type": "function_call_output", "call_id": id.replace(" ", "_"), "output": "done"}),
    st.builds(
        lambda id, yes: {"type": "mcp_approval_response", "approval_request_id": id, "approve": yes},
        _IDS,
        st.booleans(),
    ),
    st.sampled_from([{"type": "item_reference", "id": "a"}, {"type": "mcp_call"}, {"type": "novelty"}, {}]),
)
_CREATES = st.builds(
    lambda item, after: (
        {"type": "conversation.item.create", "item": item} | ({} if after is None else {"previous_item_id": after})
    ),
    _CREATED,
    st.one_of(st.none(), st.just("root"), _IDS),
)
_TRUNCATES = st.builds(
    lambda id, index, ms: {
        "type": "conversation.item.truncate",
        "item_id": id,
        "content_index": index,
        "audio_end_ms": ms,
    },
    _IDS,
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([0, 40, 10_000, -1]),
)
_SIMPLE = st.sampled_from(
    [
        {"type": "input_audio_buffer.commit"},
        {"type": "input_audio_buffer.clear"},
        {"type": "output_audio_buffer.clear"},
        {"type": "response.create"},
        {"type": "response.cancel"},
        {"type": "response.cancel", "response_id": "resp_no"},
        {"type": "response.cancel", "response_id": "$r"},
    ]
)
MESSAGES = st.one_of(
    _TEXTS.map(text_item),
    _CREATES,
    st.builds(
        lambda verb, id: {"type": f"conversation.item.{verb}", "item_id": id},
        st.sampled_from(["delete", "retrieve"]),
        _IDS,
    ),
    _TRUNCATES,
    _SIMPLE,
    _PARAMS.map(lambda params: {"type": "response.create", "response": params}),
    _SESSIONS.map(lambda session: {"type": "session.update", "session": session}),
)
"""One event of a client; ``$0`` ... stand for items that the server knows, the newest first, ``$r`` for a response."""

MALFORMED = st.sampled_from(
    [
        "",
        "raw",
        "[]",
        '"text"',
        "null",
        "{}",
        "NaN",
        '{"type": 1}',
        '{"type": "no.such.type"}',
        '{"type": "response.create", "response": 1}',
        '{"type": "conversation.item.create"}',
        '{"type": "conversation.item.truncate", "item_id": "a", "content_index": 0, "audio_end_ms": "x"}',
        '{"type": "session.update", "session": [1]}',
        '{"type": "response.create", "event_id": "' + "x" * 513 + '"}',
        '{"type": "response.create", "event_id": "\\ud83d"}',
        '{"type": "response.create", "event_id": 7}',
        '{"type": "input_audio_buffer.commit", "extra": NaN}',
        "[" * 1000,
        b"\xff\xfe",
        b'{"type": "response.cancel"',
        json.dumps({"type": "input_audio_buffer.clear", "type ": "x"})[:-1],
    ]
)
"""Frames that are no event of a client; each is refused by one error."""


def spoken(text: str, silence_ms: int, *, step: int, telephone: bool) -> list[dict[str, Any]]:
    """Return the appends of somebody who says a text and is silent then; odd steps cut samples in two."""
    audio = (speak(text) if text else b"") + bytes(48 * silence_ms)
    chosen = audio[::6] if telephone else audio
    cut = [chosen[at : at + step] for at in range(0, len(chosen), step)]
    return [{"type": "input_audio_buffer.append", "audio": b64encode(piece).decode()} for piece in cut]

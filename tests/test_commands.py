"""Commands are pure functions that give client events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rxrealtime import commands, decode_client, encode
from rxrealtime.events import ContentPart, ExceptionEvent, UnknownEvent

CASES: dict[str, tuple[Callable[[], tuple[Any, ...]], list[dict[str, Any]]]] = {
    "say a text": (
        lambda: commands.say("hi"),
        [
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
            },
            {"type": "response.create"},
        ],
    ),
    "say an image with its detail": (
        lambda: commands.say([ContentPart(type="input_image", image_url="data:,", detail="low")])[:1],
        [
            {
                "type": "conversation.item.create",
                "item": {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_image", "image_url": "data:,", "detail": "low"}],
                },
            }
        ],
    ),
    "say nothing": (
        lambda: commands.say([])[:1],
        [{"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}],
    ),
    "append": (lambda: commands.append_audio(b"\x00\xff"), [{"type": "input_audio_buffer.append", "audio": "AP8="}]),
    "append nothing": (lambda: commands.append_audio(b""), [{"type": "input_audio_buffer.append", "audio": ""}]),
    "commit": (commands.commit_audio, [{"type": "input_audio_buffer.commit"}]),
    "clear": (commands.clear_audio, [{"type": "input_audio_buffer.clear"}]),
    "respond": (commands.respond, [{"type": "response.create"}]),
    "respond out of band": (
        lambda: commands.respond(conversation="none", metadata={"k": "v"}, input=()),
        [{"type": "response.create", "response": {"conversation": "none", "metadata": {"k": "v"}, "input": []}}],
    ),
    "cancel": (commands.cancel, [{"type": "response.cancel"}]),
    "cancel one": (lambda: commands.cancel("r"), [{"type": "response.cancel", "response_id": "r"}]),
    "truncate at zero": (
        lambda: commands.truncate("i", 0),
        [{"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 0}],
    ),
    "answer a call with nothing": (
        lambda: commands.answer_call("c", ""),
        [
            {
                "type": "conversation.item.create",
                "item": {"type": "function_call_output", "call_id": "c", "output": ""},
            }
        ],
    ),
    "approve an MCP call": (
        lambda: commands.approve_mcp("m"),
        [
            {
                "type": "conversation.item.create",
                "item": {"type": "mcp_approval_response", "approval_request_id": "m", "approve": True},
            }
        ],
    ),
    "reject an MCP call": (
        lambda: commands.reject_mcp("m"),
        [
            {
                "type": "conversation.item.create",
                "item": {"type": "mcp_approval_response", "approval_request_id": "m", "approve": False},
            }
        ],
    ),
    "reject an MCP call and say why": (
        lambda: commands.reject_mcp("m", "not today"),
        [
            {
                "type": "conversation.item.create",
                "item": {
                    "type": "mcp_approval_response",
                    "approval_request_id": "m",
                    "approve": False,
                    "reason": "not today",
                },
            }
        ],
    ),
    "delete": (lambda: commands.delete("i"), [{"type": "conversation.item.delete", "item_id": "i"}]),
    "retrieve": (lambda: commands.retrieve("i"), [{"type": "conversation.item.retrieve", "item_id": "i"}]),
    "configure": (
        lambda: commands.configure(tracing=None, tools=()),
        [{"type": "session.update", "session": {"type": "realtime", "tools": [], "tracing": None}}],
    ),
    "configure tracing": (
        lambda: commands.configure(tracing={"workflow_name": "w"}),
        [{"type": "session.update", "session": {"type": "realtime", "tracing": {"workflow_name": "w"}}}],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_command_gives_exactly_these_events(name: str) -> None:
    """What is written is what the protocol has for it, and it decodes again as a client event."""
    command, expected = CASES[name]
    events = command()
    assert isinstance(events, tuple)
    assert [json.loads(encode(event)) for event in events] == expected
    assert not any(isinstance(decode_client(encode(event)), UnknownEvent | ExceptionEvent) for event in events)


def test_a_setting_of_the_wrong_kind_is_refused_here() -> None:
    """Not by the server, and without quoting the value."""
    with pytest.raises(ValueError, match="instructions") as raised:
        commands.configure(instructions=["CANARY"])
    assert "CANARY" not in str(raised.value)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_refused_here(number: float) -> None:
    """RFC 8259: it could only be written as something else."""
    with pytest.raises(ValueError, match="finite"):
        commands.configure(audio={"output": {"speed": number}})

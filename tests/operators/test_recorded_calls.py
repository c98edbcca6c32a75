"""Recorded rounds of a tool: what we send is what was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rxrealtime.codec import decode, encode
from rxrealtime.events import ConversationItemCreate, ResponseCreate
from rxrealtime.operators.calls import Ran, Run
from rxrealtime.tools import ToolContext, tool
from tests.conftest import Recording
from tests.operators.calling import Machine

CONTEXT = ToolContext("", "", "")


@tool
def get_weather(city: str) -> str:
    """Tell the weather."""
    return f"It is foggy and 12 degrees in {city}."


def _round(recording: Recording) -> tuple[list[Any], list[str]]:
    """Put what was received through the machine; give what it sends, and upon which event it asks to go on."""
    machine = Machine([get_weather])
    went_on: list[str] = []
    for direction, data in recording:
        if direction == "received":
            event = decode(data)
            outputs = machine.feed(event)
            for run in (output for output in outputs if isinstance(output, Run)):
                outputs += machine.feed(Ran(run.call.call_id, get_weather.invoke(CONTEXT, run.call.values)))
            went_on += [event.type for output in outputs if isinstance(output, ResponseCreate)]
    sent = [event for event in machine.given if isinstance(event, ConversationItemCreate | ResponseCreate)]
    return [json.loads(encode(event)) for event in sent], went_on


@pytest.mark.parametrize("provider", ["openai", "azure", "azure-voice-live", "xai"])
def test_a_recorded_round_is_answered_as_it_was(provider: str, recordings: Callable[[str], Recording]) -> None:
    """The output and the create are those of the recording, the create upon response.done and once."""
    recording = recordings(f"{provider}-tool-call-round")
    sent = [json.loads(data) for direction, data in recording if direction == "sent"]
    ours, went_on = _round(recording)

    assert ours == sent[-2:]
    assert went_on == ["response.done"]


@pytest.mark.parametrize(
    "name",
    [
        "openai-text-in-audio-out-turn",
        "openai-audio-in-server-vad-turn",
        "openai-webrtc-sideband-audio-turn",
        "azure-message-history-seeding",
        "xai-audio-in-server-vad-turn",
    ],
)
def test_a_recording_without_calls_gives_nothing(name: str, recordings: Callable[[str], Recording]) -> None:
    """Neither an output nor a create."""
    assert _round(recordings(name)) == ([], [])

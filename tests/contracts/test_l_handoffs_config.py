"""L4, the pure half: what a handoff asks of the session."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given

from rxrealtime.agent import Agent, handoff_config
from rxrealtime.events import SessionConfig, ToolDefinition
from rxrealtime.settings import differences, merged, session_config
from rxrealtime.tools import Tool
from tests.configs import configs

LOOK = Tool("look", "Look something up.", {"type": "object", "properties": {}}, lambda: "found")


def _asked(agent: Agent) -> dict[str, Any]:
    return asyncio.run(handoff_config(agent)).model_dump(exclude_unset=True)


def test_l4_a_handoff_names_instructions_tools_and_voice_and_nothing_else() -> None:
    """L4: in one update; the type is what every update carries."""
    asked = _asked(Agent("B", "Be kind.", tools=[LOOK], voice="marin"))
    assert asked == {
        "type": "realtime",
        "instructions": "Be kind.",
        "tools": (LOOK.definition.model_dump(exclude_unset=True),),
        "audio": {"output": {"voice": "marin"}},
    }


def test_l4_nothing_of_the_other_agents_instructions_and_tools_is_left() -> None:
    """L4: also if the agent that takes over has none; a voice that it does not name stays."""
    assert _asked(Agent("B")) == {"type": "realtime", "instructions": "", "tools": ()}


def test_l4_settings_of_the_agent_come_along_in_the_same_update() -> None:
    """L4: beside its voice, and with an explicit null."""
    settings = session_config(max_output_tokens=100, speed=1.2, turn_detection=None)
    assert _asked(Agent("B", "Be kind.", voice="marin", settings=settings)) == {
        "type": "realtime",
        "instructions": "Be kind.",
        "tools": (),
        "max_output_tokens": 100,
        "audio": {"input": {"turn_detection": None}, "output": {"voice": "marin", "speed": 1.2}},
    }


@given(configs())
def test_l4_a_handoff_loses_no_setting_that_it_does_not_name(in_force: SessionConfig) -> None:
    """L4: whatever is in force; and what it names is in force afterwards."""
    update = asyncio.run(handoff_config(Agent("B", "Be kind.", tools=[LOOK], voice="marin")))
    after = merged(in_force, update)
    assert differences(update, after) == ()
    named = {"type", "instructions", "tools", "audio"}
    assert after.model_dump(exclude=named) == in_force.model_dump(exclude=named)
    before_audio, audio = (config.audio.model_dump() if config.audio else {} for config in (in_force, after))
    assert audio["input"] == before_audio.get("input")
    rest = {**(before_audio.get("output") or {}), "voice": "marin"}
    assert {key: value for key, value in audio["output"].items() if value is not None} == {
        key: value for key, value in rest.items() if value is not None
    }


def test_l4_back_and_forth_leaves_the_session_as_it_was() -> None:
    """L4: two agents that name the same things undo each other."""
    first = Agent("A", "Be brief.", tools=[LOOK, ToolDefinition(type="mcp", server_label="docs")], voice="alloy")
    second = Agent("B", "Be kind.", voice="marin")
    begin = merged(session_config(transcription="whisper-1", speed=1.5), asyncio.run(handoff_config(first)))
    there = merged(begin, asyncio.run(handoff_config(second)))
    assert there != begin
    assert merged(there, asyncio.run(handoff_config(first))) == begin

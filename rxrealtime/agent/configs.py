"""What an agent asks of a session: at its beginning, when it takes over, and to accept a call.

Source: openai-openapi f85dbe2 (2026-08-21).
"""

from __future__ import annotations

import inspect
from typing import Any

from rxrealtime.agent.agents import Agent, handoffs_of
from rxrealtime.errors import ConfigurationError
from rxrealtime.events import SessionConfig, ToolDefinition
from rxrealtime.settings import SessionSettings, merged, session_config
from rxrealtime.tools import Tool

__all__ = ["accept_config", "agent_config", "handoff_config"]


async def agent_config(agent: Agent, context: Any = None) -> SessionConfig:
    """Give what is to be in force when a session begins with an agent.

    Args:
        agent: The agent.
        context: What its instructions are made for, if they are a function.

    Returns:
        Its settings, instructions, tools (handoffs last) and voice; what it does not name is not in it.

    Raises:
        ConfigurationError: The function of its instructions raises or gives no text, or a handoff is refused; the
            agent is named, and what the function raised is the cause.
    """
    return _config(agent, await _instructions(agent, context), _definitions(agent) or None)


async def handoff_config(agent: Agent, context: Any = None) -> SessionConfig:
    """Give what is to be in force when an agent takes over from another.

    Args:
        agent: The agent that takes over.
        context: What its instructions are made for, if they are a function.

    Returns:
        As `agent_config`, but instructions and tools are always named, so that nothing of the other agent's is left:
        without instructions they are "", which puts the provider's own in force, without tools an empty list. All
        else that it does not name stays as it is.

    Raises:
        ConfigurationError: As `agent_config`.
    """
    return _config(agent, await _instructions(agent, context) or "", _definitions(agent))


async def accept_config(agent: Agent, context: Any = None) -> dict[str, Any]:
    """Give the body of the request that accepts an incoming call (SIP), without connecting to it.

    A session that attaches to the call afterwards, with ``call_id``, finds it in force. Audio formats are in it only
    if the agent's settings name them, since the call has its own; so is the model.

    Args:
        agent: The agent that takes the call.
        context: What its instructions are made for, if they are a function.

    Returns:
        The JSON object for ``POST /v1/realtime/calls/{call_id}/accept``. Credentials of MCP servers are in it.

    Raises:
        ConfigurationError: As `agent_config`.

    Source: OpenAI Realtime API reference, accept call (2026-08).
    """
    return (await agent_config(agent, context)).model_dump(mode="json", exclude_unset=True)


def _config(agent: Agent, instructions: str | None, tools: tuple[ToolDefinition, ...] | None) -> SessionConfig:
    named: SessionSettings = {}
    if instructions is not None:
        named["instructions"] = instructions
    if tools is not None:
        named["tools"] = tools
    if agent.voice is not None:
        named["voice"] = agent.voice
    return merged(agent.settings or SessionConfig(), session_config(**named))


def _definitions(agent: Agent) -> tuple[ToolDefinition, ...]:
    tools = (tool.definition if isinstance(tool, Tool) else tool for tool in agent.tools)
    return (*tools, *(handoff.definition for handoff in handoffs_of(agent)))


async def _instructions(agent: Agent, context: Any) -> str | None:
    if agent.instructions is None or isinstance(agent.instructions, str):
        return agent.instructions
    try:
        said = agent.instructions(context)
        text = await said if inspect.isawaitable(said) else said
    except Exception as error:  # whatever the application's function raises
        raised = type(error).__name__
        raise ConfigurationError(f"agent {agent.name!r}: the function of its instructions raised {raised}") from error
    if not isinstance(text, str):
        given = type(text).__name__
        raise ConfigurationError(f"agent {agent.name!r}: the function of its instructions gave {given}, not a text")
    return text

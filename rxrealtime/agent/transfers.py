"""Handoffs as tools: what happens when the model calls one."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from rxrealtime.agent.agents import Agent, Handoff, handoffs_of
from rxrealtime.agent.configs import handoff_config
from rxrealtime.errors import ToolArgumentsError
from rxrealtime.events import SessionConfig
from rxrealtime.tools import Tool, ToolContext

__all__ = ["HandoffCall", "Transfer", "handoff_tools", "transfer"]


@dataclass(frozen=True, slots=True, eq=False)
class Transfer:
    """What the call of a handoff gives: who takes over, and with which configuration.

    Args:
        agent: Who takes over.
        config: What is to be put in force for it.
    """

    agent: Agent
    config: SessionConfig = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class HandoffCall:
    """The function of a handoff's tool; awaiting its call gives a `Transfer`.

    Args:
        handoff: The handoff.
    """

    handoff: Handoff

    async def __call__(self, tool_context: ToolContext, arguments: Mapping[str, Any]) -> Transfer:
        """Prepare the handoff, see `transfer`."""
        return await transfer(self.handoff, tool_context.context, arguments)


def handoff_tools(agent: Agent) -> tuple[Tool, ...]:
    """Give the handoffs of an agent as tools.

    Args:
        agent: The agent.

    Returns:
        One tool for each; its function is a `HandoffCall`.

    Raises:
        ConfigurationError: As `handoffs_of`.
    """
    return tuple(_tool(handoff) for handoff in handoffs_of(agent))


async def transfer(handoff: Handoff, context: Any, arguments: Mapping[str, Any]) -> Transfer:
    """Prepare a handoff: check its input, tell the application, and ask the other agent for its configuration.

    Args:
        handoff: The handoff.
        context: The context of the session, for `on_handoff` and for instructions that are a function.
        arguments: What the model said along with it.

    Returns:
        Who takes over, and what is to be put in force.

    Raises:
        ToolArgumentsError: The arguments are not of `input_type`, strictly; then nothing else was done. The message
            names fields and rules, never values.
        ConfigurationError: The other agent gives no configuration, see `handoff_config`.
        Exception: What `on_handoff` raises.
    """
    said = _input(handoff, arguments)
    if handoff.on_handoff is not None:
        result = handoff.on_handoff(context, said)
        if inspect.isawaitable(result):
            await result
    return Transfer(handoff.agent, await handoff_config(handoff.agent, context))


def _tool(handoff: Handoff) -> Tool:
    told = handoff.definition
    return Tool(handoff.tool_name, told.description or "", told.parameters or {}, HandoffCall(handoff))


def _input(handoff: Handoff, arguments: Mapping[str, Any]) -> BaseModel | None:
    if handoff.input_type is None:
        if arguments:
            raise ToolArgumentsError(f"{handoff.tool_name} takes no arguments")
        return None
    try:
        return handoff.input_type.model_validate_json(json.dumps(dict(arguments), allow_nan=False), strict=True)
    except ValidationError as error:
        raise ToolArgumentsError(f"{handoff.tool_name}: {_misfits(handoff, error)}") from None
    except (ValueError, TypeError):  # the message of either may quote a value
        raise ToolArgumentsError(f"{handoff.tool_name}: the arguments are not JSON") from None


def _misfits(handoff: Handoff, error: ValidationError) -> str:
    """Name fields of the schema and rules; what else pydantic says may quote the arguments."""
    known = handoff.parameters.get("properties") or {}
    rows = error.errors(include_url=False, include_input=False, include_context=False)
    fields = (str(row["loc"][0]) if row["loc"] and row["loc"][0] in known else "the arguments" for row in rows)
    return "; ".join(f"{name}: {row['type'].replace('_', ' ')}" for name, row in zip(fields, rows, strict=True))

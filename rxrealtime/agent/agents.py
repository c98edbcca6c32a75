"""Agents and handoffs as values, refused when they are built if they cannot work."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel

from rxrealtime.agent.checks import (
    called,
    check_guardrails,
    check_name,
    check_persona,
    check_settings,
    check_tools,
    is_tool_name,
    members,
    refuse_twins,
    schema_of,
)
from rxrealtime.errors import ConfigurationError
from rxrealtime.events import SessionConfig, ToolDefinition, Voice
from rxrealtime.guardrails import Guardrail
from rxrealtime.tools import Tool

__all__ = ["Agent", "Handoff", "Instructions", "check_agents", "handoffs_of"]

Instructions = str | Callable[[Any], str | Awaitable[str]]
"""What the model is told to do: a text, or what gives one for a context."""

_NO_INPUT: Final[Mapping[str, Any]] = {"type": "object", "properties": {}, "additionalProperties": False}
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_IN_NAMES: Final = re.compile(r"[^a-zA-Z0-9]+")


@dataclass(frozen=True, slots=True, eq=False)
class Agent:
    """What a session is told to be.

    Args:
        name: How it is told apart.
        instructions: What the model is told to do, or a function of the context, sync or async, that gives it. None:
            as the provider has it.
        tools: What it may call: tools, and definitions of MCP servers, whose tools the server calls itself.
        handoffs: Who may take over. A function of no arguments gives one that is not built yet, so that two agents
            can hand over to each other; `check_agents` looks at those.
        output_guardrails: What looks at what it says.
        input_guardrails: What looks at the arguments of each of its tools before it runs.
        voice: How it sounds; None: as the session has it. A server changes no voice once it has spoken.
        settings: Anything else of the session that is to be in force once the agent has it.
        description: What it is for; the models of other agents read it when they decide about a handoff.

    Raises:
        ConfigurationError: A part is of the wrong kind, two have one name, the agent hands off to itself, or
            `settings` name what the agent names. The message names the culprit.
    """

    name: str
    instructions: Instructions | None = field(default=None, repr=False)
    tools: Sequence[Tool | ToolDefinition] = field(default=(), kw_only=True, repr=False)
    handoffs: Sequence[Agent | Handoff | Callable[[], Agent | Handoff]] = field(default=(), kw_only=True, repr=False)
    output_guardrails: Sequence[Guardrail] = field(default=(), kw_only=True, repr=False)
    input_guardrails: Sequence[Guardrail] = field(default=(), kw_only=True, repr=False)
    voice: str | Voice | None = field(default=None, kw_only=True, repr=False)
    settings: SessionConfig | None = field(default=None, kw_only=True, repr=False)
    description: str | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        where = _named(self)
        for what in ("tools", "handoffs", "output_guardrails", "input_guardrails"):
            object.__setattr__(self, what, members(where, what, getattr(self, what)))
        check_persona(where, self.instructions, self.voice)
        check_tools(where, self.tools)
        check_guardrails(where, "output_guardrails", self.output_guardrails)
        check_guardrails(where, "input_guardrails", self.input_guardrails)
        check_settings(where, self.settings, instructions=self.instructions, voice=self.voice)
        _check_handoffs(self, tuple(_handoff(self, found) for found in self.handoffs if not _is_later(found)))


@dataclass(frozen=True, slots=True, eq=False)
class Handoff:
    """The way from one agent to another: a tool that the model of the first may call.

    Args:
        agent: Who takes over.
        name: What the model calls it; default ``transfer_to_`` and the agent's name in snake case.
        description: What the model is told about it; default one sentence, with the agent's description.
        input_type: What the model has to say along with it, a pydantic model; None: nothing.
        on_handoff: Is called with the context and that input (or None) before the other agent takes over. Sync or
            async; a sync one holds the event loop while it runs. If it raises, nothing is handed over.

    Raises:
        ConfigurationError: A part is of the wrong kind, no server takes the name, or `input_type` has no JSON schema
            of an object. The message names the culprit.
    """

    agent: Agent
    name: str | None = None
    description: str | None = field(default=None, kw_only=True)
    input_type: type[BaseModel] | None = field(default=None, kw_only=True)
    on_handoff: Callable[[Any, Any], Any] | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.agent, Agent):
            raise ConfigurationError(f"a handoff leads to an agent, not to {called(self.agent)}")
        if not is_tool_name(self.tool_name):
            raise ConfigurationError(
                f"handoff to {self.agent.name!r}: give it a name of 1 to 64 letters, digits, underscores and hyphens"
            )
        if not (self.on_handoff is None or callable(self.on_handoff)):
            raise ConfigurationError(f"handoff {self.tool_name!r}: on_handoff is no function")
        if self.input_type is not None:
            schema_of(f"handoff {self.tool_name!r}", self.input_type)

    @property
    def tool_name(self) -> str:
        """What the model calls it."""
        if self.name is not None:
            return self.name
        words = _NOT_IN_NAMES.sub("_", _CAPITAL.sub("_", self.agent.name)).strip("_").lower()
        return f"transfer_to_{words}" if words else ""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The JSON schema of what the model says along with it."""
        return _NO_INPUT if self.input_type is None else schema_of(f"handoff {self.tool_name!r}", self.input_type)

    @property
    def definition(self) -> ToolDefinition:
        """The handoff as the model is told of it, a function like any other."""
        about = f" {self.agent.description}" if self.agent.description else ""
        return ToolDefinition(
            type="function",
            name=self.tool_name,
            description=self.description or f"Hand the conversation over to {self.agent.name}.{about}",
            parameters=dict(self.parameters),
        )


def handoffs_of(agent: Agent) -> tuple[Handoff, ...]:
    """Give the handoffs of an agent, those that were given by a function too.

    Args:
        agent: The agent.

    Returns:
        Its handoffs, in their order.

    Raises:
        ConfigurationError: A function raises, or gives neither an agent nor a handoff; the agent hands off to itself,
            or a handoff has the name of another or of a tool. The message names the agent and the culprit.
    """
    found = tuple(_handoff(agent, _built(agent, given)) for given in agent.handoffs)
    _check_handoffs(agent, found)
    return found


def check_agents(agent: Agent) -> tuple[Agent, ...]:
    """Look at an agent and all that it may hand over to, directly or through others.

    Args:
        agent: The agent that a session begins with.

    Returns:
        The agents, this one first.

    Raises:
        ConfigurationError: As `handoffs_of`, or two different agents have one name.
    """
    found = {agent.name: agent}
    waiting = [agent]
    while waiting:
        for handoff in handoffs_of(waiting.pop(0)):
            other = handoff.agent
            if other.name not in found:
                waiting.append(other)
            if found.setdefault(other.name, other) is not other:
                raise ConfigurationError(f"two different agents are called {other.name!r}")
    return tuple(found.values())


def _named(agent: Agent) -> str:
    return f"agent {agent.name!r}"


def _is_later(given: Any) -> bool:
    return callable(given) and not isinstance(given, type)


def _built(agent: Agent, given: Any) -> Any:
    if not _is_later(given):
        return given
    try:
        return given()
    except Exception as error:  # whatever the application's function raises
        raise ConfigurationError(f"{_named(agent)}: {called(given)} raised {type(error).__name__}") from error


def _handoff(agent: Agent, given: Any) -> Handoff:
    if isinstance(given, Agent):
        return Handoff(given)
    if isinstance(given, Handoff):
        return given
    raise ConfigurationError(f"{_named(agent)}: handoffs are agents and handoffs, not {called(given)}")


def _check_handoffs(agent: Agent, handoffs: Sequence[Handoff]) -> None:
    for handoff in handoffs:
        if handoff.agent is agent or handoff.agent.name == agent.name:
            raise ConfigurationError(f"{_named(agent)} hands off to itself")
    tools = (tool.name for tool in agent.tools if isinstance(tool, Tool))
    refuse_twins(_named(agent), "tools or handoffs", (*tools, *(handoff.tool_name for handoff in handoffs)))

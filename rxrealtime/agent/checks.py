"""What an agent is refused for: one sentence that names the agent and the culprit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.errors import PydanticUserError

from rxrealtime.errors import ConfigurationError
from rxrealtime.events import SessionConfig, ToolDefinition, Voice
from rxrealtime.guardrails import Guardrail
from rxrealtime.tools import Tool

__all__ = [
    "called",
    "check_guardrails",
    "check_name",
    "check_persona",
    "check_settings",
    "check_tools",
    "is_tool_name",
    "members",
    "refuse_twins",
    "schema_of",
]

_TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""Source: openai-openapi f85dbe2 (2026-08-21), the name of a function."""


def is_tool_name(name: object) -> bool:
    """Tell whether a server takes this as the name of a tool."""
    return isinstance(name, str) and _TOOL_NAME.fullmatch(name) is not None


def called(value: Any) -> str:
    """Name a value that is of the wrong kind, by its own name or that of its class."""
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else type(value).__name__


def members(where: str, what: str, values: Any) -> tuple[Any, ...]:
    """Give the members of a list, or refuse what is none."""
    if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
        raise ConfigurationError(f"{where}: {what} takes a list, not {called(values)}")
    return tuple(values)


def refuse_twins(where: str, what: str, names: Iterable[str]) -> None:
    """Refuse two of one name."""
    for name, times in Counter(names).items():
        if times > 1:
            raise ConfigurationError(f"{where}: two {what} are called {name!r}")


def check_name(name: Any) -> None:
    """Refuse an agent without a name."""
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError("an agent needs a name")


def check_persona(where: str, instructions: Any, voice: Any) -> None:
    """Refuse instructions and a voice of the wrong kind."""
    if not (instructions is None or isinstance(instructions, str) or callable(instructions)):
        raise ConfigurationError(f"{where}: instructions is a text or a function, not {called(instructions)}")
    is_name = isinstance(voice, str) and voice != ""
    if not (voice is None or is_name or isinstance(voice, Voice)):
        raise ConfigurationError(f"{where}: voice is a name or a Voice, not {called(voice)}")


def check_tools(where: str, tools: Sequence[Any]) -> None:
    """Refuse what is neither a tool nor an MCP server, names that no server takes, and two servers of one label."""
    for tool in tools:
        if isinstance(tool, ToolDefinition):
            _check_definition(where, tool)
        elif not isinstance(tool, Tool):
            raise ConfigurationError(f"{where}: {called(tool)} is not a tool: functions become one with @tool")
        elif not is_tool_name(tool.name):
            raise ConfigurationError(
                f"{where}: tool {tool.name!r} needs a name of 1 to 64 letters, digits, underscores and hyphens"
            )
    refuse_twins(where, "MCP servers", (tool.server_label or "" for tool in tools if isinstance(tool, ToolDefinition)))


def _check_definition(where: str, tool: ToolDefinition) -> None:
    if tool.type != "mcp":
        shown = tool.name or "one without a name"
        raise ConfigurationError(f"{where}: the definition of tool {shown!r} has no function to call: give a Tool")
    if not tool.server_label:
        raise ConfigurationError(f"{where}: an MCP server needs a server_label")


def check_guardrails(where: str, what: str, guardrails: Sequence[Any]) -> None:
    """Refuse what is no guardrail, and two of one name."""
    for guardrail in guardrails:
        if not isinstance(guardrail, Guardrail):
            raise ConfigurationError(f"{where}: {called(guardrail)} in {what} is not a Guardrail")
    refuse_twins(where, what, (guardrail.name for guardrail in guardrails))


def check_settings(where: str, settings: Any, *, instructions: Any, voice: Any) -> None:
    """Refuse settings that are not of a realtime session, or name what the agent names."""
    if settings is None:
        return
    if not isinstance(settings, SessionConfig) or settings.type != "realtime":
        raise ConfigurationError(f"{where}: settings takes the SessionConfig of a realtime session")
    output = settings.audio.output if settings.audio else None
    twice = {
        "tools": "tools" in settings.model_fields_set,
        "instructions": "instructions" in settings.model_fields_set and instructions is not None,
        "voice": output is not None and "voice" in output.model_fields_set and voice is not None,
    }
    for name, is_named in twice.items():
        if is_named:
            raise ConfigurationError(f"{where}: its settings name {name} too: the agent says them alone")


def schema_of(where: str, input_type: Any) -> Mapping[str, Any]:
    """Give the JSON schema of an object, or refuse what has none."""
    if not (isinstance(input_type, type) and issubclass(input_type, BaseModel)):
        raise ConfigurationError(f"{where}: input_type is a pydantic model, not {called(input_type)}")
    try:
        schema = input_type.model_json_schema()
    except PydanticUserError as error:
        raise ConfigurationError(f"{where}: input_type {input_type.__name__} has no JSON schema") from error
    if schema.get("type") != "object":
        raise ConfigurationError(f"{where}: input_type {input_type.__name__} is no object")
    return schema

"""The shorter forms in which a setting may be said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from rxrealtime.errors import ConfigurationError
from rxrealtime.events import ToolDefinition
from rxrealtime.settings.formats import wire_format
from rxrealtime.settings.places import Path
from rxrealtime.settings.refusals import told
from rxrealtime.tools import Tool

__all__ = ["read", "tool_definitions"]


def read(path: Path, name: str, value: Any) -> Any:
    """Give a setting the form of the wire.

    Args:
        path: Its place in the session object.
        name: What the application calls it, for the error.
        value: What the application says.

    Returns:
        The value to be validated; None passes.

    Raises:
        ConfigurationError: It is in no form that the setting may have.
    """
    return _READ.get(path, _as_it_is)(name, value)


def _as_it_is(name: str, value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _one_of(field: str, *allowed: str) -> Callable[[str, Any], Any]:
    """Read an object for which one of its fields may stand."""

    def read(name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return _as_it_is(name, value)
        if allowed and value not in allowed:
            raise ConfigurationError(f"{name} is none of {', '.join(allowed)}: give an object for others")
        return {field: value}

    return read


_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_named_detection: Final = _one_of("type", "server_vad", "semantic_vad")


def _detection(name: str, value: Any) -> Any:
    """Read a turn detection, of which peers write ``createResponse`` for ``create_response``."""
    if not isinstance(value, Mapping):
        return _named_detection(name, value)
    snake = {_CAPITAL.sub("_", str(key)).lower(): part for key, part in value.items()}
    return {**snake, **{key: part for key, part in value.items() if key in snake}}


def tool_definitions(name: str, tools: Any) -> tuple[ToolDefinition, ...] | None:
    """Read tools as the model is to be told of them.

    Args:
        name: What they are of, for the error.
        tools: Tools, definitions, and definitions as mappings; None passes.

    Returns:
        Their definitions.

    Raises:
        ConfigurationError: One is nothing of the kind, such as a function that was not made a tool, or two have one
            name; it is named.
    """
    if tools is None:
        return None
    if isinstance(tools, str | Mapping) or not isinstance(tools, Iterable):
        raise ConfigurationError(f"{name} takes a list of tools, not {type(tools).__name__}")
    found = tuple(_definition(name, tool) for tool in tools)
    _refuse_twins(name, found)
    return found


def _definition(name: str, tool: Any) -> ToolDefinition:
    if isinstance(tool, Tool):
        return tool.definition
    if isinstance(tool, ToolDefinition):
        return tool
    if not isinstance(tool, Mapping):
        called = getattr(tool, "__name__", type(tool).__name__)
        raise ConfigurationError(f"{name}: {called} is not a tool: functions become one with @tool")
    try:
        return ToolDefinition.model_validate(dict(tool))
    except ValidationError as error:
        raise ConfigurationError(told(error, {(): name})) from None


def _refuse_twins(name: str, tools: Collection[ToolDefinition]) -> None:
    called = Counter((tool.type, tool.name or tool.server_label) for tool in tools)
    for (_, tool), times in called.items():
        if tool is not None and times > 1:
            raise ConfigurationError(f"{name}: two tools are called {tool!r}")


_READ: Final[Mapping[Path, Callable[[str, Any], Any]]] = {
    ("audio", "input", "format"): lambda name, value: wire_format(value, name),
    ("audio", "output", "format"): lambda name, value: wire_format(value, name),
    ("audio", "input", "transcription"): _one_of("model"),
    ("audio", "input", "noise_reduction"): _one_of("type", "near_field", "far_field"),
    ("audio", "input", "turn_detection"): _detection,
    ("reasoning",): _one_of("effort"),
    ("tools",): tool_definitions,
}
"""How a value is read that has shorter forms."""

"""The MCP servers that the embedded server can reach: declared, none of them is asked over a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["McpServer", "McpTool", "needs_approval"]


@dataclass(frozen=True, slots=True)
class McpTool:
    """A tool of an MCP server.

    Args:
        name: Its name.
        output: What a call gives.
        error: Why every call fails; None if it does not.
        seconds: How long a call takes, at pace 1. The response does not wait for it.
        description: What it is for.
        schema: The JSON schema of its arguments.
    """

    name: str
    output: str = ""
    error: str | None = None
    seconds: float = 0.0
    description: str = ""
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})


@dataclass(frozen=True, slots=True)
class McpServer:
    """An MCP server; one that a session names and nobody declared cannot be reached.

    Args:
        label: The ``server_label`` of the sessions' tools.
        tools: What it offers.
    """

    label: str
    tools: tuple[McpTool, ...] = ()

    def tool(self, name: str) -> McpTool | None:
        """Return the tool of this name, None if there is none."""
        return next((tool for tool in self.tools if tool.name == name), None)


def needs_approval(required: str | Mapping[str, Any] | None, name: str) -> bool:
    """Tell whether a tool may be called only after the client approved.

    Args:
        required: ``require_approval`` of the session's tool; null is ``always``.
        name: The tool that is called.
    """
    if isinstance(required, Mapping):
        never = required.get("never") or {}
        return name not in (never.get("tool_names") or ())
    return required != "never"

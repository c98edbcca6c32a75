"""Reading what a scenario says beside its rules: quirks, the end of the session, MCP servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from rxrealtime.server.fields import (
    MisplacedError,
    read_each,
    read_json,
    read_number,
    read_object,
    read_string,
    read_truth,
)
from rxrealtime.server.mcp_servers import McpServer, McpTool
from rxrealtime.server.quirks import OPENAI, STRICT, Quirks
from rxrealtime.server.scenarios import Expiry

__all__ = ["read_expiry", "read_mcp_servers", "read_quirks"]


def read_quirks(value: object) -> Quirks:
    """Read where a server departs from the strict protocol: by the name of a set, or one by one."""
    if value in ("openai", "strict"):
        return OPENAI if value == "openai" else STRICT
    known = {part.name: read_truth for part in fields(Quirks)}
    return Quirks(**read_object(value, known, "what is not openai or strict"))


def read_expiry(value: object) -> Expiry:
    """Read when a session expires, and how."""
    return Expiry(**read_object(value, {"seconds": read_number, "error": read_truth, "close": read_truth}, "an expiry"))


def read_mcp_servers(value: object) -> tuple[McpServer, ...]:
    """Read MCP servers and their tools."""
    return read_each(value, _server, "server")


def _server(value: object) -> McpServer:
    found = read_object(
        value, {"label": read_string, "tools": lambda tools: read_each(tools, _tool, "tool")}, "a server"
    )
    if "label" not in found:
        raise MisplacedError("label is missing")
    return McpServer(**found)


def _tool(value: object) -> McpTool:
    known = {"name": read_string, "output": read_string, "error": read_string, "seconds": read_number}
    found = read_object(value, known | {"description": read_string, "schema": _schema}, "a tool")
    if "name" not in found:
        raise MisplacedError("name is missing")
    return McpTool(**found)


def _schema(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MisplacedError("must be an object")
    read: Mapping[str, Any] = read_json(value)
    return read

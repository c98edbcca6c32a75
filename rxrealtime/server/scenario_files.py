"""Reading a scenario from a JSON file; whatever is wrong is named with the file, the rule and the field."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, TypeVar

from rxrealtime.errors import ConfigurationError, ScenarioError
from rxrealtime.server.mcp_servers import McpServer, McpTool
from rxrealtime.server.quirks import OPENAI, STRICT, Quirks
from rxrealtime.server.scenarios import Call, Expiry, Failure, Rule, Scenario

__all__ = ["load_scenario", "parse_scenario"]

_Read = Callable[[Any], Any]
_T = TypeVar("_T")


def load_scenario(path: str | Path) -> Scenario:
    """Read a scenario from a JSON file.

    Args:
        path: The file, UTF-8.

    Returns:
        The scenario.

    Raises:
        ScenarioError: The file cannot be read, is not JSON (with the line), or is no scenario (with the number of
            the rule, from 1, and the field).
    """
    try:
        text = Path(path).read_text("utf-8")
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: not UTF-8 text") from None
    try:
        return parse_scenario(json.loads(text))
    except json.JSONDecodeError as error:
        raise ScenarioError(f"{path}: line {error.lineno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise ScenarioError(f"{path}: nested too deeply") from None
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from None


def parse_scenario(value: object) -> Scenario:
    """Return the scenario that a parsed JSON object describes.

    Raises:
        ScenarioError: It is not one; the message names the rule and the field.
    """
    known: dict[str, _Read] = {
        "rules": _list,
        "pace": _number,
        "chunk": _number,
        "quirks": _quirks,
        "expiry": _expiry,
        "mcp": _servers,
    }
    found = _read_object(value, known, "a scenario")
    rules = tuple(_rule(number, rule) for number, rule in enumerate(found.pop("rules", ()), start=1))
    return Scenario(rules, **found)


def _rule(number: int, value: object) -> Rule:
    try:
        found = _read_object(value, _RULE, "a rule")
        if "on" not in found:
            raise ScenarioError("on is missing")
        return Rule(**found)
    except ConfigurationError as error:
        raise ScenarioError(f"rule {number}: {error}") from None


def _read_object(value: object, known: Mapping[str, _Read], what: str) -> dict[str, Any]:
    """Read the fields of an object by a table; a field that is not in it is refused."""
    if not isinstance(value, dict):
        raise ScenarioError(f"{what} is a JSON object")
    found: dict[str, Any] = {}
    for name, part in value.items():
        if name not in known:
            raise ScenarioError(f"unknown field {str(name)[:40]!r}: known are {', '.join(known)}")
        try:
            found[name] = known[name](part)
        except ScenarioError as error:
            raise ScenarioError(f"{name}: {error}") from None
    return found


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ScenarioError("must be a string")
    return _sendable(value, value)


def _sendable(value: _T, text: str) -> _T:
    """Refuse text that JSON can escape but no frame can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ScenarioError("holds a lone surrogate") from None
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ScenarioError("must be a number")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ScenarioError("must be a whole number")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ScenarioError("must be true or false")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ScenarioError("must be an array")
    return value


def _arguments(value: object) -> Mapping[str, Any] | str:
    if not isinstance(value, dict | str):
        raise ScenarioError("must be an object or a string")
    return _sendable(value, json.dumps(value, ensure_ascii=False))


def _calls(value: object) -> tuple[Call, ...]:
    calls = value if isinstance(value, list) else [value]
    return tuple(_call(call) for call in calls)


def _call(value: object) -> Call:
    found = _read_object(value, {"name": _string, "arguments": _arguments, "server": _string}, "a call")
    if "name" not in found:
        raise ScenarioError("name is missing")
    return Call(**found)


def _failure(value: object) -> Failure:
    return Failure(**_read_object(value, {part.name: _string for part in fields(Failure)}, "a failure"))


def _quirks(value: object) -> Quirks:
    if value in ("openai", "strict"):
        return OPENAI if value == "openai" else STRICT
    return Quirks(**_read_object(value, {part.name: _truth for part in fields(Quirks)}, "what is not openai or strict"))


def _expiry(value: object) -> Expiry:
    return Expiry(**_read_object(value, {"seconds": _number, "error": _truth, "close": _truth}, "an expiry"))


def _servers(value: object) -> tuple[McpServer, ...]:
    found = [_read_object(server, {"label": _string, "tools": _tools}, "an MCP server") for server in _list(value)]
    if any("label" not in server for server in found):
        raise ScenarioError("label is missing")
    return tuple(McpServer(**server) for server in found)


def _tools(value: object) -> tuple[McpTool, ...]:
    known = {"name": _string, "output": _string, "error": _string, "seconds": _number, "description": _string}
    found = [_read_object(tool, known | {"schema": _schema}, "a tool") for tool in _list(value)]
    if any("name" not in tool for tool in found):
        raise ScenarioError("name is missing")
    return tuple(McpTool(**tool) for tool in found)


def _schema(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ScenarioError("must be an object")
    return _sendable(value, json.dumps(value, ensure_ascii=False))


def _close(value: object) -> tuple[int, str]:
    match value:
        case [int(code), str(reason)]:
            return code, reason
        case _:
            raise ScenarioError('must be an array of a close code and a reason, as in [1000, "bye"]')


def _garble(value: object) -> tuple[bytes | str, ...]:
    return tuple(_raw_frame(frame) for frame in _list(value))


def _raw_frame(value: object) -> bytes | str:
    match value:
        case str():
            return value
        case {"base64": str(text), **rest} if not rest:
            try:
                return b64decode(text, validate=True)
            except binascii.Error:
                raise ScenarioError("a frame that is not base64") from None
        case _:
            raise ScenarioError('a frame is a string, sent as text, or {"base64": ...}, sent as binary')


_RULE: Final[Mapping[str, _Read]] = {
    "on": _string,
    "say": _string,
    "call": _calls,
    "fail": _failure,
    "times": _count,
    "garble": _garble,
    "close": _close,
    "abort": _truth,
    "deaf": _failure,
}

"""What the model is told of a call: the result, or what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

from rxrealtime.errors import ToolError
from rxrealtime.tools.definition import Tool

__all__ = ["describe_error", "render_output"]

_JSON: Final = (BaseModel, dict, list, tuple, set, frozenset, int, float, type(None))


def render_output(value: object) -> str:
    """Write what a tool returned as the output of its call.

    Args:
        value: A text stays as it is. None, numbers, dicts, lists, tuples, sets, dataclasses and pydantic models become
            JSON, whatever they hold (a number that JSON does not have is null). Bytes are their ``repr``, anything else
            is ``str(value)``.

    Returns:
        The output.

    Raises:
        ToolError: The value cannot be written as JSON, cannot be a ``str``, or holds a lone surrogate.
    """
    try:
        text = _written(value)
        text.encode()
    except Exception as error:  # the value's own code runs here
        raise ToolError(f"the result cannot be told: {type(error).__name__}") from error
    return text


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray):
        return repr(value)
    if isinstance(value, Mapping):
        value = dict(value)
    if isinstance(value, _JSON) or (is_dataclass(value) and not isinstance(value, type)):
        return _any().dump_json(value, warnings=False).decode()
    return str(value)


@cache
def _any() -> TypeAdapter[Any]:
    return TypeAdapter(Any)


def describe_error(tool: Tool | None, error: Exception) -> str:
    """Write what the model is told of a call that failed.

    Args:
        tool: The tool; its `on_error` decides. None if there is none.
        error: What happened.

    Returns:
        What `on_error` says; without one the message of a `ToolError`, which is meant for the model. Of any other
        exception only the class, as for an `on_error` that fails itself.
    """
    said = _said(tool, error)
    if said is None:
        said = str(error) if isinstance(error, ToolError) else f"the tool failed with {type(error).__name__}"
    return said or "the tool failed"


def _said(tool: Tool | None, error: Exception) -> str | None:
    if tool is None or tool.on_error is None:
        return None
    try:
        return str(tool.on_error(error))
    except Exception:  # the application's: the failure that it was to describe is reported all the same
        return None

"""The arguments of a call: validated, never guessed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from rxrealtime.errors import ToolArgumentsError, ToolError
from rxrealtime.tools.definition import Tool

__all__ = ["read_arguments"]

_SHOWN_ERRORS: Final = 3
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def read_arguments(tool: Tool, text: str) -> Mapping[str, Any]:
    """Read the arguments that the model wrote for a call.

    They have to be one JSON object of the tool's schema: no key twice or unknown, no number that JSON does not have,
    nothing converted ("5" is no number, and neither is 5.0 an integer). Blanks around it do not count. "" is what
    servers send if there are no arguments, and fits a tool that needs none.

    Args:
        tool: The tool. If it was made by hand, without a signature, the keys and the JSON types of the top level are
            checked against its schema, and the rest is left to its function.
        text: What the model wrote.

    Returns:
        The arguments by name: with a signature as the annotations have them, defaults included; otherwise as JSON.

    Raises:
        ToolArgumentsError: They do not fit; nothing may be run. The message names places and rules, no values.
    """
    found = _parsed(tool, text or "{}")
    if tool.signature is None:
        _check_by_hand(tool, found)
        return found
    try:
        return tool.signature.read(text or "{}")
    except ValidationError as error:
        raise _unfit(tool, *_places(error, tool.parameters)) from None  # the cause would quote the values
    except ToolError as error:
        raise _unfit(tool, str(error)) from error
    except Exception as error:  # types of the user validate by code of the user
        raise _unfit(tool, f"a validator failed with {type(error).__name__}") from error


def _unfit(tool: Tool, *reasons: str) -> ToolArgumentsError:
    shown = "; ".join(reasons[:_SHOWN_ERRORS])
    more = f"; {len(reasons) - _SHOWN_ERRORS} more" if len(reasons) > _SHOWN_ERRORS else ""
    return ToolArgumentsError(f"the arguments of {tool.name!r} do not fit: {shown}{more}")


def _parsed(tool: Tool, text: str) -> dict[str, Any]:
    """Parse one JSON object as RFC 8259 has it, in which no key comes twice."""
    try:
        found = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)
    except _RuleError as broken:
        raise _unfit(tool, str(broken)) from None
    except ValueError:  # its message is about places, its attributes hold the text
        raise _unfit(tool, "they are not JSON") from None
    except RecursionError:
        raise _unfit(tool, "they are nested too deeply") from None
    if not isinstance(found, dict):
        raise _unfit(tool, "they are not one JSON object")
    return found


class _RuleError(Exception):
    """What JSON, or the parser, would let pass."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RuleError("a key comes twice")
    return found


def _no_number(literal: str) -> Any:
    raise _RuleError(f"JSON has no {literal.lstrip('-')}")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _RuleError("a number is too large")
    return number


def _places(error: ValidationError, schema: Mapping[str, Any]) -> Iterator[str]:
    """Name the places and rules of a validation error, never its values; keys count as values if no schema has them."""
    known = set(_names(schema))
    for row in error.errors(include_url=False, include_input=False):
        if row["type"] == "json_invalid":  # a lone surrogate, or nesting that the first look let pass
            yield "they are not JSON"
            continue
        place = ".".join(str(part) if isinstance(part, int) or part in known else "*" for part in row["loc"])
        quoting = {"error", "tag"} & set(row.get("ctx", {}))  # these put what was given into the message
        yield f"{place}: {row['type'].replace('_', ' ') if quoting else row['msg']}"


def _names(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from _names(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _names(part)


def _check_by_hand(tool: Tool, found: Mapping[str, Any]) -> None:
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    missing = [f"{name}: Field required" for name in tool.parameters.get("required", ()) if name not in found]
    closed = tool.parameters.get("additionalProperties") is False
    extra = ["*: Extra inputs are not permitted" for name in found if closed and name not in properties]
    wrong = [f"{name}: not of its type" for name, part in properties.items() if not _is_of(part, found, name)]
    if missing or extra or wrong:
        raise _unfit(tool, *missing, *extra, *wrong)


def _is_of(schema: Any, found: Mapping[str, Any], name: str) -> bool:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    if name not in found or kind is None:
        return True
    kinds = [kind] if isinstance(kind, str) else kind
    value = found[name]
    return any(_is_kind(value, one) for one in kinds)


def _is_kind(value: Any, kind: str) -> bool:
    types = _KINDS.get(kind, (object,))
    return isinstance(value, types) and (not isinstance(value, bool) or bool in types or object in types)

"""Filling in the arguments of a tool call from what the user said, as far as a JSON schema and a few rules go.

What is required is always there and of the type its schema asks for. There is no understanding here: a string takes
what follows "in", "for", "to" ..., a number the next number, an enumeration the value that was mentioned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["fill"]

_Schema = Mapping[str, Any]
_PHRASE: Final = re.compile(r"\b(?:in|for|at|to|of|from|about|on|with|named|called)\s+([^?!,;.]+)", re.IGNORECASE)
_QUOTED: Final = re.compile(r"[\"“]([^\"”]+)[\"”]")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_NEXT_PHRASE: Final = re.compile(r"\s+(?:in|for|at|to|of|from|about|on|with|named|called)\s+", re.IGNORECASE)
_ARTICLE: Final = re.compile(r"^(?:the|a|an)\s+", re.IGNORECASE)
_MAX_DEPTH: Final = 6


@dataclass(frozen=True, slots=True)
class _Clues:
    """What of the user's words is not used yet."""

    text: str
    phrases: tuple[str, ...]
    numbers: tuple[str, ...]
    root: _Schema

    def without_phrase(self) -> _Clues:
        """Use up a phrase; the last one serves for all that follow."""
        return _Clues(self.text, self.phrases[1:] or self.phrases, self.numbers, self.root)

    def without_number(self) -> _Clues:
        return _Clues(self.text, self.phrases, self.numbers[1:], self.root)


def fill(schema: _Schema | None, text: str) -> dict[str, Any]:
    """Return arguments for a tool.

    Args:
        schema: The tool's ``parameters``, a JSON schema of an object; None for a tool without parameters.
        text: What the user said.

    Returns:
        Every required property, typed as the schema says, and the optional ones that the text gives a value for.
    """
    root = schema or {}
    value, _ = _object(root, _Clues(text, _phrases(text), tuple(_NUMBER.findall(text)), root), 0)
    return value


def _phrases(text: str) -> tuple[str, ...]:
    quoted = _QUOTED.findall(text)
    named = [_NEXT_PHRASE.split(tail)[0] for tail in _tails(text)]
    return tuple(phrase for phrase in (_ARTICLE.sub("", part.strip()) for part in quoted or named) if phrase)


def _tails(text: str) -> list[str]:
    """Return what follows each preposition, up to the end of its clause; overlapping ones too."""
    tails: list[str] = []
    found = _PHRASE.search(text)
    while found:
        tails.append(found[1])
        found = _PHRASE.search(text, found.start(1))
    return tails


def _value(schema: _Schema, clues: _Clues, depth: int) -> tuple[Any, _Clues]:
    resolved = _resolved(schema, clues.root, depth)
    if "const" in resolved:
        return resolved["const"], clues
    if resolved.get("enum"):
        return _mentioned(resolved["enum"], clues.text) or resolved["enum"][0], clues
    return _BY_TYPE.get(_type(resolved), _string)(resolved, clues, depth)


def _resolved(schema: _Schema, root: _Schema, depth: int) -> _Schema:
    """Follow references inside the schema and take the first alternative that is not null."""
    for _ in range(_MAX_DEPTH - min(depth, _MAX_DEPTH) + 1):
        options = [o for key in ("anyOf", "oneOf", "allOf") for o in schema.get(key) or () if o.get("type") != "null"]
        if "$ref" in schema:
            schema = _referred(str(schema["$ref"]), root)
        elif options:
            schema = {**{key: part for key, part in schema.items() if key not in _ALTERNATIVES}, **options[0]}
        else:
            break
    return schema


_ALTERNATIVES: Final = frozenset({"anyOf", "oneOf", "allOf"})


def _referred(path: str, root: _Schema) -> _Schema:
    found: Any = root
    for step in path.removeprefix("#/").split("/"):
        found = found.get(step, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def _type(schema: _Schema) -> str:
    found = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(found, list):
        return next((str(kind) for kind in found if kind != "null"), "null")
    return str(found)


def _mentioned(values: list[Any], text: str) -> Any:
    lowered = text.lower()
    return next((value for value in values if str(value).lower() in lowered), None)


def _string(schema: _Schema, clues: _Clues, depth: int) -> tuple[Any, _Clues]:
    if not clues.phrases:
        return schema.get("default") or _proper_noun(clues.text) or clues.text or "unknown", clues
    return clues.phrases[0], clues.without_phrase()


def _proper_noun(text: str) -> str | None:
    """Return the last run of capitalised words that does not begin the text."""
    found = re.findall(r"(?<=\s)[A-Z]\w+(?:\s[A-Z]\w+)*", text)
    return found[-1] if found else None


def _number(schema: _Schema, clues: _Clues, depth: int) -> tuple[Any, _Clues]:
    if not clues.numbers:
        return schema.get("default", schema.get("minimum", 1)), clues
    return float(clues.numbers[0]), clues.without_number()


def _integer(schema: _Schema, clues: _Clues, depth: int) -> tuple[Any, _Clues]:
    value, left = _number(schema, clues, depth)
    return int(value), left


def _boolean(schema: _Schema, clues: _Clues, depth: int) -> tuple[Any, _Clues]:
    return schema.get("default", True), clues


def _null(schema: _Schema, clues: _Clues, depth: int) -> tuple[Any, _Clues]:
    return None, clues


def _array(schema: _Schema, clues: _Clues, depth: int) -> tuple[Any, _Clues]:
    if depth >= _MAX_DEPTH:
        return [], clues
    value, left = _value(schema.get("items") or {}, clues, depth + 1)
    return [value] * max(1, schema.get("minItems", 1)), left


def _object(schema: _Schema, clues: _Clues, depth: int) -> tuple[dict[str, Any], _Clues]:
    required = schema.get("required") or ()
    properties = schema.get("properties") or {}
    value: dict[str, Any] = {}
    for name in sorted(properties, key=lambda name: name not in required):
        if name in required or (depth < _MAX_DEPTH and _has_clue(properties[name], clues)):
            value[name], clues = _value(properties[name], clues, depth + 1)
    return value, clues


def _has_clue(schema: _Schema, clues: _Clues) -> bool:
    """Tell whether the text says something about an optional property."""
    resolved = _resolved(schema, clues.root, 0)
    if resolved.get("enum"):
        return _mentioned(resolved["enum"], clues.text) is not None
    return _type(resolved) in ("integer", "number") and bool(clues.numbers)


_BY_TYPE: Final[Mapping[str, Callable[[_Schema, _Clues, int], tuple[Any, _Clues]]]] = {
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "null": _null,
    "array": _array,
    "object": _object,
}

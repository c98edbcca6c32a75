"""The text of a scenario, JSON or YAML: its value, and on which line each part of it is.

YAML is read by the core schema of YAML 1.2, in which ``on`` is a word and ``12:30`` is one too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from rxrealtime.errors import ConfigurationError, ScenarioError
from rxrealtime.server.fields import Place

__all__ = ["Located", "read_json_text", "read_yaml_text"]

Located = tuple[Any, Callable[[Place], int]]
"""A value, and what tells the line of a place in it, from 1."""

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_DECODER: Final = json.JSONDecoder()


def read_json_text(text: str) -> Located:
    """Read JSON.

    Raises:
        ScenarioError: It is not JSON, with the line.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ScenarioError(f"line {error.lineno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise ScenarioError("nested too deeply") from None
    return value, lambda place: text.count("\n", 0, _json_position(text, place)) + 1


def _json_position(text: str, place: Place) -> int:
    """Return where the part at a place begins, in JSON that is valid; the place around it if there is no such part."""
    at = _skip(text, 0)
    for key in place:
        found = _member(text, at, key) if isinstance(key, str) else _element(text, at, key)
        if found is None:
            return at
        at = found
    return at


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _member(text: str, at: int, key: str) -> int | None:
    if text[at] != "{":
        return None
    found = None
    at = _skip(text, at + 1)
    while text[at] == '"':
        name, end = _DECODER.raw_decode(text, at)
        value = _skip(text, _skip(text, end) + 1)
        found = value if name == key else found
        at = _after(text, value)
    return found


def _element(text: str, at: int, index: int) -> int | None:
    if text[at] != "[":
        return None
    at = _skip(text, at + 1)
    for _ in range(index):
        if text[at] == "]":
            return None
        at = _after(text, at)
    return at


def _after(text: str, at: int) -> int:
    """Return where the next element or member begins, or the container ends."""
    at = _skip(text, _DECODER.raw_decode(text, at)[1])
    return _skip(text, at + 1) if text[at] == "," else at


def read_yaml_text(text: str) -> Located:
    """Read YAML, by the optional package PyYAML.

    Raises:
        ConfigurationError: The package is not installed.
        ScenarioError: It is not YAML, with the line; or it has anchors.
    """
    try:
        import yaml  # type: ignore[import-untyped]  # the package has no types
    except ImportError:
        raise ConfigurationError("reading YAML needs PyYAML: pip install rxrealtime[yaml]") from None
    try:
        loader = _core_loader(yaml)(text)
        node = loader.get_single_node()
        _refuse_anchors(node, set())
        value = loader.construct_document(node) if node else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "a character it cannot hold"
        raise ScenarioError(f"{line}not YAML: {problem}") from None
    except RecursionError:
        raise ScenarioError("nested too deeply") from None
    return value, lambda place: _yaml_line(node, place)


def _core_loader(yaml: Any) -> Any:
    """Return a safe loader in which a plain scalar is what it would be in JSON, and text otherwise."""

    class CoreLoader(yaml.SafeLoader):  # type: ignore[misc]  # the package has no types
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own table

    tag = "tag:yaml.org,2002:"
    digits = list("-0123456789")
    CoreLoader.add_implicit_resolver(f"{tag}null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
    CoreLoader.add_implicit_resolver(f"{tag}bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
    CoreLoader.add_implicit_resolver(f"{tag}int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), digits)
    number = re.compile(r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$")
    CoreLoader.add_implicit_resolver(f"{tag}float", number, digits)
    return CoreLoader


def _refuse_anchors(node: Any, seen: set[int]) -> None:
    """Refuse a node that is used twice: what is written once could be endless when it is read."""
    if node is None:
        return
    if id(node) in seen:
        raise ScenarioError(f"line {node.start_mark.line + 1}: aliases are not part of a scenario")
    seen.add(id(node))
    for part in node.value if isinstance(node.value, list) else ():
        for one in part if isinstance(part, tuple) else (part,):
            _refuse_anchors(one, seen)


def _yaml_line(node: Any, place: Place) -> int:
    line: int = node.start_mark.line + 1 if node else 1
    for key in place:
        node = _yaml_part(node, key)
        if node is None:
            break
        line = node.start_mark.line + 1
    return line


def _yaml_part(node: Any, key: str | int) -> Any:
    parts = node.value if isinstance(node.value, list) else []
    if isinstance(key, int):
        return parts[key] if key < len(parts) else None
    return next((part[1] for part in reversed(parts) if isinstance(part, tuple) and part[0].value == key), None)

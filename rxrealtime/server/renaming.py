"""Ids that a client chose, in the place of those that a script was written with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["names_found", "renamed"]


def names_found(names: Mapping[str, str], event: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the ids of a script with what a client calls them.

    Args:
        names: The script's ids by their places, as in ``{"item.id": "item_1"}``.
        event: The event of the client; where it has no id the script's own one stays.
    """
    return tuple((known, own) for path, known in names.items() for own in _found(event, path) if own != known)


def _found(event: Mapping[str, Any], path: str) -> Iterator[str]:
    value: Any = event
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        yield value


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a JSON value in which every string that is a known id is the client's own."""
    if not names:
        return value
    match value:
        case str():
            return names.get(value, value)
        case Mapping():
            return {key: renamed(part, names) for key, part in value.items()}
        case list() | tuple():
            return [renamed(part, names) for part in value]
        case _:
            return value

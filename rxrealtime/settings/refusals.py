"""What is wrong with a setting, in one sentence that names it and never holds its value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from rxrealtime.events import Model, config

__all__ = ["named", "told"]

_WIRE_NAMES: Final = frozenset(
    name
    for model in vars(config).values()
    if isinstance(model, type) and issubclass(model, Model)
    for name in model.model_fields
)


def told(error: ValidationError, names: Mapping[tuple[int | str, ...], str]) -> str:
    """Say what is wrong first, and where.

    Args:
        error: What pydantic found.
        names: What the application calls the places that it set.
    """
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{named(first['loc'], names)}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def named(place: tuple[int | str, ...], names: Mapping[tuple[int | str, ...], str]) -> str:
    """Name a place of the session object as the application did.

    Args:
        place: The place, as pydantic has it; what it adds of its own, such as the member of a union, is left out.
        names: What the application calls the places that it set.
    """
    size = max((len(path) for path in names if place[: len(path)] == path), default=0)
    rest = [str(part) for part in place[size:] if isinstance(part, int) or part in _WIRE_NAMES]
    return ".".join([*([names[place[:size]]] if place[:size] in names else []), *rest])

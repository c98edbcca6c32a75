"""Whether an event holds what was expected of it, at least, and where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeGuard

__all__ = ["Difference", "Pattern", "compare"]

Pattern = Mapping[str, Any]
"""What an object must hold: a mapping may have more keys, a list must be as long, ``...`` stands for any value."""
_SHOWN: Final = 60


class Difference(NamedTuple):
    """One place where they differ.

    Args:
        path: Where, as in ``session.tools[0].name``.
        expected: What was expected there, as text.
        actual: What is there.
    """

    path: str
    expected: str
    actual: str


def compare(pattern: Pattern, event: Mapping[str, Any]) -> list[Difference]:
    """Compare an object with what it must hold.

    Args:
        pattern: What it must hold.
        event: The object.

    Returns:
        Every place where they differ; empty if none does.

    Example:
        >>> compare({"item": {"role": "user", "id": ...}}, {"item": {"id": "item_1", "role": "system"}})
        [Difference(path='item.role', expected="'user'", actual="'system'")]
    """
    return list(_differences(pattern, event, ""))


def _differences(expected: Any, actual: Any, path: str) -> Iterator[Difference]:
    if expected is ...:
        return
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        yield from _in_objects(expected, actual, path)
    elif _is_list(expected) and _is_list(actual):
        yield from _in_lists(expected, actual, path)
    elif expected != actual:
        yield Difference(path, _shown(expected), _shown(actual))


def _in_objects(expected: Pattern, actual: Mapping[str, Any], path: str) -> Iterator[Difference]:
    for key, value in expected.items():
        place = f"{path}.{key}" if path else str(key)
        if key in actual:
            yield from _differences(value, actual[key], place)
        else:
            yield Difference(place, _shown(value), "(absent)")


def _in_lists(expected: Sequence[Any], actual: Sequence[Any], path: str) -> Iterator[Difference]:
    if len(expected) != len(actual):
        yield Difference(path, f"{len(expected)} elements", f"{len(actual)} elements")
    for number, (one, other) in enumerate(zip(expected, actual, strict=False)):
        yield from _differences(one, other, f"{path}[{number}]")


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _shown(value: object) -> str:
    if value is ...:
        return "anything"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."

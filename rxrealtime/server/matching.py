"""Comparing an event with what was expected: a partial match, and both side by side where it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from rxrealtime.server.scripts import Expect

__all__ = ["fits", "is_expected", "side_by_side"]

_LONGEST: Final = 48
"""The characters of a string that are shown."""
_ABSENT: Final = object()


def is_expected(expected: Expect, actual: Mapping[str, Any]) -> bool:
    """Tell whether an event of a client is the expected one."""
    return fits(expected.pattern, actual)


def fits(expected: object, actual: object) -> bool:
    """Tell whether a JSON value has everything that is expected.

    Args:
        expected: An object may be a part of the actual one, None stands for null or absent; the elements of an array
            are compared one by one.
        actual: What there is.
    """
    if isinstance(expected, Mapping):
        return isinstance(actual, Mapping) and all(fits(part, actual.get(key)) for key, part in expected.items())
    if _is_array(expected):
        return (
            _is_array(actual)
            and len(expected) == len(actual)  # type: ignore[arg-type]  # both are arrays
            and all(map(fits, expected, actual))  # type: ignore[call-overload]  # as above
        )
    return isinstance(expected, bool) is isinstance(actual, bool) and expected == actual


def _is_array(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def side_by_side(expected: object, actual: object) -> str:
    """Return two columns of JSON, with a ``!`` between them where they differ.

    Args:
        expected: What is on the left; None for nothing.
        actual: What is on the right; None for nothing. Strings are cut to 48 characters.

    Example:
        >>> print(side_by_side({"type": "response.create"}, {"type": "response.cancel"}))
        expected                       actual
        {                              {
          "type": "response.create"  !   "type": "response.cancel"
        }                              }
    """
    left = _ABSENT if expected is None else expected
    right = _ABSENT if actual is None else actual
    rows = list(_rows(None, left, right, "", asked=True))
    width = max(len("expected"), *(len(row[0]) for row in rows))
    shown = [("expected", "actual", False), *rows]
    return "\n".join(f"{one:{width}}  {'!' if differs else ' '} {other}".rstrip() for one, other, differs in shown)


_Row = tuple[str, str, bool]


def _rows(name: str | None, left: object, right: object, indent: str, *, asked: bool) -> Iterator[_Row]:
    """Yield the lines of two values; ``asked`` is False for what nobody expects."""
    pairs = _pairs(left, right)
    if pairs is None:
        yield from _leaf(name, left, right, indent, asked=asked)
        return
    label = f"{indent}{json.dumps(name, ensure_ascii=False)}: " if name is not None else indent
    opening, closing = "{}" if isinstance(right if left is _ABSENT else left, Mapping) else "[]"
    missing = asked and (left is _ABSENT or right is _ABSENT)
    yield _column(label + opening, left), _column(label + opening, right), missing
    for key, one, other, wanted in pairs:
        yield from _rows(key, one, other, indent + "  ", asked=asked and wanted)
    yield _column(indent + closing, left), _column(indent + closing, right), missing


def _leaf(name: str | None, left: object, right: object, indent: str, *, asked: bool) -> Iterator[_Row]:
    lonely = left is _ABSENT or (right is _ABSENT and name is None)  # an element of an array has no name
    differs = asked and (lonely or not fits(left, None if right is _ABSENT else right))
    yield _line(name, left, indent), _line(name, right, indent), differs


_Pair = tuple[str | None, object, object, bool]


def _pairs(left: object, right: object) -> list[_Pair] | None:
    """Return the parts of two values that belong beside each other; None if they are not of a kind."""
    shapes = [value for value in (left, right) if value is not _ABSENT]
    if all(isinstance(value, Mapping) for value in shapes):
        return list(_members(*(_or_empty(value, {}) for value in (left, right))))
    if all(map(_is_array, shapes)):
        zipped = zip_longest(*(_or_empty(value, ()) for value in (left, right)), fillvalue=_ABSENT)
        return [(None, part, found, True) for part, found in zipped]
    return None


def _or_empty(value: object, empty: Any) -> Any:
    return empty if value is _ABSENT else value


def _members(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[_Pair]:
    for key in (*wanted, *(key for key in given if key not in wanted)):
        yield key, wanted.get(key, _ABSENT), given.get(key, _ABSENT), key in wanted


def _column(text: str, value: object) -> str:
    return "" if value is _ABSENT else text


def _line(name: str | None, value: object, indent: str) -> str:
    if value is _ABSENT:
        return ""
    label = f"{json.dumps(name, ensure_ascii=False)}: " if name is not None else ""
    return f"{indent}{label}{json.dumps(_short(value), ensure_ascii=True)}"


def _short(value: object) -> object:
    match value:
        case str() if len(value) > _LONGEST:
            return f"{value[:_LONGEST]}... ({len(value)} characters)"
        case Mapping():
            return {key: _short(part) for key, part in value.items()}
        case list() | tuple():
            return [_short(part) for part in value]
        case _:
            return value

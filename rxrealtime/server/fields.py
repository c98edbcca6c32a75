"""Reading the fields of a scenario, each by what it has to be; what is wrong is raised with its place."""

from __future__ import annotations

import binascii
import math
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial
from typing import Any, Final, TypeVar

from rxrealtime.errors import ConfigurationError, ScenarioError
from rxrealtime.server.scenarios import Call, Failure

__all__ = [
    "MisplacedError",
    "Place",
    "Read",
    "read_array",
    "read_calls",
    "read_close",
    "read_count",
    "read_each",
    "read_failure",
    "read_frames",
    "read_json",
    "read_number",
    "read_object",
    "read_string",
    "read_truth",
    "within",
]

Place = tuple[str | int, ...]
"""Where in a JSON value: keys and indices, from the outside."""
Read = Callable[[Any], Any]
_T = TypeVar("_T")
_MAX_SHOWN: Final = 40


class MisplacedError(ScenarioError):
    """Something in a scenario is not valid.

    Args:
        message: What is wrong, with the field.
        place: Where it is.
    """

    def __init__(self, message: str, place: Place = ()) -> None:
        super().__init__(message)
        self.place = place


class _NumberedError(MisplacedError):
    """An element is not valid whose number says enough without the name of its array."""


def read_object(value: object, known: Mapping[str, Read], what: str) -> dict[str, Any]:
    """Read the fields of an object by a table.

    Args:
        value: The object.
        known: How each field is read; one that is not in it is refused.
        what: What the object is, with its article.

    Raises:
        MisplacedError: It is no object, or a field is not valid.
    """
    if not isinstance(value, dict):
        raise MisplacedError(f"{what} is a JSON object")
    found: dict[str, Any] = {}
    for name, part in value.items():
        if name not in known:
            raise MisplacedError(f"unknown field {str(name)[:_MAX_SHOWN]!r}: known are {', '.join(known)}", (name,))
        found[name] = within(name, name, partial(known[name], part))
    return found


def within(key: str | int, label: str, read: Callable[[], _T]) -> _T:
    """Read a part of a value; what is wrong with it is raised with the place and the name of the part.

    Raises:
        MisplacedError: The part is not valid.
    """
    try:
        return read()
    except ConfigurationError as error:
        place = error.place if isinstance(error, MisplacedError) else ()
        numbered = isinstance(error, _NumberedError)
        raise MisplacedError(str(error) if numbered else f"{label}: {error}", (key, *place)) from None


def read_each(value: object, read: Read, label: str) -> tuple[Any, ...]:
    """Read the elements of an array; a wrong one is named by its number, from 1.

    Raises:
        MisplacedError: It is no array, or an element is not valid.
    """
    found: list[Any] = []
    for index, part in enumerate(read_array(value)):
        try:
            found.append(within(index, f"{label} {index + 1}", partial(read, part)))
        except MisplacedError as error:
            raise _NumberedError(str(error), error.place) from None
    return tuple(found)


def read_string(value: object) -> str:
    """Read text."""
    if not isinstance(value, str):
        raise MisplacedError("must be a string")
    return _sendable(value, value)


def _sendable(value: _T, text: str) -> _T:
    """Refuse text that JSON can escape but no frame can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MisplacedError("holds a lone surrogate") from None
    return value


def read_number(value: object) -> float:
    """Read a number that is finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise MisplacedError("must be a number")
    return value


def read_count(value: object) -> int:
    """Read a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise MisplacedError("must be a whole number")
    return value


def read_truth(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise MisplacedError("must be true or false")
    return value


def read_array(value: object) -> list[Any]:
    """Read an array, whatever is in it."""
    if not isinstance(value, list):
        raise MisplacedError("must be an array")
    return value


def read_json(value: object) -> Any:
    """Read any JSON value, as it is to be sent or compared."""
    match value:
        case str():
            return read_string(value)
        case float():
            return read_number(value)
        case None | bool() | int():
            return value
        case list():
            return [within(index, str(index), partial(read_json, part)) for index, part in enumerate(value)]
        case dict():
            return {read_string(key): within(key, key, partial(read_json, part)) for key, part in value.items()}
        case _:
            raise MisplacedError("must be a JSON value")


def read_calls(value: object) -> tuple[Call, ...]:
    """Read a call, or several in an array."""
    return read_each(value, _call, "call") if isinstance(value, list) else (_call(value),)


def _call(value: object) -> Call:
    found = read_object(value, {"name": read_string, "arguments": _arguments, "server": read_string}, "a call")
    if "name" not in found:
        raise MisplacedError("name is missing")
    return Call(**found)


def _arguments(value: object) -> Mapping[str, Any] | str:
    if not isinstance(value, dict | str):
        raise MisplacedError("must be an object or a string")
    read: Mapping[str, Any] | str = read_json(value)
    return read


def read_failure(value: object) -> Failure:
    """Read how a response fails."""
    return Failure(**read_object(value, {part.name: read_string for part in fields(Failure)}, "a failure"))


def read_close(value: object) -> tuple[int, str]:
    """Read a close code and a reason."""
    match value:
        case [int(code), str(reason)] if not isinstance(code, bool):
            return code, _sendable(reason, reason)
        case _:
            raise MisplacedError('must be an array of a close code and a reason, as in [1000, "bye"]')


def read_frames(value: object) -> tuple[bytes | str, ...]:
    """Read frames that are to be sent as they are."""
    return tuple(_raw_frame(frame) for frame in read_array(value))


def _raw_frame(value: object) -> bytes | str:
    match value:
        case str():
            return value
        case {"base64": str(text), **rest} if not rest:
            try:
                return b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                raise MisplacedError("a frame that is not base64") from None
        case _:
            raise MisplacedError('a frame is a string, sent as text, or {"base64": ...}, sent as binary')

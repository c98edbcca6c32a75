"""Refusing what a client asks for: the ``error`` events of the server.

A refusal takes the place of the confirmation, leaves the state as it was, and the session lives on. It names the
client's event only if the client gave that event an id.

Source: openai-openapi f85dbe2 (2026-08-21), codes as quoted in public issue threads of 2024-2026.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pydantic_core
from pydantic import ValidationError

from rxrealtime.events import CLIENT_EVENTS, Error, ErrorDetail, ExceptionEvent, FailureKind, UnknownEvent

__all__ = [
    "Refused",
    "error_event",
    "invalid_value",
    "malformed",
    "missing_parameter",
    "one_of",
    "server_error",
    "unknown_type",
]

_SHOWN: Final = 60


class Refused(Exception):
    """What a client asked for is not done; the engine turns it into one ``error`` event.

    Args:
        code: The machine's name for the reason.
        message: The reason for people.
        param: The path of the parameter to blame.
    """

    def __init__(self, code: str | None, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


def invalid_value(param: str, message: str) -> Refused:
    """Return the refusal of a value, ``invalid_value``."""
    return Refused("invalid_value", message, param)


def one_of(param: str, value: object, allowed: Iterable[str]) -> Refused:
    """Return the refusal of a value that is not one of those allowed."""
    names = ", ".join(f"'{name}'" for name in allowed)
    return invalid_value(param, f"Invalid value: {_shown(value)}. Supported values are: {names}.")


def missing_parameter(param: str) -> Refused:
    """Return the refusal of an event that lacks a parameter, ``missing_required_parameter``."""
    return Refused("missing_required_parameter", f"Missing required parameter: '{param}'.", param)


def unknown_type(event: UnknownEvent) -> Refused:
    """Return the refusal of an event whose type no client event has."""
    return one_of("type", event.type, CLIENT_EVENTS)


def error_event(refused: Refused, event_id: str | None, type: str = "invalid_request_error") -> Error:
    """Return the ``error`` event of a refusal.

    Args:
        refused: What and why.
        event_id: The id that the client gave its event, or None.
        type: The class of the error.
    """
    return Error(
        error=ErrorDetail(type=type, code=refused.code, message=refused.message, param=refused.param, event_id=event_id)
    )


def server_error() -> Error:
    """Return the ``error`` event of a fault of the server itself; it says nothing of its cause."""
    message = "The server had an error while processing your request. Sorry about that!"
    return error_event(Refused(None, message), None, "server_error")


def malformed(failure: ExceptionEvent) -> tuple[Refused, str | None]:
    """Say what is wrong with a frame that is no client event.

    Args:
        failure: What the codec made of the frame.

    Returns:
        The refusal, and the client's id of the event if that could be read.
    """
    data = failure.frame.data if failure.frame else b""
    if failure.kind is not FailureKind.SCHEMA:
        return Refused("invalid_json", "The frame is not a JSON text in UTF-8."), None
    found = pydantic_core.from_json(data)
    if not isinstance(found, dict):
        return Refused("invalid_event", "An event is a JSON object."), None
    event_id = found.get("event_id")
    return _misshapen(failure, found), event_id if isinstance(event_id, str) else None


def _misshapen(failure: ExceptionEvent, found: dict[str, Any]) -> Refused:
    """Say which field of an event is missing or wrong."""
    if failure.event_type is None:
        word = "missing" if found.get("type") is None else "not a string"
        return Refused("invalid_event", f"The 'type' field is {word}.", "type")
    try:
        CLIENT_EVENTS[failure.event_type].model_validate_json(failure.frame.data if failure.frame else b"")
    except ValidationError as error:
        row = error.errors(include_url=False, include_input=False)[0]
        param = ".".join(map(str, row["loc"]))
        if row["type"] == "missing":
            return missing_parameter(param)
        return invalid_value(param, _wrong_type(param, row["msg"]))
    return Refused("invalid_event", "The event holds a value that JSON does not have.")


def _wrong_type(param: str, rule: str) -> str:
    if param == "audio":
        return "Invalid 'audio'. Expected base64-encoded audio bytes but got an invalid value."
    return f"Invalid type for '{param}': {rule}."


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, str) else f"'{value}'"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."

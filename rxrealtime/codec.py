"""From a frame to an event and back. Decoding is total: every frame gives exactly one value and nothing is raised.

One pass: the bytes go straight to pydantic's JSON validator, which chooses the model by ``type``. What fails there is
looked at a second time, off the fast path, to say what it was:

| frame | outcome |
|---|---|
| an object with a known ``type`` and its fields | the event |
| an object with another ``type`` | `UnknownEvent` |
| an object without a string ``type``, or with fields of the wrong kind; an array, a string, a number | `SchemaFailed` |
| malformed base64 in audio | `SchemaFailed` |
| empty, cut, not JSON, ``NaN`` / ``Infinity``, a lone surrogate, nesting beyond 200 | `JsonFailed` |
| bytes that are not UTF-8, or hold NUL, and so are no JSON text | `BinaryFailed` |
| JSON in a binary frame | as if it were text |
| duplicate keys | the last one counts |
| a number too large for a double (``1e999``) | `SchemaFailed`; infinity in what is unknown, and not encoded |
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any

import pydantic_core
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from rxrealtime.errors import BinaryError, DecodeError, JsonError, SchemaError
from rxrealtime.events import (
    CLIENT_EVENTS,
    DELTA_EVENTS,
    SERVER_EVENTS,
    BinaryFailed,
    ClientEvent,
    ConversationItemInputAudioTranscriptionDelta,
    Event,
    ExceptionEvent,
    JsonFailed,
    SchemaFailed,
    ServerEvent,
    UnknownEvent,
)
from rxrealtime.frames import Frame

__all__ = ["Decoded", "decode", "decode_client", "decode_frame", "encode", "encode_bytes"]

Decoded = ServerEvent | UnknownEvent | ExceptionEvent
"""What a frame from a server can be."""

_SERVER: TypeAdapter[ServerEvent] = TypeAdapter(
    Annotated[ServerEvent, Field(discriminator="type")], config=ConfigDict(hide_input_in_errors=True)
)
_SHOWN_ERRORS = 3
_FLAT: frozenset[type[Event]] = DELTA_EVENTS - {ConversationItemInputAudioTranscriptionDelta}
"""Events that hold text, numbers and audio only: no field of theirs could hold a NaN, unless an unknown one does."""
_TYPE = re.compile(r'"type"\s*:\s*"([^"\\]{1,100})"')


def decode(data: bytes | str) -> Decoded:
    """Decode one frame of a server.

    Args:
        data: The payload of one websocket message, text or binary.

    Returns:
        The event, an `UnknownEvent`, or an `ExceptionEvent` that says what is wrong. Nothing is raised.

    Example:
        >>> decode('{"type": "input_audio_buffer.cleared", "event_id": "event_1"}')
        InputAudioBufferCleared(event_id='event_1', type='input_audio_buffer.cleared')
    """
    return decode_frame(Frame("received", data))


def decode_client(data: bytes | str) -> ClientEvent | UnknownEvent | ExceptionEvent:
    """Decode one frame of a client, as a server does.

    Args:
        data: The payload of one websocket message, text or binary.

    Returns:
        The event, an `UnknownEvent`, or an `ExceptionEvent`. Nothing is raised.
    """
    return _client_decoder()(Frame("sent", data))


def encode(event: Event | UnknownEvent) -> str:
    """Encode an event as JSON text. Fields that were never set are left out, an explicit None is written as null.

    Args:
        event: An event of either side, or an unknown one that was received.

    Returns:
        The JSON text; `decode` gives an equal event back.

    Raises:
        SchemaError: The event holds text that UTF-8 cannot express (a lone surrogate), or a value JSON cannot.
    """
    return encode_bytes(event).decode("utf-8")


def encode_bytes(event: Event | UnknownEvent) -> bytes:
    """Encode an event as the UTF-8 bytes of its JSON text; see `encode`.

    Args:
        event: An event of either side, or an unknown one that was received.

    Returns:
        The JSON text as UTF-8.

    Raises:
        SchemaError: As `encode`.
    """
    try:
        if isinstance(event, UnknownEvent):
            return _finite(pydantic_core.to_json(dict(event.raw), inf_nan_mode="constants"))
        event.model_fields_set.add("type")  # the tag has a default, and defaults are not written
        return event.__pydantic_serializer__.to_json(event, exclude_unset=True)
    except (ValueError, TypeError):
        # the cause would quote the text: it stays out of the message and of the traceback
        raise SchemaError(
            f"{type(event).__name__} cannot be written: it holds a lone surrogate, or a value JSON does not have"
        ) from None


def _finite(data: bytes) -> bytes:
    """Refuse an infinity, which a number too large for a double becomes (``1e999``); ValueError."""
    if _may_hold_nan(data):
        pydantic_core.from_json(data, allow_inf_nan=False)
    return data


def _decoder(adapter: TypeAdapter[Any], known: Mapping[str, type[Event]]) -> Callable[[Frame], Any]:
    validate = adapter.validator.validate_json

    def decode_frame(frame: Frame) -> Any:
        """Decode one frame; exactly one value, nothing is raised."""
        data = frame.data
        try:
            event = validate(data)
        except ValueError:  # what pydantic raises is one, and so is a str that UTF-8 cannot express
            return _second_look(frame, known)
        # pydantic accepts the literals NaN and Infinity, which RFC 8259 does not have; only where a field may hold
        # anything can they be, so the bulk of the traffic is not searched for them
        if (type(event) in _FLAT and not event.__pydantic_extra__) or not _may_hold_nan(data):
            return event
        return _second_look(frame, known) if isinstance(_parse(data), DecodeError) else event

    return decode_frame


def _may_hold_nan(data: bytes | str) -> bool:
    if isinstance(data, str):
        return "NaN" in data or "Infinity" in data
    return b"NaN" in data or b"Infinity" in data


def _parse(data: bytes | str) -> Any:
    """Parse JSON as RFC 8259 has it; a failure is returned, not raised."""
    try:
        return pydantic_core.from_json(data, allow_inf_nan=False)
    except (ValueError, TypeError) as error:
        if _is_binary(data):
            return BinaryError(f"{len(data)} bytes that are neither UTF-8 nor JSON text")
        said = str(error) if isinstance(data, bytes) or data.isascii() else "not JSON text"
        return JsonError(f"not JSON: {said}" if data else "an empty frame")


def _is_binary(data: bytes | str) -> bool:
    if isinstance(data, str):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return b"\0" in data


def _second_look(frame: Frame, known: Mapping[str, type[Event]]) -> Any:
    """Say what a frame is that is not an event of the tables."""
    found = _parse(frame.data)
    if isinstance(found, BinaryError):
        return BinaryFailed(found, frame.at, frame)
    if isinstance(found, JsonError):
        return JsonFailed(found, frame.at, frame, _peek_type(frame.data, known))
    if not isinstance(found, dict):
        return SchemaFailed(SchemaError(f"a JSON {_kind(found)} where an event, an object, belongs"), frame.at, frame)
    tag = found.get("type")
    if not isinstance(tag, str):
        what = "no type" if tag is None else f"a type that is a JSON {_kind(tag)}"
        return SchemaFailed(SchemaError(f"an object with {what}: every event has a string there"), frame.at, frame)
    if tag not in known:
        return UnknownEvent(tag, found)
    try:  # of duplicate keys the last one counts, also in versions of pydantic that choose the model by the first
        return known[tag].__pydantic_validator__.validate_json(frame.data)
    except ValidationError as error:
        return SchemaFailed(SchemaError(f"{tag}: {_places(error)}"), frame.at, frame, tag)


def _places(error: ValidationError) -> str:
    """Name the places and rules of a validation error, never its values."""
    rows = error.errors(include_url=False, include_input=False, include_context=False)
    shown = [f"{'.'.join(map(str, row['loc']))}: {row['msg']}" for row in rows[:_SHOWN_ERRORS]]
    more = [f"{len(rows) - _SHOWN_ERRORS} more"] if len(rows) > _SHOWN_ERRORS else []
    return "; ".join(shown + more)


def _kind(value: object) -> str:
    names: dict[type, str] = {list: "array", dict: "object", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _peek_type(data: bytes | str, known: Mapping[str, type[Event]]) -> str | None:
    """Find the type of an event that is not JSON; only a known one, so that no payload is taken for it."""
    head = data[:4096]
    text = head.decode("utf-8", "replace") if isinstance(head, bytes) else head
    return next((tag for tag in _TYPE.findall(text) if tag in known), None)


decode_frame: Callable[[Frame], Decoded] = _decoder(_SERVER, SERVER_EVENTS)
"""Decode one frame of a server; `decode` with the frame kept in the failure."""


@cache
def _client_decoder() -> Callable[[Frame], ClientEvent | UnknownEvent | ExceptionEvent]:
    """Build what decodes a client's frames, when somebody plays the server."""
    adapter: TypeAdapter[ClientEvent] = TypeAdapter(
        Annotated[ClientEvent, Field(discriminator="type")], config=ConfigDict(hide_input_in_errors=True)
    )
    return _decoder(adapter, CLIENT_EVENTS)

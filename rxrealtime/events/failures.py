"""What stands in the stream for a frame that is not a known event, or for something else that failed.

They are values like the events around them: in place, immutable, and silent about payload in ``repr`` and ``str``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from rxrealtime.frames import Frame

__all__ = [
    "BinaryFailed",
    "ConnectionFailed",
    "ExceptionEvent",
    "FailureKind",
    "GuardrailFailed",
    "HandlerFailed",
    "JsonFailed",
    "ResponseFailed",
    "SchemaFailed",
    "SendFailed",
    "ToolFailed",
    "UnknownEvent",
]


class FailureKind(Enum):
    """What kind of thing failed; the values are stable, messages are not."""

    JSON = "json"
    SCHEMA = "schema"
    BINARY = "binary"
    HANDLER = "handler"
    SEND = "send"
    TOOL = "tool"
    GUARDRAIL = "guardrail"
    CONNECTION = "connection"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True, repr=False)
class UnknownEvent:
    """A well-formed event of a type that is not in the tables: an ordinary value, nothing of it is lost.

    Args:
        type: The type as it was on the wire, whatever it is.
        raw: The whole object; not to be changed.
    """

    type: str
    raw: Mapping[str, Any]

    @property
    def event_id(self) -> str | None:
        """The event's id, if it has one."""
        found = self.raw.get("event_id")
        return found if isinstance(found, str) else None

    def __repr__(self) -> str:
        return f"UnknownEvent(type={self.type!r}, {len(self.raw)} fields)"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ExceptionEvent:
    """Something failed, at this place of the stream.

    Args:
        exception: What was caught.
        at: When, in seconds since the connection was opened.
        frame: The frame that caused it, whole, if it was a frame.
        event_type: The ``type`` of the event in question, if it could be read.

    Attributes:
        kind: The kind of failure.
        type: Always "exception", so that every value of a stream has a ``type``; no event of the wire has this one.
    """

    exception: Exception
    at: float = 0.0
    frame: Frame | None = None
    event_type: str | None = None

    kind: ClassVar[FailureKind] = FailureKind.HANDLER
    type: ClassVar[str] = "exception"

    @property
    def event_id(self) -> None:
        """A failure has no id on the wire."""
        return None

    def __repr__(self) -> str:
        of = f" of {self.event_type}" if self.event_type else ""
        what = type(self.exception).__name__
        return f"<{type(self).__name__} ({self.kind.value}){of} at {self.at:.3f} s: {what}, frame: {self.frame!r}>"

    __str__ = __repr__


class JsonFailed(ExceptionEvent):
    """A frame is text but not JSON."""

    __slots__ = ()
    kind = FailureKind.JSON


class SchemaFailed(ExceptionEvent):
    """A frame is JSON but not an event of the protocol."""

    __slots__ = ()
    kind = FailureKind.SCHEMA


class BinaryFailed(ExceptionEvent):
    """A frame is neither UTF-8 nor JSON text."""

    __slots__ = ()
    kind = FailureKind.BINARY


class HandlerFailed(ExceptionEvent):
    """A function of the user failed inside a pipeline."""

    __slots__ = ()
    kind = FailureKind.HANDLER


class SendFailed(ExceptionEvent):
    """An event could not be sent; ``frame`` is what was to be sent."""

    __slots__ = ()
    kind = FailureKind.SEND


class ToolFailed(ExceptionEvent):
    """A tool failed."""

    __slots__ = ()
    kind = FailureKind.TOOL


class GuardrailFailed(ExceptionEvent):
    """A guardrail failed to give its verdict."""

    __slots__ = ()
    kind = FailureKind.GUARDRAIL


class ConnectionFailed(ExceptionEvent):
    """The connection was lost; the last value of its stream, before ``on_error``."""

    __slots__ = ()
    kind = FailureKind.CONNECTION


class ResponseFailed(ExceptionEvent):
    """A response ended as failed, with a `ResponseFailedError`; cancelled and incomplete ones are no failures."""

    __slots__ = ()
    kind = FailureKind.RESPONSE

"""One frame, one event or one request that did not make it."""

from __future__ import annotations

from rxrealtime.errors.base import RealtimeError

__all__ = [
    "BinaryError",
    "CommitTooShortError",
    "ConfigMismatch",
    "DecodeError",
    "JsonError",
    "RequestError",
    "RequestRejectedError",
    "RequestTimeoutError",
    "ResponseDroppedError",
    "SchemaError",
    "SendError",
    "SessionClosedError",
]


class DecodeError(RealtimeError, ValueError):
    """One frame is not an event. The message names places and rules, never the values."""


class JsonError(DecodeError):
    """The frame is text, but not JSON (RFC 8259)."""


class SchemaError(DecodeError):
    """The frame is JSON, but not an event of the protocol."""


class BinaryError(DecodeError):
    """The frame is neither UTF-8 nor JSON text."""


class SendError(RealtimeError):
    """An event was not sent."""


class SessionClosedError(SendError):
    """The session had ended; nothing was sent."""


class CommitTooShortError(SendError):
    """There is less than 100 ms of audio to commit; nothing was sent.

    Attributes:
        ms: How much there is, in milliseconds.
    """

    def __init__(self, ms: int) -> None:
        super().__init__(ms)
        self.ms = ms

    def __str__(self) -> str:
        return f"there are {self.ms} ms of audio to commit, and a turn needs 100 ms: append more first"


class RequestError(RealtimeError):
    """A request was not confirmed."""


class RequestRejectedError(RequestError):
    """The server answered the request with an error event.

    Attributes:
        code: The ``code`` of the error, or None.
        param: The parameter the server blames, or None.
    """

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


class RequestTimeoutError(RequestError, TimeoutError):
    """The server neither confirmed nor rejected the request in time."""


class ResponseDroppedError(RequestError):
    """A response was asked for, and the session's response policy did not let it begin."""


class ConfigMismatch(RequestError):
    """The server confirmed a configuration that is not the one that was asked for.

    Attributes:
        paths: The settings that differ, such as ``audio.input.turn_detection.type``.
    """

    def __init__(self, *paths: str) -> None:
        super().__init__(*paths)
        self.paths = paths

    def __str__(self) -> str:
        return f"the server put other settings in force than were asked for: {', '.join(self.paths)}"

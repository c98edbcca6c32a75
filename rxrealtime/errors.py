"""Everything rxrealtime raises, in one tree.

```
RealtimeError
+-- ConfigurationError          what was asked for cannot be done (also a ValueError)
|   +-- InvalidUrlError         the url is not one a session can open
|   +-- MissingKeyError         the provider needs a key and none was given
|   +-- ScenarioError           a scenario of the embedded server is not valid
|   `-- RecordingError          a recording cannot be read
+-- SessionStateError           a session was used before it was entered, or twice
+-- ConnectError                no connection came to be
|   +-- UnreachableError        refused, reset, no route, no such host
|   +-- TlsError                the certificate or the TLS handshake failed
|   +-- OpenTimeoutError        the opening handshake took too long
|   +-- HandshakeRejected       the server answered the upgrade with an HTTP status
|   `-- RedirectRefused         a redirect would have carried credentials elsewhere
+-- ConnectionLost              an open connection ended and it was not us
|   +-- ServerClosed            the server sent a close frame
|   |   +-- SessionExpired      the session reached its maximum duration
|   |   `-- ClosedBeforeSession closed before session.created
|   +-- KeepaliveLost           pings stayed without an answer
|   `-- FrameTooLarge           the peer sent more than max_frame_bytes
+-- DecodeError                 one frame is not an event (also a ValueError)
|   +-- JsonError
|   +-- SchemaError
|   `-- BinaryError
+-- SendError                   an event was not sent
|   `-- SessionClosedError      the session had ended
+-- RequestError                a request was not confirmed
|   +-- RequestRejectedError    the server answered with an error event
|   `-- RequestTimeoutError     the server did not answer in time
`-- BufferOverflowError         a consumer is too slow for what must not be dropped
```

Messages are for people: they name the culprit and the way out, and never hold payload (a transcript, audio,
arguments) or a credential. Attributes are for programs.
"""

from __future__ import annotations

__all__ = [
    "BinaryError",
    "BufferOverflowError",
    "ClosedBeforeSession",
    "ConfigurationError",
    "ConnectError",
    "ConnectionLost",
    "DecodeError",
    "FrameTooLarge",
    "HandshakeRejected",
    "InvalidUrlError",
    "JsonError",
    "KeepaliveLost",
    "MissingKeyError",
    "OpenTimeoutError",
    "RealtimeError",
    "RecordingError",
    "RedirectRefused",
    "RequestError",
    "RequestRejectedError",
    "RequestTimeoutError",
    "ScenarioError",
    "SchemaError",
    "SendError",
    "ServerClosed",
    "SessionClosedError",
    "SessionExpired",
    "SessionStateError",
    "TlsError",
    "UnreachableError",
]


class RealtimeError(Exception):
    """The root: whatever rxrealtime raises on purpose is one of these."""


class ConfigurationError(RealtimeError, ValueError):
    """What was asked for cannot be done; nothing was opened."""


class InvalidUrlError(ConfigurationError):
    """The url is not one that a session can open."""


class MissingKeyError(ConfigurationError):
    """The provider needs a key and none was given."""


class ScenarioError(ConfigurationError):
    """A scenario of the embedded server is not valid."""


class RecordingError(ConfigurationError):
    """A recording cannot be read."""


class SessionStateError(RealtimeError, RuntimeError):
    """A session was used before it was entered, or entered twice."""


class ConnectError(RealtimeError):
    """No connection came to be; nothing is left open."""


class UnreachableError(ConnectError):
    """The host could not be reached: refused, reset, no route, no such name."""


class TlsError(ConnectError):
    """The certificate was not accepted, or the TLS handshake failed."""


class OpenTimeoutError(ConnectError, TimeoutError):
    """The opening handshake took longer than ``open_timeout``."""


class HandshakeRejected(ConnectError):
    """The server answered the websocket upgrade with an HTTP status.

    Attributes:
        status: The HTTP status code (RFC 6455, section 4.1: anything but 101).
        body: What the server said, cut to 500 characters, credentials removed.
    """

    def __init__(self, status: int, body: str = "") -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body

    def __str__(self) -> str:
        hint = _STATUS_HINTS.get(self.status, "")
        said = f": {self.body}" if self.body else ""
        return f"the server refused the connection with HTTP {self.status}{hint}{said}"


_STATUS_HINTS = {
    401: " (unauthorised: check the key)",
    403: " (forbidden: the key may not use this model or region)",
    404: " (not found: check the path of the url and the model)",
    429: " (too many requests: wait, or check the quota)",
    503: " (unavailable: try again later)",
}


class RedirectRefused(ConnectError):
    """A redirect to another origin was not followed, since it would have carried the credentials along.

    Attributes:
        origin: Scheme, host and port that the server pointed to.
    """

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.origin = origin

    def __str__(self) -> str:
        return (
            f"the server redirects to another origin, {self.origin}: not followed; open that url itself if you trust it"
        )


class ConnectionLost(RealtimeError):
    """An open connection ended and it was not us who closed it.

    Raised as such when the peer vanished without a close frame (end of file, reset). Its subclasses tell more.

    Attributes:
        in_flight: Ids of the responses that had been created and were not done.
    """

    def __init__(self, *details: object, in_flight: tuple[str, ...] = ()) -> None:
        super().__init__(*details)
        self.in_flight = in_flight

    def __str__(self) -> str:
        return self._what() + self._during()

    def _what(self) -> str:
        detail = f": {self.args[0]}" if self.args else ""
        return f"the connection was lost without a close frame{detail}"

    def _during(self) -> str:
        return f" while {len(self.in_flight)} response(s) were in flight" if self.in_flight else ""


class ServerClosed(ConnectionLost):
    """The server closed the connection.

    Attributes:
        code: The close code (RFC 6455, section 7.4), 1005 if the close frame had none.
        reason: The close reason, as the server wrote it.
        in_flight: Ids of the responses that had been created and were not done.
    """

    def __init__(self, code: int, reason: str = "", *, in_flight: tuple[str, ...] = ()) -> None:
        super().__init__(code, reason, in_flight=in_flight)
        self.code = code
        self.reason = reason

    def _what(self) -> str:
        return f"the server closed the connection with code {self.code}{_quoted(self.reason)}"


class SessionExpired(ServerClosed):
    """The session reached its maximum duration (60 minutes at OpenAI; close 1001, error session_expired, or both)."""

    def _what(self) -> str:
        return f"the session expired (close code {self.code}{_quoted(self.reason)}): open a new one and seed it"


class ClosedBeforeSession(ServerClosed):
    """The server accepted the websocket and closed it before it sent ``session.created``.

    Attributes:
        error_code: The ``code`` of the last error event before the close, if there was one.
        error_message: Its message: why the server refused.
    """

    def __init__(
        self, code: int, reason: str = "", *, error_code: str | None = None, error_message: str | None = None
    ) -> None:
        super().__init__(code, reason)
        self.error_code = error_code
        self.error_message = error_message

    def _what(self) -> str:
        said = f"; its error: {self.error_message}" if self.error_message else ""
        code = f" [{self.error_code}]" if self.error_code else ""
        return f"refused before session.created: close code {self.code}{_quoted(self.reason)}{said}{code}"


class KeepaliveLost(ConnectionLost):
    """The connection died because pings stayed without an answer.

    Attributes:
        why: Which side was to blame, in words: our loop, a full buffer, or a silent peer.
        blocked: The longest time, in seconds, that our event loop stood still in the period of the ping.
    """

    def __init__(self, why: str, blocked: float = 0.0, *, in_flight: tuple[str, ...] = ()) -> None:
        super().__init__(why, blocked, in_flight=in_flight)
        self.why = why
        self.blocked = blocked

    def _what(self) -> str:
        return f"the connection died by keepalive: {self.why}"


class FrameTooLarge(ConnectionLost):
    """The peer sent a frame larger than ``max_frame_bytes``; the connection was closed with 1009.

    Attributes:
        limit: The limit that was in force, in bytes.
    """

    def __init__(self, limit: int, *, in_flight: tuple[str, ...] = ()) -> None:
        super().__init__(limit, in_flight=in_flight)
        self.limit = limit

    def _what(self) -> str:
        return f"a frame was larger than max_frame_bytes={self.limit}: raise the limit if such frames are expected"


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


class BufferOverflowError(RealtimeError):
    """A consumer is too slow: its buffer is full of events that must not be dropped."""


def _quoted(reason: str) -> str:
    return f", {reason!r}" if reason else ""

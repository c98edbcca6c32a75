"""An open connection ended, and it was not us."""

from __future__ import annotations

from rxrealtime.errors.base import RealtimeError

__all__ = [
    "ClosedBeforeSession",
    "ConnectionLost",
    "FrameTooLarge",
    "KeepaliveLost",
    "ServerClosed",
    "SessionExpired",
]


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
        reason: The close reason, as the server wrote it, but for what looks like a credential, which is masked.
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


def _quoted(reason: str) -> str:
    return f", {reason!r}" if reason else ""

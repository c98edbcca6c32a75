"""No connection came to be."""

from __future__ import annotations

from rxrealtime.errors.base import RealtimeError

__all__ = [
    "ConnectError",
    "HandshakeRejected",
    "OpenTimeoutError",
    "RedirectRefused",
    "TlsError",
    "UnreachableError",
]


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

"""The websocket edge of the client: the only place where it meets the network.

Frames are taken as bytes, undecoded, and go to the decoder as they are. TLS is verified by the defaults
of the standard library, no redirect leaves the origin, compression is off unless asked for, and what the websockets
library would write into debug logs (headers, payload) is not written.
"""

from __future__ import annotations

import inspect
import json
import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast
from urllib.parse import urljoin, urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from rxrealtime._version import __version__
from rxrealtime.errors import (
    ConnectError,
    HandshakeRejected,
    MissingKeyError,
    OpenTimeoutError,
    RealtimeError,
    RedirectRefused,
    TlsError,
    UnreachableError,
)
from rxrealtime.hosts import is_loopback
from rxrealtime.redaction import redacted
from rxrealtime.transport.endpoints import OPENAI_URL, check_headers, origin, websocket_url
from rxrealtime.transport.intake import IntakeConnection
from rxrealtime.transport.socket import SocketConnection, SocketLimits
from rxrealtime.wirelog import WIRE_LOG

__all__ = ["Key", "WebSocketTransport"]

Key = str | Callable[[], "str | Awaitable[str]"]
"""A key, or a function (sync or async) that gives one whenever a connection is opened."""

_BODY_SHOWN = 500
_AUTHORISING = frozenset({"authorization", "api-key"})
_KEY_PROTOCOL = "insecure-api-key."
_REDIRECTS = frozenset({300, 301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, repr=False)
class WebSocketTransport:
    """A session over a websocket.

    Args:
        url: ``wss://`` or ``ws://`` (``https`` and ``http`` are understood as these), with path and query.
        api_key: The key, or a function that gives it, sent as ``Authorization: Bearer``. For the provider's own url
            the environment variable ``OPENAI_API_KEY`` is the default; it is never sent to another host.
        headers: More headers. One that authorises (``Authorization``, ``api-key``) takes the place of ``api_key``.
        subprotocols: Offered to the server, in order.
        max_frame_bytes: The largest frame to accept, in bytes, decompressed; None for no limit. A larger one ends the
            connection with 1009 and `FrameTooLarge`.
        open_timeout: Seconds for the whole opening handshake.
        ping_interval: Seconds between keepalive pings; None sends none.
        ping_timeout: Seconds to wait for a pong before the connection counts as dead; None waits for ever.
        close_timeout: Seconds to wait for a peer that does not finish a closing handshake, whoever began it.
        compression: "deflate" to offer permessage-deflate (RFC 7692); None, since base64 of audio gains little.
        ssl_context: Other TLS settings than the verified defaults of the standard library.

    Raises:
        InvalidUrlError: The url is not one that a session can open.
        ConfigurationError: A header is reserved or not valid.
    """

    url: str
    api_key: Key | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    subprotocols: tuple[str, ...] = ()
    max_frame_bytes: int | None = 16 * 2**20
    open_timeout: float = 10.0
    ping_interval: float | None = 20.0
    ping_timeout: float | None = 20.0
    close_timeout: float = 5.0
    compression: Literal["deflate"] | None = None
    ssl_context: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", websocket_url(self.url))
        check_headers(self.headers)

    def __repr__(self) -> str:
        parts = urlsplit(self.url)
        return f"WebSocketTransport({parts.scheme}://{parts.netloc}{parts.path})"

    async def connect(self) -> SocketConnection:
        """Open the connection.

        Returns:
            The open connection.

        Raises:
            MissingKeyError: The provider needs a key and there is none; no socket was opened.
            HandshakeRejected: The server answered with an HTTP status.
            RedirectRefused: It pointed to another origin.
            TlsError: Its certificate was not accepted.
            OpenTimeoutError: It did not answer in ``open_timeout``.
            UnreachableError: It could not be reached.
            ConnectError: It does not speak websocket.
        """
        headers = await self._authorised()
        secrets = _secrets(headers, self.subprotocols)
        try:
            socket = cast(IntakeConnection, await _Connect(self.url, **self._options(headers)))  # it made one of these
        except RealtimeError:
            raise
        except (OSError, InvalidHandshake, EOFError, ValueError) as error:
            raise _refusal(error, urlsplit(self.url).netloc, secrets) from error
        window = (self.ping_interval or 0) + (self.ping_timeout or 0)
        return SocketConnection(socket, SocketLimits(self.max_frame_bytes, self.close_timeout, window))

    def _options(self, headers: Mapping[str, str]) -> dict[str, Any]:
        secure = {"ssl": self.ssl_context} if self.ssl_context and self.url.startswith("wss") else {}
        return {
            "additional_headers": dict(headers),
            "subprotocols": [Subprotocol(name) for name in self.subprotocols] or None,
            "compression": self.compression,
            "max_size": self.max_frame_bytes,
            "open_timeout": self.open_timeout,
            "ping_interval": self.ping_interval,
            "ping_timeout": self.ping_timeout,
            "close_timeout": self.close_timeout,
            "user_agent_header": f"rxrealtime/{__version__}",
            "proxy": None if is_loopback(urlsplit(self.url).hostname or "") else True,
            "logger": WIRE_LOG,
            "create_connection": IntakeConnection,
            **secure,
        }

    async def _authorised(self) -> dict[str, str]:
        """Give the headers with the credentials, asking for the key now."""
        headers = dict(self.headers)
        if _AUTHORISING & {name.lower() for name in headers}:
            return headers
        found = await _given(self.api_key if self.api_key is not None else self._default_key())
        if found:
            headers["Authorization"] = f"Bearer {found}"
            check_headers(headers)
        elif self.api_key is not None or self._at_provider():
            raise MissingKeyError("no key: set OPENAI_API_KEY, or give api_key= (a string or a function)")
        return headers

    def _at_provider(self) -> bool:
        return origin(self.url) == origin(OPENAI_URL)

    def _default_key(self) -> str | None:
        """Give the key of the environment, which is for the provider and for nobody else."""
        return os.environ.get("OPENAI_API_KEY") if self._at_provider() else None


async def _given(key: Key | None) -> str | None:
    found = key() if callable(key) else key
    return await found if inspect.isawaitable(found) else found


class _Connect(connect):
    """The library's handshake, except that no redirect leaves the origin: it would carry the credentials along."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        if isinstance(exc, InvalidStatus) and exc.response.status_code in _REDIRECTS:
            target = urljoin(self.uri, exc.response.headers.get("Location", ""))
            if origin(target) != origin(self.uri):
                scheme, host, port = origin(target)
                return RedirectRefused(f"{scheme}://{host}:{port}")
        return super().process_redirect(exc)


def _refusal(error: Exception, host: str, secrets: list[str]) -> ConnectError:
    """Translate what the library raises while connecting: six unrelated families (measured on 15.0 and 17.4)."""
    match error:
        case InvalidStatus(response=response):
            return HandshakeRejected(response.status_code, _said(bytes(response.body or b""), secrets))
        case ssl.SSLError():
            why = getattr(error, "verify_message", "") or error.reason or "the TLS handshake failed"
            return TlsError(f"{host}: {why}")
        case TimeoutError():
            return OpenTimeoutError(f"{host} did not complete the opening handshake in time (open_timeout)")
        case OSError():
            return UnreachableError(f"cannot reach {host}: {_reason(error)}")
        case _:
            return ConnectError(f"{host} did not answer as a websocket server does ({type(error).__name__})")


def _secrets(headers: Mapping[str, str], subprotocols: tuple[str, ...]) -> list[str]:
    """Give the credentials among what the handshake carries, without the words around them."""
    values = [value.split(" ")[-1] for name, value in headers.items() if name.lower() in _AUTHORISING]
    return values + [name.partition(_KEY_PROTOCOL)[2] for name in subprotocols if _KEY_PROTOCOL in name]


def _reason(error: OSError) -> str:
    """Name the reason in the system's words: asyncio puts others there, with the address once more."""
    if isinstance(error, ConnectionResetError):
        return "the connection was reset during the handshake (for wss: does the server speak TLS?)"
    number = error.errno or 0
    return os.strerror(number) if number > 0 else error.strerror or type(error).__name__


def _said(body: bytes, secrets: list[str]) -> str:
    """Give the message of an error body, without the credentials that a server may echo."""
    text = body.decode("utf-8", "replace")
    try:
        found = json.loads(text)["error"]["message"]
    except (ValueError, TypeError, KeyError, RecursionError):
        found = text
    parts = {
        part for secret in secrets for part in (secret, secret.split(" ")[-1], secret.split("insecure-api-key.")[-1])
    }
    shown = redacted(str(found), parts)
    return " ".join(shown.split())[:_BODY_SHOWN]

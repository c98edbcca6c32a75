"""The way from a proxy to the server: which url, which headers, and the connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from rxrealtime.hosts import is_loopback
from rxrealtime.testing.tap import TappedClient
from rxrealtime.transport.endpoints import check_headers, websocket_url
from rxrealtime.wirelog import WIRE_LOG

__all__ = ["OPEN_TIMEOUT", "Upstream", "forwarded", "upstream_target"]

OPEN_TIMEOUT: Final = 10.0
"""Seconds that the handshake with the server may take."""
_CLOSE_TIMEOUT: Final = 1.0
_OWN_HEADERS: Final = frozenset({"host", "connection", "upgrade", "content-length", "user-agent"})
_CREDENTIALS: Final = frozenset({"authorization", "api-key"})


def forwarded(headers: Mapping[str, str], own: Mapping[str, str], token: str | None) -> dict[str, str]:
    """Return the headers that go to the server.

    Args:
        headers: Those of the client, names in lower case.
        own: Those of the proxy, which take the place of the client's.
        token: The proxy's token; a header that holds it stays here.

    Returns:
        Everything but what belongs to one handshake.
    """
    replaced = {name.lower() for name in own}
    kept = {
        name: value
        for name, value in headers.items()
        if name not in _OWN_HEADERS | replaced
        and not name.startswith("sec-websocket-")
        and not (token and name in _CREDENTIALS and value.split(" ")[-1] == token)
    }
    return {**kept, **own}


def upstream_target(upstream: str, target: str) -> str:
    """Return the url for the server: the client's query is added, and its path taken if the upstream has none."""
    base, asked = urlsplit(upstream), urlsplit(target)
    query = {**dict(parse_qsl(base.query, True)), **dict(parse_qsl(asked.query, True))}
    path = base.path if base.path not in ("", "/") else asked.path
    return urlunsplit(base._replace(path=path, query=urlencode(query)))


class Upstream:
    """A realtime server behind a proxy.

    Args:
        url: Its url.
        headers: Sent to it in place of the client's.
        token: The proxy's own, which is not passed on.

    Attributes:
        url: The url, checked.

    Raises:
        ConfigurationError: A header is reserved.
        InvalidUrlError: It is not a url of a websocket.
    """

    def __init__(self, url: str, headers: Mapping[str, str], token: str | None) -> None:
        check_headers(headers)
        self.url = websocket_url(url)
        self._headers = dict(headers)
        self._token = token

    async def connect(self, target: str, headers: Mapping[str, str]) -> TappedClient:
        """Open a connection to the server for a client.

        Args:
            target: Path and query that the client asked for.
            headers: The client's headers, names in lower case.

        Returns:
            The open connection.

        Raises:
            InvalidHandshake: The server refused it.
            OSError: The server was not reached in time.
        """
        url = upstream_target(self.url, target)
        options: dict[str, Any] = {"proxy": None} if is_loopback(urlsplit(url).hostname or "") else {}
        connecting = _Direct(
            url,
            additional_headers=forwarded(headers, self._headers, self._token),
            subprotocols=self._offered(headers) or None,
            user_agent_header=headers.get("user-agent"),
            create_connection=TappedClient,
            compression=None,
            max_size=None,
            ping_interval=None,
            open_timeout=OPEN_TIMEOUT,
            close_timeout=_CLOSE_TIMEOUT,
            logger=WIRE_LOG,
            **options,
        )
        return cast(TappedClient, await connecting)  # it is made by create_connection

    def _offered(self, headers: Mapping[str, str]) -> list[Subprotocol]:
        """Give the subprotocols that the client offers, without one that is the proxy's token."""
        offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
        own = f"openai-insecure-api-key.{self._token}" if self._token else ""
        return [Subprotocol(name) for name in offered if name not in ("", own)]


class _Direct(connect):
    """The library's handshake, which follows no redirect: credentials go where they were meant to go."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc

"""Which transport a url means. Schemes beyond the web's come from entry points of installed packages.

A package offers a scheme under the group ``rxrealtime.transports``: the name is the scheme, the value a callable that
takes the url and gives a `Transport`. That is how ``loopback:`` reaches the embedded server without the session
knowing of it.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from rxrealtime.transport.base import Transport
from rxrealtime.transport.endpoints import OPENAI_URL, origin, realtime_url
from rxrealtime.transport.websocket import WebSocketTransport

__all__ = ["GROUP", "transport_for"]

GROUP = "rxrealtime.transports"
"""The entry point group of transports."""

_WEB = frozenset({"ws", "wss", "http", "https"})


def transport_for(url: str) -> Transport:
    """Give the transport for a url.

    Args:
        url: ``wss://...``, ``ws://...``, or a scheme that an installed package offers, such as ``loopback:``. The
            provider's own gets the path and the default model where it names none; any other is used as it is.

    Returns:
        The transport; nothing is opened.

    Raises:
        InvalidUrlError: Nobody offers the scheme.
    """
    scheme, colon, _ = url.partition(":")
    if colon and scheme not in _WEB:
        for found in entry_points(group=GROUP, name=scheme):
            transport: Transport = found.load()(url)
            return transport
    at_provider = scheme in _WEB and origin(url) == origin(OPENAI_URL)
    return WebSocketTransport(realtime_url(url) if at_provider else url)

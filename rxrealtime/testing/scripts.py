"""The lines of a script: what the client has to send, what the server sends, how it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rxrealtime.codec import encode_bytes
from rxrealtime.events import Event
from rxrealtime.testing.matching import Pattern

__all__ = [
    "ClientSends",
    "Line",
    "Message",
    "ServerEnds",
    "ServerSends",
    "client_sends",
    "server_closes",
    "server_sends",
    "server_vanishes",
]

Message = Event | Mapping[str, Any] | bytes | str
"""What a server sends: an event, an object for JSON, or a payload as it is, well-formed or not."""


@dataclass(frozen=True)
class ClientSends:
    """A frame that the client has to send next; see `client_sends`."""

    type: str
    fields: Pattern


@dataclass(frozen=True)
class ServerSends:
    """Frames that the server sends; see `server_sends`."""

    payloads: tuple[bytes | str, ...]
    after: float


@dataclass(frozen=True)
class ServerEnds:
    """The end of the connection by the server; see `server_closes` and `server_vanishes`."""

    close: tuple[int, str] | None
    after: float


Line = ClientSends | ServerSends | ServerEnds
"""One line of a script."""


def client_sends(type: str, /, **fields: Any) -> ClientSends:
    """Expect an event of the client.

    Args:
        type: Its type.
        **fields: What it must hold, at least: a mapping may have more keys, a list must have as many elements, and
            ``...`` stands for any value.

    Returns:
        A line for `ScriptedTransport`.
    """
    return ClientSends(type, fields)


def server_sends(*messages: Message, after: float = 0.0) -> ServerSends:
    """Send frames to the client.

    Args:
        *messages: What to send, in order.
        after: Seconds to wait before, on the clock of the event loop.

    Returns:
        A line for `ScriptedTransport`.

    Raises:
        SchemaError: An event cannot be written.
        TypeError: A mapping holds what JSON does not have.
    """
    return ServerSends(tuple(map(_payload, messages)), after)


def server_closes(code: int = 1000, reason: str = "", *, after: float = 0.0) -> ServerEnds:
    """Close the connection as a server does.

    Args:
        code: The close code.
        reason: The close reason.
        after: Seconds to wait before.

    Returns:
        A line for `ScriptedTransport`.
    """
    return ServerEnds((code, reason), after)


def server_vanishes(*, after: float = 0.0) -> ServerEnds:
    """End the connection without a close frame.

    Args:
        after: Seconds to wait before.

    Returns:
        A line for `ScriptedTransport`.
    """
    return ServerEnds(None, after)


def _payload(message: Message) -> bytes | str:
    if isinstance(message, Event):
        return encode_bytes(message)
    return json.dumps(message) if isinstance(message, Mapping) else message

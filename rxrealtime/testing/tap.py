"""Connections of the websockets library that also tell which messages were text and which binary.

``recv(decode=False)`` gives the bytes of both, also where text is not UTF-8, but not which it was.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from websockets import frames as wire
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection

from rxrealtime.gone import SafelyLost

__all__ = ["Tapped", "TappedClient", "TappedServer"]


class Tapped(SafelyLost, Connection):
    """A connection that notes the opcode of each message; the n-th in `kinds` is that of the n-th message.

    Attributes:
        kinds: The opcodes of the messages that nobody has received yet.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kinds: deque[wire.Opcode] = deque()

    def process_event(self, event: Any) -> None:
        """Note what a message begins with; continuations (RFC 6455, section 5.4) have its opcode."""
        if type(event) is wire.Frame and event.opcode in (wire.Opcode.TEXT, wire.Opcode.BINARY):
            self.kinds.append(event.opcode)
        super().process_event(event)

    async def receive(self) -> tuple[bytes, bool]:
        """Return the next message, and whether it was binary.

        Raises:
            ConnectionClosed: There will be none.
        """
        data = await self.recv(decode=False)
        return bytes(data), self.kinds.popleft() is wire.Opcode.BINARY


class TappedClient(Tapped, ClientConnection):
    """The end that connects."""


class TappedServer(Tapped, ServerConnection):
    """The end that is connected to."""

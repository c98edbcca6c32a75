"""A client and a server, with a proxy between them, that tell how each frame came to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from rxrealtime.frames import Direction
from rxrealtime.testing.outputs import Injected
from rxrealtime.testing.plans import FaultPlan
from rxrealtime.testing.proxy import FaultProxy


class Noting(Connection):
    """An end that notes its websocket frames.

    Attributes:
        noted: Of each frame of data: in which piece of TCP it ended, its opcode, and whether it ends its message.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.noted: list[tuple[int, Opcode, bool]] = []
        self._piece = 0

    def data_received(self, data: bytes) -> None:
        """Count the pieces."""
        self._piece += 1
        super().data_received(data)

    def process_event(self, event: Any) -> None:
        """Note a frame of data."""
        if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self.noted.append((self._piece, event.opcode, event.fin))
        super().process_event(event)


class NotingClient(Noting, ClientConnection):
    """The end of the client."""


class NotingServer(Noting, ServerConnection):
    """The end of the server."""


@dataclass(frozen=True)
class Wire:
    """What is connected.

    Args:
        ends: Who receives, by direction: the client what is "received", the server what is "sent".
        proxy: What is between them.
        struck: A turn for each fault that strikes.
    """

    ends: dict[Direction, Noting]
    proxy: FaultProxy
    struck: asyncio.Queue[Injected]

    def sender(self, direction: Direction) -> Noting:
        """Give who sends in a direction."""
        return self.ends["sent" if direction == "received" else "received"]

    async def send(self, direction: Direction, *frames: bytes) -> None:
        """Send frames of text in a direction."""
        for data in frames:
            await self.sender(direction).send(data, text=True)

    async def received(self, direction: Direction) -> list[bytes]:
        """Close the sending end; give what has arrived by the end of the other one, byte for byte."""
        closing = asyncio.ensure_future(self.sender(direction).close())
        arrived = await self.until_the_end(direction)
        await closing
        return arrived

    async def until_the_end(self, direction: Direction) -> list[bytes]:
        """Give what arrives in a direction until the connection is over."""
        arrived: list[bytes] = []
        with suppress(ConnectionClosed):
            while True:
                arrived.append(await self.ends[direction].recv(decode=False))
        return arrived


@asynccontextmanager
async def wired(plan: FaultPlan) -> AsyncIterator[Wire]:
    """Connect a client to a server through a proxy."""
    taken: asyncio.Queue[ServerConnection] = asyncio.Queue()
    struck: asyncio.Queue[Injected] = asyncio.Queue()

    async def take(connection: ServerConnection) -> None:
        await taken.put(connection)
        await connection.wait_closed()

    options: dict[str, Any] = {"compression": None, "max_size": None, "ping_interval": None, "close_timeout": 0.5}
    async with serve(take, "127.0.0.1", 0, create_connection=NotingServer, **options) as server:
        address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime"
        async with (
            FaultProxy(address, plan, on_injected=struck.put_nowait) as proxy,
            connect(proxy.url, proxy=None, create_connection=NotingClient, **options) as client,
        ):
            yield Wire({"received": client, "sent": await taken.get()}, proxy, struck)  # type: ignore[dict-item]

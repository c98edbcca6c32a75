"""One connection of the embedded server: frames come in and are written, faults strike between them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from weakref import WeakSet

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from rxrealtime.codec import encode_bytes
from rxrealtime.events import Event, ServerEvent
from rxrealtime.server.faults import Fault, due_faults
from rxrealtime.server.outputs import Disconnect, GoSilent, Output, RawFrame, Strike

__all__ = ["Wire"]

_WRITE_BYTES: Final = 64 * 1024
"""What is gathered for one write to the socket; each write costs more than all else that is done for an event."""


class Wire:
    """Hear the client, write what the engine gives out, and strike where a fault is due.

    Events that go out together are written together. One task at a time receives, over as many waits as it takes: a
    wait that is given up and begun anew for each beat of the engine costs more than the beat.

    Args:
        connection: The connection with the client.
        faults: What strikes it.
        held: Connections that stay silent; this one is added when it does.
    """

    def __init__(
        self, connection: ServerConnection, faults: tuple[Fault, ...], held: WeakSet[ServerConnection]
    ) -> None:
        self._connection = connection
        self._faults = faults
        self._held = held
        self._seen: Counter[str] = Counter()
        self._gathered: list[bytes] = []
        self._coming: asyncio.Task[bytes] | None = None

    def coming(self) -> asyncio.Task[bytes]:
        """Return the task that receives the next frame; it fails with `ConnectionClosed` when there is none."""
        if self._coming is None:
            self._coming = asyncio.create_task(self._connection.recv(decode=False))
        return self._coming

    def take(self) -> bytes | None:
        """Return the frame that has come, once; None if there is none yet.

        Raises:
            ConnectionClosed: There will be none.
        """
        if self._coming is None or not self._coming.done():
            return None
        came, self._coming = self._coming, None
        return came.result()

    async def leave(self) -> None:
        """Receive no more."""
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.wait((self._coming,))
            with suppress(ConnectionClosed, asyncio.CancelledError):
                self._coming.result()

    async def send(self, outputs: Sequence[Output]) -> bool:
        """Send everything; False if the connection is over then.

        Raises:
            ConnectionClosed: The peer has ended it.
        """
        for output in outputs:
            if not (await self._gather(output) if isinstance(output, Event) else await self._strike(output)):
                return False
        await self._write()
        return True

    async def strike_due(self) -> bool:
        """Carry out the faults that are due; False if the connection is over then."""
        if not self._faults:
            return True
        strikes, self._faults = due_faults(self._faults, self._seen.total(), self._seen)
        for strike in strikes:
            if not await self._strike(strike):
                return False
        return True

    async def _gather(self, event: ServerEvent) -> bool:
        """Take an event for the next write; False if a fault has ended the connection then."""
        self._gathered.append(encode_bytes(event))
        self._seen[event.type] += 1
        if sum(map(len, self._gathered)) >= _WRITE_BYTES:
            await self._write()
        return await self.strike_due()

    async def _write(self) -> None:
        """Write what was gathered, each event in a frame of its own, all in one piece."""
        frames, self._gathered = self._gathered, []
        if not frames:
            return
        protocol = self._connection.protocol
        async with self._connection.send_context():
            for frame in frames:
                protocol.send_text(frame)
            self._connection.transport.write(b"".join(protocol.data_to_send()))
        await asyncio.sleep(0)  # the client may live in the same loop

    async def _strike(self, strike: Strike) -> bool:
        await self._write()
        match strike:
            case RawFrame(data):
                await self._connection.send(data)
                return True
            case Disconnect(None):
                self._connection.transport.abort()
            case Disconnect(int(code), reason):
                await self._connection.close(code, reason)
            case GoSilent():
                self._held.add(self._connection)
                self._connection.transport.pause_reading()
                await self._connection.wait_closed()
        return False

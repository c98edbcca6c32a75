"""The open connection of a session: what is sent keeps its order, and closing is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from reactivex.disposable import SerialDisposable

from rxrealtime.codec import encode_bytes
from rxrealtime.events import ClientEvent, SendFailed
from rxrealtime.frames import Frame
from rxrealtime.order import Order, Place
from rxrealtime.transport.base import Connection

__all__ = ["Going", "Link", "Sink"]

Going = Callable[[ClientEvent], None]
"""Called before an event is sent; raises if the session ended meanwhile."""
Sink = Callable[[ClientEvent | SendFailed], None]
"""Told what became of an event."""

_GRACE = 0.5


class Link:
    """One connection, in use.

    Args:
        connection: The open connection.
        tap: Told of each frame that was sent.

    Attributes:
        subscription: The session's subscription to its frames, which ends with the connection.
    """

    def __init__(self, connection: Connection, tap: Callable[[Frame], None]) -> None:
        self.connection = connection
        self._tap = tap
        self.subscription = SerialDisposable()
        self._order = Order()

    def place(self) -> Place:
        """Take a place in the order of what is sent."""
        return self._order.place()

    async def send(self, place: Place, events: tuple[ClientEvent, ...], going: Going, sink: Sink) -> None:
        """Send events with nothing of another call between them, up to the first that fails.

        Args:
            place: When: after all that took a place before.
            events: What to send.
            going: Called before each; raises if the session ended meanwhile.
            sink: Told of each event that was sent, and of the failure if there is one.

        Raises:
            Exception: What the transport raised, or `SchemaError` if an event cannot be written as JSON.
        """
        async with place:
            for event in events:
                going(event)
                try:
                    frame = await self.connection.send(encode_bytes(event))
                except Exception as error:  # whatever a transport raises: the stream and the caller both learn of it
                    sink(SendFailed(error, self.connection.now(), None, event.type))
                    raise
                self._tap(frame)
                sink(event)

    async def shut(self, code: int, reason: str, timeout: float) -> None:
        """Close the connection.

        Args:
            code: The close code.
            reason: The close reason.
            timeout: Seconds that it may take, also if the transport keeps no promise.

        Raises:
            TimeoutError: The transport did not keep to the time.
        """
        try:
            async with asyncio.timeout(timeout + _GRACE):
                await self.connection.close(code, reason, timeout=timeout)
        finally:
            self.subscription.dispose()

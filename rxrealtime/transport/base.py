"""The network as an interface of a few short methods; a fake of it ships (`MemoryTransport`)."""

from __future__ import annotations

from typing import Protocol

from reactivex import Observable

from rxrealtime.frames import Frame

__all__ = ["Connection", "Transport"]


class Connection(Protocol):
    """One open connection, which carries frames both ways until it ends, exactly once."""

    @property
    def frames(self) -> Observable[Frame]:
        """What the peer sends, for one subscriber, from the first frame on.

        Deliveries are turns of their own: never inside `send`, never inside ``subscribe``, and a backlog never holds
        the event loop longer than 10 ms at a time. The stream completes if we closed the connection; any other end is
        its ``on_error``, a `ConnectionLost`. All that was received is delivered before.
        """
        ...

    def now(self) -> float:
        """Give the seconds since the connection was opened, on the clock of `Frame.at`."""
        ...

    async def send(self, data: bytes) -> Frame:
        """Send one text frame; return when it has been handed to the network.

        Args:
            data: JSON text as UTF-8.

        Returns:
            The frame as it was sent, with its time.

        Raises:
            ConnectionLost: The connection ended; nothing was sent.
        """
        ...

    async def close(self, code: int = 1000, reason: str = "", *, timeout: float = 5.0) -> None:
        """Close the connection and leave nothing behind; idempotent.

        Args:
            code: The close code (RFC 6455, section 7.4).
            reason: The close reason, at most 123 bytes of UTF-8.
            timeout: Seconds to wait for the peer's answer; then the connection is cut.
        """
        ...


class Transport(Protocol):
    """Something that a session can be opened over. Building one does no I/O."""

    async def connect(self) -> Connection:
        """Open a connection.

        Returns:
            The open connection; nobody reads from it until its frames are subscribed to.

        Raises:
            ConnectError: No connection came to be, and nothing is left of the attempt.
            ConfigurationError: What was asked for cannot be done.
        """
        ...

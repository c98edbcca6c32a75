"""What stands in for the transport of a connection that is gone, at both socket edges."""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["SafelyLost"]


class SafelyLost(asyncio.Protocol):
    """A connection of the websockets library whose transport may be used after it is lost.

    To be named before the library's class.
    """

    transport: asyncio.Transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Keep what is done to the connection later from failing.

        Args:
            exc: Why it is lost; None if either side closed it.
        """
        super().connection_lost(exc)
        self.transport = _GoneTransport(self.transport)


class _GoneTransport(asyncio.Transport):
    """Do nothing, as asyncio promises of a transport that is gone.

    Its own transports keep the promise unless they had something left to write when they began to close, and wrote it:
    then ``abort`` raises AttributeError, and with it whatever the websockets library does afterwards.

    Args:
        transport: The one that is gone; it still knows its addresses.
    """

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        super().__init__()
        self._transport = transport

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Tell what the transport knew."""
        return self._transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        """Tell that it is gone."""
        return True

    def get_write_buffer_size(self) -> int:
        """Tell that nothing waits."""
        return 0

    def abort(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def pause_reading(self) -> None:
        """Do nothing."""

    def resume_reading(self) -> None:
        """Do nothing."""

    def write(self, data: Any) -> None:
        """Do nothing."""

    def write_eof(self) -> None:
        """Do nothing."""

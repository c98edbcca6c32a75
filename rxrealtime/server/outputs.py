"""What the engine gives out: server events, and the things a scenario can do to a connection.

A strike is data. The engine and the faults only name it; the socket edge carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from rxrealtime.errors import ConfigurationError
from rxrealtime.events import ServerEvent

__all__ = ["Disconnect", "GoSilent", "Output", "RawFrame", "Strike"]

_PROTOCOL_CODES: Final = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})
_MAX_REASON_BYTES: Final = 123


@dataclass(frozen=True, slots=True)
class RawFrame:
    """Send these bytes as they are: text if ``data`` is a ``str``, a binary frame otherwise.

    Args:
        data: The payload of one websocket message; it need not be JSON, nor UTF-8 if it is binary.

    Raises:
        ConfigurationError: Text with a lone surrogate, which no text frame can hold.
    """

    data: bytes | str = field(repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.data, str) and not _is_unicode(self.data):
            raise ConfigurationError("a text frame cannot hold a lone surrogate: write it as an escape, or as bytes")


@dataclass(frozen=True, slots=True)
class Disconnect:
    """End the connection.

    Args:
        code: The close code of the close frame; None aborts the transport without any close frame.
        reason: The reason in the close frame, at most 123 bytes of UTF-8.

    Raises:
        ConfigurationError: The code is not one that a peer may send, or the reason is too long.

    Source: RFC 6455, sections 5.5.1 and 7.4; the registry of close codes.
    """

    code: int | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.code is not None and not (self.code in _PROTOCOL_CODES or 3000 <= self.code <= 4999):
            raise ConfigurationError(f"{self.code} is not a close code that a peer may send")
        if len(self.reason.encode()) > _MAX_REASON_BYTES:
            raise ConfigurationError(f"the reason of a close frame has at most {_MAX_REASON_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class GoSilent:
    """Neither read nor write any more and keep the connection open: not even a close frame is answered."""


Strike = RawFrame | Disconnect | GoSilent
"""Something done to a connection that no event of the protocol stands for."""

Output = ServerEvent | Strike
"""What one step of the engine gives out."""


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

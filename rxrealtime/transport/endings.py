"""What the end of a websocket means, decided from the close codes alone.

Source: RFC 6455, sections 7.1.5 and 7.4; the websockets library sends 1002 on a protocol error, 1007 on bad UTF-8,
1009 over the size limit, 1011 when pings stay unanswered, and has neither code after an end of file or a reset
(measured on 15.0 and 17.4).
"""

from __future__ import annotations

from dataclasses import dataclass

from rxrealtime.errors import ConnectionLost, FrameTooLarge, KeepaliveLost, ServerClosed
from rxrealtime.redaction import redacted

__all__ = ["Closing", "Evidence", "ending"]

_KEEPALIVE = "keepalive ping timeout"
_TOO_BIG = 1009
_INTERNAL = 1011
_BLOCKED_ENOUGH = 1.0


@dataclass(frozen=True, slots=True)
class Closing:
    """One close frame: code and reason."""

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known beside the close frames.

    Args:
        max_frame_bytes: The limit that was in force.
        blocked: The longest recent time, in seconds, that our event loop stood still.
        unsent_bytes: How much we had written that the peer had not taken.
    """

    max_frame_bytes: int | None = None
    blocked: float = 0.0
    unsent_bytes: int = 0


def ending(received: Closing | None, sent: Closing | None, answered: bool | None, evidence: Evidence) -> ConnectionLost:
    """Name the end of a connection that we did not close.

    Args:
        received: The peer's close frame, if one came.
        sent: Ours, if one was sent.
        answered: Whether the peer's came first and ours was the answer; None if not both were there.
        evidence: What else is known.

    Returns:
        The exception that says who ended it and why.
    """
    if sent is not None and not answered:
        if sent.code == _TOO_BIG:
            return FrameTooLarge(evidence.max_frame_bytes or 0)
        if sent.code == _INTERNAL and sent.reason == _KEEPALIVE:
            return KeepaliveLost(*_blame(evidence, "the peer was silent"))
        return ConnectionLost(f"the peer broke the websocket protocol (we closed with {sent.code}: {sent.reason})")
    if received is None:
        return ConnectionLost()
    if received.code == _INTERNAL and _KEEPALIVE in received.reason:
        return KeepaliveLost(*_blame(evidence, "the server heard nothing from us in time"))
    return ServerClosed(received.code, redacted(received.reason))


def _blame(evidence: Evidence, otherwise: str) -> tuple[str, float]:
    if evidence.blocked >= _BLOCKED_ENOUGH:
        return f"our event loop was blocked for {evidence.blocked:.1f} s", evidence.blocked
    if evidence.unsent_bytes:
        return f"a buffer was full: the peer did not take {evidence.unsent_bytes} bytes of ours", evidence.blocked
    return otherwise, evidence.blocked

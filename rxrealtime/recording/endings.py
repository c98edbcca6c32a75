"""How a connection ended, as a mark, and the mark as an end again."""

from __future__ import annotations

from rxrealtime.errors import ConnectionLost, FrameTooLarge, KeepaliveLost, ServerClosed
from rxrealtime.recording.entries import Mark

__all__ = ["cause_of", "end_of"]


def end_of(cause: Exception | None, at: float) -> Mark:
    """Say how it ended.

    Args:
        cause: Why; None if the client closed it.
        at: When, in seconds since the connection was opened.

    Returns:
        The mark: ``by`` is "us", "server" or "failure", ``error`` the class of the cause; ``code`` and ``reason`` are
        those of a close frame, ``limit_bytes`` that of a frame that was too large.
    """
    if cause is None:
        return Mark("end", at, "closed by us", {"by": "us"})
    detail: dict[str, str | int | None] = {"by": "failure", "error": type(cause).__name__}
    match cause:
        case ServerClosed(code=code, reason=reason):
            detail |= {"by": "server", "code": code, "reason": reason}
        case KeepaliveLost(why=why):
            detail["reason"] = why
        case FrameTooLarge(limit=limit):
            detail["limit_bytes"] = limit
    return Mark("end", at, str(cause), detail)


def cause_of(end: Mark) -> ConnectionLost | None:
    """Give the end of a connection that ended like this.

    Args:
        end: The last mark of a recording.

    Returns:
        How the transport saw it; None if the client closed it, or what failed was not the connection.
    """
    detail = end.detail
    code, limit, reason = detail.get("code"), detail.get("limit_bytes"), str(detail.get("reason") or "")
    if detail.get("by") == "server" and isinstance(code, int):
        return ServerClosed(code, reason)
    match detail.get("error"):
        case "KeepaliveLost":
            return KeepaliveLost(reason)
        case "FrameTooLarge":
            return FrameTooLarge(limit if isinstance(limit, int) else 0)
        case "ConnectionLost":
            return ConnectionLost()
        case _:
            return None

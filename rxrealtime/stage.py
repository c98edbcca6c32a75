"""The one state of a session: where it is between being built and being over."""

from __future__ import annotations

from enum import IntEnum

from rxrealtime.errors import SessionClosedError, SessionStateError

__all__ = ["Stage", "Stages"]


class Stage(IntEnum):
    """The states of RFC 6455, section 7.1, with one before: a session is built first and entered later."""

    NEW = 0
    CONNECTING = 1
    OPEN = 2
    CLOSING = 3
    CLOSED = 4


class Stages:
    """A stage that only moves forward.

    Attributes:
        current: Where it is now.
    """

    def __init__(self) -> None:
        self.current = Stage.NEW

    def advance(self, to: Stage) -> bool:
        """Move forward.

        Args:
            to: The stage to reach.

        Returns:
            Whether this call moved it; False if it was there, or further, already.
        """
        moved = to > self.current
        self.current = max(self.current, to)
        return moved

    def check_new(self) -> None:
        """Make sure that nobody entered the session yet.

        Raises:
            SessionStateError: It was entered already.
        """
        if self.current is not Stage.NEW:
            state = self.current.name.lower()
            raise SessionStateError(f"this session is {state}: a session is entered once, build a new one")

    def check_open(self, cause: Exception | None = None) -> None:
        """Make sure that events can be sent.

        Args:
            cause: Why the session ended, if it did and it is known.

        Raises:
            SessionStateError: The session was not entered yet.
            SessionClosedError: It is over.
        """
        if self.current < Stage.OPEN:
            raise SessionStateError(
                "the session is not open yet: enter it first (async with session, or session.open())"
            )
        if self.current > Stage.OPEN:
            why = f" ({type(cause).__name__})" if cause else ""
            raise SessionClosedError(f"the session has ended{why}: nothing was sent") from cause

"""What a session is made of, and how all of it ends: everything that waits gets its terminal, once."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from rxrealtime.course import Course
from rxrealtime.errands import Errands
from rxrealtime.errors import SessionClosedError
from rxrealtime.outcome import Ended
from rxrealtime.pending import PendingRequests
from rxrealtime.stage import Stage
from rxrealtime.streams import Streams

__all__ = ["Core"]

_LOG = logging.getLogger("rxrealtime")


@dataclass(frozen=True, slots=True)
class Core:
    """The parts of one session that end with it.

    Args:
        streams: What observers see.
        course: Where the session is, and what it went through.
        requests: What waits for an answer.
        errands: What it does beside.
        closed: What waits for the end.
    """

    streams: Streams
    course: Course
    requests: PendingRequests
    errands: Errands
    closed: Ended

    def check_open(self) -> None:
        """Make sure that events can be sent.

        Raises:
            SessionStateError: The session was not entered yet.
            SessionClosedError: It is over; its cause is why.
        """
        outcome = self.closed.outcome
        self.course.stages.check_open(outcome.cause if outcome else None)

    def end(self, cause: Exception | None) -> None:
        """Give every observer, iterator and request its terminal; only the first one counts.

        Args:
            cause: Why the session ends, or None if we close it.
        """
        self.requests.fail(cause or SessionClosedError("the session was closed before the answer came"))
        self.streams.end(cause)

    def over(self, cause: Exception | None) -> None:
        """Say that nothing is left.

        Args:
            cause: Why the session ended, or None if we closed it.
        """
        self.course.stages.advance(Stage.CLOSED)
        self.closed.set(self.course.outcome(cause))
        self.streams.faults.on_completed()
        if cause is not None:
            _LOG.warning("the session ended by %s", type(cause).__name__)  # its message may quote the server

"""Where a session is, and what it must remember of its way to say how it ended."""

from __future__ import annotations

from collections import Counter

from rxrealtime.errors import ConnectionLost
from rxrealtime.events import Event, FailureKind, UnknownEvent
from rxrealtime.lifecycle import Lifecycle, advance, classify
from rxrealtime.outcome import Outcome
from rxrealtime.stage import Stages

__all__ = ["Course"]


class Course:
    """The mutable middle of a session: its stage, the fold of its events, and a count.

    Attributes:
        stages: The stage, which only moves forward.
        life: The fold of the structural events so far.
        dropped: Failures that the policy "drop" kept out of the stream, by kind.
    """

    def __init__(self) -> None:
        self.stages = Stages()
        self.life = Lifecycle()
        self.dropped: Counter[str] = Counter()

    def track(self, event: Event | UnknownEvent) -> None:
        """Take a structural event in.

        Args:
            event: The next one, in order.
        """
        self.life = advance(self.life, event)

    def drop(self, kind: FailureKind) -> None:
        """Count a failure that is not shown.

        Args:
            kind: What failed.
        """
        self.dropped[kind.value] += 1

    def classify(self, cause: Exception) -> Exception:
        """Give the end of the connection its most telling name.

        Args:
            cause: The end as the transport saw it.

        Returns:
            The cause to tell everybody.
        """
        return classify(cause, self.life) if isinstance(cause, ConnectionLost) else cause

    def outcome(self, cause: Exception | None) -> Outcome:
        """Sum up.

        Args:
            cause: Why the session ended, or None if we closed it.

        Returns:
            How it ended.
        """
        return Outcome(cause, self.life.in_flight, tuple(sorted(self.dropped.items())))

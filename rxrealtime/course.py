"""Where a session is, and what it must remember of its way to say how it ended."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from rxrealtime.errors import ConfigurationError, ConnectionLost
from rxrealtime.events import Event, ExceptionEvent, UnknownEvent
from rxrealtime.lifecycle import Lifecycle, advance, classify
from rxrealtime.outcome import Outcome
from rxrealtime.stage import Stages

__all__ = ["Course", "FailurePolicy"]

FailurePolicy = Literal["emit", "fail", "drop"]
"""What becomes of a frame that is not an event: a value in its place, the end of the session, or a count."""


class Course:
    """The mutable middle of a session: its stage, the fold of its events, and a count.

    Args:
        on_failure: What becomes of a frame that is not an event.

    Raises:
        ConfigurationError: It is no such policy.

    Attributes:
        stages: The stage, which only moves forward.
        life: The fold of the structural events so far.
        dropped: Failures that the policy "drop" kept out of the stream, by kind.
    """

    def __init__(self, on_failure: FailurePolicy) -> None:
        if on_failure not in ("emit", "fail", "drop"):
            raise ConfigurationError(f"on_failure={on_failure!r}: it is 'emit', 'fail' or 'drop'")
        self._on_failure = on_failure
        self.stages = Stages()
        self.life = Lifecycle()
        self.dropped: Counter[str] = Counter()

    def track(self, event: Event | UnknownEvent) -> None:
        """Take a structural event in.

        Args:
            event: The next one, in order.
        """
        self.life = advance(self.life, event)

    def shows(self, failure: ExceptionEvent) -> bool:
        """Tell whether a failure has a place in the stream; one that has none is counted.

        Args:
            failure: What failed.

        Returns:
            Whether it is to be emitted.
        """
        if self._on_failure != "drop":
            return True
        self.dropped[failure.kind.value] += 1
        return False

    def dies_of(self, failure: ExceptionEvent) -> bool:
        """Tell whether a failure ends the session.

        Args:
            failure: What failed.

        Returns:
            Whether everybody is to get its exception.
        """
        return self._on_failure == "fail"

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

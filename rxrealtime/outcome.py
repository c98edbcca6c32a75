"""How a session ended, as a value and as something to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Literal

from rxrealtime.errors import ServerClosed

__all__ = ["Ended", "Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session ended.

    Args:
        cause: Why it ended, or None if we closed it (or a replay came to its end).
        in_flight: Ids of the responses that had been created and were not done.
        dropped: How many failures the policy "drop" kept out of the stream, by kind.
    """

    cause: Exception | None = None
    in_flight: tuple[str, ...] = ()
    dropped: tuple[tuple[str, int], ...] = ()

    @property
    def by(self) -> Literal["us", "server", "failure"]:
        """Who ended it: we, the server with a close frame, or something that failed."""
        if self.cause is None:
            return "us"
        return "server" if isinstance(self.cause, ServerClosed) else "failure"

    def __str__(self) -> str:
        return "closed by us" if self.cause is None else str(self.cause)


class Ended:
    """Awaitable: gives the `Outcome` once there is one, to everybody and as often as asked."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._outcome = Outcome()

    def set(self, outcome: Outcome) -> None:
        """Say how it ended.

        Args:
            outcome: What everybody gets who waits.
        """
        self._outcome = outcome
        self._event.set()

    @property
    def outcome(self) -> Outcome | None:
        """How it ended, or None while it lives."""
        return self._outcome if self._event.is_set() else None

    def __await__(self) -> Generator[Any, None, Outcome]:
        yield from self._event.wait().__await__()
        return self._outcome

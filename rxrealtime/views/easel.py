"""Where a live view is painted: what is there, since when, and what kept it from being painted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rxrealtime.faults import Fault, log_fault
from rxrealtime.views.painters import Painter, Wish
from rxrealtime.views.sight import Sight

__all__ = ["Easel"]


class Easel:
    """Lets a painter paint, whatever becomes of it.

    Args:
        painter: Who paints.
        sight: What is known before anything came.
        hear: What to do when the page asks for something.
        clock: Gives seconds.

    Attributes:
        painted_at: When it was painted last.
        failure: The first thing that kept it from being painted; it was logged.
    """

    def __init__(
        self, painter: Painter, sight: Sight[Any], hear: Callable[[Wish], None], clock: Callable[[], float]
    ) -> None:
        self._painter, self._clock = painter, clock
        self._drawn, self.painted_at = sight, clock()
        self.failure: Exception | None = None
        self._remember(painter.begin(sight, hear))

    def shows(self, sight: Sight[Any]) -> bool:
        """Tell whether this was the last thing to be painted."""
        return self._drawn is sight

    def paint(self, sight: Sight[Any]) -> Exception | None:
        """Paint what is known now.

        Args:
            sight: What is known.

        Returns:
            Why it cannot be painted any more, such as that the notebook is gone; None if it was, or may be next time.
        """
        return self._let(self._painter.paint, sight)

    def finish(self, sight: Sight[Any]) -> Exception | None:
        """Leave a picture that stays; returns as `paint` does."""
        return self._let(self._painter.finish, sight)

    def close(self) -> None:
        """Let go of the page; what is painted stays."""
        self._painter.close()

    def _let(self, paint: Callable[[Sight[Any]], Exception | None], sight: Sight[Any]) -> Exception | None:
        self._drawn, self.painted_at = sight, self._clock()
        try:
            self._remember(paint(sight))
        except Exception as error:  # the notebook may be gone
            self._remember(error)
            return error
        return None

    def _remember(self, error: Exception | None) -> None:
        if error is not None and self.failure is None:
            self.failure = error
            log_fault(Fault(error))

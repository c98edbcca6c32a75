"""One thing after the other, where what is done may lead to more: a stream that answers into itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["Turns"]


class Turns:
    """Turns that are taken in the order in which they came up; one that comes up inside another waits for its end."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._taken = False

    def take(self, turn: Callable[..., object], *args: Any) -> None:
        """Do something now, or after what is being done.

        Args:
            turn: What to do.
            args: What to call it with.
        """
        self._waiting.append((turn, args))
        if self._taken:
            return
        self._taken = True
        try:
            while self._waiting:
                turn, args = self._waiting.popleft()
                turn(*args)
        finally:
            self._taken = False

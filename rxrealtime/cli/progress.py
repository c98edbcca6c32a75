"""A progress bar for what takes more than a second, on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

__all__ = ["Progress", "progressing"]

_PATIENCE: Final = 1.0
_INTERVAL: Final = 0.1
_WIDTH: Final = 30


class Progress:
    """Shows how much is done.

    Args:
        label: What is done.
        stream: Where to show it; nothing is shown unless it is a terminal.
        clock: Gives seconds.
    """

    def __init__(self, label: str, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._label = label
        self._stream = stream
        self._clock = clock
        self._due = clock() + _PATIENCE if stream.isatty() else float("inf")
        self._shown = False

    def __call__(self, done: float) -> None:
        """Take how much is done, from 0 to 1."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + _INTERVAL
        self._shown = True
        full = round(done * _WIDTH)
        self._stream.write(f"\r{self._label} [{'#' * full}{' ' * (_WIDTH - full)}] {done:4.0%}")
        self._stream.flush()

    def clear(self) -> None:
        """Take it away; nothing is shown any more."""
        self._due = float("inf")
        if self._shown:
            self._stream.write(f"\r{' ' * (len(self._label) + _WIDTH + 8)}\r")
            self._stream.flush()
            self._shown = False


@contextmanager
def progressing(label: str) -> Iterator[Progress]:
    """Show on stderr how much is done, and take it away at the end, however that comes.

    Args:
        label: What is done.

    Yields:
        What to tell how much is done.
    """
    progress = Progress(label, sys.stderr)
    try:
        yield progress
    finally:
        progress.clear()

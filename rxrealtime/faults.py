"""Bugs of those who listen: contained, reported, logged without payload."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass

__all__ = ["Fault", "log_fault"]

_LOG = logging.getLogger("rxrealtime")


@dataclass(frozen=True, slots=True, repr=False)
class Fault:
    """Something raised where the session cannot pass it on: an observer, or the transport while closing.

    Args:
        exception: What was raised.
        value: What was being delivered, or None for a terminal signal or a close.
    """

    exception: Exception
    value: object = None

    @property
    def place(self) -> str:
        """File and line of the innermost frame of the exception."""
        frames = traceback.extract_tb(self.exception.__traceback__)
        return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"

    def __repr__(self) -> str:
        return f"<Fault {type(self.exception).__name__} at {self.place} on {type(self.value).__name__}>"

    __str__ = __repr__


def log_fault(fault: Fault) -> None:
    """Log a fault: the type of the exception and its place, never its message, which may quote payload.

    Args:
        fault: What happened.
    """
    _LOG.error("contained: %r", fault)

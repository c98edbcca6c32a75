"""One complete message between two peers, before anybody looked into it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

__all__ = ["Direction", "Frame", "frame_of"]

Direction = Literal["received", "sent"]


class Frame(NamedTuple):
    """One complete websocket message (RFC 6455, section 5.4: all of its fragments joined).

    A tuple, because one is made for every message and this is the cheapest immutable value that Python has.

    Args:
        direction: "received" or "sent", seen from the client.
        data: The payload as it was on the wire: text as ``str`` or its UTF-8 ``bytes``, binary as ``bytes``.
        at: Seconds since the connection was opened, on a monotonic clock.
    """

    direction: Direction
    data: bytes | str
    at: float = 0.0

    def __repr__(self) -> str:
        unit = "bytes" if isinstance(self.data, bytes) else "characters"
        return f"<Frame {self.direction}, {len(self.data)} {unit}, at {self.at:.3f} s>"


frame_of: Callable[[tuple[Direction, bytes | str, float]], Frame] = partial(tuple.__new__, Frame)
"""Make a frame of its fields, all three of them, at less than half the cost of a call of the class: for the reader."""

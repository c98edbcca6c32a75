"""What a plan gives out: deliveries for the edge to carry out, and the log of what was injected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from rxrealtime.events import FailureKind
from rxrealtime.frames import Direction, Frame
from rxrealtime.server.outputs import Disconnect, GoSilent, RawFrame, Strike
from rxrealtime.testing.faults import Effect, Mutate

__all__ = ["Deliver", "Delivery", "Injected", "Output", "Pause", "name_of"]


@dataclass(frozen=True, slots=True)
class Deliver:
    """Deliver a frame.

    Args:
        frame: What.
        number: Of the frame that came, counted from 0 in its direction.
        delay: In how many seconds; nothing overtakes it in its direction.
        binary: Whether as a binary frame.
        fragments: In how many websocket fragments.
        joined: Whether it is written together with the next one of its direction.
    """

    frame: Frame
    number: int
    delay: float = 0.0
    binary: bool = False
    fragments: int = 1
    joined: bool = False

    @classmethod
    def raw(cls, what: RawFrame, number: int) -> Self:
        """Deliver a frame to the client that nobody sent, before the frame of this number."""
        return cls(Frame("received", what.data), number, binary=isinstance(what.data, bytes))


@dataclass(frozen=True, slots=True)
class Pause:
    """Take no further frame of this direction for so many seconds."""

    seconds: float
    direction: Direction


Delivery = Deliver | Pause | Disconnect | GoSilent
"""What an edge has to do."""


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that was injected.

    Args:
        number: Of the frame it struck (or struck after), counted from 0 in its direction; None before the first.
        direction: The frame's direction, seen from the client.
        fault: The fault's name, as on the command line.
        event_type: The type that the frame had, if it could be read.
        failure: What a decoder has to make of the frame; None if it still is an event.
        detail: What was done, without payload.
        connection: The connection, counted from 0.
    """

    number: int | None
    direction: Direction
    fault: str
    event_type: str | None = None
    failure: FailureKind | None = None
    detail: str = ""
    connection: int = 0

    def __str__(self) -> str:
        which = "before the first frame" if self.number is None else f"frame {self.number} {self.direction}"
        kind = f" ({self.event_type})" if self.event_type else ""
        detail = f", {self.detail}" if self.detail else ""
        return f"connection {self.connection}, {which}{kind}: {self.fault}{detail}"


Output = Delivery | Injected
"""What one step gives out."""

_NAMES: Final[Mapping[str, str]] = {"gosilent": "silent", "rawframe": "inject", "refusal": "refuse"}


def name_of(effect: Effect | Strike) -> str:
    """Return the name of a fault, as on the command line."""
    if isinstance(effect, Mutate):
        return effect.kind
    if isinstance(effect, Disconnect):
        return "abort" if effect.code is None else "close"
    name = type(effect).__name__.lower()
    return _NAMES.get(name, name)

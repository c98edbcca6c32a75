"""Faults on the wire as values: what happens to which frames.

`Where` says which frames, an effect says what, `FrameFault` is the two together, and the functions here make one. What
ends a connection or refuses its handshake is shared with the embedded server: `rxrealtime.server.faults`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypedDict, Unpack

from rxrealtime.errors import ConfigurationError
from rxrealtime.frames import Direction
from rxrealtime.server.outputs import Strike
from rxrealtime.testing.mutations import MUTATIONS

__all__ = [
    "MUTATING",
    "Delay",
    "Drop",
    "Duplicate",
    "Effect",
    "FrameFault",
    "Keys",
    "Merge",
    "Mutate",
    "Oversize",
    "Reorder",
    "Slow",
    "Split",
    "Where",
    "binary",
    "delay",
    "drop",
    "duplicate",
    "empty",
    "extra_field",
    "garbage",
    "invalid_utf8",
    "merge",
    "missing_field",
    "mutate",
    "not_an_object",
    "null_field",
    "oversize",
    "reorder",
    "slow",
    "split",
    "strike",
    "truncate",
    "unknown_type",
    "wrong_type",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which frames a fault is for: those that meet every condition.

    Args:
        direction: "received" for frames of the server, "sent" for those of the client; None for both.
        numbers: These frames, counted from 0 in each direction; empty for all.
        after: Not the first so many.
        types: Events of these types; empty for all.
        every: Of what meets the conditions so far, every nth.
        probability: Of those, each with this probability.
        times: At most so many; None for no limit.
        connection: On this connection of the transport or proxy, counted from 0; None for every one.

    Raises:
        ConfigurationError: A number is out of its range.
    """

    direction: Direction | None = "received"
    numbers: tuple[int, ...] = ()
    after: int = 0
    types: tuple[str, ...] = ()
    every: int = 1
    probability: float = 1.0
    times: int | None = None
    connection: int | None = None

    def __post_init__(self) -> None:
        if self.direction not in ("received", "sent", None):
            raise ConfigurationError("direction is received or sent")
        if self.every < 1:
            raise ConfigurationError(f"every={self.every}: must be 1 or more")
        if not 0 <= self.probability <= 1:
            raise ConfigurationError(f"probability={self.probability:g}: must be from 0 to 1")
        if self.after < 0 or min(self.numbers, default=0) < 0 or (self.times or 0) < 0:
            raise ConfigurationError("after, numbers and times must not be negative")

    def may_meet(self, direction: Direction, number: int, connection: int) -> bool:
        """Tell whether a frame meets every condition that does not need its type."""
        return (
            self.direction in (None, direction)
            and self.connection in (None, connection)
            and number >= self.after
            and (not self.numbers or number in self.numbers)
        )


class Keys(TypedDict, total=False):
    """What `Where` takes, for the functions that make faults."""

    direction: Direction | None
    numbers: tuple[int, ...]
    after: int
    types: tuple[str, ...]
    every: int
    probability: float
    times: int | None
    connection: int | None


@dataclass(frozen=True, slots=True)
class Mutate:
    """Change the payload; ``kind`` is a name of `MUTATIONS`."""

    kind: str

    def __post_init__(self) -> None:
        if self.kind not in MUTATIONS:
            raise ConfigurationError(f"there is no mutation {self.kind!r}: {', '.join(MUTATIONS)}")


@dataclass(frozen=True, slots=True)
class Oversize:
    """Let the frame grow to so many bytes; it stays an event."""

    size_bytes: int = 17 * 2**20


@dataclass(frozen=True, slots=True)
class Delay:
    """Deliver so many seconds later, and up to ``jitter`` more; what comes behind it waits, as on a TCP stream."""

    seconds: float = 0.1
    jitter: float = 0.0

    def __post_init__(self) -> None:
        if self.seconds < 0 or self.jitter < 0:
            raise ConfigurationError("seconds and jitter of a delay must not be negative")


@dataclass(frozen=True, slots=True)
class Slow:
    """Take no further frame for so many seconds after this one, as a slow reader does."""

    seconds: float = 0.1

    def __post_init__(self) -> None:
        if self.seconds < 0:
            raise ConfigurationError("seconds of a slow reader must not be negative")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Deliver the frame once more, ``copies`` times."""

    copies: int = 1

    def __post_init__(self) -> None:
        if self.copies < 1:
            raise ConfigurationError("copies of a duplicate must be 1 or more")


@dataclass(frozen=True, slots=True)
class Reorder:
    """Deliver the frame behind the next ``by`` frames of its direction, or at the end of the stream."""

    by: int = 1

    def __post_init__(self) -> None:
        if self.by < 1:
            raise ConfigurationError("by of a reordering must be 1 or more")


@dataclass(frozen=True, slots=True)
class Drop:
    """Do not deliver the frame."""


@dataclass(frozen=True, slots=True)
class Split:
    """Send the frame in so many websocket fragments; only a proxy can."""

    fragments: int = 2

    def __post_init__(self) -> None:
        if self.fragments < 2:
            raise ConfigurationError("fragments of a split must be 2 or more")


@dataclass(frozen=True, slots=True)
class Merge:
    """Write the frame together with the one behind it, in one piece of TCP; only a proxy can."""


Effect = Mutate | Oversize | Delay | Slow | Duplicate | Reorder | Drop | Split | Merge | Strike
"""What is done. A `Strike` happens instead of the frame, except for a `RawFrame`, which comes before it."""

MUTATING: Final = (Mutate, Oversize)
"""Effects that change the payload. A frame is changed once: the first that fits wins."""


@dataclass(frozen=True, slots=True)
class FrameFault:
    """Do something to some frames.

    Args:
        effect: What.
        where: To which.
    """

    effect: Effect
    where: Where = Where()


class _Maker(Protocol):
    def __call__(self, **where: Unpack[Keys]) -> FrameFault: ...


def strike(what: Strike, **where: Unpack[Keys]) -> FrameFault:
    """Close, abort, go silent, or inject a frame where a frame meets the conditions."""
    return FrameFault(what, Where(**where))


def mutate(kind: str, **where: Unpack[Keys]) -> FrameFault:
    """Change frames by the mutation of this name; see `Where` for the rest."""
    return FrameFault(Mutate(kind), Where(**where))


def delay(seconds: float = 0.1, jitter: float = 0.0, **where: Unpack[Keys]) -> FrameFault:
    """Delay frames; see `Delay`."""
    return FrameFault(Delay(seconds, jitter), Where(**where))


def slow(seconds: float = 0.1, **where: Unpack[Keys]) -> FrameFault:
    """Read slowly; see `Slow`."""
    return FrameFault(Slow(seconds), Where(**where))


def duplicate(copies: int = 1, **where: Unpack[Keys]) -> FrameFault:
    """Deliver frames more than once; see `Duplicate`."""
    return FrameFault(Duplicate(copies), Where(**where))


def reorder(by: int = 1, **where: Unpack[Keys]) -> FrameFault:
    """Deliver frames behind later ones; see `Reorder`."""
    return FrameFault(Reorder(by), Where(**where))


def drop(**where: Unpack[Keys]) -> FrameFault:
    """Lose frames."""
    return FrameFault(Drop(), Where(**where))


def oversize(size_bytes: int = 17 * 2**20, **where: Unpack[Keys]) -> FrameFault:
    """Let frames grow; see `Oversize`."""
    return FrameFault(Oversize(size_bytes), Where(**where))


def split(fragments: int = 2, **where: Unpack[Keys]) -> FrameFault:
    """Send frames in fragments; see `Split`."""
    return FrameFault(Split(fragments), Where(**where))


def merge(**where: Unpack[Keys]) -> FrameFault:
    """Write frames together with the next; see `Merge`."""
    return FrameFault(Merge(), Where(**where))


def _mutating(kind: str) -> _Maker:
    make: Callable[..., FrameFault] = partial(mutate, kind)
    return make


truncate: Final = _mutating("truncate")
empty: Final = _mutating("empty")
garbage: Final = _mutating("garbage")
invalid_utf8: Final = _mutating("invalid_utf8")
binary: Final = _mutating("binary")
not_an_object: Final = _mutating("not_an_object")
wrong_type: Final = _mutating("wrong_type")
null_field: Final = _mutating("null_field")
missing_field: Final = _mutating("missing_field")
extra_field: Final = _mutating("extra_field")
unknown_type: Final = _mutating("unknown_type")

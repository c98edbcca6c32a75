"""What each effect does to one frame on its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

from rxrealtime.events import FailureKind
from rxrealtime.frames import Frame
from rxrealtime.server.outputs import Disconnect, GoSilent, RawFrame
from rxrealtime.testing.faults import (
    Delay,
    Drop,
    Duplicate,
    Effect,
    Merge,
    Mutate,
    Oversize,
    Reorder,
    Slow,
    Split,
)
from rxrealtime.testing.mutations import MUTATIONS, Mutated, oversize
from rxrealtime.testing.outputs import Deliver, Injected, name_of

__all__ = ["Passing", "apply"]


@dataclass(frozen=True, slots=True)
class Passing:
    """A frame on its way through the faults of a plan.

    Args:
        frame: As it came.
        number: Its number in its direction.
        data: Its payload by now.
        binary: Whether it goes as a binary frame.
        event_type: The type it had when it came.
        mutated: Whether the payload was changed.
        copies: How often it is delivered.
        hold: How many later frames go first.
        delay: How many seconds late it is.
        pause: How many seconds the reader rests after it.
        fragments: In how many fragments it goes.
        joined: Whether it goes together with the next.
        before: What is delivered before it.
        end: What ends the connection instead.
        log: What was injected.
    """

    frame: Frame
    number: int
    data: bytes
    binary: bool
    event_type: str | None
    mutated: bool = False
    copies: int = 1
    hold: int = 0
    delay: float = 0.0
    pause: float = 0.0
    fragments: int = 1
    joined: bool = False
    before: tuple[Deliver, ...] = ()
    end: Disconnect | GoSilent | None = None
    log: tuple[Injected, ...] = ()

    @property
    def delivers(self) -> tuple[Deliver, ...]:
        """What is delivered of it; the delay is that of the first copy."""
        frame = self.frame._replace(data=self.data) if self.mutated else self.frame
        first = Deliver(frame, self.number, self.delay, self.binary, self.fragments, self.joined)
        return (first, *(replace(first, delay=0.0),) * (self.copies - 1))[: self.copies]


def apply(passing: Passing, effect: Effect, connection: int, random: Random) -> Passing:
    """Do to a frame what a fault does, and log it.

    Args:
        passing: The frame.
        effect: The fault.
        connection: For the log.
        random: Decides what the fault leaves open.

    Returns:
        The frame afterwards; the very same if the fault cannot be applied to it.
    """
    done = _ACTS[type(effect)](passing, effect, random)
    if done is None:
        return passing
    after, failure, detail = done
    kind = name_of(effect)
    log = Injected(passing.number, passing.frame.direction, kind, passing.event_type, failure, detail, connection)
    return replace(after, log=(*passing.log, log))


_Done = tuple[Passing, FailureKind | None, str] | None


def _changed(passing: Passing, mutated: Mutated | None) -> _Done:
    if mutated is None:
        return None
    binary = passing.binary if mutated.binary is None else mutated.binary
    return replace(passing, data=mutated.data, binary=binary, mutated=True), mutated.failure, mutated.detail


def _mutate(passing: Passing, effect: Mutate, random: Random) -> _Done:
    return _changed(passing, MUTATIONS[effect.kind](passing.data, random))


def _oversize(passing: Passing, effect: Oversize, random: Random) -> _Done:
    return _changed(passing, oversize(effect.size_bytes)(passing.data, random))


def _delay(passing: Passing, effect: Delay, random: Random) -> _Done:
    seconds = effect.seconds + effect.jitter * random.random()
    return replace(passing, delay=passing.delay + seconds), None, f"{seconds:.3f} s"


def _slow(passing: Passing, effect: Slow, random: Random) -> _Done:
    return replace(passing, pause=passing.pause + effect.seconds), None, f"{effect.seconds:.3f} s"


def _duplicate(passing: Passing, effect: Duplicate, random: Random) -> _Done:
    return replace(passing, copies=passing.copies + effect.copies), None, f"{effect.copies} more"


def _reorder(passing: Passing, effect: Reorder, random: Random) -> _Done:
    return replace(passing, hold=passing.hold + effect.by), None, f"behind {effect.by} more"


def _drop(passing: Passing, effect: Drop, random: Random) -> _Done:
    return replace(passing, copies=0), None, ""


def _split(passing: Passing, effect: Split, random: Random) -> _Done:
    return replace(passing, fragments=effect.fragments), None, f"in {effect.fragments} fragments"


def _merge(passing: Passing, effect: Merge, random: Random) -> _Done:
    return replace(passing, joined=True), None, "with the next frame"


def _inject(passing: Passing, effect: RawFrame, random: Random) -> _Done:
    raw = Deliver.raw(effect, passing.number)
    raw = replace(raw, frame=raw.frame._replace(direction=passing.frame.direction, at=passing.frame.at))
    return replace(passing, before=(*passing.before, raw)), None, f"{len(effect.data)} long"


def _disconnect(passing: Passing, effect: Disconnect, random: Random) -> _Done:
    detail = "" if effect.code is None else str(effect.code)
    return replace(passing, end=effect), FailureKind.CONNECTION, detail


def _silence(passing: Passing, effect: GoSilent, random: Random) -> _Done:
    return replace(passing, end=effect), None, ""


_ACTS: Final[Mapping[type[Any], Callable[[Passing, Any, Random], _Done]]] = {
    Mutate: _mutate,
    Oversize: _oversize,
    Delay: _delay,
    Slow: _slow,
    Duplicate: _duplicate,
    Reorder: _reorder,
    Drop: _drop,
    Split: _split,
    Merge: _merge,
    RawFrame: _inject,
    Disconnect: _disconnect,
    GoSilent: _silence,
}

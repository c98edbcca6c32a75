"""The plan of the faults of a test, and the pure step that carries it out on frames.

All randomness is drawn from the seed and the place of the frame: the same seed gives the same faults, whatever the
timing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from rxrealtime.events import FailureKind
from rxrealtime.frames import Direction, Frame
from rxrealtime.server.faults import Fault, Misbehaviour, Refusal, Stall, due_faults
from rxrealtime.server.outputs import Disconnect, GoSilent, RawFrame, Strike
from rxrealtime.testing.effects import Passing, apply
from rxrealtime.testing.faults import MUTATING, FrameFault, Merge, Mutate, Split, Where
from rxrealtime.testing.mutations import type_of
from rxrealtime.testing.outputs import Deliver, Delivery, Injected, Output, Pause, name_of

__all__ = ["FaultPlan", "FaultState", "Planned", "begin", "deliveries", "finish", "step"]

Planned = FrameFault | Misbehaviour
"""What a plan may hold: faults of frames, and everything that the embedded server's faults are."""


@dataclass(frozen=True, slots=True, init=False)
class FaultPlan:
    """What goes wrong on the wire, and the seed that decides the rest.

    Args:
        seed: The same seed and the same frames give the same faults.
        faults: Faults, or tuples of faults as the functions of `rxrealtime.server.faults` give them.

    Example:
        >>> from rxrealtime.server.faults import close
        >>> from rxrealtime.testing.faults import truncate
        >>> len(FaultPlan(7, truncate(every=10), close(1011, after=50)).faults)
        2
    """

    seed: int
    faults: tuple[Planned, ...]

    def __init__(self, seed: int = 0, *faults: Planned | Iterable[Planned]) -> None:
        single = (FrameFault, Fault, Refusal, Stall)
        flat = [one for given in faults for one in ((given,) if isinstance(given, single) else given)]
        object.__setattr__(self, "seed", seed)
        object.__setattr__(self, "faults", tuple(flat))

    def handshake(self, connection: int) -> tuple[float, Refusal | None]:
        """Return how many seconds the handshake of a connection stalls, and how it is refused then, if it is."""
        mine = [
            fault
            for fault in self.faults
            if isinstance(fault, (Refusal, Stall)) and fault.connection in (None, connection)
        ]
        stalled = sum(fault.seconds for fault in mine if isinstance(fault, Stall))
        return stalled, next((fault for fault in mine if isinstance(fault, Refusal)), None)

    @property
    def for_proxies(self) -> bool:
        """Whether it does what only a proxy can: split or merge frames, or make frames of the client binary."""
        frames = [fault for fault in self.faults if isinstance(fault, FrameFault)]
        return any(
            isinstance(fault.effect, (Split, Merge))
            or (fault.effect == Mutate("binary") and fault.where.direction != "received")
            for fault in frames
        )


@dataclass(frozen=True, slots=True)
class _Lane:
    """One direction: how many frames came, and those that wait for later ones to pass."""

    count: int = 0
    held: tuple[tuple[int, Deliver], ...] = ()


@dataclass(frozen=True, slots=True)
class FaultState:
    """How far a plan is on one connection.

    Args:
        plan: The plan.
        connection: The number of the connection.
        lanes: What came from the server, and from the client.
        tallies: For each fault of frames, how many frames it was for, and how many it struck.
        due: Faults of the server that have not struck yet.
        seen: The types of the server's events so far, as far as a fault asks for them.
        ended: Whether a fault ended the connection.
    """

    plan: FaultPlan
    connection: int = 0
    lanes: tuple[_Lane, _Lane] = (_Lane(), _Lane())
    tallies: tuple[tuple[int, int], ...] = ()
    due: tuple[Fault, ...] = ()
    seen: frozenset[str] = frozenset()
    ended: bool = False


Change = tuple[FaultState, tuple[Output, ...]]
_LANE: Final[dict[Direction, int]] = {"received": 0, "sent": 1}


def begin(plan: FaultPlan, connection: int = 0) -> Change:
    """Begin a connection.

    Args:
        plan: What goes wrong.
        connection: Its number, counted from 0.

    Returns:
        The state, and what happens before the first frame.
    """
    due = tuple(fault for fault in plan.faults if isinstance(fault, Fault) and fault.connection in (None, connection))
    frames = sum(isinstance(fault, FrameFault) for fault in plan.faults)
    return _strike_due(FaultState(plan, connection, tallies=((0, 0),) * frames, due=due))


def step(state: FaultState, frame: Frame, *, binary: bool = False) -> Change:
    """Take one frame.

    Args:
        state: The connection.
        frame: What came, from the side that its direction says.
        binary: Whether it came as a binary frame.

    Returns:
        The state afterwards, and what is delivered instead of the frame, in order, each fault before its effect. After
        the end of the connection nothing is.
    """
    if state.ended:
        return state, ()
    if not state.plan.faults:
        count = _lane(state, frame.direction).count
        return _with_lane(state, frame.direction, _Lane(count + 1)), (Deliver(frame, count, binary=binary),)
    passing, state = _faulted(state, frame, binary)
    state, outputs = _delivered(state, passing)
    if state.ended or frame.direction == "sent":
        return state, outputs
    if any(isinstance(fault.after, str) for fault in state.due) and passing.event_type is not None:
        state = replace(state, seen=state.seen | {passing.event_type})
    state, struck = _strike_due(state)
    return state, outputs + struck


def finish(state: FaultState, direction: Direction) -> Change:
    """End a direction: what waited for later frames is delivered now."""
    lane = _lane(state, direction)
    state = _with_lane(state, direction, replace(lane, held=()))
    return state, () if state.ended else tuple(deliver for _, deliver in lane.held)


def deliveries(outputs: Iterable[Output]) -> tuple[Delivery, ...]:
    """Return what an edge has to do, without the log."""
    return tuple(output for output in outputs if not isinstance(output, Injected))


def _faulted(state: FaultState, frame: Frame, binary: bool) -> tuple[Passing, FaultState]:
    """Let every fault of frames have its turn."""
    data = frame.data.encode("utf-8", "surrogatepass") if isinstance(frame.data, str) else frame.data
    passing = Passing(frame, _lane(state, frame.direction).count, data, binary, type_of(data))
    tallies: list[tuple[int, int]] = []
    faults = [fault for fault in state.plan.faults if isinstance(fault, FrameFault)]
    for index, (fault, tally) in enumerate(zip(faults, state.tallies, strict=True)):
        if _meets(passing, fault.where, state.connection):
            passing, tally = _turn(state, passing, index, fault, tally)
        tallies.append(tally)
    return passing, replace(state, tallies=tuple(tallies))


def _meets(passing: Passing, where: Where, connection: int) -> bool:
    """Tell whether a fault is for a frame, by every condition but those that count."""
    may = where.may_meet(passing.frame.direction, passing.number, connection)
    return may and (not where.types or passing.event_type in where.types)


def _turn(
    state: FaultState, passing: Passing, index: int, fault: FrameFault, tally: tuple[int, int]
) -> tuple[Passing, tuple[int, int]]:
    """Let one fault strike a frame it is for, if it is due; count both."""
    met, struck = tally[0] + 1, tally[1]
    where, direction = fault.where, passing.frame.direction
    random = Random(f"{state.plan.seed}:{state.connection}:{direction}:{passing.number}:{index}")  # noqa: S311 (no secret)
    due = met % where.every == 0 and (where.times is None or struck < where.times)
    if not due or (where.probability < 1 and random.random() >= where.probability):
        return passing, (met, struck)
    after = _after(passing, fault, state.connection, random)
    return after, (met, struck + (after is not passing))


def _after(passing: Passing, fault: FrameFault, connection: int, random: Random) -> Passing:
    if passing.end is not None or (isinstance(fault.effect, MUTATING) and passing.mutated):
        return passing
    return apply(passing, fault.effect, connection, random)


def _delivered(state: FaultState, passing: Passing) -> Change:
    """Give out the frame, or keep it, and what waited for it."""
    direction = passing.frame.direction
    lane = _lane(state, direction)
    told: tuple[Output, ...] = (*passing.log, *passing.before)
    if passing.end is not None:
        state = replace(_with_lane(state, direction, _Lane(lane.count + 1)), ended=True)
        return state, (*_released(lane, passing.end), *told, passing.end)
    lane, ready = _placed(lane, passing)
    pause = (Pause(passing.pause, direction),) if passing.pause else ()
    return _with_lane(state, direction, lane), (*told, *ready, *pause)


def _released(lane: _Lane, end: Disconnect | GoSilent) -> tuple[Deliver, ...]:
    """What waited comes before the end, unless the end is silence."""
    return tuple(deliver for _, deliver in lane.held) if isinstance(end, Disconnect) else ()


def _placed(lane: _Lane, passing: Passing) -> tuple[_Lane, tuple[Deliver, ...]]:
    """Put a frame in its place among those that wait; give what is delivered now."""
    waiting = [(left - 1, deliver) for left, deliver in lane.held]
    waiting += [(passing.hold, deliver) for deliver in passing.delivers if passing.hold]
    now = () if passing.hold else passing.delivers
    ready = (*now, *(deliver for left, deliver in waiting if left <= 0))
    return _Lane(lane.count + 1, tuple(held for held in waiting if held[0] > 0)), ready


def _strike_due(state: FaultState) -> Change:
    """Strike as the embedded server does: after so many of the server's events, or after one of a type."""
    count = _lane(state, "received").count
    strikes, due = due_faults(state.due, count, dict.fromkeys(state.seen, 1))
    outputs: list[Output] = []
    state = replace(state, due=due)
    for what in strikes:
        log = Injected(
            count - 1 if count else None, "received", name_of(what), connection=state.connection, failure=_failure(what)
        )
        outputs += [log, Deliver.raw(what, count) if isinstance(what, RawFrame) else what]
        if not isinstance(what, RawFrame):
            return replace(state, ended=True), tuple(outputs)
    return state, tuple(outputs)


def _failure(what: Strike) -> FailureKind | None:
    return FailureKind.CONNECTION if isinstance(what, Disconnect) else None


def _lane(state: FaultState, direction: Direction) -> _Lane:
    return state.lanes[_LANE[direction]]


def _with_lane(state: FaultState, direction: Direction, lane: _Lane) -> FaultState:
    received, sent = state.lanes
    return replace(state, lanes=(lane, sent) if direction == "received" else (received, lane))

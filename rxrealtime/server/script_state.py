"""The state of one connection that a script plays, and what is known from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from rxrealtime.errors.base import ScriptMismatchError
from rxrealtime.events import InputAudioBufferCommitted, InputAudioBufferSpeechStopped, ResponseCreate
from rxrealtime.server.engine import next_due as engine_due
from rxrealtime.server.matching import is_expected, side_by_side
from rxrealtime.server.meeting import Meeting
from rxrealtime.server.outputs import Output
from rxrealtime.server.scripts import Expect, Listen, Script, Step, expected_by
from rxrealtime.server.state import Received, State

__all__ = ["LISTENED", "Arrival", "Mismatch", "ScriptChange", "ScriptState", "by_engine", "mismatch_error", "next_due"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame of the client that was not taken yet, with the JSON object in it."""

    received: Received
    event: Mapping[str, Any] = field(repr=False)


LISTENED: Final[Mapping[str, Any]] = {"listen": True}
"""Stands for the end of a turn of the user among what was expected."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What the client did not do.

    Args:
        step: The number of the step, from 1; None if the script was over.
        expected: What could have come, as JSON objects: events, and `LISTENED` for the end of a turn.
        actual: What came; None if the client left.
    """

    step: int | None
    expected: tuple[Mapping[str, Any], ...] = field(repr=False)
    actual: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """Where in the script, in words."""
        return "after its last step" if self.step is None else f"at step {self.step}"


@dataclass(frozen=True, slots=True)
class ScriptState:
    """Where a script is.

    Args:
        script: The script.
        engine: The engine's session; None if the script is bare.
        place: The index of the step to be taken next.
        meeting: What came for that step, and for those before it.
        inbox: What came and was not taken.
        wake_at: When the wait is over; None if there is none.
        turns: How many turns of the user ended that no step has listened to.
        asked: The ``response.create`` that wait for their response.
        renamed: Ids of the script and what the client calls them.
        mismatch: What went wrong.
        ended: Whether the connection is over.
        at: The time of the last input, in seconds since the session began.
    """

    script: Script
    engine: State | None = None
    place: int = 0
    meeting: Meeting = field(default_factory=Meeting)
    inbox: tuple[Arrival, ...] = ()
    wake_at: float | None = None
    turns: int = 0
    asked: tuple[ResponseCreate, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    mismatch: Mismatch | None = None
    ended: bool = False
    at: float = 0.0

    @property
    def step(self) -> Step | None:
        """The step to be taken next; None after the last one."""
        return self.script.steps[self.place] if self.place < len(self.script.steps) else None

    @property
    def waits(self) -> bool:
        """Whether the step to be taken next is one that the client must do something for."""
        return self.listens or any(not one.optional for one in self.meeting.left(expected_by(self.step)))

    @property
    def listens(self) -> bool:
        """Whether the step to be taken next waits for the end of a turn of the user."""
        return isinstance(self.step, Listen) and not self.turns

    @property
    def passes(self) -> bool:
        """Whether there is a step to be taken next, and the client need not do anything for it."""
        return self.step is not None and not self.waits

    @property
    def speaking(self) -> bool:
        """Whether a response runs in the conversation."""
        return self.engine is not None and self.engine.active is not None

    def ahead(self) -> Iterator[tuple[int, tuple[Expect, ...]]]:
        """Yield the steps that expect something, from the next one to the first that is not optional."""
        for index in range(self.place, len(self.script.steps)):
            expected = expected_by(self.script.steps[index])
            left = self.meeting.left(expected) if index == self.place else expected
            if left:
                yield index, left
            if any(not one.optional for one in left):
                return

    def is_awaited(self, event: Mapping[str, Any]) -> bool:
        """Tell whether an event may come before anything else that must."""
        return any(is_expected(one, event) for _, left in self.ahead() for one in left)


ScriptChange = tuple[ScriptState, tuple[Output, ...]]
"""A state and what led to it was told."""


def by_engine(state: ScriptState, change: Callable[[State], tuple[State, tuple[Output, ...]]]) -> ScriptChange:
    """Let the engine do something; nothing happens if there is none."""
    if state.engine is None:
        return state, ()
    engine, outputs = change(state.engine)
    return replace(state, engine=engine, turns=state.turns + _turns_ended(outputs)), outputs


def _turns_ended(outputs: tuple[Output, ...]) -> int:
    """Count the turns that are over: what was said became an item."""
    stopped = {output.item_id for output in outputs if isinstance(output, InputAudioBufferSpeechStopped)}
    return sum(isinstance(output, InputAudioBufferCommitted) and output.item_id in stopped for output in outputs)


def next_due(state: ScriptState) -> float | None:
    """Return when the next `Tick` is worth while, in seconds since the session began; None if nothing waits."""
    engine = engine_due(state.engine) if state.engine else None
    dues = [due for due in (engine, state.wake_at) if due is not None]
    return None if state.ended else min(dues, default=None)


def mismatch_error(mismatch: Mismatch) -> ScriptMismatchError:
    """Return the exception that tells of a mismatch."""
    message = "\n".join((f"the client did not follow the script {mismatch.place}:", *_shown(mismatch)))
    return ScriptMismatchError(message, mismatch.step, mismatch.expected, mismatch.actual)


def _shown(mismatch: Mismatch) -> Iterator[str]:
    if mismatch.actual is None:
        what = "the end of a turn" if LISTENED in mismatch.expected else "an event"
        yield f"{what} is missing; the connection ended before it came"
    if not mismatch.expected:
        yield side_by_side(None, mismatch.actual)
    for number, pattern in enumerate(mismatch.expected):
        if number:
            yield "or"
        yield side_by_side(pattern, mismatch.actual)

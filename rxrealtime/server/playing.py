"""Playing a script: one pure step from what the client did to what the server gives out.

`advance` holds the place in the script and asks the engine for everything that has to be legal: the answers to the
client's events, the responses, the interruption. It knows no clock and no socket.

An event is taken when the script is at its expectation; one that comes early waits. In a strict script an event that
nothing ahead can expect is a failure at once: the connection is closed with 1008.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from rxrealtime.events import ResponseCreate
from rxrealtime.server.engine import DEFAULT_MODEL, open_session
from rxrealtime.server.engine import step as engine_step
from rxrealtime.server.outputs import Disconnect, Output
from rxrealtime.server.reactions import passed_by, take_step
from rxrealtime.server.scenarios import Scenario
from rxrealtime.server.script_state import LISTENED, Arrival, Mismatch, ScriptChange, ScriptState, by_engine
from rxrealtime.server.scripts import Expect, Listen, Script, expected_by
from rxrealtime.server.state import Received, Tick

__all__ = ["Left", "ScriptInput", "advance", "open_script", "unplayed"]

_VIOLATED: Final = 1008
"""Policy violation: the code of a connection whose client left the script."""
_MAX_TYPE: Final = 40


@dataclass(frozen=True, slots=True)
class Left:
    """The client has gone, and everything it sent was received."""

    at: float = 0.0


ScriptInput = Received | Tick | Left
"""What drives a script."""


def open_script(
    script: Script, *, model: str = DEFAULT_MODEL, seed: int = 0, expires_at: int = 0, clock_text: str = ""
) -> ScriptChange:
    """Begin a connection.

    Args:
        script: What is expected and done.
        model: The model that the url named.
        seed: Makes the ids of this session differ from those of others.
        expires_at: When the session ends, in Unix seconds.
        clock_text: The time of day in words.

    Returns:
        The state at time 0, and what the server says first.
    """
    if script.bare:
        return _run(ScriptState(script))
    scenario = Scenario(pace=script.pace, chunk=script.chunk)
    engine, outputs = open_session(scenario, model=model, seed=seed, expires_at=expires_at, clock_text=clock_text)
    return _told(outputs, _run(ScriptState(script, engine._replace(answers=not script.strict))))


def unplayed(script: Script) -> tuple[Mismatch, ...]:
    """Return what is missing where no client came at all; nothing if the script needs none."""
    state, _ = open_script(script)
    state, _ = advance(state, Left())
    return (state.mismatch,) if state.mismatch else ()


def advance(state: ScriptState, received: ScriptInput) -> ScriptChange:
    """Take one input.

    Args:
        state: The connection.
        received: A frame of the client, a tick, or that the client has gone; each with the time.

    Returns:
        The connection afterwards and what the server gives out, in order; nothing any more once it has ended.
    """
    outputs: tuple[Output, ...] = ()
    while state.wake_at is not None and state.wake_at <= received.at and not state.ended:
        state, more = _run(*_at(replace(state, wake_at=None, place=state.place + 1), state.wake_at))
        outputs += more
    if state.ended:
        return state, outputs
    if isinstance(received, Left):
        return _judged(state), outputs
    state, more = _at(state, received.at)
    if isinstance(received, Received):
        state = replace(state, inbox=(*state.inbox, Arrival(received, _parsed(received.frame))))
    return _told(outputs, _run(state, more))


def _told(before: tuple[Output, ...], change: ScriptChange) -> ScriptChange:
    return change[0], before + change[1]


def _at(state: ScriptState, at: float) -> ScriptChange:
    """Let the time be a later one: what the engine has to say until then is said."""
    at = max(state.at, at)
    return by_engine(replace(state, at=at), lambda engine: engine_step(engine, Tick(at)))


def _run(state: ScriptState, outputs: tuple[Output, ...] = ()) -> ScriptChange:
    """Take what can be taken: events out of the inbox, and steps that need not wait."""
    while not state.ended:
        change = _take_event(state) or take_step(state)
        if change is None:
            break
        state, more = change
        outputs += more
    return state, outputs


# Events: taken, put before the engine, kept for later, or one too many.


def _take_event(state: ScriptState) -> ScriptChange | None:
    """Take the oldest event of the inbox; None if there is none, or it is too early."""
    arrival = _oldest(state)
    if arrival is None:
        return None
    rest = replace(state, inbox=tuple(one for one in state.inbox if one is not arrival))
    met = _meet(rest, arrival, optional=False)
    if met is not None:
        return met
    if _is_early(state, arrival.event):
        return None
    return _meet(rest, arrival, optional=True) or _unexpected(state, rest, arrival)


def _oldest(state: ScriptState) -> Arrival | None:
    """Return the event whose turn it is; None if there is none.

    While the server listens, audio overtakes what is too early: without it the turn would never end.
    """
    if not state.listens:
        return next(iter(state.inbox), None)
    return next((one for one in state.inbox if not state.is_awaited(one.event)), None)


def _is_early(state: ScriptState, event: Mapping[str, Any]) -> bool:
    """Tell whether an event is expected only once the server has done something, or has heard the user."""
    at_expectation = state.waits and expected_by(state.step)
    return not at_expectation and state.is_awaited(event)


def _unexpected(state: ScriptState, rest: ScriptState, arrival: Arrival) -> ScriptChange:
    """Answer what the script does not expect, or end there if it is strict about that."""
    if not state.script.strict or arrival.event.get("type") in state.script.ignored:
        return _answered(rest, arrival)
    return _mismatched(state, arrival.event)


def _meet(state: ScriptState, arrival: Arrival, *, optional: bool) -> ScriptChange | None:
    """Meet an expectation that need not be met, or one that must; None if there is none left that it could be."""
    expected = expected_by(state.step) if state.waits else ()
    meeting = state.meeting.take(expected, arrival.event, optional=optional)
    if meeting is None:
        return None
    counts_for = (*meeting.passed, *expected)[meeting.taken[-1].place]
    names = tuple(found for one in meeting.taken for found in one.names)
    state = replace(state, meeting=meeting, renamed=tuple(dict((*state.renamed, *names)).items()))
    return _met(_passed(state) if expected else state, counts_for, arrival)


def _passed(state: ScriptState) -> ScriptState:
    """Go on if nothing of the step must come any more; what still may stays open."""
    if state.waits:
        return state
    return replace(state, place=state.place + 1, meeting=state.meeting.passing(expected_by(state.step)))


def _met(state: ScriptState, expected: Expect, arrival: Arrival) -> ScriptChange:
    if not expected.answered:
        return state, ()
    event = arrival.received.event
    if isinstance(event, ResponseCreate) and state.engine is not None:
        return replace(state, asked=(*state.asked, event)), ()
    return _answered(state, arrival)


def _answered(state: ScriptState, arrival: Arrival) -> ScriptChange:
    return by_engine(state, lambda engine: engine_step(engine, arrival.received))


def _parsed(frame: bytes | str | None) -> Mapping[str, Any]:
    """Return the object in a frame; one without a type if there is none."""
    try:
        event = json.loads(frame or "")
    except (ValueError, RecursionError):
        return {"type": None, "frame": f"{len(frame or '')} bytes that are no JSON"}
    return event if isinstance(event, dict) else {"type": None, "frame": event}


def _mismatched(state: ScriptState, actual: Mapping[str, Any] | None) -> ScriptChange:
    due = state.place if state.waits else next((index for index, _ in state.ahead()), None)
    ahead = (one for _, left in state.ahead() for one in left)
    patterns: tuple[Mapping[str, Any], ...] = tuple(one.pattern for one in (*ahead, *state.meeting.open))
    if state.listens:
        patterns = (LISTENED,) if actual is None else (LISTENED, *patterns)
    mismatch = Mismatch(None if due is None else due + 1, patterns, actual)
    state = replace(state, mismatch=mismatch, ended=True)
    return state, (Disconnect(_VIOLATED, f"script, {mismatch.place}: unexpected {_type(actual)}"),)


def _type(actual: Mapping[str, Any] | None) -> str:
    named = (actual or {}).get("type")
    return ascii(named)[1:-1][:_MAX_TYPE] if isinstance(named, str) else "frame"


def _left_behind(state: ScriptState) -> ScriptChange:
    """Go on behind a step that the client need do nothing for, as if it were done."""
    heard = isinstance(state.step, Listen)
    state = replace(state, turns=state.turns - heard, meeting=state.meeting.passing(expected_by(state.step)))
    return passed_by(state)


def _judged(state: ScriptState) -> ScriptState:
    """Say what is missing now that the client has gone: what it sent counts, and nothing has to be done for it."""
    state = _played_out(replace(state, engine=None))
    if not state.ended and state.waits and state.script.strict:
        state, _ = _mismatched(state, None)
    return replace(state, ended=True)


def _played_out(state: ScriptState) -> ScriptState:
    """Go on with what is in the inbox, until something is missing."""
    while not state.ended and (state.inbox or state.passes):
        change = None if state.passes else _take_event(state)
        if change is None and state.listens:
            break
        state, _ = change or _left_behind(state)
    return state

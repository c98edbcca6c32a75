"""What the steps of a script do when it is their turn, each as a pure step over the engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from rxrealtime.events import ResponseCreate, ResponseParams
from rxrealtime.server.engine import act
from rxrealtime.server.engine import step as engine_step
from rxrealtime.server.mind import Mind
from rxrealtime.server.outputs import Disconnect, Output, RawFrame
from rxrealtime.server.renaming import renamed
from rxrealtime.server.scenarios import Scenario
from rxrealtime.server.script_state import ScriptChange, ScriptState, by_engine
from rxrealtime.server.scripts import (
    AnyOrder,
    Close,
    Drop,
    Expect,
    Garble,
    Interrupt,
    Listen,
    Respond,
    Send,
    Step,
    Wait,
)
from rxrealtime.server.speech import start_speaking
from rxrealtime.server.state import Received, State

__all__ = ["passed_by", "take_step"]


def take_step(state: ScriptState) -> ScriptChange | None:
    """Take the next step; None if it has to wait, or there is none."""
    step = state.step
    if step is None:
        return None
    return _TAKEN[type(step)](state, step)


def passed_by(state: ScriptState, *outputs: Output) -> ScriptChange:
    """Go on to the step after the next one."""
    return replace(state, place=state.place + 1), outputs


def _expect(state: ScriptState, step: Expect) -> ScriptChange | None:
    return passed_by(replace(state, meeting=state.meeting.passing((step,)))) if step.optional else None


def _any_order(state: ScriptState, step: AnyOrder) -> ScriptChange | None:
    return None


def _respond(state: ScriptState, step: Respond) -> ScriptChange | None:
    """Let the engine begin the response that the step describes."""
    if state.speaking:
        return None
    asked = state.asked[0] if state.asked else ResponseCreate()
    event = _with_modality(asked, step.modality)
    quiet = Scenario(pace=state.script.pace, chunk=state.script.chunk)
    following = Mind(replace(quiet, rules=(step.rule,)))

    def begun(engine: State) -> tuple[State, tuple[Output, ...]]:
        engine, outputs = engine_step(engine._replace(mind=following), Received(event, state.at))
        return engine._replace(mind=Mind(quiet)), outputs

    state, outputs = by_engine(replace(state, asked=state.asked[1:]), begun)
    return passed_by(state, *outputs)


def _with_modality(event: ResponseCreate, modality: str | None) -> ResponseCreate:
    if modality is None:
        return event
    params = event.response or ResponseParams()
    return event.model_copy(update={"response": params.model_copy(update={"output_modalities": (modality,)})})


def _wait(state: ScriptState, step: Wait) -> ScriptChange | None:
    return None if state.wake_at is not None else (replace(state, wake_at=state.at + step.seconds), ())


def _interrupt(state: ScriptState, step: Interrupt) -> ScriptChange:
    state, outputs = by_engine(state, lambda engine: act(engine, start_speaking, state.at))
    return passed_by(state, *outputs)


def _listen(state: ScriptState, step: Listen) -> ScriptChange | None:
    return passed_by(replace(state, turns=state.turns - 1)) if state.turns else None


def _send(state: ScriptState, step: Send) -> ScriptChange:
    event = renamed(step.event, dict(state.renamed))
    return passed_by(state, RawFrame(json.dumps(event, allow_nan=False)))


def _garble(state: ScriptState, step: Garble) -> ScriptChange:
    return passed_by(state, *map(RawFrame, step.frames))


def _drop(state: ScriptState, step: Drop) -> ScriptChange:
    return passed_by(replace(state, ended=True), Disconnect())


def _close(state: ScriptState, step: Close) -> ScriptChange | None:
    return None if state.speaking else passed_by(replace(state, ended=True), Disconnect(step.code, step.reason))


_TAKEN: Final[Mapping[type[Step], Callable[[ScriptState, Any], ScriptChange | None]]] = {
    Expect: _expect,
    AnyOrder: _any_order,
    Respond: _respond,
    Wait: _wait,
    Interrupt: _interrupt,
    Listen: _listen,
    Send: _send,
    Garble: _garble,
    Drop: _drop,
    Close: _close,
}

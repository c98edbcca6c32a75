"""What `latencies` keeps, and how each value changes it: pure, so that a recording folds to the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from rxrealtime.events import (
    ConnectionFailed,
    ConversationItemCreate,
    FunctionCall,
    InputAudioBufferCommit,
    InputAudioBufferCommitted,
    InputAudioBufferSpeechStarted,
    InputAudioBufferSpeechStopped,
    McpCall,
    Message,
    OutputAudioBufferStarted,
    Response,
    ResponseCancel,
    ResponseCreate,
    ResponseCreated,
    ResponseDone,
    ResponseOutputAudioDelta,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputTextDelta,
)
from rxrealtime.operators._timing import CALL_STEPS, REMEMBERED, Calls, TimedSteps, ToolTime, by_timed_class, put

__all__ = ["Latency", "LatencyKind", "LatencyState", "latency_step", "unfinished"]

LatencyKind = Literal["first_audio", "first_text", "response", "tool", "interrupt"]
"""What was waited for."""

_SPEECH = "input_audio_buffer.speech_started"
_STOPPED = "input_audio_buffer.speech_stopped"
_COMMIT = "input_audio_buffer.commit"
_CANCEL = "response.cancel"
_CREATED = "response.created"


@dataclass(frozen=True, slots=True)
class Latency:
    """One measurement; ``print`` shows it as ``first_audio: 0.310 s (completed)``.

    Args:
        kind: "first_audio" and "first_text", from the end of the user's turn to the first audio, text or transcript;
            "response", from its creation to its end; "tool", from the call to its output; "interrupt", from the
            interruption to the end of the cancelled response.
        seconds: How long it took.
        since: What it counts from, the ``type`` of a value of the stream, such as
            ``input_audio_buffer.speech_stopped``.
        status: How the response ended: completed, cancelled, incomplete or failed, None if the connection was lost
            before. For a tool its outcome, None if nobody said.
        response_id: The response; for a tool the one that asked for it, None if it is not known.
        call_id: The call, for a tool.
    """

    kind: LatencyKind
    seconds: float
    since: str
    status: str | None = None
    response_id: str | None = None
    call_id: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.seconds:.3f} s" + (f" ({self.status})" if self.status else "")


class _Mark(NamedTuple):
    """When something began, and the type of the value that said so."""

    at: float
    since: str


@dataclass(frozen=True, slots=True)
class _Running:
    """A response under way."""

    began: float
    turn: _Mark
    audio: float | None = None
    text: float | None = None
    cut: _Mark | None = None


@dataclass(frozen=True, slots=True)
class LatencyState:
    """What is being measured, the state of `latency_step`; ``LatencyState()`` is the initial one.

    Args:
        turn: The end of the user's turn that nothing answered yet.
        stopped: The item that the user last spoke.
        speaking: The item that the user speaks.
        responses: The responses under way.
        ended: The ids of the last ones that ended.
        calls: The calls under way.
    """

    turn: _Mark | None = None
    stopped: str | None = None
    speaking: str | None = None
    responses: Mapping[str, _Running] = field(default_factory=lambda: MappingProxyType({}))
    ended: tuple[str, ...] = ()
    calls: Calls = field(default_factory=Calls)


_Stepped = tuple[LatencyState, tuple[Latency, ...]]
_Step = Callable[[LatencyState, float, Any], _Stepped]


def _speech_started(state: LatencyState, at: float, event: InputAudioBufferSpeechStarted) -> _Stepped:
    mark = _Mark(at, event.type)
    cut = {
        key: running if running.cut and running.cut.since == _CANCEL else replace(running, cut=mark)
        for key, running in state.responses.items()
    }
    return replace(state, turn=None, speaking=event.item_id, responses=MappingProxyType(cut)), ()


def _speech_stopped(state: LatencyState, at: float, event: InputAudioBufferSpeechStopped) -> _Stepped:
    return replace(state, turn=_Mark(at, event.type), stopped=event.item_id, speaking=None), ()


def _commit(state: LatencyState, at: float, event: InputAudioBufferCommit) -> _Stepped:
    detected = state.turn is not None and state.turn.since == _STOPPED
    return (state if detected else replace(state, turn=_Mark(at, event.type))), ()


def _committed(state: LatencyState, at: float, event: InputAudioBufferCommitted) -> _Stepped:
    # xAI may commit under another id than it detected (recorded, 2026-08)
    ended = state.turn is not None and state.turn.since in (_STOPPED, _COMMIT)
    known = ended or event.item_id == state.stopped
    return (state if known else replace(state, turn=_Mark(at, event.type))), ()


def _create(state: LatencyState, at: float, event: ResponseCreate) -> _Stepped:
    aside = event.response is not None and event.response.conversation == "none"
    return (state if aside or state.turn else replace(state, turn=_Mark(at, event.type))), ()


def _item_sent(state: LatencyState, at: float, event: ConversationItemCreate) -> _Stepped:
    if isinstance(event.item, Message):  # a new turn of the user, which ends with its response.create
        return (replace(state, turn=None) if event.item.role == "user" else state), ()
    return _of_call(state, at, event)


def _created(state: LatencyState, at: float, event: ResponseCreated) -> _Stepped:
    key = event.response.id
    if key is None or key in state.responses or key in state.ended:
        return state, ()
    aside = _is_aside(event.response)
    turn = None if aside else state.turn
    responses = put(state.responses, key, _Running(at, turn or _Mark(at, event.type)))
    return replace(state, turn=state.turn if aside else None, responses=responses), ()


def _is_aside(response: Response) -> bool:
    # null is out of band; absent is a server that does not name conversations (xAI)
    return response.conversation_id is None and "conversation_id" in response.model_fields_set


def _audio(state: LatencyState, at: float, event: ResponseOutputAudioDelta) -> _Stepped:
    return _sounds(state, at, event.response_id) if event.delta else (state, ())


def _played(state: LatencyState, at: float, event: OutputAudioBufferStarted) -> _Stepped:
    return _sounds(state, at, event.response_id)


def _sounds(state: LatencyState, at: float, key: str) -> _Stepped:
    running = state.responses.get(key)
    if running is None or running.audio is not None:
        return state, ()
    return replace(state, responses=put(state.responses, key, replace(running, audio=at))), ()


def _text(state: LatencyState, at: float, event: Any) -> _Stepped:
    running = state.responses.get(event.response_id)
    if running is None or running.text is not None or not event.delta:
        return state, ()
    return replace(state, responses=put(state.responses, event.response_id, replace(running, text=at))), ()


def _cancel(state: LatencyState, at: float, event: ResponseCancel) -> _Stepped:
    mark = _Mark(at, event.type)
    cut = {
        key: replace(running, cut=mark) if _is_cut_by(event, key, running.cut, state.speaking) else running
        for key, running in state.responses.items()
    }
    return replace(state, responses=MappingProxyType(cut)), ()


def _is_cut_by(event: ResponseCancel, key: str, cut: _Mark | None, speaking: str | None) -> bool:
    """Tell whether a cancel interrupts: not if the user is just doing so by speaking, or an earlier cancel did."""
    meant = event.response_id in (None, key)
    return meant and (cut is None or (cut.since == _SPEECH and speaking is None))


def _done(state: LatencyState, at: float, event: ResponseDone) -> _Stepped:
    response = event.response
    running = state.responses.get(response.id or "")
    if response.id is None or running is None:
        return state, ()
    left = {key: other for key, other in state.responses.items() if key != response.id}
    after = replace(
        state,
        turn=state.turn or _left_over(running, response),
        responses=MappingProxyType(left),
        ended=(*state.ended, response.id)[-REMEMBERED:],
    )
    given = [*_waits(response.id, running, response.status)]
    given.append(Latency("response", at - running.began, _CREATED, response.status, response.id))
    if running.cut and response.status == "cancelled":
        given.append(Latency("interrupt", at - running.cut.at, running.cut.since, response.status, response.id))
    return after, tuple(given)


def _left_over(running: _Running, response: Response) -> _Mark | None:
    """Give the user's turn back if a response only called tools: the next one answers it."""
    silent = response.status == "completed" and running.audio is None and running.text is None
    calls = any(isinstance(item, (FunctionCall, McpCall)) for item in response.output or ())
    return running.turn if silent and calls and not _is_aside(response) else None


def _waits(key: str, running: _Running, status: str | None) -> Iterable[Latency]:
    at, since = running.turn
    if running.audio is not None:
        yield Latency("first_audio", running.audio - at, since, status, key)
    if running.text is not None:
        yield Latency("first_text", running.text - at, since, status, key)


def unfinished(state: LatencyState) -> tuple[Latency, ...]:
    """Give what is known of the responses that will not be seen to end."""
    return tuple(wait for key, running in state.responses.items() for wait in _waits(key, running, None))


def _lost(state: LatencyState, _: float, __: ConnectionFailed) -> _Stepped:
    return LatencyState(), unfinished(state)


def _calling(step: Callable[[Calls, float, Any], tuple[Calls, tuple[ToolTime, ...]]]) -> _Step:
    def timed_step(state: LatencyState, at: float, value: Any) -> _Stepped:
        calls, ended = step(state.calls, at, value)
        return (state if calls is state.calls else replace(state, calls=calls)), tuple(map(_of_tool, ended))

    return timed_step


_of_call = _calling(CALL_STEPS[ConversationItemCreate])


def _of_tool(time: ToolTime) -> Latency:
    call = time.call
    return Latency("tool", time.end - call.at, call.since, time.outcome, call.response_id, time.call_id)


_STEPS: TimedSteps[LatencyState, Latency] = {
    **{kind: _calling(step) for kind, step in CALL_STEPS.items()},
    ConversationItemCreate: _item_sent,
    InputAudioBufferSpeechStarted: _speech_started,
    InputAudioBufferSpeechStopped: _speech_stopped,
    InputAudioBufferCommit: _commit,
    InputAudioBufferCommitted: _committed,
    ResponseCreate: _create,
    ResponseCreated: _created,
    ResponseOutputAudioDelta: _audio,
    OutputAudioBufferStarted: _played,
    ResponseOutputAudioTranscriptDelta: _text,
    ResponseOutputTextDelta: _text,
    ResponseCancel: _cancel,
    ResponseDone: _done,
    ConnectionFailed: _lost,
}

latency_step = by_timed_class(_STEPS)
"""The pure step of `latencies`: ``(state, (seconds, value)) -> (state, latencies)``.

A recording folds with it: begin with ``LatencyState()``, give ``(frame.at, decoded frame)``.
"""

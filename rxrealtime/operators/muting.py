"""Silence after an interruption: what still comes of a response that was stopped here is not delivered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from reactivex import Observable

from rxrealtime.activity import Interrupted
from rxrealtime.events import (
    SERVER_EVENTS,
    ConnectionFailed,
    InputAudioBufferSpeechStarted,
    Response,
    ResponseCancel,
    ResponseCreated,
    ResponseDone,
    SessionCreated,
    SessionUpdated,
    UnknownEvent,
)
from rxrealtime.operators._mealy import mealy
from rxrealtime.settings import server_interrupts

__all__ = ["NOTHING_MUTED", "Muting", "in_conversation", "is_muted", "mute", "mute_interrupted"]

_T = TypeVar("_T")
_REMEMBERED = 32
_PREFIX = "response."
_OF_A_RESPONSE = frozenset(
    model for kind, model in SERVER_EVENTS.items() if kind.startswith(_PREFIX) and "response_id" in model.model_fields
)


class _Running(NamedTuple):
    """A response under way.

    Args:
        in_conversation: Whether it writes to the default conversation, the only one that speech interrupts.
        speaks: Whether it may have audio.
    """

    in_conversation: bool
    speaks: bool


@dataclass(frozen=True, slots=True)
class Muting:
    """Which responses were stopped here.

    Args:
        running: The responses that were created and are not done.
        muted: Those that are not done, and of which nothing is delivered any more.
        ended: The last responses that were done: nothing of them is to be muted, and nothing would free it.
        speech: Whether the user's speech interrupts.
    """

    running: Mapping[str, _Running]
    muted: frozenset[str]
    ended: tuple[str, ...]
    speech: bool


NOTHING_MUTED = Muting(MappingProxyType({}), frozenset(), (), speech=True)


def mute_interrupted() -> Callable[[Observable[_T]], Observable[_T]]:
    """Leave out what still comes of a response that was stopped here; its ``response.done`` is given.

    A response is stopped by an `Interrupted`, by a ``response.cancel``, and, if it speaks and the server interrupts by
    itself, by the user's speech. From then on none of its own events passes: no audio, no text, no arguments of calls.

    Marbles:
        in:   --c--a--i--a--b--d--|
        ops.mute_interrupted()
        out:  --c--a--i-----b--d--|
        at = dict(item_id="i", output_index=0, content_index=0)
        c = ResponseCreated(response=Response(id="r"))
        a = ResponseOutputAudioDelta(response_id="r", **at, delta=b"12")
        i = Interrupted("r", "i", 0, 100, 200)
        b = ResponseOutputAudioDelta(response_id="other", **at, delta=b"12")
        d = ResponseDone(response=Response(id="r", status="cancelled"))

    Returns:
        The operator, for the traffic of a session: its events, what was sent, and what its policies did. All that
        is not an event of a stopped response passes, the conversation's own events of its items too.

    State: the responses that run, and which were stopped, freed at ``response.done`` and when the connection is lost;
        the ids of the last 32 that were done.
    Time: none.
    Errors: failures pass; the source's error passes by.
    Protocol: every event ``response.*`` with a ``response_id``, unknown ones too; ``response.created``, ``.done``,
        ``.cancel``, ``input_audio_buffer.speech_started``, ``session.created`` and ``.updated`` for
        ``interrupt_response`` (openai-openapi f85dbe2). Audio that comes after the interruption, until the response
        is done, was met with several servers.

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import ResponseOutputAudioDone
        >>> late = ResponseOutputAudioDone(response_id="resp_1", item_id="i", output_index=0, content_index=0)
        >>> begun = ResponseCreated(response=Response(id="resp_1"))
        >>> stream = reactivex.of(begun, Interrupted("resp_1", "i", 0, 100, 200), late)
        >>> stream.pipe(mute_interrupted()).subscribe(lambda value: print(value.type)).dispose()
        response.created
        interrupted
    """

    def operator(source: Observable[_T]) -> Observable[_T]:
        return source.pipe(mealy(_deliver, NOTHING_MUTED))

    return operator


def mute(state: Muting, value: object) -> Muting:
    """Take in one value of the traffic. Where a policy's wish is known before it is sent, give it here at once.

    Args:
        state: What was stopped.
        value: What came, was sent, or is about to be.

    Returns:
        What is stopped now; the same object for the bulk of the traffic.
    """
    change = _CHANGES.get(type(value))
    return change(state, value) if change else state


def is_muted(state: Muting, value: object) -> bool:
    """Tell whether a value is not to be delivered: while nothing is stopped this is one test, else one look-up."""
    return bool(state.muted) and _response_id(value) in state.muted


def in_conversation(response: Response) -> bool:
    """Tell whether a response writes to the default conversation.

    Source: an out-of-band response has an explicit null for ``conversation_id`` (openai-openapi f85dbe2); servers that
        leave the field out have no such responses.
    """
    return response.conversation_id is not None or "conversation_id" not in response.model_fields_set


def _deliver(state: Muting, value: _T) -> tuple[Muting, tuple[_T, ...]]:
    state = mute(state, value)
    return state, () if is_muted(state, value) else (value,)


def _response_id(value: object) -> object:
    if type(value) in _OF_A_RESPONSE:
        return getattr(value, "response_id", None)
    if isinstance(value, UnknownEvent) and value.type.startswith(_PREFIX):
        found = value.raw.get("response_id")
        return found if isinstance(found, str) else None
    return None


def _created(state: Muting, event: ResponseCreated) -> Muting:
    response = event.response
    if response.id is None:
        return state
    speaks = response.output_modalities is None or "audio" in response.output_modalities
    running = {**state.running, response.id: _Running(in_conversation(response), speaks)}
    return replace(state, running=running)


def _done(state: Muting, event: ResponseDone) -> Muting:
    ended = event.response.id
    running = {key: kept for key, kept in state.running.items() if key != ended}
    return Muting(running, state.muted - {ended}, (*state.ended, ended or "")[-_REMEMBERED:], state.speech)


def _interrupted(state: Muting, event: Interrupted) -> Muting:
    return _stop(state, event.response_id)


def _cancelled(state: Muting, event: ResponseCancel) -> Muting:
    if event.response_id is not None:
        return _stop(state, event.response_id)
    return _stop(state, *(key for key, running in state.running.items() if running.in_conversation))


def _speech(state: Muting, _: InputAudioBufferSpeechStarted) -> Muting:
    if not state.speech:
        return state
    return _stop(state, *(key for key, running in state.running.items() if all(running)))


def _stop(state: Muting, *response_ids: str) -> Muting:
    """Mute those that are not done; the beginning of one may not have been seen."""
    stopped = frozenset(response_ids).difference(state.ended)
    return replace(state, muted=state.muted | stopped) if stopped else state


def _session(state: Muting, event: SessionCreated | SessionUpdated) -> Muting:
    return replace(state, speech=server_interrupts(event.session, state.speech))


def _lost(_: Muting, __: ConnectionFailed) -> Muting:
    return NOTHING_MUTED


_CHANGES: Mapping[type, Callable[[Muting, Any], Muting]] = {
    ResponseCreated: _created,
    ResponseDone: _done,
    Interrupted: _interrupted,
    ResponseCancel: _cancelled,
    InputAudioBufferSpeechStarted: _speech,
    SessionCreated: _session,
    SessionUpdated: _session,
    ConnectionFailed: _lost,
}

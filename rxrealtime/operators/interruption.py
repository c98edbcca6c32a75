"""Barge-in: what was being played is cut to what was heard, in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reactivex import Observable, abc

from rxrealtime.activity import Interrupted
from rxrealtime.events import (
    ConnectionFailed,
    ConversationItemDeleted,
    ConversationItemTruncate,
    InputAudioBufferSpeechStarted,
    ResponseCancel,
    ResponseCreated,
    ResponseDone,
    ResponseOutputAudioDelta,
    ResponseOutputAudioDone,
    SendFailed,
    SessionCreated,
    SessionUpdated,
)
from rxrealtime.operators._clock import timed
from rxrealtime.operators._mealy import mealy
from rxrealtime.operators._playing import REMEMBERED, Playing, Running, nothing_plays
from rxrealtime.operators.muting import in_conversation
from rxrealtime.playback import AudioPart, truncate_at
from rxrealtime.settings import output_format, server_interrupts
from rxrealtime.signals import Interrupt, Played

__all__ = ["interruption"]

_Output = Interrupted | ConversationItemTruncate | ResponseCancel


def interruption(
    *, scheduler: abc.SchedulerBase | None = None, assume_playing: bool = True
) -> Callable[[Observable[object]], Observable[Interrupted | ConversationItemTruncate | ResponseCancel]]:
    """Cut what was being played to what was heard, when the user speaks or somebody says `Interrupt`.

    One interruption gives, at once and in this order: an `Interrupted` for each item that was not heard to its end,
    ``conversation.item.truncate`` for those that were heard in part, and ``response.cancel`` for the responses that
    run, if `Interrupt` asks for it. Speech cancels nothing, since the server does so by itself; where
    ``interrupt_response`` is off, it does nothing. A response is interrupted once.

    Marbles:
        in:   --c-a--s----|
        ops.interruption()
        out:  -------(i,t)|
        at = dict(response_id="r", item_id="i", output_index=0, content_index=0)
        c = ResponseCreated(response=Response(id="r"))
        a = ResponseOutputAudioDelta(**at, delta=bytes(5 * 48_000))
        s = InputAudioBufferSpeechStarted(audio_start_ms=0, item_id="u")
        i = Interrupted("r", "i", 0, heard_ms=3000, received_ms=5000)
        t = ConversationItemTruncate(item_id="i", content_index=0, audio_end_ms=3000)

    Args:
        scheduler: Whose clock to read; default: that of the subscription, else the event loop's.
        assume_playing: Assume that what comes is played at real time, as long as no `Played` says otherwise; default
            True. If False, what was not said to be played was not heard.

    Returns:
        The policy, over the traffic of a session. With `run_speaker` before it, a `Speaker` is heard out first.

    State: of each item that was not heard to its end, how much came and how much was played, at most 32 of them; the
        responses that run, and what of them was interrupted. Freed when an item was heard, interrupted or deleted, at
        ``response.done``, and when the connection is lost.
    Time: one look at the clock for each value that matters here.
    Errors: a ``response.cancel`` that could not be sent may be asked for again. No clock: a `ConfigurationError` goes
        to ``on_error``. The source's error passes by.
    Protocol: ``session.created``, ``.updated``, ``response.created``, ``.done``, ``response.output_audio.delta``,
        ``.done``, ``input_audio_buffer.speech_started``, ``conversation.item.deleted``; sent
        ``conversation.item.truncate`` and ``response.cancel`` (openai-openapi f85dbe2). Items of an out-of-band
        response are in no conversation and are not cut there.

    Example:
        >>> import reactivex
        >>> from reactivex.scheduler import VirtualTimeScheduler
        >>> from rxrealtime.events import Response
        >>> said = ResponseOutputAudioDelta(
        ...     response_id="resp_1", item_id="item_1", output_index=0, content_index=0, delta=bytes(48_000)
        ... )
        >>> events = (ResponseCreated(response=Response(id="resp_1")), said, Played("item_1", ms=400), Interrupt())
        >>> policy = interruption(scheduler=VirtualTimeScheduler())
        >>> reactivex.of(*events).pipe(policy).subscribe(lambda given: print(given.type)).dispose()
        interrupted
        conversation.item.truncate
        response.cancel
    """
    initial = nothing_plays(assume_playing)

    def operator(source: Observable[object]) -> Observable[_Output]:
        return source.pipe(timed(scheduler, _STEPS), mealy(_step, initial))

    return operator


_Stepped = tuple[Playing, tuple[_Output, ...]]


def _step(state: Playing, timely: tuple[float, object]) -> _Stepped:
    at, event = timely
    return _STEPS[type(event)](state, event, at)


def _interrupted(state: Playing, response_ids: tuple[str, ...], at: float) -> _Stepped:
    """Stop playing some responses."""
    halting = state.halting(response_ids)
    cut = [
        (part, ms)
        for part, ms in state.playback.heard(at)
        if part.key[0] in response_ids and not (part.complete and ms >= part.received_ms)
    ]
    playback = state.playback.without(lambda part: part.key[0] in response_ids, at)
    told = (Interrupted(*part.key, heard_ms=ms, received_ms=part.received_ms) for part, ms in cut)
    return halting._replace(playback=playback), (*told, *_truncations(cut))


def _truncations(cut: Iterable[tuple[AudioPart, int]]) -> Iterable[ConversationItemTruncate]:
    for part, ms in cut:
        end_ms = truncate_at(ms, part.received_bytes, part.format, complete=part.complete)
        if end_ms is not None and part.in_conversation:
            _, item_id, content_index = part.key
            yield ConversationItemTruncate(item_id=item_id, content_index=content_index, audio_end_ms=end_ms)


def _speech_started(state: Playing, _: InputAudioBufferSpeechStarted, at: float) -> _Stepped:
    return _interrupted(state, state.meant(None), at) if state.speech else (state, ())


def _asked(state: Playing, event: Interrupt, at: float) -> _Stepped:
    meant = state.meant(event.response_id)
    stopped, outputs = _interrupted(state, meant, at) if event.playback else (state, ())
    if not event.generation:
        return stopped, outputs
    due = tuple(key for key in meant if state.runs(key) and key not in state.cancelled)
    cancels = (ResponseCancel(response_id=key) for key in due)
    return stopped.halting(due)._replace(cancelled=state.cancelled.union(due)), (*outputs, *cancels)


def _cancel_sent(state: Playing, event: ResponseCancel, _: float) -> _Stepped:
    """Take in that a response was cancelled, by us or by the application."""
    named = (event.response_id,) if event.response_id else state.in_conversation
    running = tuple(key for key in named if state.runs(key))
    return state.halting(running)._replace(cancelled=state.cancelled.union(running)), ()


def _truncate_sent(state: Playing, event: ConversationItemTruncate, at: float) -> _Stepped:
    """Take in that the application cut an item itself; of our own there is nothing left to forget."""
    cut = (event.item_id, event.content_index)
    owners = {part.key[0] for part in state.playback.parts if part.key[1:] == cut}
    playback = state.playback.without(lambda part: part.key[1:] == cut, at)
    return (state.halting(owners)._replace(playback=playback) if owners else state), ()


def _send_failed(state: Playing, event: SendFailed, _: float) -> _Stepped:
    if event.event_type != _CANCEL:
        return state, ()
    return state._replace(cancelled=frozenset()), ()


def _created(state: Playing, event: ResponseCreated, _: float) -> _Stepped:
    response = event.response
    if response.id is None:
        return state, ()
    running = Running(output_format(response, state.format), in_conversation(response))
    return state._replace(running={**state.running, response.id: running}), ()


def _audio(state: Playing, event: ResponseOutputAudioDelta, at: float) -> _Stepped:
    response_id = event.response_id
    running = state.running.get(response_id) or Running(state.format)
    key = (response_id, event.item_id, event.content_index)
    part = AudioPart(key, *running, complete=response_id in state.ended)
    if response_id in state.halted:
        return _late(state, part, len(event.delta))
    return state.with_playback(state.playback.received(part, len(event.delta), at)), ()


def _late(state: Playing, part: AudioPart, size_bytes: int) -> _Stepped:
    """Tell of a part whose audio begins after the interruption that nobody will hear it."""
    known = state.halted[part.key[0]]
    if part.key in known:
        return state, ()
    halted = {**state.halted, part.key[0]: known | {part.key}}
    received_ms = part.format.bytes_to_ms(size_bytes)
    return state._replace(halted=halted), (Interrupted(*part.key, heard_ms=0, received_ms=received_ms),)


def _audio_done(state: Playing, event: ResponseOutputAudioDone, at: float) -> _Stepped:
    key = (event.response_id, event.item_id, event.content_index)
    return state.with_playback(state.playback.completed(lambda part: part.key == key, at)), ()


def _response_done(state: Playing, event: ResponseDone, at: float) -> _Stepped:
    ended = event.response.id
    return state._replace(
        playback=state.playback.completed(lambda part: part.key[0] == ended, at),
        running={key: kept for key, kept in state.running.items() if key != ended},
        halted={key: kept for key, kept in state.halted.items() if key != ended},
        cancelled=state.cancelled - {ended},
        ended=(*state.ended, ended or "")[-REMEMBERED:],
    ), ()


def _played(state: Playing, event: Played, at: float) -> _Stepped:
    return state.with_playback(state.playback.played(event, at)), ()


def _deleted(state: Playing, event: ConversationItemDeleted, at: float) -> _Stepped:
    playback = state.playback.without(lambda part: part.key[1] == event.item_id, at)
    return state.with_playback(playback), ()


def _session(state: Playing, event: SessionCreated | SessionUpdated, _: float) -> _Stepped:
    config = event.session
    speech = server_interrupts(config, state.speech)
    return state._replace(format=output_format(config, state.format), speech=speech), ()


def _lost(state: Playing, _: ConnectionFailed, __: float) -> _Stepped:
    return nothing_plays(state.playback.assumed), ()


_CANCEL = ResponseCancel.model_fields["type"].default
_STEPS: Mapping[type, Callable[[Playing, Any, float], _Stepped]] = {
    SessionCreated: _session,
    SessionUpdated: _session,
    ResponseCreated: _created,
    ResponseOutputAudioDelta: _audio,
    ResponseOutputAudioDone: _audio_done,
    ResponseDone: _response_done,
    Played: _played,
    Interrupt: _asked,
    InputAudioBufferSpeechStarted: _speech_started,
    ConversationItemDeleted: _deleted,
    ConversationItemTruncate: _truncate_sent,
    ResponseCancel: _cancel_sent,
    SendFailed: _send_failed,
    ConnectionFailed: _lost,
}

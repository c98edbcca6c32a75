"""Audio that is held back until guardrails have passed what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile

import reactivex
from reactivex import Observable
from reactivex import operators as rx

from rxrealtime.activity import AgentChanged, GuardrailPassed, GuardrailTripped, Interrupted
from rxrealtime.errors import BufferOverflowError, ConfigurationError
from rxrealtime.events import (
    ConnectionFailed,
    GuardrailFailed,
    ResponseCreated,
    ResponseDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
)
from rxrealtime.guardrails import Guardrail
from rxrealtime.operators._checks import distinct, guardrails_of
from rxrealtime.operators._mealy import mealy
from rxrealtime.operators._parts import Steps, by_class
from rxrealtime.operators._saying import NOTHING_SAID, Piece, Said, Whole
from rxrealtime.operators.audio import AudioChunk, audio_chunks
from rxrealtime.signals import Interrupt

__all__ = ["checked_audio"]

_REMEMBERED = 64
"""How many responses are remembered as over, should audio of them come late."""

_CHUNK_BYTES = 200
"""What a held chunk weighs beside its audio, so that many small ones have a limit too."""


def checked_audio(
    guardrails: Iterable[Guardrail] = (), *, bytes_per_sample: int = 2, max_bytes: int = 8 * 1024 * 1024
) -> Callable[[Observable[object]], Observable[AudioChunk | GuardrailFailed]]:
    """Give the model's audio once every guardrail has passed what it says.

    Transcripts run ahead of their audio, if not by much everywhere. So a chunk is given when each guardrail has passed
    a text that goes on beyond what was said when the chunk came; what follows the last word is given when the response
    is done and all of its text was passed. Of a response that is stopped, nothing more is given.

    Marbles:
        in:   --a-t-b-p---e-q-----|
        ops.checked_audio([polite])
        out:  --------x-----y-----|
        polite = Guardrail("polite", lambda text, context: "fool" in text, on_error="block")
        at = dict(response_id="r", item_id="i", output_index=0, content_index=0)
        a = ResponseOutputAudioDelta(**at, delta=b"12")
        t = ResponseOutputAudioTranscriptDelta(**at, delta="Hello!")
        b = ResponseOutputAudioDelta(**at, delta=b"34")
        p = GuardrailPassed("polite", "r", 6)
        e = ResponseOutputAudioTranscriptDelta(**at, delta=" Bye!")
        q = GuardrailPassed("polite", "r", 11)
        x = AudioChunk("r", "i", 0, b"12")
        y = AudioChunk("r", "i", 0, b"34")

    Args:
        guardrails: As for `guardrails`, whose verdicts have to be in the traffic: without them nothing is given.
        bytes_per_sample: 2 (default) for PCM16, 1 for G.711, as for `audio_chunks`.
        max_bytes: How much may be held, all responses together; default 8 MiB, three minutes of PCM16 at 24 kHz.

    Returns:
        The operator, over the traffic; subscribe before responses begin. A response to which no guardrail applies is
        given as it comes; one that has audio and not a word of text when it is done, since there is nothing to check.

    Raises:
        ConfigurationError: Two guardrails have the same name, or `max_bytes` is not positive.
        ValueError: `bytes_per_sample` is not positive.

    State: the text of each response, and the audio of it that waits, freed when it is done and given, or stopped; the
        ids of the last 64 responses.
    Time: none.
    Errors: audio beyond `max_bytes` gives a `GuardrailFailed` with a `BufferOverflowError`, and drops what is held of
        its response and what comes of it later, whatever `Guardrail.on_error` says. What is held is also dropped if
        its response is tripped, interrupted or cancelled, when the connection is lost, and when the source completes.
        Other failures are ignored; the source's error passes by.
    Protocol: ``response.created``, ``.output_audio.*``, ``.output_audio_transcript.*``, ``.output_text.*``, ``.done``
        (openai-openapi f85dbe2). With xAI the first audio comes before its transcript (recorded, 2026-08).

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import ResponseOutputAudioDelta
        >>> heard = ResponseOutputAudioDelta(
        ...     response_id="resp_1", item_id="item_1", output_index=0, content_index=0, delta=b"1234"
        ... )
        >>> reactivex.of(heard).pipe(checked_audio()).subscribe(print).dispose()
        AudioChunk('resp_1', 'item_1', 0, <4 bytes>)
    """
    if max_bytes < 1:
        raise ConfigurationError(f"max_bytes is {max_bytes}: nothing could be held")
    chunks = audio_chunks(bytes_per_sample=bytes_per_sample)
    hold = mealy(by_class(_STEPS), _Hold(_names(distinct(guardrails)), max_bytes))

    def operator(source: Observable[object]) -> Observable[AudioChunk | GuardrailFailed]:
        both = rx.publish(lambda traffic: reactivex.merge(traffic.pipe(chunks), traffic))
        return source.pipe(both, hold)

    return operator


@dataclass(frozen=True, slots=True)
class _Held:
    """One response.

    Args:
        names: The guardrails that have to pass it.
        said: Its text so far.
        passed: Up to which length each guardrail has passed it.
        waiting: Its audio, and how much was said when each chunk came.
        size: The weight of what waits.
        done: Whether it is over, so that no text follows.
    """

    names: tuple[str, ...]
    said: Said = NOTHING_SAID
    passed: Mapping[str, int] = field(default_factory=dict)
    waiting: tuple[tuple[int, AudioChunk], ...] = ()
    size: int = 0
    done: bool = False


@dataclass(frozen=True, slots=True)
class _Hold:
    """The state: what is held, and how much may be.

    Args:
        in_force: The guardrails of the responses to come.
        limit: How much may be held, in bytes.
        responses: Those of which something is held or may still come, by their id.
        over: The ids of the last responses of which nothing more is given.
    """

    in_force: tuple[str, ...]
    limit: int
    responses: Mapping[str, _Held] = field(default_factory=dict)
    over: tuple[str, ...] = ()


_Stepped = tuple[_Hold, tuple[AudioChunk | GuardrailFailed, ...]]


def _names(guardrails: Iterable[Guardrail]) -> tuple[str, ...]:
    return tuple(guardrail.name for guardrail in guardrails)


def _find(hold: _Hold, response_id: str) -> _Held | None:
    """Give a response of which something may still come; its beginning need not have been seen."""
    found = hold.responses.get(response_id)
    if found is None:
        return None if response_id in hold.over else _Held(hold.in_force)
    return None if found.done else found


def _begun(hold: _Hold, event: ResponseCreated) -> _Stepped:
    response_id = event.response.id
    if not response_id or response_id in hold.responses or response_id in hold.over:
        return hold, ()
    return _give(hold, response_id, _Held(hold.in_force))


def _heard(hold: _Hold, event: Piece | Whole) -> _Stepped:
    response = _find(hold, event.response_id)
    if response is None or not response.names:
        return hold, ()
    return _give(hold, event.response_id, replace(response, said=response.said.hear(event)))


def _chunk(hold: _Hold, chunk: AudioChunk) -> _Stepped:
    response = _find(hold, chunk.response_id)
    if response is None:
        return hold, ()
    if not response.names:
        return hold, (chunk,)
    size = len(chunk.data) + _CHUNK_BYTES
    if sum(held.size for held in hold.responses.values()) + size > hold.limit:
        return _drop(hold, chunk.response_id), (_overflow(hold, chunk.response_id),)
    waiting = (*response.waiting, (response.said.length, chunk))
    return _give(hold, chunk.response_id, replace(response, waiting=waiting, size=response.size + size))


def _overflow(hold: _Hold, response_id: str) -> GuardrailFailed:
    error = BufferOverflowError(
        f"checked_audio: more than {hold.limit} bytes wait for verdicts; the audio of response {response_id!r} is "
        "dropped. Raise max_bytes, or check more often"
    )
    return GuardrailFailed(error)


def _passed(hold: _Hold, event: GuardrailPassed) -> _Stepped:
    response = hold.responses.get(event.response_id)
    if response is None:
        return hold, ()
    reached = max(response.passed.get(event.guardrail, 0), event.checked)
    return _give(hold, event.response_id, replace(response, passed={**response.passed, event.guardrail: reached}))


def _done(hold: _Hold, event: ResponseDone) -> _Stepped:
    response_id = event.response.id or ""
    response = _find(hold, response_id) if response_id else None
    if response is None:
        return hold, ()
    if event.response.status == "cancelled":
        return _drop(hold, response_id), ()
    said = response.said.hear_all(event.response) if response.names else response.said
    return _give(hold, response_id, replace(response, said=said, done=True))


def _give(hold: _Hold, response_id: str, response: _Held) -> _Stepped:
    """Give what need not wait any longer; a response that is done and given is over."""
    reached = min((response.passed.get(name, 0) for name in response.names), default=0)
    whole = response.done and reached >= response.said.length
    given = tuple(takewhile(lambda waiting: whole or waiting[0] < reached, response.waiting))
    rest = response.waiting[len(given) :]
    chunks = tuple(chunk for _, chunk in given)
    if response.done and not rest:
        return _drop(hold, response_id), chunks
    size = response.size - sum(len(chunk.data) + _CHUNK_BYTES for chunk in chunks)
    kept = replace(response, waiting=rest, size=size)
    return replace(hold, responses={**hold.responses, response_id: kept}), chunks


def _drop(hold: _Hold, response_id: str) -> _Hold:
    """Forget a response, and let nothing more of it pass."""
    kept = {other: response for other, response in hold.responses.items() if other != response_id}
    over = hold.over if response_id in hold.over else (*hold.over, response_id)[-_REMEMBERED:]
    return replace(hold, responses=kept, over=over)


def _tripped(hold: _Hold, event: GuardrailTripped) -> _Stepped:
    # a call that was stopped is not the response
    return (_drop(hold, event.response_id) if event.call_id is None else hold), ()


def _interrupted(hold: _Hold, event: Interrupted) -> _Stepped:
    return _drop(hold, event.response_id), ()


def _interrupt(hold: _Hold, event: Interrupt) -> _Stepped:
    if event.playback:
        for response_id in (event.response_id,) if event.response_id else hold.responses:
            hold = _drop(hold, response_id)
    return hold, ()


def _changed(hold: _Hold, event: AgentChanged) -> _Stepped:
    return replace(hold, in_force=_names(guardrails_of(event.agent))), ()


def _lost(hold: _Hold, _: ConnectionFailed) -> _Stepped:
    for response_id in hold.responses:
        hold = _drop(hold, response_id)
    return hold, ()


_STEPS: Steps[_Hold, AudioChunk | GuardrailFailed] = {
    AudioChunk: _chunk,
    ResponseCreated: _begun,
    ResponseOutputTextDelta: _heard,
    ResponseOutputAudioTranscriptDelta: _heard,
    ResponseOutputTextDone: _heard,
    ResponseOutputAudioTranscriptDone: _heard,
    ResponseDone: _done,
    GuardrailPassed: _passed,
    GuardrailTripped: _tripped,
    Interrupted: _interrupted,
    Interrupt: _interrupt,
    AgentChanged: _changed,
    ConnectionFailed: _lost,
}

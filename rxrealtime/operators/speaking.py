"""The user's loudspeaker in the stream: it is given the audio, stopped by interruptions, and asked what was heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, SingleAssignmentDisposable

from rxrealtime.audio import PCM16_24K
from rxrealtime.events import (
    ConnectionFailed,
    InputAudioBufferSpeechStarted,
    ResponseDone,
    ResponseOutputAudioDelta,
    ResponseOutputAudioDone,
    SessionCreated,
    SessionUpdated,
)
from rxrealtime.operators._parts import PartKey
from rxrealtime.operators.audio import AudioChunk, Cut
from rxrealtime.operators.muting import NOTHING_MUTED, Muting, is_muted, mute
from rxrealtime.settings import output_format
from rxrealtime.signals import Interrupt, Played

__all__ = ["Speaker", "run_speaker"]


class Speaker(Protocol):
    """Something that plays the model's audio, one chunk after the other.

    All of it is called, and `played` gives its values, where the stream is: on its event loop.
    """

    def play(self, chunk: AudioChunk) -> None:
        """Take the next chunk, to be played after those before; never waits.

        Args:
            chunk: Whole samples, in the output format of the session.
        """

    def stop(self, response_id: str | None = None) -> None:
        """Forget at once what was not played yet; a last `Played` may come before this returns.

        Args:
            response_id: Only what is of this response; default None, everything.
        """

    @property
    def played(self) -> Observable[Played]:
        """What was played, as it goes on: each value says how much more."""
        ...


def run_speaker(speaker: Speaker) -> Callable[[Observable[object]], Observable[object]]:
    """Play the model's audio, and stop where it is interrupted: everything passes, and what was played is put between.

    What stops the speaker is passed on after it was stopped and has told what it played until then. With
    `interruption` behind it, the cut is therefore where the sound ended::

        traffic.pipe(ops.run_speaker(speaker), ops.interruption())

    Marbles:
        in:   --c-a--s----|
        ops.run_speaker(speaker)
        out:  --c-a--(p,s)|
        clock = iter((4.0, 7.0))
        speaker = SilentSpeaker(lambda: next(clock))
        at = dict(response_id="r", item_id="i", output_index=0, content_index=0)
        c = ResponseCreated(response=Response(id="r"))
        a = ResponseOutputAudioDelta(**at, delta=bytes(5 * 48_000))
        p = Played("i", size_bytes=3 * 48_000)
        s = InputAudioBufferSpeechStarted(audio_start_ms=0, item_id="u")

    Args:
        speaker: What plays.

    Returns:
        The operator, over the traffic of a session.

    State: which responses were stopped, as `mute_interrupted`; less than a sample of each part. The speaker is left
        playing when the stream ends.
    Time: none; the speaker's own.
    Errors: what the speaker raises goes to ``on_error``, and so does an error of what it played. The source's error
        passes by.
    Protocol: ``response.output_audio.delta`` and ``.done``, and what `mute_interrupted` uses. `Interrupt` and speech
        stop the speaker; a ``response.cancel`` alone does not.

    Example:
        >>> from rxrealtime.events import Response, ResponseCreated
        >>> from rxrealtime.speaker import SilentSpeaker
        >>> import reactivex
        >>> now = iter((0.0, 0.25))
        >>> said = ResponseOutputAudioDelta(
        ...     response_id="resp_1", item_id="item_1", output_index=0, content_index=0, delta=bytes(48_000)
        ... )
        >>> heard = reactivex.of(said, Interrupt()).pipe(run_speaker(SilentSpeaker(lambda: next(now))))
        >>> heard.subscribe(lambda value: print(value.type)).dispose()
        response.output_audio.delta
        played
        interrupt
    """

    def operator(source: Observable[object]) -> Observable[object]:
        def subscribe(
            observer: abc.ObserverBase[object], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            return _run(source, observer, scheduler, speaker)

        return Observable(subscribe)

    return operator


class _Stop(NamedTuple):
    response_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Hearing:
    """What is to be played: not what was stopped, and in whole samples."""

    muting: Muting
    bytes_per_sample: int
    rests: Mapping[PartKey, bytes]


_Stepped = tuple[_Hearing, tuple[AudioChunk | _Stop, ...]]
_SILENCE = _Hearing(NOTHING_MUTED, PCM16_24K.bytes_per_sample, MappingProxyType({}))


def _run(
    source: Observable[object],
    observer: abc.ObserverBase[object],
    scheduler: abc.SchedulerBase | None,
    speaker: Speaker,
) -> abc.DisposableBase:
    state = _SILENCE
    listening, playing = SingleAssignmentDisposable(), SingleAssignmentDisposable()

    def on_next(value: object) -> None:
        nonlocal state
        state, deeds = _step(state, value)
        try:
            for deed in deeds:
                _do(speaker, deed)
        except Exception as error:  # the speaker is foreign code: whatever it raises ends the stream, by on_error
            observer.on_error(error)
        else:
            observer.on_next(value)

    playing.disposable = speaker.played.subscribe(observer.on_next, observer.on_error, scheduler=scheduler)
    listening.disposable = source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)
    return CompositeDisposable(listening, playing)


def _do(speaker: Speaker, deed: AudioChunk | _Stop) -> None:
    if isinstance(deed, AudioChunk):
        speaker.play(deed)
    else:
        speaker.stop(deed.response_id)


def _step(state: _Hearing, value: object) -> _Stepped:
    """Decide what the speaker has to do about a value."""
    muting = mute(state.muting, value)
    if muting is not state.muting:
        state = _Hearing(muting, state.bytes_per_sample, state.rests)
    chosen = _STEPS.get(type(value))
    return chosen(state, value) if chosen else (state, ())


def _audio(state: _Hearing, event: ResponseOutputAudioDelta) -> _Stepped:
    if is_muted(state.muting, event):
        return state, ()
    key = (event.response_id, event.item_id, event.content_index)
    rests, chunks = Cut(None, state.bytes_per_sample).add(state.rests, key, event.delta)
    return (state if rests is state.rests else _Hearing(state.muting, state.bytes_per_sample, rests)), chunks


def _part_done(state: _Hearing, event: ResponseOutputAudioDone) -> _Stepped:
    """Free the half sample that a part may end with: it is no audio."""
    key = (event.response_id, event.item_id, event.content_index)
    return _freed(state, lambda found: found == key)


def _response_done(state: _Hearing, event: ResponseDone) -> _Stepped:
    return _freed(state, lambda found: found[0] == event.response.id)


def _freed(state: _Hearing, over: Callable[[PartKey], bool]) -> _Stepped:
    rests = {key: rest for key, rest in state.rests.items() if not over(key)}
    return _Hearing(state.muting, state.bytes_per_sample, rests), ()


def _speech(state: _Hearing, _: InputAudioBufferSpeechStarted) -> _Stepped:
    return state, (_Stop(),) if state.muting.speech else ()


def _asked(state: _Hearing, event: Interrupt) -> _Stepped:
    return state, (_Stop(event.response_id),) if event.playback else ()


def _session(state: _Hearing, event: SessionCreated | SessionUpdated) -> _Stepped:
    size = output_format(event.session).bytes_per_sample
    return (state if size == state.bytes_per_sample else _Hearing(state.muting, size, MappingProxyType({}))), ()


def _lost(_: _Hearing, __: ConnectionFailed) -> _Stepped:
    return _SILENCE, ()


_STEPS: Mapping[type, Callable[[_Hearing, Any], _Stepped]] = {
    ResponseOutputAudioDelta: _audio,
    ResponseOutputAudioDone: _part_done,
    ResponseDone: _response_done,
    InputAudioBufferSpeechStarted: _speech,
    Interrupt: _asked,
    SessionCreated: _session,
    SessionUpdated: _session,
    ConnectionFailed: _lost,
}

"""What the user says: the input audio buffer, and the turns that voice activity detection finds in it.

Source: the order of events is that of OpenAI traffic recorded in 2026-08 (speech_started, speech_stopped, committed,
item added, item done, response.created, transcription anywhere after); openai-openapi f85dbe2 for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from rxrealtime.audio import AudioFormat
from rxrealtime.events import (
    ContentPart,
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCleared,
    InputAudioBufferCommit,
    InputAudioBufferCommitted,
    InputAudioBufferSpeechStarted,
    InputAudioBufferSpeechStopped,
    InputAudioBufferTimeoutTriggered,
    Message,
)
from rxrealtime.server.beats import IDLE
from rxrealtime.server.conversation import append_item
from rxrealtime.server.hearing import Hearing
from rxrealtime.server.refusals import Refused, error_event, invalid_value
from rxrealtime.server.responses import interrupt, respond
from rxrealtime.server.settings import Settings
from rxrealtime.server.state import Change, State, Stored, chain, mint, unscheduled
from rxrealtime.server.transcription import Heard, as_pcm16, overheard, plan_transcript
from rxrealtime.server.vad import SpeechStarted, SpeechStopped, VadConfig, VadState, begin_speech, vad_step
from rxrealtime.server.voices import transcribe

__all__ = [
    "append_audio",
    "clear_audio",
    "commit_audio",
    "listening",
    "retuned",
    "start_speaking",
    "time_out",
]

_MAX_APPEND_BYTES: Final = 15 * 1024 * 1024
_MIN_COMMIT_MS: Final = 100
_SLACK_MS: Final = 100
"""Speech is found a little after it began: silence is kept a little longer than the padding."""
_FRAME_MS: Final = 20
_SILENCE_MS: Final[Mapping[str, int]] = {"low": 1600, "medium": 800, "auto": 800, "high": 400}
"""The silence that ends a turn in semantic_vad, by eagerness. There is no model here that could decide it."""


def append_audio(state: State, event: InputAudioBufferAppend) -> Change:
    """Add audio to the buffer; what is found in it is told, the append itself never.

    Raises:
        Refused: It is more than 15 MiB.
    """
    if len(event.audio) > _MAX_APPEND_BYTES:
        raise invalid_value("audio", f"Invalid 'audio': at most {_MAX_APPEND_BYTES} bytes may be appended at once.")
    hearing = state.hearing.appended(event.audio)
    if hearing.vad is None:
        return state._replace(hearing=hearing), ()
    vad, found = vad_step(hearing.vad, as_pcm16(event.audio, state.session.input_format))
    state = state._replace(hearing=replace(hearing, vad=vad))
    state, outputs = chain(state, *(lambda state, heard=heard: _notice(state, heard) for heard in found))
    return _trimmed(state), outputs


def _notice(state: State, found: SpeechStarted | SpeechStopped) -> Change:
    if isinstance(found, SpeechStarted):
        return _speech_started(state, found.audio_start_ms)
    return chain(state, lambda state: _speech_stopped(state, found.audio_end_ms), _turn_taken)


def _speech_started(state: State, start_ms: int) -> Change:
    state, item_id = mint(unscheduled(state, IDLE), "item")
    _, hearing = state.hearing.split(start_ms, state.session.input_format)
    state = state._replace(hearing=replace(hearing, item_id=item_id))
    told = InputAudioBufferSpeechStarted(audio_start_ms=start_ms, item_id=item_id)
    state, outputs = interrupt(state) if _turn_setting(state, "interrupt_response") else (state, ())
    return state, (told, *outputs)


def start_speaking(state: State) -> Change:
    """Find that the user speaks from now on, whatever was heard; silence ends it as ever."""
    hearing = state.hearing
    if hearing.speaking:
        return state, ()
    start_ms = hearing.position_ms(state.session.input_format)
    vad = begin_speech(hearing.vad) if hearing.vad else None
    return _speech_started(state._replace(hearing=replace(hearing, vad=vad)), start_ms)


def _speech_stopped(state: State, end_ms: int) -> Change:
    told = InputAudioBufferSpeechStopped(audio_end_ms=end_ms, item_id=state.hearing.item_id or "")
    early = overheard(state, end_ms)
    state, outputs = _committed(state, end_ms, early=bool(early))
    return state, (*early, told, *outputs)


def _turn_taken(state: State) -> Change:
    """Answer a turn that was found, unless the client wants to do that itself."""
    if not (state.answers and _turn_setting(state, "create_response")):
        return state, ()
    try:
        return respond(state)
    except Refused as refused:
        return state, (error_event(refused, None),)


def _turn_setting(state: State, name: str) -> bool:
    detection: Mapping[str, Any] = state.session.turn_detection or {}
    return detection.get(name) is not False


def time_out(state: State) -> Change:
    """Make a turn of the silence, since nobody has spoken for the idle time.

    Source: openai-openapi f85dbe2 (2026-08-21): timeout_triggered, committed, item added and done, then a response.
    """
    format = state.session.input_format
    idle_ms = (state.session.turn_detection or {}).get("idle_timeout_ms")
    if not idle_ms or state.active or state.hearing.speaking:
        return state, ()
    end_ms = state.hearing.position_ms(format)
    start_ms = max(end_ms - idle_ms, end_ms - format.bytes_to_ms(state.hearing.size))
    state, item_id = mint(state, "item")
    _, hearing = state.hearing.split(start_ms, format)
    state = state._replace(hearing=replace(hearing, item_id=item_id))
    told = InputAudioBufferTimeoutTriggered(audio_start_ms=start_ms, audio_end_ms=end_ms, item_id=item_id)
    state, outputs = chain(state, lambda state: _committed(state, end_ms), _turn_taken)
    return state, (told, *outputs)


def commit_audio(state: State, event: InputAudioBufferCommit) -> Change:
    """Make a user's item of the buffer; no response follows by itself.

    Raises:
        Refused: There is less than 100 ms of audio.
    """
    format = state.session.input_format
    if state.hearing.size < format.ms_to_bytes(_MIN_COMMIT_MS):
        message = (
            f"Error committing input audio buffer: buffer too small. Expected at least {_MIN_COMMIT_MS}ms of audio, "
            f"but buffer only has {format.bytes_to_ms(state.hearing.size):.2f}ms of audio."
        )
        raise Refused("input_audio_buffer_commit_empty", message)
    return chain(state, _fallen_silent, lambda state: _committed(state, state.hearing.position_ms(format)))


def clear_audio(state: State, event: InputAudioBufferClear) -> Change:
    """Empty the buffer; speech that went on is told to have stopped, and becomes no item."""
    state, outputs = _fallen_silent(state)
    return state._replace(hearing=state.hearing.emptied()), (*outputs, InputAudioBufferCleared())


def _fallen_silent(state: State) -> Change:
    """Tell that speech stopped where a client ends it, so that every start has its stop."""
    vad = state.hearing.vad
    if vad is None or vad.noise is None:
        return state, ()
    end_ms = state.hearing.position_ms(state.session.input_format)
    levels = (vad.noise,) * len(vad.levels)
    quiet = replace(vad, noise=None, contrary=0, levels=levels, turn_end_ms=end_ms)
    told = InputAudioBufferSpeechStopped(audio_end_ms=end_ms, item_id=state.hearing.item_id or "")
    return state._replace(hearing=replace(state.hearing, vad=quiet)), (told,)


def _committed(state: State, end_ms: int, *, early: bool = False) -> Change:
    """Make an item of the audio up to a moment, and of its words a transcript, of which deltas may be out already."""
    format = state.session.input_format
    if state.hearing.item_id is None:
        state, item_id = mint(state, "item")
    else:
        item_id = state.hearing.item_id
    audio, hearing = state.hearing.split(end_ms, format)
    words = transcribe(audio, format)
    part = ContentPart(type="input_audio", audio=audio, transcript=None)
    item = Message(id=item_id, status="completed", role="user", content=(part,))
    previous = state.items[-1].id if state.items else None
    told = InputAudioBufferCommitted(previous_item_id=previous, item_id=item_id)
    state = state._replace(hearing=replace(hearing, item_id=None))
    state, outputs = append_item(state, Stored(item, format, words))
    return plan_transcript(state, item_id, Heard.of(audio, words, format), early=early), (told, *outputs)


def _trimmed(state: State) -> State:
    """Forget silence that cannot become the padding of speech."""
    hearing = state.hearing
    waits = any(due.owner == IDLE for due in state.agenda)
    if hearing.vad is None or hearing.speaking or hearing.item_id or waits:
        return state
    format = state.session.input_format
    kept_ms = hearing.vad.config.prefix_padding_ms + _SLACK_MS
    _, rest = hearing.split(hearing.position_ms(format) - kept_ms, format)
    return state._replace(hearing=rest)


def retuned(state: State, session: Settings) -> Change:
    """Put a session's configuration in force, for the ears too.

    A change of the format empties the buffer; a change of the turn detection keeps what was heard.
    """
    old, new = state.session.input_format, session.input_format
    stays = old == new and session.turn_detection is not None
    state, outputs = (state, ()) if stays else _fallen_silent(state)
    hearing = state.hearing
    if old != new:
        hearing = Hearing(base_ms=hearing.position_ms(old))
    idle = (session.turn_detection or {}).get("idle_timeout_ms")
    state = state if idle else unscheduled(state, IDLE)
    return state._replace(session=session, hearing=listening(hearing, session)), outputs


def listening(hearing: Hearing, session: Settings) -> Hearing:
    """Return the buffer with the voice activity detection that a session asks for."""
    if session.turn_detection is None:
        return replace(hearing, vad=None)
    config = _vad_config(session.turn_detection, session.input_format)
    if hearing.vad is not None:
        return replace(hearing, vad=replace(hearing.vad, config=config))
    return replace(hearing, vad=_vad_at(hearing.position_ms(session.input_format), config))


def _vad_at(position_ms: int, config: VadConfig) -> VadState:
    """Return detection that begins in the middle of a session."""
    frames, rest_ms = divmod(position_ms, _FRAME_MS)
    rest = bytes(2 * (rest_ms * config.rate // 1000))
    return VadState(config, rest=rest, frames=frames, turn_end_ms=position_ms)


def _vad_config(detection: Mapping[str, Any], format: AudioFormat) -> VadConfig:
    if detection["type"] == "semantic_vad":
        return VadConfig(silence_duration_ms=_SILENCE_MS[detection["eagerness"]], rate=format.rate)
    return VadConfig(
        detection["threshold"], detection["prefix_padding_ms"], detection["silence_duration_ms"], format.rate
    )

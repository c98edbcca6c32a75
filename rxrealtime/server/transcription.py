"""The transcript of what the user said: planned when the turn is over, given out beside the response.

Source: the order of events is that of OpenAI traffic recorded in 2026-08; openai-openapi f85dbe2 for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from rxrealtime.audio import AudioFormat, pcm16_to_samples, to_pcm16
from rxrealtime.events import ConversationItemInputAudioTranscriptionDelta
from rxrealtime.server.beats import Due, Hear, HearAll, HearNothing
from rxrealtime.server.outputs import Output
from rxrealtime.server.scenarios import Failure
from rxrealtime.server.state import State, scheduled
from rxrealtime.server.tokens import pieces
from rxrealtime.server.voices import transcribe

__all__ = ["Heard", "as_pcm16", "overheard", "plan_transcript"]

_PIECE_SECONDS: Final = 0.1
_LOUD: Final = 500
"""What the loudest sample of a sound is at least."""
_UNINTELLIGIBLE: Final = Failure("audio_unintelligible", "The audio could not be transcribed.", "transcription_error")
"""Source: the published example of the event, openai-openapi f85dbe2 (2026-08-21)."""


def as_pcm16(audio: bytes, format: AudioFormat) -> bytes:
    """Return audio of any format as PCM16 of the same rate."""
    return audio if format.encoding == "audio/pcm" else to_pcm16(audio, format)


@dataclass(frozen=True, slots=True)
class Heard:
    """A turn of the user: the words in it, how long it is, and whether there is any sound in it."""

    words: str
    seconds: float
    loud: bool

    @classmethod
    def of(cls, audio: bytes, words: str, format: AudioFormat) -> Self:
        """Return what a turn is whose audio and words are known."""
        samples = pcm16_to_samples(as_pcm16(audio, format)[: len(audio) // 2 * 2])
        return cls(words, format.seconds(len(audio)), max(samples, default=0) > _LOUD)


def plan_transcript(state: State, item_id: str, heard: Heard, *, early: bool) -> State:
    """Schedule the transcript; it comes beside the response, not before it.

    Args:
        state: The session, the turn in it.
        item_id: The turn's item.
        heard: What was said.
        early: Whether the deltas were told already, by `overheard`.
    """
    if not state.session.transcribes:
        return state
    pace, now = state.mind.scenario.pace, state.clock.at
    step = _PIECE_SECONDS / pace if pace else 0.0
    failure = state.mind.transcription_failure(heard.words)
    if failure is None and heard.loud and not heard.words:
        failure = _UNINTELLIGIBLE
    if failure is not None:
        return scheduled(state, Due(now + step, HearNothing(item_id, failure), item_id))
    said = [] if early else _fragments(state, heard.words)
    deltas = (Due(now + step * n, Hear(item_id, piece), item_id) for n, piece in enumerate(said, start=1))
    padded = state.mind.scenario.quirks.padded_transcripts
    transcript = heard.words.strip() if padded else heard.words
    whole = HearAll(item_id, transcript, round(heard.seconds, 3))
    return scheduled(state, *deltas, Due(now + step * (len(said) + 1), whole, item_id))


def overheard(state: State, end_ms: int) -> tuple[Output, ...]:
    """Return the transcription deltas of speech that is no item yet, where the quirk wants them."""
    if not (state.mind.scenario.quirks.early_transcripts and state.session.transcribes):
        return ()
    audio, _ = state.hearing.split(end_ms, state.session.input_format)
    words = transcribe(audio, state.session.input_format)
    if not words or state.mind.transcription_failure(words):
        return ()
    id = state.hearing.item_id or ""
    return tuple(
        ConversationItemInputAudioTranscriptionDelta(item_id=id, content_index=0, delta=piece)
        for piece in _fragments(state, words)
    )


def _fragments(state: State, words: str) -> list[str]:
    """Cut a transcript into its deltas, padded where the quirk wants it."""
    padded = state.mind.scenario.quirks.padded_transcripts and words
    return pieces(f" {words}\n" if padded else words)

"""Voice activity detection of the embedded server: an energy gate, as a pure step.

The audio is judged in frames of 20 ms. Speech starts where two frames in a row are louder than the noise by a margin,
and stops after `silence_duration_ms` of frames that are not.

The noise is the quietest frame of the last 1.5 s: a floor that adapts slowly would never close the gate after a step
of the noise. While somebody speaks it may rise by 0.2 dB a second only, so that long speech does not become noise to
itself. That noise has grown meanwhile is seen by its evenness: it is hardly louder than its quietest 2.5 ms, whereas
speech has gaps, and the voice of `rxrealtime.server.voices` has one at every byte. By the same sign speech is told
from noise where nothing was heard before.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from operator import mul
from typing import Final

from rxrealtime.audio import AudioFormat, pcm16_to_samples

__all__ = ["SpeechStarted", "SpeechStopped", "VadConfig", "VadState", "begin_speech", "vad_step"]

_FRAME_MS: Final = 20
_CELLS: Final = 8
"""How many pieces of 2.5 ms a frame is searched for gaps in."""
_MEMORY_FRAMES: Final = 1_500 // _FRAME_MS
_ATTACK_FRAMES: Final = 2
_EVENNESS: Final = 6
"""How many times its quietest 2.5 ms in 1.5 s a frame of noise may have; white noise at 8 kHz comes to 4.6."""
_RISE: Final = 1_000
"""By one part of how many the noise may rise a frame behind speech: even uneven noise, as a hum, ends one day."""
_RATES: Final = range(8_000, 48_001)

# Mean squares of 16-bit samples; full scale is about 10**9.
_QUIETEST_NOISE: Final = 16**2
_ASSUMED_NOISE: Final = 50**2
"""What the noise is at most before 0.5 s were heard, so that speech may begin with the first sample."""
_LEARNING_FRAMES: Final = 500 // _FRAME_MS


@dataclass(frozen=True, slots=True)
class VadConfig:
    """Say what counts as speech; the fields are those of the wire's `server_vad`.

    Args:
        threshold: 0 to 1, default 0.5: speech must be 4 + 10 * threshold dB louder than the noise.
        prefix_padding_ms: how much audio before the speech belongs to it, default 300.
        silence_duration_ms: how long a silence ends it, default 500; counted in frames of 20 ms, at least one.
        rate: samples a second of the PCM16, 8000 to 48000, default 24000.

    Raises:
        ValueError: a value is out of its range.

    Source: OpenAI Realtime API reference, turn detection (2026-08); the meaning in dB is ours.
    """

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500
    rate: int = 24_000

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold must be 0 to 1, not {self.threshold}")
        if min(self.prefix_padding_ms, self.silence_duration_ms) < 0:
            raise ValueError(f"neither padding nor silence can be negative: {self}")
        if self.rate not in _RATES:
            raise ValueError(f"rate must be {_RATES.start} to {_RATES.stop - 1} Hz, not {self.rate}")

    @property
    def margin(self) -> float:
        """How many times the energy of the noise speech must have."""
        return float(10 ** (0.4 + self.threshold))

    @property
    def silence_frames(self) -> int:
        """How many quiet frames end speech: `silence_duration_ms` rounded up to whole ones."""
        return max(-(-self.silence_duration_ms // _FRAME_MS), 1)


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Speech was heard.

    Args:
        audio_start_ms: where its audio begins, the padding included, in milliseconds of all audio of the session.

    Source: OpenAI Realtime API reference, `input_audio_buffer.speech_started` (2026-08).
    """

    audio_start_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """Speech has ended.

    Args:
        audio_end_ms: where its audio ends, the silence included, in milliseconds of all audio of the session.

    Source: OpenAI Realtime API reference, `input_audio_buffer.speech_stopped` (2026-08).
    """

    audio_end_ms: int


@dataclass(frozen=True, slots=True)
class VadState:
    """What is remembered between chunks: of the audio itself less than one frame.

    Args:
        config: what counts as speech; `dataclasses.replace` may change all of it but the rate at any time.
        rest: the bytes that do not fill a frame yet.
        frames: how many whole frames were judged.
        levels: the mean energies of the last 1.5 s of frames.
        gaps: the energies of the quietest 2.5 ms of each frame of the last 1.5 s.
        noise: the noise behind the speech that goes on, None while nobody speaks.
        contrary: how many frames in a row were loud while nobody speaks, or quiet while somebody does.
        turn_end_ms: where the last speech ended: the padding of the next one does not reach behind it.
    """

    config: VadConfig = field(default_factory=VadConfig)
    rest: bytes = b""
    frames: int = 0
    levels: tuple[int, ...] = ()
    gaps: tuple[int, ...] = ()
    noise: int | None = None
    contrary: int = 0
    turn_end_ms: int = 0

    @property
    def position_ms(self) -> int:
        """How much audio was heard so far, in whole milliseconds."""
        samples = self.frames * _frame_samples(self.config) + len(self.rest) // 2
        return samples * 1000 // self.config.rate

    @property
    def speaking(self) -> bool:
        """Whether speech has started and not stopped."""
        return self.noise is not None


def vad_step(state: VadState, pcm16_chunk: bytes) -> tuple[VadState, tuple[SpeechStarted | SpeechStopped, ...]]:
    """Hear a chunk of audio.

    Args:
        state: what was heard before; `VadState(VadConfig(...))` at the start of the session.
        pcm16_chunk: the next bytes, of any length: any split of the same audio gives the same events and state.

    Returns:
        The new state, and what was found, in order.
    """
    heard = state.rest + pcm16_chunk
    frame_bytes = 2 * _frame_samples(state.config)
    whole_bytes = len(heard) - len(heard) % frame_bytes
    samples = pcm16_to_samples(heard[:whole_bytes]).tolist()
    events: list[SpeechStarted | SpeechStopped] = []
    for start in range(0, len(samples), frame_bytes // 2):
        state, event = _hear(state, *_energies(samples[start : start + frame_bytes // 2]))
        events += [event] if event else []
    return replace(state, rest=heard[whole_bytes:]), tuple(events)


def begin_speech(state: VadState) -> VadState:
    """Return the state of somebody who speaks from now on, whatever was heard; silence ends it as ever."""
    return replace(state, noise=max(min(state.levels, default=0), _QUIETEST_NOISE), contrary=0)


def _frame_samples(config: VadConfig) -> int:
    return AudioFormat(rate=config.rate).ms_to_samples(_FRAME_MS)


def _energies(frame: list[int]) -> tuple[int, int]:
    """Return the mean energy of a frame and that of its quietest piece."""
    squares = list(map(mul, frame, frame))
    cells = _cells(len(frame))
    sums = [sum(squares[cell]) for cell in cells]
    return sum(sums) // len(frame), min(sums) * _CELLS // len(frame)


@lru_cache(maxsize=8)
def _cells(frame_samples: int) -> tuple[slice, ...]:
    """Cut a frame into pieces, of the same length or, at odd rates, of lengths that differ by one sample."""
    return tuple(slice(a, b) for a, b in pairwise(frame_samples * n // _CELLS for n in range(_CELLS + 1)))


def _hear(state: VadState, level: int, gap: int) -> tuple[VadState, SpeechStarted | SpeechStopped | None]:
    """Count, remember and judge one frame."""
    heard = replace(
        state,
        frames=state.frames + 1,
        levels=(*state.levels[1 - _MEMORY_FRAMES :], level),
        gaps=(*state.gaps[1 - _MEMORY_FRAMES :], gap),
    )
    return _await_speech(heard) if state.noise is None else _await_silence(heard, state.noise)


def _await_speech(heard: VadState) -> tuple[VadState, SpeechStarted | None]:
    quietest = min(heard.levels)
    known = quietest if len(heard.levels) > _LEARNING_FRAMES else min(quietest, _ASSUMED_NOISE)
    noise = max(known, _QUIETEST_NOISE)
    loud = heard.contrary + 1 if heard.levels[-1] > _gate(heard, noise) else 0
    if loud < _ATTACK_FRAMES:
        return replace(heard, contrary=loud), None
    start_ms = _end_ms(heard, heard.frames - loud) - heard.config.prefix_padding_ms
    return replace(heard, noise=noise, contrary=0), SpeechStarted(max(start_ms, heard.turn_end_ms))


def _await_silence(heard: VadState, noise: int) -> tuple[VadState, SpeechStopped | None]:
    noise = min(noise + 1 + noise // _RISE, max(min(heard.levels), _QUIETEST_NOISE))
    quiet = heard.contrary + 1 if heard.levels[-1] <= _gate(heard, noise) else 0
    if quiet < heard.config.silence_frames:
        return replace(heard, noise=noise, contrary=quiet), None
    end_ms = _end_ms(heard, heard.frames)
    return replace(heard, noise=None, contrary=0, turn_end_ms=end_ms), SpeechStopped(end_ms)


def _gate(heard: VadState, noise: int) -> float:
    """Return the energy above which a frame is speech."""
    return max(noise * heard.config.margin, _EVENNESS * min(heard.gaps))


def _end_ms(state: VadState, frames: int) -> int:
    """Return where the first `frames` frames end."""
    return frames * _frame_samples(state.config) * 1000 // state.config.rate

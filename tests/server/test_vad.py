"""Voice activity detection: an energy gate as a pure step."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rxrealtime.audio import AudioFormat, pcm16_from_samples
from rxrealtime.server.vad import SpeechStarted, SpeechStopped, VadConfig, VadState, vad_step
from rxrealtime.server.voices import BYTE_MS, speak, transcribe
from tests.sounds import VOICE_RMS, louder, noise, silence, with_noise

RATE = 8000
FORMAT = AudioFormat(rate=RATE)
TEXT = "What is the weather?"
TEXT_MS = len(TEXT) * BYTE_MS
by_rate = pytest.mark.parametrize("rate", [8000, 11025, 24000, 44100])


def _heard(pcm16: bytes, **config: Any) -> tuple[SpeechStarted | SpeechStopped, ...]:
    return vad_step(VadState(VadConfig(**{"rate": RATE, **config})), pcm16)[1]


def _turns(pcm16: bytes, **config: Any) -> list[tuple[int, int]]:
    """Return where the turns begin and end, checked to come in pairs."""
    events = _heard(pcm16, **config)
    starts = [event.audio_start_ms for event in events[::2] if isinstance(event, SpeechStarted)]
    stops = [event.audio_end_ms for event in events[1::2] if isinstance(event, SpeechStopped)]
    assert len(starts) == len(stops) == len(events) / 2
    return list(zip(starts, stops, strict=True))


def _spoken(text: str = TEXT, rate: int = RATE) -> bytes:
    return speak(text, AudioFormat(rate=rate))


@by_rate
def test_a_turn_is_found_where_it_is(rate: int) -> None:
    """A turn begins with its padding and ends with its silence, to the frame, at any rate."""
    sound = silence(1000, rate) + _spoken(rate=rate) + silence(1000, rate)
    [(start_ms, end_ms)] = _turns(sound, rate=rate)
    assert start_ms == pytest.approx(1000 - 300, abs=20)
    assert end_ms == pytest.approx(1000 + TEXT_MS + 500, abs=25)


@pytest.mark.parametrize("padding_ms", [0, 100, 300, 990])
@pytest.mark.parametrize("silence_ms", [0, 50, 200, 900])
def test_padding_and_silence_are_the_configured_ones(padding_ms: int, silence_ms: int) -> None:
    """`prefix_padding_ms` and `silence_duration_ms` are within the audio of the turn; silence counts in 20 ms."""
    sound = silence(1000, RATE) + _spoken() + silence(1000, RATE)
    turns = _turns(sound, prefix_padding_ms=padding_ms, silence_duration_ms=silence_ms)
    assert turns == [(1000 - padding_ms, 1000 + TEXT_MS + max(math.ceil(silence_ms / 20) * 20, 20))]


def test_speech_may_begin_with_the_first_sample() -> None:
    """Speech without any silence before it is found, and its padding does not reach before the session."""
    assert _turns(_spoken() + silence(1000, RATE)) == [(0, TEXT_MS + 500)]
    assert _turns(with_noise(_spoken() + silence(1000, RATE), rms=VOICE_RMS / 10)) == [(0, TEXT_MS + 500)]


def test_one_byte_is_speech() -> None:
    """The shortest text, 40 ms, is a turn wherever it falls between the frames."""
    for samples in range(0, 160, 11):
        assert len(_turns(bytes(2 * (4000 + samples)) + _spoken("a") + silence(600, RATE))) == 1


def test_a_click_is_no_speech() -> None:
    """A sound within one frame of 20 ms starts nothing, however loud."""
    click = pcm16_from_samples([30000, -30000] * 20)
    assert _heard(silence(1000, RATE) + click + silence(1000, RATE)) == ()


def test_padding_does_not_reach_into_the_turn_before() -> None:
    """Audio that ended with one turn is not in the next."""
    sound = _spoken() + silence(250, RATE) + _spoken() + silence(500, RATE)
    [(_, first_end), (second_start, _)] = _turns(sound, silence_duration_ms=200)
    assert first_end == second_start == TEXT_MS + 200


def test_a_short_pause_does_not_end_a_turn() -> None:
    """Only `silence_duration_ms` of silence in one piece ends a turn."""
    sound = _spoken() + silence(190, RATE) + _spoken() + silence(500, RATE)
    assert len(_turns(sound, silence_duration_ms=200)) == 1
    assert len(_turns(sound, silence_duration_ms=160)) == 2


@pytest.mark.parametrize("rate", [8000, 24000])
@pytest.mark.parametrize("noise_db", [None, -30, -15])
def test_a_long_text_is_one_turn(rate: int, noise_db: int | None) -> None:
    """However long the voice speaks, it does not become noise to itself: alone, and 30 and 15 dB above noise."""
    text = "six seconds " * 12
    sound = silence(700, rate) + _spoken(text, rate) + silence(400, rate)
    if noise_db is not None:
        sound = with_noise(sound, rms=VOICE_RMS * 10 ** (noise_db / 20))
    [(start_ms, end_ms)] = _turns(sound, rate=rate, silence_duration_ms=200)
    assert start_ms == pytest.approx(400, abs=20)
    assert end_ms == pytest.approx(700 + len(text) * BYTE_MS + 200, abs=45)


def test_a_faint_voice_is_found() -> None:
    """The voice at -20 dB is found as the voice is, in silence and in faint noise."""
    sound = louder(silence(1000, RATE) + _spoken() + silence(1000, RATE), 0.1)
    assert _turns(sound) == _turns(with_noise(sound, rms=50)) == [(700, 1000 + TEXT_MS + 500)]


@pytest.mark.parametrize("rate", [8000, 24000])
@pytest.mark.parametrize("rms", [0, 1, 30, 100, 1000])
def test_steady_noise_is_no_speech(rms: float, rate: int) -> None:
    """Noise that is there from the start and stays starts nothing, from digital silence to -30 dB."""
    sound = noise(2000, rate, rms=rms, seed=round(rms))
    assert [_heard(sound, threshold=threshold, rate=rate) for threshold in (0, 0.5, 1)] == [(), (), ()]


@pytest.mark.parametrize("threshold", [0, 0.5, 1])
def test_noise_that_changes_is_noise_again(threshold: float) -> None:
    """A step of the noise is at most one turn, of less than 2.5 s; falling noise is none; then speech is found."""
    levels = [30, 300, 30, 300, 100]
    sound = b"".join(noise(3000, RATE, rms=rms, seed=seed) for seed, rms in enumerate(levels))
    turns = _turns(sound, threshold=threshold, silence_duration_ms=200)
    assert [start_ms for start_ms, _ in turns] == [2700, 8700]
    assert all(end_ms - start_ms < 2500 for start_ms, end_ms in turns)
    sound += with_noise(_spoken() + silence(500, RATE), rms=100)
    assert _turns(sound, threshold=threshold, silence_duration_ms=200)[2:] == [(14700, 15000 + TEXT_MS + 200)]


def test_speech_ends_also_where_noise_has_grown_behind_it() -> None:
    """Noise that became ten times louder during speech does not keep the turn open."""
    before = with_noise(silence(1000, RATE) + _spoken(), rms=30)
    after = with_noise(_spoken() + silence(3000, RATE), rms=300)
    [(start_ms, end_ms)] = _turns(before + after, silence_duration_ms=200)
    assert start_ms == 700
    assert 0 <= end_ms - (1000 + 2 * TEXT_MS + 200) <= 1500


def test_a_machine_ends() -> None:
    """Even a sound whose energy swings like that of speech ends, in time, if it has no pause."""
    pulse = [500, -500] * (RATE // 200) + [0] * (RATE // 100)
    state, _ = vad_step(VadState(VadConfig(rate=RATE)), noise(2000, RATE, rms=50) + pcm16_from_samples(pulse * 500))
    assert state.speaking
    state, events = vad_step(state, pcm16_from_samples(pulse * 2000))
    assert [type(event) for event in events] == [SpeechStopped]


def test_threshold_is_how_loud_speech_must_be() -> None:
    """The higher the threshold, the further above the noise speech must be."""
    sound = silence(1000, RATE) + _spoken() + silence(1000, RATE)

    def found(snr_db: float) -> list[bool]:
        noisy = with_noise(sound, rms=VOICE_RMS * 10 ** (-snr_db / 20))
        return [bool(_heard(noisy, threshold=threshold)) for threshold in (0, 0.5, 1)]

    assert found(17) == [True, True, True]
    assert found(10.5) == [True, True, False]
    assert found(6) == [True, False, False]
    assert found(-3) == [False, False, False]


def _mixed_audio() -> bytes:
    parts = [noise(300, RATE, rms=60), _spoken("one"), silence(333, RATE), louder(_spoken("two"), 0.2)]
    return b"".join([*parts, noise(400, RATE, rms=200), _spoken("three"), silence(250, RATE)]) + b"\x07"


MIXED = _mixed_audio()
WHOLE = vad_step(VadState(VadConfig(rate=RATE, silence_duration_ms=200)), MIXED)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.lists(st.integers(0, len(MIXED)), max_size=30))
def test_any_split_of_the_audio_is_heard_alike(cuts: list[int]) -> None:
    """Chunks of any length, also of half samples and of none, give the events and the state of the whole."""
    state = VadState(VadConfig(rate=RATE, silence_duration_ms=200))
    events: list[SpeechStarted | SpeechStopped] = []
    bounds = [0, *sorted(cuts), len(MIXED)]
    for start, stop in pairwise(bounds):
        state, found = vad_step(state, MIXED[start:stop])
        events += found
    assert (state, tuple(events)) == WHOLE
    assert len(events) >= 4


def test_single_bytes_are_heard_alike() -> None:
    """Audio that comes byte by byte is heard as in one piece, each event with the byte that completes its frame."""
    sound = _spoken("a") + silence(80, RATE)
    state, events = VadState(VadConfig(rate=RATE, silence_duration_ms=40)), []
    for place in range(len(sound)):
        state, found = vad_step(state, sound[place : place + 1])
        events += [(place + 1, event) for event in found]
    frame = FORMAT.ms_to_bytes(20)
    assert events == [(2 * frame, SpeechStarted(0)), (4 * frame, SpeechStopped(80))]


def test_position_counts_all_audio() -> None:
    """`position_ms` is all audio so far, whole frames or not."""
    state = VadState(VadConfig(rate=RATE))
    positions = []
    for chunk_bytes in (0, 15, 1, 320, 16_000, 1):
        state, _ = vad_step(state, bytes(chunk_bytes))
        positions.append(state.position_ms)
    assert positions == [0, 0, 1, 21, 1021, 1021]


def test_what_is_kept_does_not_grow() -> None:
    """The state after a minute is as large as after two seconds, and holds less than a frame of audio."""
    state, _ = vad_step(VadState(VadConfig(rate=RATE)), silence(2000, RATE))
    later, _ = vad_step(state, silence(58_005, RATE))
    assert len(later.rest) == FORMAT.ms_to_bytes(5)
    assert (len(later.levels), len(later.gaps)) == (len(state.levels), len(state.gaps))


def test_the_configuration_may_change_in_the_middle() -> None:
    """A new silence duration is in force at once, and what was heard stays heard."""
    state, started = vad_step(VadState(VadConfig(rate=RATE)), silence(1000, RATE) + _spoken() + silence(180, RATE))
    assert started == (SpeechStarted(700),)
    assert state.speaking
    state = replace(state, config=replace(state.config, silence_duration_ms=200))
    state, stopped = vad_step(state, silence(20, RATE))
    assert stopped == (SpeechStopped(1000 + TEXT_MS + 200),)
    assert not state.speaking


@pytest.mark.parametrize("padding_ms", [0, 300])
@pytest.mark.parametrize("rate", [8000, 24000])
def test_turns_carry_their_texts(rate: int, padding_ms: int) -> None:
    """The audio cut out at the times of the events is transcribed to what was said, also without padding."""
    format = AudioFormat(rate=rate)
    texts = ["Hello, world!", "zwölf", "y"]
    sound = silence(333, rate) + b"".join(_spoken(text, rate) + bytes(2 * 7777) for text in texts) + silence(200, rate)
    turns = _turns(sound, rate=rate, prefix_padding_ms=padding_ms, silence_duration_ms=200)
    spans = (slice(format.ms_to_bytes(start), format.ms_to_bytes(end)) for start, end in turns)
    assert [transcribe(sound[span], format) for span in spans] == texts


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold", -0.1),
        ("threshold", 1.1),
        ("threshold", math.nan),
        ("prefix_padding_ms", -1),
        ("silence_duration_ms", -1),
        ("rate", 7999),
        ("rate", 48001),
    ],
)
def test_impossible_configurations_are_refused(name: str, value: Any) -> None:
    """A value out of its range is a ValueError that shows it."""
    with pytest.raises(ValueError, match=re.escape(str(value))):
        VadConfig(**{name: value})

"""The voice of the embedded server: audio that carries its text."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rxrealtime.audio import PCM16_24K, PCMA, PCMU, AudioFormat, from_pcm16, pcm16_from_samples, pcm16_to_samples
from rxrealtime.server.voices import BYTE_MS, speak, transcribe
from tests.sounds import VOICE_RMS, louder, noise, silence, with_noise

PCM16_8K = AudioFormat(rate=8000)
FORMATS = [
    PCM16_24K,
    PCMU,
    PCMA,
    *(AudioFormat(rate=rate) for rate in (8000, 11025, 12345, 44100, 48000)),
]
TEXTS = [
    "a",
    "What is the weather in Oslo?",
    "aaaaaaaaaaaaaaaaaaaa",
    "Grüße aus 東京 🎉 नमस्ते \x00\x7f\U0010ffff",
    " \n\t  ",
]
by_format = pytest.mark.parametrize("format", FORMATS, ids=lambda format: f"{format.encoding[6:]}-{format.rate}")
by_text = pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))


@by_format
@by_text
def test_text_survives(text: str, format: AudioFormat) -> None:
    """What is spoken is transcribed exactly, in every format."""
    assert transcribe(speak(text, format), format) == text


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.text(st.characters(codec="utf-8"), max_size=12), st.sampled_from([PCM16_8K, PCMU, PCMA, PCM16_24K]))
def test_any_unicode_text_survives(text: str, format: AudioFormat) -> None:
    """Any text of Unicode is carried."""
    assert transcribe(speak(text, format), format) == text


def test_every_byte_has_its_own_tone() -> None:
    """The 256 tones differ, also where they stand next to each other."""
    text = "".join(chr(code) for code in range(1, 0x800, 11))
    assert transcribe(speak(text, PCM16_8K), PCM16_8K) == text
    assert len({speak(chr(code)) for code in range(128)}) == 128


@by_format
def test_a_byte_takes_40_ms(format: AudioFormat) -> None:
    """The audio is exactly as long as its bytes of UTF-8 are, and never clips."""
    assert len(speak("x世", format)) == 4 * format.ms_to_bytes(BYTE_MS)
    assert speak("", format) == b""
    if format.encoding == "audio/pcm":
        assert max(map(abs, pcm16_to_samples(speak("x世?", format)))) < 16384


def test_surrogates_are_spoken_as_question_marks() -> None:
    """What UTF-8 cannot carry is replaced: speaking never fails."""
    assert transcribe(speak("a\ud83db")) == "a?b"


@pytest.mark.parametrize("format", [PCMU, AudioFormat(rate=44100)], ids=["pcmu", "44k"])
def test_cut_audio_is_cut_text(format: AudioFormat) -> None:
    """Audio cut at any sample carries the bytes that were played, or one more whose tone was certain already."""
    text = "aab eef"
    audio, tone = speak(text, format), format.ms_to_bytes(BYTE_MS)
    sample = format.bytes_per_sample
    for cut in range(0, len(audio) + 1, format.rate // 200 * sample - 3 * sample):
        heard = transcribe(audio[:cut], format)
        assert text.startswith(heard)
        assert len(heard) - cut // tone in (0, 1)
    for played in range(len(text) + 1):
        assert transcribe(audio[: played * tone], format) == text[:played]
        assert transcribe(audio[: played * tone + tone // 4 // sample * sample], format) == text[:played]


def test_cut_characters_are_dropped() -> None:
    """Of a character that was not played to its end nothing is left."""
    text = "né世🎉"
    audio, tone = speak(text, PCM16_8K), PCM16_8K.ms_to_bytes(BYTE_MS)
    heard = [transcribe(audio[: tone * played], PCM16_8K) for played in range(11)]
    assert heard == ["", "n", "n", "né", "né", "né", "né世", "né世", "né世", "né世", text]


def test_audio_without_its_beginning_is_the_rest_of_the_text() -> None:
    """Audio that starts in the middle of a tone carries what follows, wherever it starts."""
    text = "Hello, world!"
    audio, tone = speak(text), PCM16_24K.ms_to_bytes(BYTE_MS)
    for start in range(0, 3 * tone, 262):
        heard = transcribe(audio[start:])
        assert text.endswith(heard)
        assert len(text) - len(heard) - start // tone in (0, 1)


@pytest.mark.parametrize("format", [PCM16_24K, PCM16_8K], ids=["24k", "8k"])
def test_silence_around_the_voice_does_not_matter(format: AudioFormat) -> None:
    """Silence and faint noise before and after, of any length in samples, change nothing."""
    text = "Wie spät?"
    for before, after in [(1, 0), (0, 1), (301, 7), (1234, 5678), (7201, 801)]:
        padded = bytes(2 * before) + speak(text, format) + bytes(2 * after)
        assert transcribe(padded, format) == text
        assert transcribe(with_noise(padded, rms=30), format) == text


def test_several_utterances_are_one_text() -> None:
    """Utterances follow one another with any pause, each at its own place and level."""
    sounds = [speak("one "), silence(700, 24000), bytes(2 * 777), louder(speak("two "), 0.1), bytes(2 * 2001)]
    assert transcribe(b"".join([*sounds, speak("three")])) == "one two three"
    assert transcribe(speak("one")[: -24 * 2 * 30] + speak("two")) == "ontwo"


def test_no_voice_is_no_text() -> None:
    """Nothing, silence, noise of any level and a single tone carry no text."""
    assert transcribe(b"") == transcribe(b"\x01") == transcribe(silence(500, 24000)) == ""
    for rms in (1, 300, 9000):
        assert transcribe(noise(1500, 8000, rms=rms, seed=rms), PCM16_8K) == ""
    sine = pcm16_from_samples(round(9000 * math.sin(math.tau * 700 * n / 8000)) for n in range(4000))
    square = (b"\x00\x20" * 5 + b"\x00\xe0" * 5) * 400
    assert transcribe(sine, PCM16_8K) == transcribe(square, PCM16_8K) == ""


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("format", [PCM16_24K, PCM16_8K, PCMU, PCMA], ids=["24k", "8k", "pcmu", "pcma"])
def test_noise_as_loud_as_the_voice_is_borne(format: AudioFormat, seed: int) -> None:
    """White noise of 0 dB, with noise alone around, leaves the text as it is: at 24 kHz, 8 kHz, through G.711."""
    plain = AudioFormat(rate=format.rate)
    for text in TEXTS[1:3]:
        sound = silence(111, format.rate) + speak(text, plain) + silence(55, format.rate)
        noisy = with_noise(sound, rms=VOICE_RMS, seed=seed)
        assert transcribe(from_pcm16(noisy, format), format) == text


@pytest.mark.parametrize("seed", [47, 59])
def test_noise_does_not_shift_a_long_text(seed: int) -> None:
    """No tone is lost where noise makes it look better to place the first tones later than the last ones."""
    text = "A longer text gives noise more chances to shift the tones."
    sound = bytes(2 * 820) + speak(text, PCM16_8K) + bytes(1000)
    assert transcribe(with_noise(sound, rms=VOICE_RMS, seed=seed), PCM16_8K) == text


@pytest.mark.parametrize("gain", [0.01, 0.1, 4, 8], ids=["-40dB", "-20dB", "+12dB", "+18dB"])
def test_level_and_clipping_do_not_matter(gain: float) -> None:
    """The voice is understood at -40 dB, and clipped by 13 dB."""
    for format, text in itertools.product([PCM16_24K, PCM16_8K], TEXTS[2:4]):
        assert transcribe(louder(speak(text, format), gain), format) == text


def test_a_faint_voice_through_a_telephone_is_understood() -> None:
    """At -20 dB with noise of -20 dB below that, as mu-law and A-law at 8 kHz."""
    sound = with_noise(louder(speak(TEXTS[3], PCM16_8K), 0.1), rms=VOICE_RMS / 100)
    for format in (PCMU, PCMA):
        assert transcribe(from_pcm16(sound, format), format) == TEXTS[3]


def test_a_low_rate_is_refused() -> None:
    """A rate that cannot carry 3500 Hz is a ValueError that says so."""
    low = AudioFormat(rate=7999)
    with pytest.raises(ValueError, match="7999"):
        speak("x", low)
    with pytest.raises(ValueError, match="7999"):
        transcribe(bytes(1000), low)

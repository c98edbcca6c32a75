"""Audio formats, G.711 and WAV."""

from __future__ import annotations

import io
import struct
import warnings
import wave
from collections.abc import Callable, Mapping
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rxrealtime.audio import (
    PCM16_24K,
    PCMA,
    PCMU,
    AudioFormat,
    decode_pcma,
    decode_pcmu,
    encode_pcma,
    encode_pcmu,
    from_pcm16,
    pcm16_from_samples,
    pcm16_to_samples,
    read_wav,
    to_pcm16,
    wav_bytes,
)

EVERY_SAMPLE = pcm16_from_samples(range(-32768, 32768))
EVERY_CODE = bytes(range(256))
steady = settings(derandomize=True, deadline=None)
formats = st.sampled_from([PCM16_24K, PCMU, PCMA, AudioFormat(rate=8000), AudioFormat(rate=48000)])
odd_formats = st.integers(8000, 48000).map(lambda rate: AudioFormat(rate=rate))


# Formats of the wire


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, PCM16_24K),
        ({}, PCM16_24K),
        ({"type": None, "rate": None}, PCM16_24K),
        ({"type": "audio/pcm"}, PCM16_24K),
        ({"type": "audio/pcm", "rate": 24000}, PCM16_24K),
        ({"type": "audio/pcm", "rate": 8000}, AudioFormat("audio/pcm", 8000)),
        ({"type": "audio/pcm", "rate": 48000}, AudioFormat("audio/pcm", 48000)),
        ({"type": "audio/pcmu"}, PCMU),
        ({"type": "audio/pcma", "rate": 8000}, PCMA),
        ({"type": "audio/pcmu", "rate": None, "later": 1}, PCMU),
        ("pcm16", PCM16_24K),
        ("g711_ulaw", PCMU),
        ("g711_alaw", PCMA),
    ],
)
def test_wire_formats_are_read(value: Mapping[str, object] | str | None, expected: AudioFormat) -> None:
    """GA objects, beta names, and what is absent or null as the default, are read."""
    assert AudioFormat.from_wire(value) == expected


@pytest.mark.parametrize(
    ("value", "culprit"),
    [
        ("mp3", "mp3"),
        ("audio/pcm", "audio/pcm"),
        ("", "''"),
        ({"type": "audio/ogg"}, "audio/ogg"),
        ({"type": "pcm16"}, "pcm16"),
        ({"type": 7}, "7"),
        ({"type": "audio/pcm", "rate": 7999}, "7999"),
        ({"type": "audio/pcm", "rate": 48001}, "48001"),
        ({"type": "audio/pcm", "rate": 24000.0}, "24000.0"),
        ({"type": "audio/pcm", "rate": "24000"}, "'24000'"),
        ({"type": "audio/pcm", "rate": True}, "True"),
        ({"type": "audio/pcmu", "rate": 16000}, "16000"),
    ],
)
def test_other_wire_formats_are_refused_by_name(value: Mapping[str, object] | str, culprit: str) -> None:
    """What is not a format of the wire is a ValueError that names it and what is allowed."""
    with pytest.raises(ValueError, match="unsupported audio format") as caught:
        AudioFormat.from_wire(value)
    message = str(caught.value)
    assert culprit in message
    assert all(name in message for name in ("audio/pcm", "audio/pcmu", "audio/pcma", "pcm16", "g711_ulaw", "8000"))


def test_a_long_culprit_is_shortened() -> None:
    """A refused value of any size does not fill the message."""
    with pytest.raises(ValueError, match="unsupported") as caught:
        AudioFormat.from_wire("x" * 100_000)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(("encoding", "rate"), [("audio/mp3", 24000), ("audio/pcm", 0), ("audio/pcmu", 24000)])
def test_impossible_formats_are_refused(encoding: str, rate: int) -> None:
    """A format that cannot be is a ValueError: an unknown encoding, no rate, G.711 at another rate than 8 kHz."""
    with pytest.raises(ValueError, match=f"{encoding}|{rate}"):
        AudioFormat(encoding, rate)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  (the wrong value)


# Time, samples and bytes


def test_known_sizes() -> None:
    """100 ms are 4800 bytes of PCM16 at 24 kHz and 800 of G.711."""
    assert (PCM16_24K.bytes_per_sample, PCMU.bytes_per_sample, PCMA.bytes_per_sample) == (2, 1, 1)
    assert (PCM16_24K.ms_to_bytes(100), PCMU.ms_to_bytes(100)) == (4800, 800)
    assert (PCM16_24K.ms_to_samples(100), PCMU.ms_to_samples(100)) == (2400, 800)
    assert (PCM16_24K.seconds(72_000), PCMA.seconds(4000)) == (1.5, 0.5)
    assert (PCM16_24K.bytes_to_ms(47), PCM16_24K.bytes_to_ms(48), PCM16_24K.bytes_to_ms(49)) == (0, 1, 1)
    assert PCM16_24K.seconds(3) == 1 / 24000, "half a sample does not count"


@steady
@given(formats, st.integers(0, 10**12))
def test_milliseconds_survive(format: AudioFormat, ms: int) -> None:
    """At rates of whole kHz milliseconds to bytes and back is exact, for days of audio."""
    assert format.bytes_to_ms(format.ms_to_bytes(ms)) == ms


@steady
@given(st.one_of(formats, odd_formats), st.integers(0, 10**9))
def test_arithmetic_floors_to_whole_samples(format: AudioFormat, n: int) -> None:
    """Each conversion is the floor of the exact value, and bytes are whole samples."""
    samples = format.bytes_to_samples(n)
    assert format.samples_to_bytes(samples) <= n < format.samples_to_bytes(samples + 1)
    assert format.bytes_to_ms(n) * format.rate <= samples * 1000 < (format.bytes_to_ms(n) + 1) * format.rate
    assert format.ms_to_samples(n) * 1000 <= n * format.rate < (format.ms_to_samples(n) + 1) * 1000
    assert format.ms_to_bytes(n) == format.samples_to_bytes(format.ms_to_samples(n))


def test_negative_amounts_are_refused() -> None:
    """No amount of time, samples or bytes is negative."""
    conversions: list[Callable[[int], object]] = [
        PCM16_24K.ms_to_bytes,
        PCM16_24K.ms_to_samples,
        PCM16_24K.bytes_to_ms,
        PCM16_24K.bytes_to_samples,
        PCM16_24K.samples_to_bytes,
        PCM16_24K.seconds,
    ]
    for convert in conversions:
        with pytest.raises(ValueError, match="-1"):
            convert(-1)


# G.711


def test_mu_law_corner_values() -> None:
    """Mu-law has the values of G.711 table 2: 8031 of 8192 at most, and 0 in both signs."""
    expected = {0x00: -32124, 0x80: 32124, 0x7F: 0, 0xFF: 0, 0x0F: -16764, 0x8F: 16764, 0x7E: -8, 0xFE: 8, 0xF0: 120}
    assert {code: pcm16_to_samples(decode_pcmu(bytes([code])))[0] for code in expected} == expected
    levels = [-32768, -32124, -4, 0, 3, 4, 32124, 32767]
    assert encode_pcmu(pcm16_from_samples(levels)) == bytes([0x00, 0x00, 0x7E, 0xFF, 0xFF, 0xFE, 0x80, 0x80])


def test_a_law_corner_values() -> None:
    """A-law has the values of G.711 table 1: 4032 of 4096 at most, and no 0."""
    expected = {0x2A: -32256, 0xAA: 32256, 0x55: -8, 0xD5: 8, 0x5A: -248, 0xDA: 248, 0x45: -264, 0xC5: 264}
    assert {code: pcm16_to_samples(decode_pcma(bytes([code])))[0] for code in expected} == expected
    levels = [-32768, -9, -1, 0, 15, 16, 32767]
    assert encode_pcma(pcm16_from_samples(levels)) == bytes([0x2A, 0x55, 0x55, 0xD5, 0xD5, 0xD4, 0xAA])


@pytest.mark.parametrize(
    ("encode", "decode"), [(encode_pcmu, decode_pcmu), (encode_pcma, decode_pcma)], ids=["mu", "A"]
)
def test_g711_keeps_about_six_bits(encode: Callable[[bytes], bytes], decode: Callable[[bytes], bytes]) -> None:
    """Any sample but the loudest 2 % comes back within a 32nd of its value plus 8, and order is kept."""
    back = pcm16_to_samples(decode(encode(EVERY_SAMPLE)))
    errors = [abs(a - b) - abs(a) / 32 - 8 for a, b in zip(range(-32768, 32768), back, strict=True)]
    assert max(errors[700:-700]) <= 0
    assert list(back) == sorted(back)


def test_g711_codes_survive() -> None:
    """Decoding and encoding again changes no code, but that mu-law has one code for 0 then."""
    assert encode_pcma(decode_pcma(EVERY_CODE)) == EVERY_CODE
    assert encode_pcmu(decode_pcmu(EVERY_CODE)) == EVERY_CODE.replace(b"\x7f", b"\xff")


@pytest.fixture
def audioop() -> ModuleType:
    """The module of the standard library before Python 3.13."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        module: ModuleType = pytest.importorskip("audioop", reason="audioop left the standard library in Python 3.13")
    return module


def test_g711_equals_audioop(audioop: ModuleType) -> None:
    """All 65536 samples and all 256 codes are converted as the standard library did."""
    assert encode_pcmu(EVERY_SAMPLE) == audioop.lin2ulaw(EVERY_SAMPLE, 2)
    assert encode_pcma(EVERY_SAMPLE) == audioop.lin2alaw(EVERY_SAMPLE, 2)
    assert decode_pcmu(EVERY_CODE) == audioop.ulaw2lin(EVERY_CODE, 2)
    assert decode_pcma(EVERY_CODE) == audioop.alaw2lin(EVERY_CODE, 2)


def test_conversion_by_format() -> None:
    """A format converts to PCM16 and from it by its encoding; PCM16 stays as it is."""
    pcm16 = pcm16_from_samples([0, 1000, -1000])
    assert from_pcm16(pcm16, PCMU) == encode_pcmu(pcm16)
    assert from_pcm16(pcm16, PCMA) == encode_pcma(pcm16)
    assert to_pcm16(b"\x00\x80", PCMU) == decode_pcmu(b"\x00\x80")
    assert to_pcm16(b"\x00\x80", PCMA) == decode_pcma(b"\x00\x80")
    assert to_pcm16(pcm16, PCM16_24K) == from_pcm16(pcm16, PCM16_24K) == pcm16


def test_samples_are_little_endian() -> None:
    """PCM16 is little-endian on every machine."""
    assert list(pcm16_to_samples(b"\x01\x00\x00\x80\xff\xff")) == [1, -32768, -1]
    assert pcm16_from_samples([1, -32768, -1]) == b"\x01\x00\x00\x80\xff\xff"


def test_half_a_sample_is_refused() -> None:
    """An odd number of PCM16 bytes is a ValueError wherever PCM16 is taken."""
    takers: list[Callable[[bytes], object]] = [
        pcm16_to_samples,
        encode_pcmu,
        encode_pcma,
        lambda pcm: to_pcm16(pcm, PCM16_24K),
        lambda pcm: from_pcm16(pcm, PCM16_24K),
        lambda pcm: wav_bytes(pcm, 8000),
    ]
    for take in takers:
        with pytest.raises(ValueError, match="3 bytes end in the middle"):
            take(b"abc")


# WAV


@steady
@given(st.lists(st.integers(-32768, 32767), max_size=100), st.integers(1, 192_000))
def test_wav_round_trip(samples: list[int], rate: int) -> None:
    """What was written as WAV is read back, with its rate."""
    pcm16 = pcm16_from_samples(samples)
    assert read_wav(wav_bytes(pcm16, rate)) == (pcm16, AudioFormat(rate=rate))


def _wav(channels: int, width: int) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(8000)
        file.writeframes(bytes(12))
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_wav(2, 2), "2 channels of 16 bits"),
        (_wav(1, 1), "1 channels of 8 bits"),
        (_wav(1, 3), "1 channels of 24 bits"),
        (b"", "not a readable WAV"),
        (b"ID3\x04 an mp3", "not a readable WAV"),
        (wav_bytes(bytes(20), 8000)[:30], "not a readable WAV"),
        (wav_bytes(bytes(20), 8000).replace(struct.pack("<I", 8000), struct.pack("<I", 0)), "rate"),
    ],
)
def test_other_wav_files_are_refused(data: bytes, message: str) -> None:
    """Only mono 16-bit WAV is read; anything else is a ValueError that says what it is."""
    with pytest.raises(ValueError, match=message):
        read_wav(data)


def test_a_cut_off_wav_gives_what_it_has() -> None:
    """A WAV file that ends too early is read up to its last whole sample."""
    assert read_wav(wav_bytes(b"abcdefgh", 8000)[:-3]) == (b"abcd", AudioFormat(rate=8000))


@steady
@given(
    st.lists(st.tuples(st.integers(0, 45), st.integers(0, 255)), max_size=4),
    st.integers(0, 66),
)
def test_damaged_wav_is_read_or_refused(damage: list[tuple[int, int]], length: int) -> None:
    """Whatever happened to a WAV file, it is read or is a ValueError, nothing else."""
    data = bytearray(wav_bytes(bytes(range(20)), 24000))
    for place, byte in damage:
        data[place] = byte
    try:
        pcm16, format = read_wav(bytes(data[:length]))
    except ValueError:
        return
    assert len(pcm16) % 2 == 0
    assert format.encoding == "audio/pcm"

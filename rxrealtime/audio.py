"""Audio formats of the wire, exact time arithmetic, G.711 and WAV.

Everything here is arithmetic on bytes: PCM16 is signed, little-endian and mono; G.711 is one byte a sample at 8 kHz.
Conversions between milliseconds, samples and bytes are integer arithmetic that rounds down to whole samples, so that
splitting audio anywhere never accumulates an error.
"""

from __future__ import annotations

import io
import reprlib
import struct
import sys
import wave
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from rxrealtime.g711 import a_law_codes, a_law_planes, mu_law_codes, mu_law_planes

__all__ = [
    "PCM16_24K",
    "PCMA",
    "PCMU",
    "AudioFormat",
    "Encoding",
    "decode_pcma",
    "decode_pcmu",
    "encode_pcma",
    "encode_pcmu",
    "from_pcm16",
    "pcm16_from_samples",
    "pcm16_to_samples",
    "read_wav",
    "to_pcm16",
    "wav_bytes",
]

Encoding = Literal["audio/pcm", "audio/pcmu", "audio/pcma"]

_ENCODINGS: Final[dict[str, Encoding]] = {
    "audio/pcm": "audio/pcm",
    "audio/pcmu": "audio/pcmu",
    "audio/pcma": "audio/pcma",
}
_BETA_NAMES: Final[dict[str, Encoding]] = {
    "pcm16": "audio/pcm",
    "g711_ulaw": "audio/pcmu",
    "g711_alaw": "audio/pcma",
}
_DEFAULT_RATES: Final[dict[Encoding, int]] = {"audio/pcm": 24_000, "audio/pcmu": 8_000, "audio/pcma": 8_000}
_G711_RATE: Final = 8_000
_WIRE_RATES: Final = range(8_000, 48_001)
_ALLOWED: Final = (
    "allowed are {'type': 'audio/pcm', 'rate': 8000 to 48000}, {'type': 'audio/pcmu'}, {'type': 'audio/pcma'} "
    "(both 8000), and the beta names pcm16, g711_ulaw, g711_alaw"
)


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """Say how bytes of audio are to be read, and convert between time, samples and bytes.

    Args:
        encoding: `audio/pcm` (PCM16, little-endian, mono), `audio/pcmu` (G.711 mu-law) or `audio/pcma` (A-law).
        rate: samples a second, default 24000; G.711 is always 8000.

    Raises:
        ValueError: the encoding is unknown, the rate is not a positive integer, or G.711 is not at 8000.

    Source: OpenAI Realtime API reference, session audio formats (2026-08).
    """

    encoding: Encoding = "audio/pcm"
    rate: int = 24_000

    def __post_init__(self) -> None:
        if self.encoding not in _ENCODINGS:
            raise ValueError(f"unknown encoding {reprlib.repr(self.encoding)}: allowed are {', '.join(_ENCODINGS)}")
        if type(self.rate) is not int or self.rate < 1:
            raise ValueError(f"rate must be a positive integer in Hz, not {reprlib.repr(self.rate)}")
        if self.encoding != "audio/pcm" and self.rate != _G711_RATE:
            raise ValueError(f"{self.encoding} is always {_G711_RATE} Hz, not {self.rate}")

    @classmethod
    def from_wire(cls, value: Mapping[str, object] | str | None) -> AudioFormat:
        """Read the format of a session configuration.

        Args:
            value: the GA object (`{"type": "audio/pcm", "rate": 24000}`), a beta name (`pcm16`), or None for the
                default, PCM16 at 24000 Hz. Absent and null fields mean their defaults, unknown fields are ignored.

        Returns:
            The format.

        Raises:
            ValueError: the type or the rate is not one of those allowed; the message names it and them.

        Source: OpenAI Realtime API reference (2026-08); beta names: openai-openapi history; PCM rates of 8000 to
        48000 Hz: xAI voice reference.
        """
        if value is None:
            return cls()
        wanted = _from_wire_object(value) if isinstance(value, Mapping) else _from_beta_name(value)
        if wanted is None:
            raise ValueError(f"unsupported audio format {reprlib.repr(value)}: {_ALLOWED}")
        return wanted

    @property
    def bytes_per_sample(self) -> int:
        """The size of one sample: 2 for PCM16, 1 for G.711."""
        return 2 if self.encoding == "audio/pcm" else 1

    def ms_to_samples(self, ms: int) -> int:
        """Return the whole samples in `ms` milliseconds, rounded down; a negative time is a ValueError."""
        return _natural(ms, "milliseconds") * self.rate // 1000

    def samples_to_bytes(self, samples: int) -> int:
        """Return the bytes that `samples` samples take; a negative number is a ValueError."""
        return _natural(samples, "samples") * self.bytes_per_sample

    def bytes_to_samples(self, n_bytes: int) -> int:
        """Return the whole samples in `n_bytes` bytes, rounded down; a negative number is a ValueError."""
        return _natural(n_bytes, "bytes") // self.bytes_per_sample

    def ms_to_bytes(self, ms: int) -> int:
        """Return the bytes of the whole samples in `ms` milliseconds; a negative time is a ValueError."""
        return self.samples_to_bytes(self.ms_to_samples(ms))

    def bytes_to_ms(self, n_bytes: int) -> int:
        """Return the whole milliseconds that the whole samples in `n_bytes` last; negative is a ValueError.

        It undoes `ms_to_bytes` where the rate is a multiple of 1000 Hz; at others it may be 1 ms less.
        """
        return self.bytes_to_samples(n_bytes) * 1000 // self.rate

    def seconds(self, n_bytes: int) -> float:
        """Return how many seconds the whole samples in `n_bytes` bytes last; negative is a ValueError."""
        return self.bytes_to_samples(n_bytes) / self.rate


PCM16_24K: Final = AudioFormat()
PCMU: Final = AudioFormat("audio/pcmu", _G711_RATE)
PCMA: Final = AudioFormat("audio/pcma", _G711_RATE)


def _natural(n: int, unit: str) -> int:
    if n < 0:
        raise ValueError(f"a number of {unit} cannot be negative: {n}")
    return n


def _from_wire_object(value: Mapping[str, object]) -> AudioFormat | None:
    kind, rate = value.get("type"), value.get("rate")
    encoding = _ENCODINGS.get(kind) if isinstance(kind, str) else "audio/pcm" if kind is None else None
    if encoding is None:
        return None
    allowed = _WIRE_RATES if encoding == "audio/pcm" else (_G711_RATE,)
    if rate is None:
        return AudioFormat(encoding, _DEFAULT_RATES[encoding])
    return AudioFormat(encoding, rate) if type(rate) is int and rate in allowed else None


def _from_beta_name(value: str) -> AudioFormat | None:
    encoding = _BETA_NAMES.get(value)
    return None if encoding is None else AudioFormat(encoding, _DEFAULT_RATES[encoding])


def pcm16_to_samples(pcm16: bytes) -> array[int]:
    """Return the samples, -32768 to 32767, of little-endian PCM16; half a sample at the end is a ValueError."""
    samples = array("h")
    samples.frombytes(_whole(pcm16))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def pcm16_from_samples(samples: Iterable[int]) -> bytes:
    """Return little-endian PCM16 of samples; one outside -32768 to 32767 is an OverflowError."""
    values = array("h", samples)
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _whole(pcm16: bytes) -> bytes:
    if len(pcm16) % 2:
        raise ValueError(f"PCM16 has 2 bytes a sample: {len(pcm16)} bytes end in the middle of one")
    return pcm16


def encode_pcmu(pcm16: bytes) -> bytes:
    """Compress PCM16 to G.711 mu-law; half a sample at the end is a ValueError. Source: ITU-T G.711 (11/88)."""
    return _compress(pcm16, mu_law_codes())


def decode_pcmu(pcmu: bytes) -> bytes:
    """Expand G.711 mu-law to PCM16. Source: ITU-T G.711 (11/88), table 2."""
    return _expand(pcmu, mu_law_planes())


def encode_pcma(pcm16: bytes) -> bytes:
    """Compress PCM16 to G.711 A-law; half a sample at the end is a ValueError. Source: ITU-T G.711 (11/88)."""
    return _compress(pcm16, a_law_codes())


def decode_pcma(pcma: bytes) -> bytes:
    """Expand G.711 A-law to PCM16. Source: ITU-T G.711 (11/88), table 1."""
    return _expand(pcma, a_law_planes())


def to_pcm16(data: bytes, format: AudioFormat) -> bytes:
    """Return audio in `format` as PCM16 at the same rate; half a sample at the end is a ValueError."""
    match format.encoding:
        case "audio/pcmu":
            return decode_pcmu(data)
        case "audio/pcma":
            return decode_pcma(data)
        case "audio/pcm":
            return _whole(data)


def from_pcm16(pcm: bytes, format: AudioFormat) -> bytes:
    """Return PCM16 at the rate of `format` in its encoding; half a sample at the end is a ValueError."""
    match format.encoding:
        case "audio/pcmu":
            return encode_pcmu(pcm)
        case "audio/pcma":
            return encode_pcma(pcm)
        case "audio/pcm":
            return _whole(pcm)


def _compress(pcm16: bytes, codes: bytes) -> bytes:
    return bytes(map(codes.__getitem__, pcm16_to_samples(pcm16)))


def _expand(data: bytes, planes: tuple[bytes, bytes]) -> bytes:
    pcm16 = bytearray(2 * len(data))
    pcm16[0::2], pcm16[1::2] = (data.translate(plane) for plane in planes)
    return bytes(pcm16)


def wav_bytes(pcm16: bytes, rate: int) -> bytes:
    """Return a WAV file of mono PCM16.

    Args:
        pcm16: the samples, little-endian.
        rate: samples a second.

    Raises:
        ValueError: PCM16 that ends in the middle of a sample, or a rate below 1.
    """
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(AudioFormat(rate=rate).rate)
        file.writeframes(_whole(pcm16))
    return target.getvalue()


def read_wav(data: bytes) -> tuple[bytes, AudioFormat]:
    """Read a WAV file of mono PCM16; what a cut-off file still holds is read.

    Returns:
        The PCM16 and its format.

    Raises:
        ValueError: the bytes are no WAV file, or not of one channel with 16 bits a sample.
    """
    try:
        with wave.open(io.BytesIO(data), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            pcm16 = file.readframes(file.getnframes())
    except (wave.Error, EOFError, struct.error, RuntimeError, ArithmeticError) as error:
        # The last two are what the wave module of Python 3.11 raises where a header's sizes contradict the file.
        raise ValueError(f"not a readable WAV file: {str(error) or 'its sizes are wrong'}") from error
    if (channels, width) != (1, 2):
        raise ValueError(f"only mono 16-bit WAV is supported: this has {channels} channels of {8 * width} bits")
    return pcm16[: len(pcm16) & ~1], AudioFormat(rate=rate)

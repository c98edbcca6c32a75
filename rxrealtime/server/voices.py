"""The voice of the embedded server: honest audio that carries its text. It is not speech.

It sounds like a fast modem. Each byte of the UTF-8 text is one dual tone of 40 ms: the low four bits choose one of 16
frequencies from 400 to 1900 Hz, the high four bits one of 16 from 2000 to 3500 Hz. So it passes through a telephone
line (8 kHz, G.711), what is cut off the audio is cut off the text, and who played how much can be verified by code and
by ear.

    tone, ms    0    2.5   5                             35   37.5   40
                |silence|rise|        full amplitude      |fall|silence|

The short silences make the voice an ordinary signal for voice activity detection: between two bytes the noise behind
it can be heard for 5 ms, and yet any 20 ms of it are loud.

Reading it back is a search for the 30 ms of full amplitude: the spectrum at the 32 frequencies is taken every 5 ms,
each place of 40 ms is valued by the power it has in its best pair, and of all ways to lay out tones that do not overlap
the one of the highest value is the text. Nothing has to start at a certain place, and no absolute loudness counts.
"""

from __future__ import annotations

import cmath
import math
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, repeat
from operator import add, mul, sub
from typing import Final, NamedTuple

from rxrealtime.audio import PCM16_24K, AudioFormat, from_pcm16, pcm16_from_samples, pcm16_to_samples, to_pcm16

__all__ = ["BYTE_MS", "speak", "transcribe"]

BYTE_MS: Final = 40
"""How long one byte of the UTF-8 text sounds, in milliseconds."""

_LOW_HZ: Final = tuple(range(400, 2000, 100))
_HIGH_HZ: Final = tuple(range(2000, 3600, 100))
_HZ: Final = _LOW_HZ + _HIGH_HZ
_EDGE_S: Final = 0.0025
"""The silence at either end of a tone, and the time that the rise and the fall take."""
_AMPLITUDE: Final = 6000
"""The peak of each of the two tones: together they stay below 37 % of full scale."""
_MIN_RATE: Final = 8_000

_HOP_MS: Final = 5
_HOPS: Final = BYTE_MS // _HOP_MS
_INNER_HOPS: Final = _HOPS - 2

_MIN_SHARE: Final = 0.2
"""The share of the energy of a place that its best pair has: 1 for a clean tone, 0.5 at 0 dB of noise, 0.04 in noise
alone."""
_MIN_EVENNESS: Final = 0.15
"""The power of the weaker frequency of the pair beside that of the other: a square wave and its harmonic have 0.11."""
_MIN_BALANCE: Final = 0.25
"""The power of the weaker half of the 30 ms beside that of the other: a quarter of the tone may be cut off."""
_MAX_RELATIVE: Final = 0.5
"""More relative power than this is not worth more: else noise would shift a long layout, at the cost of a tone."""


def speak(text: str, format: AudioFormat = PCM16_24K) -> bytes:
    """Return the audio of a text, 40 ms for each byte of its UTF-8.

    Args:
        text: any text; surrogates, which UTF-8 cannot carry, sound like a question mark.
        format: the format of the audio, default PCM16 at 24000 Hz; the rate is 8000 Hz or more.

    Returns:
        The audio in the encoding of the format.

    Raises:
        ValueError: the rate is below 8000 Hz.
    """
    _check_rate(format)
    return b"".join([_tone(byte, format) for byte in text.encode("utf-8", "replace")])


def transcribe(audio: bytes, format: AudioFormat = PCM16_24K) -> str:
    """Return the text that audio of this voice carries.

    What is before, between and after the tones does not matter as long as it is not louder than they are. A tone of
    which more than about 12 ms are cut off is left out, and so are the bytes of a character that is not complete.

    Args:
        audio: audio in the encoding of the format; half a sample at the end is ignored.
        format: the format of the audio, default PCM16 at 24000 Hz; the rate is 8000 Hz or more.

    Returns:
        The text, empty if there is no voice in the audio.

    Raises:
        ValueError: the rate is below 8000 Hz.
    """
    _check_rate(format)
    whole = audio[: format.samples_to_bytes(format.bytes_to_samples(len(audio)))]
    places = list(_places(pcm16_to_samples(to_pcm16(whole, format)), format.rate))
    return bytes(places[at].byte for at in _layout(_values(places))).decode("utf-8", "ignore")


def _check_rate(format: AudioFormat) -> None:
    if format.rate < _MIN_RATE:
        raise ValueError(f"the voice reaches to 3500 Hz and needs a rate of {_MIN_RATE} Hz or more, not {format.rate}")


# Speaking: a tone is the sum of two rows of a table.


@lru_cache(maxsize=1024)
def _tone(byte: int, format: AudioFormat) -> bytes:
    low, high = _faded_sines(format.rate)[byte & 0x0F], _faded_sines(format.rate)[16 + (byte >> 4)]
    return from_pcm16(pcm16_from_samples(map(round, map(add, low, high))), format)


@lru_cache(maxsize=4)
def _faded_sines(rate: int) -> tuple[tuple[float, ...], ...]:
    length = AudioFormat(rate=rate).ms_to_samples(BYTE_MS)
    fade = [_AMPLITUDE * _fade(min(n, length - 1 - n) / rate) for n in range(length)]
    return tuple(tuple(fade[n] * math.sin(math.tau * hz * n / rate) for n in range(length)) for hz in _HZ)


def _fade(from_edge_s: float) -> float:
    """Return the loudness, 0 to 1, at a time from the nearer end of the tone."""
    risen = min(max(from_edge_s / _EDGE_S - 1, 0.0), 1.0)
    return (1 - math.cos(math.pi * risen)) / 2


# Reading back: hops of 5 ms -> places of 30 ms -> the layout of highest value.


class _Place(NamedTuple):
    """What the 30 ms from one hop on would be as a tone: its power, 0 if it is not certain to be one, and its byte."""

    power: float
    byte: int


_NO_TONE: Final = _Place(0.0, 0)


class _Hop(NamedTuple):
    spectrum: list[complex]
    energy: int


class _Bank(NamedTuple):
    """What depends on the rate: the reference waves of half a hop, and how far each frequency turns in a hop."""

    decimation: int
    hop_samples: int
    waves: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]
    turns: tuple[complex, ...]


@lru_cache(maxsize=4)
def _bank(rate: int) -> _Bank:
    decimation = rate // _MIN_RATE
    hop_samples = rate * _HOP_MS // 1000 // decimation
    steps = [math.tau * hz * decimation / rate for hz in _HZ]
    from_middle = [(hop_samples - 1) / 2 - n for n in range(hop_samples // 2)]
    waves = tuple(
        (tuple(math.cos(step * n) for n in from_middle), tuple(-math.sin(step * n) for n in from_middle))
        for step in steps
    )
    return _Bank(decimation, hop_samples, waves, tuple(cmath.exp(-1j * step * hop_samples) for step in steps))


def _places(samples: array[int], rate: int) -> Iterator[_Place]:
    """Yield the place that ends with each hop, and those that reach beyond the end of the audio."""
    silence = _Hop([0j] * len(_HZ), 0)
    window = deque([silence] * _INNER_HOPS)
    spectrum, energy = silence
    place_samples = _INNER_HOPS * _bank(rate).hop_samples
    for hop in chain(_hops(samples, _bank(rate)), repeat(silence, _INNER_HOPS)):
        gone = window.popleft()
        window.append(hop)
        spectrum = list(map(sub, map(add, spectrum, hop.spectrum), gone.spectrum))
        energy += hop.energy - gone.energy
        place = _place(spectrum, energy * place_samples / 2)
        yield place if place is _NO_TONE or _is_whole(place, list(window)) else _NO_TONE


def _hops(samples: array[int], bank: _Bank) -> Iterator[_Hop]:
    """Yield the spectrum of every 5 ms, all with their phases counted from the start of the audio."""
    fewer = list(map(sum, zip(*(samples[n :: bank.decimation] for n in range(bank.decimation)), strict=False)))
    phases = [1 + 0j] * len(_HZ)
    for start in range(0, len(fewer) - bank.hop_samples + 1, bank.hop_samples):
        hop = fewer[start : start + bank.hop_samples]
        yield _Hop(list(map(mul, _spectrum(hop, bank), phases)), sum(map(mul, hop, hop)))
        phases = list(map(mul, phases, bank.turns))


def _spectrum(hop: list[int], bank: _Bank) -> list[complex]:
    """Correlate a hop with the waves, folded at its middle: cosines are even there and sines odd, half the work."""
    half = len(hop) // 2
    left, right = hop[:half], hop[: -half - 1 : -1]
    even, odd = list(map(add, right, left)), list(map(sub, right, left))
    return [complex(sum(map(mul, even, real)), sum(map(mul, odd, imag))) for real, imag in bank.waves]


def _place(spectrum: list[complex], full_power: float) -> _Place:
    """Judge one place; `full_power` is the power that both tones would have together without any noise."""
    powers = [z.real * z.real + z.imag * z.imag for z in spectrum]
    low, high = powers[:16], powers[16:]
    best_low, best_high = max(low), max(high)
    paired = min(best_low, best_high) > _MIN_EVENNESS * max(best_low, best_high)
    certain = paired and best_low + best_high > _MIN_SHARE * full_power
    return _Place(best_low + best_high, high.index(best_high) << 4 | low.index(best_low)) if certain else _NO_TONE


def _is_whole(place: _Place, window: Sequence[_Hop]) -> bool:
    """Say whether the tone is in both halves of its place, not cut off in one of them."""
    bins = (place.byte & 0x0F, 16 + (place.byte >> 4))
    half = _INNER_HOPS // 2
    powers = [
        sum(abs(sum(hop.spectrum[each] for hop in hops)) ** 2 for each in bins)
        for hops in (window[:half], window[half:])
    ]
    return min(powers) > _MIN_BALANCE * max(powers)


def _values(places: Sequence[_Place]) -> list[float]:
    """Return what each place is worth in a layout, relative to the strongest one that would overlap it."""
    powers = [place.power for place in places]
    return [
        min(power / max(powers[max(n - _HOPS + 1, 0) : n + _HOPS]), _MAX_RELATIVE) if power else 0.0
        for n, power in enumerate(powers)
    ]


def _layout(values: Sequence[float]) -> list[int]:
    """Return where the tones are: places at least 40 ms apart with the highest sum of values."""
    best = [0.0] * _HOPS
    for value in values:
        best.append(max(best[-1], best[-_HOPS] + value))
    chosen: list[int] = []
    n = len(values) - 1
    while n >= 0:
        taken = best[n + _HOPS] > best[n + _HOPS - 1]
        if taken:
            chosen.append(n)
        n -= _HOPS if taken else 1
    return chosen[::-1]

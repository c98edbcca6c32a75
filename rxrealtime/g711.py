"""The tables of G.711, in the forms in which a look-up a sample is fast.

Code by code the result is that of the `audioop` module, which left the standard library in Python 3.13. The tables
cost some milliseconds, so each is made on first use and kept.

Source: ITU-T G.711 (11/88), tables 1 and 2: A-law codes a 13-bit level, mu-law a 14-bit one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import chain

__all__ = ["a_law_codes", "a_law_planes", "mu_law_codes", "mu_law_planes"]


@cache
def mu_law_codes() -> bytes:
    """Return the mu-law code of each 16-bit sample, at the sample as index (negative ones from the end)."""
    return _codes(_mu_law_code, dropped_bits=2)


@cache
def a_law_codes() -> bytes:
    """Return the A-law code of each 16-bit sample, at the sample as index (negative ones from the end)."""
    return _codes(_a_law_code, dropped_bits=3)


@cache
def mu_law_planes() -> tuple[bytes, bytes]:
    """Return the low and the high bytes of the samples of the 256 mu-law codes."""
    return _planes(_mu_law_level)


@cache
def a_law_planes() -> tuple[bytes, bytes]:
    """Return the low and the high bytes of the samples of the 256 A-law codes."""
    return _planes(_a_law_level)


def _codes(code: Callable[[int], int], *, dropped_bits: int) -> bytes:
    """Tabulate the code of each 16-bit sample, of which G.711 ignores the lowest bits."""
    half = 0x8000 >> dropped_bits
    return b"".join(bytes([code(level)]) * (1 << dropped_bits) for level in chain(range(half), range(-half, 0)))


def _planes(level: Callable[[int], int]) -> tuple[bytes, bytes]:
    """Tabulate the low and the high byte of the sample of each code, for `bytes.translate`."""
    samples = [level(code) & 0xFFFF for code in range(256)]
    return bytes(sample & 0xFF for sample in samples), bytes(sample >> 8 for sample in samples)


def _mu_law_code(level: int) -> int:
    """Return the code of a 14-bit level: 8 segments, inverted bits, a bias of 33."""
    biased = min(abs(level), 8158) + 33
    segment = biased.bit_length() - 6
    inverted = 0x7F if level < 0 else 0xFF
    return (segment << 4 | (biased >> segment + 1 & 0x0F)) ^ inverted


def _mu_law_level(code: int) -> int:
    inverted = code ^ 0xFF
    magnitude = (((inverted & 0x0F) << 3) + 132 << (inverted >> 4 & 0x07)) - 132
    return -magnitude if inverted & 0x80 else magnitude


def _a_law_code(level: int) -> int:
    """Return the code of a 13-bit level: 8 segments of which the first two are alike, even bits inverted."""
    magnitude = level if level >= 0 else ~level
    segment = max(magnitude.bit_length() - 5, 0)
    return (segment << 4 | (magnitude >> max(segment, 1) & 0x0F)) ^ (0xD5 if level >= 0 else 0x55)


def _a_law_level(code: int) -> int:
    plain = code ^ 0x55
    segment = plain >> 4 & 0x07
    steps = ((plain & 0x0F) << 4) + (8 if segment == 0 else 264)
    magnitude = steps << max(segment - 1, 0)
    return magnitude if plain & 0x80 else -magnitude

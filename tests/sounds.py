"""Sounds for tests: PCM16 made from seeds, so that every run hears the same."""

from __future__ import annotations

import random

from rxrealtime.audio import AudioFormat, pcm16_from_samples, pcm16_to_samples

__all__ = ["VOICE_RMS", "louder", "noise", "silence", "with_noise"]

VOICE_RMS = 6000
"""The level of the embedded server's voice, in units of a 16-bit sample."""


def silence(ms: int, rate: int) -> bytes:
    """Return digital silence."""
    return bytes(AudioFormat(rate=rate).ms_to_bytes(ms))


def noise(ms: int, rate: int, *, rms: float, seed: int = 0) -> bytes:
    """Return white noise, clipped at full scale."""
    return with_noise(silence(ms, rate), rms=rms, seed=seed)


def with_noise(pcm16: bytes, *, rms: float, seed: int = 0) -> bytes:
    """Return a sound with white noise on it, clipped at full scale."""
    gauss = random.Random(seed).gauss
    return pcm16_from_samples(_clipped(sample + gauss(0, rms)) for sample in pcm16_to_samples(pcm16))


def louder(pcm16: bytes, gain: float) -> bytes:
    """Return a sound at another level, clipped at full scale."""
    return pcm16_from_samples(_clipped(sample * gain) for sample in pcm16_to_samples(pcm16))


def _clipped(sample: float) -> int:
    return max(-32768, min(32767, round(sample)))

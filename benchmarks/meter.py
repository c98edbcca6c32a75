"""The clock that every contestant carries, and what it reports."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass

__all__ = ["Measurement", "Meter", "peak_rss_bytes"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one run of one contestant took.

    Args:
        cpu_seconds: CPU time of the process, all threads, from the delivery of session.created to the end mark's.
        wall_seconds: Time from the delivery of the first delta to the end mark's (the server pauses before it).
        audio_units: Units of audio seen: bytes, or base64 characters where the contestant leaves it undecoded;
            None for a contestant that does not look into frames.
        peak_rss_bytes: The largest resident size of the process, imports included.
    """

    cpu_seconds: float
    wall_seconds: float
    audio_units: int | None
    peak_rss_bytes: int


class Meter:
    """Stamps the three moments of a run: session.created, the first delta, the end mark."""

    __slots__ = ("_cpu_start", "_wall_start")

    def __init__(self) -> None:
        self._cpu_start = 0.0
        self._wall_start = 0.0

    def opened(self) -> None:
        """Stamp the delivery of session.created."""
        self._cpu_start = time.process_time()

    def streaming(self) -> None:
        """Stamp the delivery of the first delta."""
        self._wall_start = time.perf_counter()

    def ended(self, audio_units: int | None) -> Measurement:
        """Stamp the delivery of the end mark.

        Args:
            audio_units: Units of audio the contestant saw, None if it does not look.

        Returns:
            What the run took.
        """
        cpu_seconds = time.process_time() - self._cpu_start
        wall_seconds = time.perf_counter() - self._wall_start
        return Measurement(cpu_seconds, wall_seconds, audio_units, peak_rss_bytes())


def peak_rss_bytes() -> int:
    """Read the largest resident size of this process so far.

    Returns:
        Bytes.

    Source: getrusage(2): ru_maxrss is in kilobytes on Linux, in bytes on macOS.
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

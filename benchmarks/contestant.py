"""One run of one contestant in this process, reported as one line of JSON.

Run as `python benchmarks/contestant.py LETTER URL FRAMES`.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import importlib.util
import json
import sys
from dataclasses import asdict

from contestants import CONTESTANTS, Contestant
from frames import AUDIO_BYTES, audio_count
from meter import Measurement

__all__ = ["main"]

DISTRIBUTIONS = ("rxrealtime", "reactivex", "pydantic", "websockets", "openai", "openai-agents")
BASE64_CHARACTERS = AUDIO_BYTES // 3 * 4


def main(letter: str, url: str, frames: int) -> None:
    """Run a contestant and print what it took, or which package is missing.

    Args:
        letter: The contestant's letter.
        url: The server's address.
        frames: How many deltas the server sends.

    Raises:
        RuntimeError: If the contestant saw less or more audio than was sent.
    """
    contestant = CONTESTANTS[letter]
    missing = [name for name in contestant.packages if importlib.util.find_spec(name) is None]
    if missing:
        print(json.dumps({"missing": missing}))
        return
    module = importlib.import_module(f"contestants.{contestant.module}")
    measurement: Measurement = asyncio.run(getattr(module, contestant.function)(url, frames))
    check_audio(contestant, measurement, frames)
    print(json.dumps({**asdict(measurement), "versions": versions()}))


def check_audio(contestant: Contestant, measurement: Measurement, frames: int) -> None:
    """Refuse a run in which audio was lost: a fast contestant that drops events is not fast."""
    units = {"unseen": None, "decoded": AUDIO_BYTES, "base64": BASE64_CHARACTERS}[contestant.audio]
    expected = None if units is None else units * audio_count(frames)
    if measurement.audio_units != expected:
        raise RuntimeError(f"{contestant.title}: {measurement.audio_units} of {expected} units of audio arrived")


def versions() -> dict[str, str]:
    """Name the installed packages that take part, with their versions."""
    found = {}
    for name in DISTRIBUTIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

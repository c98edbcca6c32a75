"""A coverage-guided fuzz target for `decode`: no frame raises, and what is an event can be written and read again.

Run: ``python -m tests.fuzz.fuzz_decode [seconds]``, 60 by default; needs ``atheris``. The seed corpus is made anew of
the strategies each time. What crashes is written into ``tests/fuzz/crashes``, where test_crashes.py reads it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from random import Random

CRASHES = Path(__file__).parent / "crashes"


def seed_corpus(folder: Path) -> int:
    """Write legal and broken frames, one a file, and return how many."""
    from rxrealtime.testing.strategies import FaultyTrace, multiplied

    frames = {one.frame for seed in range(20) for one in multiplied(FaultyTrace(()), count=60, seed=seed)}
    frames |= set(_examples(Random(0)))
    for number, frame in enumerate(sorted(frames, key=repr)):
        data = frame.encode("utf-8") if isinstance(frame, str) else frame
        (folder / f"{number:04}").write_bytes(data)
    return len(frames)


def _examples(random: Random) -> list[bytes]:
    """Give events of every type, with the fields that are required, all of the simplest kind that fits."""
    import json

    from rxrealtime.events import SERVER_EVENTS
    from rxrealtime.testing.strategies.shapes import SAMPLES, field_type, rejected

    return [
        json.dumps(
            {"type": tag}
            | {
                name: SAMPLES[random.choice(sorted(set(SAMPLES) - rejected(field_type(field))))]
                for name, field in model.model_fields.items()
                if name != "type"
            }
        ).encode()
        for tag, model in SERVER_EVENTS.items()
    ]


def main(seconds: int) -> None:
    """Fuzz for some time; the process ends with another status than 0 at the first crash."""
    import atheris

    from tests.fuzz.target import check

    with tempfile.TemporaryDirectory() as corpus:
        seed_corpus(Path(corpus))
        CRASHES.mkdir(exist_ok=True)
        options = [f"-max_total_time={seconds}", f"-artifact_prefix={CRASHES}/", "-max_len=4096", "-rss_limit_mb=4096"]
        atheris.Setup([sys.argv[0], *options, corpus], check)
        atheris.Fuzz()


if __name__ == "__main__":
    import atheris

    with atheris.instrument_imports(include=["rxrealtime.codec", "rxrealtime.events"]):
        import tests.fuzz.target  # noqa: F401  # so that what it imports is watched
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)

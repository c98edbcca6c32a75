"""What all tests share: the recordings of real sessions, where they are at hand."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from rxrealtime.frames import Direction

__all__ = ["Recording", "load_recording"]

pytest_plugins = ["pytester"]

# how long an example takes to draw is a matter of the machine; what CI finds, the same commit finds again
_untimed = settings(settings.get_profile("default"), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", _untimed, derandomize=True)
settings.register_profile("nightly", _untimed, max_examples=1000)
if profile := os.environ.get("HYPOTHESIS_PROFILE"):
    settings.load_profile(profile)

Recording = list[tuple[Direction, bytes]]

_SHARED = Path(__file__).resolve().parents[2] / "shared"


def load_recording(path: Path) -> Recording:
    """Read the frames of one recorded session, in order.

    Args:
        path: A file of JSON lines: first where it came from, then ``{"direction": ..., "event": {...}}``.

    Returns:
        Direction and payload of each frame.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(row["direction"], json.dumps(row["event"]).encode()) for row in rows if "event" in row]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The material beside the repository; tests that need it are skipped where it is absent."""
    if not _SHARED.is_dir():
        pytest.skip("needs ../shared beside the repository, which is not here")
    return _SHARED


@pytest.fixture(scope="session")
def recordings(shared: Path) -> Callable[[str], Recording]:
    """Load a recorded session by the name of its file, without ``.jsonl``."""
    return lambda name: load_recording(shared / "recordings" / f"{name}.jsonl")

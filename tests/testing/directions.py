"""What the tests of a transport and of a proxy with faults have in common: the same faults, in each direction."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import pytest

from rxrealtime.codec import decode, decode_client
from rxrealtime.events import ExceptionEvent
from rxrealtime.frames import Direction
from rxrealtime.testing import faults as f
from rxrealtime.testing.mutations import MUTATIONS
from rxrealtime.testing.outputs import Injected
from rxrealtime.testing.plans import FaultPlan
from tests.frames import transcript_delta

COUNT: Final = 8
FRAMES: Final[dict[Direction, list[bytes]]] = {
    "received": [transcript_delta(str(n)) for n in range(COUNT)],
    "sent": [json.dumps({"type": "input_audio_buffer.append", "audio": "AAAA", "n": n}).encode() for n in range(COUNT)],
}
each_direction = pytest.mark.parametrize("direction", ["received", "sent"])

MISPLACED: Final[dict[str, tuple[f.FrameFault, list[int]]]] = {
    "duplicate": (f.duplicate(2, numbers=(3,)), [0, 1, 2, 3, 3, 3, 4, 5, 6, 7]),
    "drop": (f.drop(every=3), [0, 1, 3, 4, 6, 7]),
    "reorder": (f.reorder(2, numbers=(3,)), [0, 1, 2, 4, 5, 3, 6, 7]),
    "reorder to the end": (f.reorder(9, numbers=(3,)), [0, 1, 2, 4, 5, 6, 7, 3]),
}
"""Faults that change no frame, and the numbers of the frames that arrive."""


def towards(direction: Direction, fault: f.FrameFault) -> f.FrameFault:
    """Give the same fault for a direction."""
    return f.FrameFault(fault.effect, replace(fault.where, direction=direction))


def everything(seed: int, *kinds: str) -> FaultPlan:
    """Plan mutations and misplaced frames of both directions at once, each by chance."""
    faults = [f.mutate(kind, direction=None, probability=0.2) for kind in kinds]
    faults += [make(direction=None, probability=0.2) for make in (f.duplicate, f.drop, f.reorder)]
    return FaultPlan(seed, *faults)


def of(direction: Direction, log: Iterable[Injected]) -> list[Injected]:
    """Give the part of a log that is about a direction."""
    return [injected for injected in log if injected.direction == direction]


def check_mutated(direction: Direction, arrived: list[bytes], log: list[Injected], struck: set[int]) -> None:
    """Every frame is the failure that was logged for its number, or arrived as it was."""
    failures = {injected.number: injected.failure for injected in log}
    assert set(failures) == struck
    for number, (data, sent) in enumerate(zip(arrived, FRAMES[direction], strict=True)):
        if number not in failures:
            assert data == sent
        found: Any = decode(data) if direction == "received" else decode_client(data)
        assert (found.kind if isinstance(found, ExceptionEvent) else None) == failures.get(number)


def numbers_of(direction: Direction, arrived: Iterable[bytes]) -> list[int]:
    """Tell which frames arrived."""
    return [FRAMES[direction].index(data) for data in arrived]


KINDS: Final = sorted(MUTATIONS)

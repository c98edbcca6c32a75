"""Many frames of a small trace: what Hypothesis draws and shrinks is the trace, the rest is a seeded generator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any, Final

from rxrealtime.events import SERVER_EVENTS, FailureKind
from rxrealtime.testing.strategies.faulty import FaultyTrace
from rxrealtime.testing.strategies.mutations import KIND_OF, MUTATIONS, mutated

__all__ = ["Numbered", "multiplied"]

_ID: Final = "event_id of this frame"
_SEED_EVENTS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "input_audio_buffer.speech_started", "event_id": "event_1", "item_id": "item_1", "audio_start_ms": 0},
    {
        "type": "response.output_audio.delta",
        "event_id": "event_1",
        "response_id": "resp_1",
        "item_id": "item_1",
        "output_index": 0,
        "content_index": 0,
        "delta": "AAAA",
    },
)
_BAD_FRAMES: Final = 40
_BAD_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Numbered:
    """One of many frames.

    Args:
        frame: The payload.
        event_id: The id of the event, which no other frame has; None if the frame is bad.
        type: The type of the event; None if the frame is bad.
        kind: The failure that a bad frame has to be; None if it is good.
    """

    frame: bytes | str
    event_id: str | None
    type: str | None
    kind: FailureKind | None


@dataclass(frozen=True, slots=True)
class _Template:
    head: str
    tail: str
    type: str
    as_text: bool

    def filled(self, number: int) -> Numbered:
        event_id = f"event_{number}"
        text = f"{self.head}{event_id}{self.tail}"
        return Numbered(text if self.as_text else text.encode(), event_id, self.type, None)


def multiplied(trace: FaultyTrace, *, count: int, seed: int) -> Iterator[Numbered]:
    """Make many frames of a trace: its good ones again and again in their order, each with an id of its own.

    Args:
        trace: What to repeat.
        count: How many frames to make.
        seed: Decides how its events are broken, beside the bad frames that it has, and where the bad frames stand.

    Returns:
        The frames, each with what a decoder has to make of it; the same for the same arguments.
    """
    return islice(_endless(trace, Random(seed)), count)  # noqa: S311  # nothing here is secret


def _endless(trace: FaultyTrace, random: Random) -> Iterator[Numbered]:
    good = [json.loads(frame) for place, frame in enumerate(trace.frames) if place not in trace.faults]
    templates = [_template(event, as_text=random.random() < 0.5) for event in good or _SEED_EVENTS]
    bad = _bad_frames(trace, good, random)
    number = 0
    while True:
        for template in templates:
            while random.random() < _BAD_SHARE:
                yield random.choice(bad)
            yield template.filled(number)
            number += 1


def _template(event: dict[str, Any], *, as_text: bool) -> _Template:
    head, tail = json.dumps({"event_id": _ID} | event | {"event_id": _ID}).split(_ID, 1)
    return _Template(head, tail, event["type"], as_text)


def _bad_frames(trace: FaultyTrace, good: list[dict[str, Any]], random: Random) -> list[Numbered]:
    """Break events of the trace in every way that there is, some ways several times."""
    bad = [Numbered(fault.frame, None, None, fault.kind) for fault in trace.faults.values()]
    events = [*(event for event in good if event["type"] in SERVER_EVENTS), *_SEED_EVENTS]
    for name in (*MUTATIONS, *random.choices(MUTATIONS, k=_BAD_FRAMES - len(MUTATIONS))):
        frame = mutated(name, random.choice(events), random.choice)
        if frame is not None:
            bad.append(Numbered(frame, None, None, KIND_OF[name]))
    return bad

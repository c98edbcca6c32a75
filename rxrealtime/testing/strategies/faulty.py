"""Traces of a server in which some frames are broken, with the places of the broken ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from hypothesis import strategies as st

from rxrealtime.codec import encode
from rxrealtime.testing.strategies.conversations import conversations
from rxrealtime.testing.strategies.frames import frames
from rxrealtime.testing.strategies.malformed import Malformation, malformations

__all__ = ["FaultyTrace", "traces_with_faults"]

_MAX_FRAMES: Final = 8
_MAX_FAULTS: Final = 6


@dataclass(frozen=True, slots=True)
class FaultyTrace:
    """The frames that a client receives, good and bad.

    Args:
        frames: The payloads, in order.
        faults: Of the bad ones: what they are, by their place in ``frames``.
    """

    frames: tuple[bytes | str, ...]
    faults: Mapping[int, Malformation] = field(default_factory=lambda: MappingProxyType({}))


def traces_with_faults() -> st.SearchStrategy[FaultyTrace]:
    """Draw traces with broken frames among the good ones.

    Returns:
        Whole conversations, or a few frames of any kind, with up to 6 broken frames at any places; perhaps none.
    """
    spoken = conversations(max_turns=2).map(lambda events: [encode(event) for event in events])
    loose = st.lists(frames(), max_size=_MAX_FRAMES)
    faults = st.lists(st.tuples(st.integers(0, 60), malformations()), max_size=_MAX_FAULTS)
    return st.builds(_spoilt, loose | spoken, faults)


def _spoilt(good: list[bytes | str], faults: list[tuple[int, Malformation]]) -> FaultyTrace:
    mixed: list[bytes | str | Malformation] = list(good)
    for place, fault in faults:
        mixed.insert(place, fault)
    return FaultyTrace(
        tuple(one.frame if isinstance(one, Malformation) else one for one in mixed),
        MappingProxyType({place: one for place, one in enumerate(mixed) if isinstance(one, Malformation)}),
    )

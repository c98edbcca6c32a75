"""Frames that are broken in a way that is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from hypothesis import assume
from hypothesis import strategies as st

from rxrealtime.events import FailureKind
from rxrealtime.testing.strategies.events import wire_events
from rxrealtime.testing.strategies.mutations import KIND_OF, MUTATIONS, mutated

__all__ = ["Malformation", "malformations", "malformed_frames"]

_NUMBERED = ("conversation.item.truncated", "input_audio_buffer.speech_started", "response.output_text.delta")
_AUDIBLE = ("response.output_audio.delta",)


@dataclass(frozen=True, slots=True)
class Malformation:
    """A frame that is no event.

    Args:
        frame: The payload.
        mutation: What was done to it, one of `MUTATIONS`.
        kind: The kind of failure that it has to be.
    """

    frame: bytes
    mutation: str
    kind: FailureKind


def malformed_frames(mutations: Iterable[str] | None = None) -> st.SearchStrategy[bytes]:
    """Draw frames that no decoder may take for an event.

    Args:
        mutations: How they may be broken, some of `MUTATIONS`; in all ways by default.

    Returns:
        The payloads.
    """
    return malformations(mutations).map(lambda drawn: drawn.frame)


def malformations(mutations: Iterable[str] | None = None) -> st.SearchStrategy[Malformation]:
    """Draw broken frames together with what is wrong with them.

    Args:
        mutations: How they may be broken, some of `MUTATIONS`; in all ways by default.

    Returns:
        Frames, mutations and the failures expected.
    """
    names = MUTATIONS if mutations is None else tuple(mutations)
    return st.sampled_from(names).flatmap(_broken)


@cache
def _broken(mutation: str) -> st.SearchStrategy[Malformation]:
    @st.composite
    def broken(draw: st.DrawFn) -> Malformation:
        wire = draw(wire_events(_fitting(mutation)))
        frame = mutated(mutation, wire, lambda options: draw(st.sampled_from(options)))
        assume(frame is not None)
        return Malformation(frame or b"", mutation, KIND_OF[mutation])

    return broken()


def _fitting(mutation: str) -> Iterable[str] | None:
    """Return the types of which it is certain that the mutation finds something to break; None for all."""
    return {"huge number": _NUMBERED, "bad base64": _AUDIBLE}.get(mutation)

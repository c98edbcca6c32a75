"""The calls of each response, and when the model is to go on after them: all outputs, then one ``response.create``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from rxrealtime.events import Response, ResponseCreate

__all__ = ["Batch", "Batches", "begun", "closed", "current", "ended", "opened", "owner", "settled"]

_REMEMBERED: Final = 64
"""How many responses are remembered after they ended, since what belongs to them may come late or twice."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The calls of one response.

    Args:
        done: Whether the response ended.
        cancelled: Whether it was cancelled, so that nothing follows it.
        out_of_band: Whether it is outside of the conversation.
        open: The ids of its calls that have no output yet, MCP calls and approval requests included.
        last: Who gave the last output: nobody, we, or the application by itself.
        asked: Whether the next response was asked for.
    """

    done: bool = False
    cancelled: bool = False
    out_of_band: bool = False
    open: frozenset[str] = frozenset()
    last: Literal["nobody", "us", "them"] = "nobody"
    asked: bool = False

    @property
    def is_due(self) -> bool:
        """Whether it is time for us to ask for the next response; who gives the last output asks for it."""
        here = self.done and not self.cancelled and not self.out_of_band
        return here and self.last == "us" and not self.open and not self.asked


Batches = Mapping[str, Batch]
"""Batches by the ids of their responses, in the order in which they began."""


def begun(batches: Batches, response: Response) -> Batches:
    """Note that a response began."""
    if response.id is None or response.id in batches:
        return batches
    return _bounded({**batches, response.id: Batch(out_of_band=_is_out_of_band(response))})


def ended(batches: Batches, response_id: str, response: Response) -> Batches:
    """Note how a response ended; its calls have to be in by then."""
    batch = batches.get(response_id) or Batch(out_of_band=_is_out_of_band(response))
    cancelled = batch.cancelled or response.status == "cancelled"
    return _bounded({**batches, response_id: replace(batch, done=True, cancelled=cancelled)})


def opened(batches: Batches, response_id: str, key: str) -> Batches:
    """Note a call that has no output yet."""
    batch = batches.get(response_id, Batch())
    return {**batches, response_id: replace(batch, open=batch.open | {key})}


def closed(batches: Batches, response_id: str, key: str, last: Literal["us", "them"] = "us") -> Batches:
    """Note that a call has its output, and from whom."""
    batch = batches.get(response_id, Batch())
    return {**batches, response_id: replace(batch, open=batch.open - {key}, last=last)}


def owner(batches: Batches, key: str) -> str | None:
    """Find the response of an open call."""
    return next((response_id for response_id, batch in batches.items() if key in batch.open), None)


def current(batches: Batches) -> str | None:
    """Give the newest response of the conversation that is not done, for what does not name its own."""
    running = [key for key, batch in batches.items() if not (batch.done or batch.out_of_band)]
    return running[-1] if running else None


def settled(batches: Batches, response_id: str) -> tuple[Batches, tuple[ResponseCreate, ...]]:
    """Ask for the next response if this one and all its calls are done, once."""
    batch = batches.get(response_id)
    if batch is None or not batch.is_due:
        return batches, ()
    return {**batches, response_id: replace(batch, asked=True)}, (ResponseCreate(),)


def _is_out_of_band(response: Response) -> bool:
    """Tell whether a response is outside of the conversation: a null. xAI leaves the field out (recorded, 2026-08)."""
    return "conversation_id" in response.model_fields_set and response.conversation_id is None


def _bounded(batches: Batches) -> Batches:
    """Forget the oldest of those without open calls, the ended ones first."""
    excess = len(batches) - _REMEMBERED
    if excess <= 0:
        return batches
    spare = [key for key, batch in batches.items() if not batch.open]
    spare.sort(key=lambda key: not batches[key].done)
    forgotten = set(spare[:excess])
    return {key: batch for key, batch in batches.items() if key not in forgotten}

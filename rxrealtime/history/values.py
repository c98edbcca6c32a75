"""A conversation as a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.events import FunctionCall, FunctionCallOutput
from rxrealtime.history.entry import HistoryItem
from rxrealtime.history.heard import Track
from rxrealtime.history.places import Places, placed

__all__ = ["NO_LEDGER", "History", "HistoryCall", "Ledger", "PartKey", "history_of"]

PartKey = tuple[str, int]
"""Item id and content index. An item belongs to one response, so its parts need no response id to be told apart."""

_EMPTY: Final[Mapping[Any, Any]] = MappingProxyType({})


class Ledger(NamedTuple):
    """What the fold must remember beside the items; nothing of it is for users.

    Args:
        indexes: Where in the items each of them is.
        places: The order, of what is shown and of what is not.
        drafts: Items of responses that were told of and are not in the conversation: not yet, or never.
        responses: The items of each response that is not done.
        closed: The parts that do not grow any longer.
        committed: Items of the user that are complete and were not added yet.
        format: The format of the model's audio.
    """

    indexes: Mapping[str, int] = _EMPTY
    places: Places = Places()
    drafts: Mapping[str, HistoryItem] = _EMPTY
    responses: Mapping[str, tuple[str, ...]] = _EMPTY
    closed: Mapping[PartKey, Track] = _EMPTY
    committed: frozenset[str] = frozenset()
    format: AudioFormat = PCM16_24K


NO_LEDGER: Final = Ledger()


@dataclass(frozen=True, slots=True)
class HistoryCall:
    """A function call and its output.

    Args:
        call: The item of the call.
        output: The item of its output; None if there is none yet.
    """

    call: HistoryItem
    output: HistoryItem | None = None


@dataclass(frozen=True, slots=True, repr=False)
class History:
    """A conversation: its items in order. It is made by `fold`; ``print`` shows it as a transcript.

    Histories are equal if their items are.

    Args:
        items: The items, in the order of the conversation.
        ledger: What the fold remembers.
        growing: What it remembers of the parts that grow; apart, because every delta changes it.
    """

    items: tuple[HistoryItem, ...] = ()
    ledger: Ledger = field(default=NO_LEDGER, compare=False)
    growing: Mapping[PartKey, Track] = field(default_factory=dict, compare=False)

    def get(self, item_id: str) -> HistoryItem | None:
        """Return the item of this id; None if the conversation does not have it."""
        place = self.ledger.indexes.get(item_id)
        return None if place is None else self.items[place]

    @property
    def calls(self) -> tuple[HistoryCall, ...]:
        """The function calls, each with its output."""
        outputs = {entry.item.call_id: entry for entry in self.items if isinstance(entry.item, FunctionCallOutput)}
        return tuple(
            HistoryCall(entry, outputs.get(entry.item.call_id) if entry.item.call_id else None)
            for entry in self.items
            if isinstance(entry.item, FunctionCall)
        )

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[HistoryItem]:
        return iter(self.items)

    def __repr__(self) -> str:
        return f"History({len(self.items)} items)"

    def __str__(self) -> str:
        return "\n".join(map(str, self.items))


def history_of(items: Iterable[HistoryItem]) -> History:
    """Make a history of items, each after the one before it."""
    kept = tuple(items)
    places, previous = Places(), None
    for entry in kept:
        places, previous = placed(places, entry.id, previous), entry.id
    indexes = {entry.id: place for place, entry in enumerate(kept)}
    return History(kept, Ledger(indexes=indexes, places=places))

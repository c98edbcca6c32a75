"""What is different between two histories, for those who show one and do not want to draw all of it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress
from operator import is_not

from rxrealtime.history.entry import HistoryItem
from rxrealtime.history.values import History

__all__ = ["HistoryDelta", "ItemAdded", "ItemDeleted", "ItemUpdated", "changes"]


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """An item is new, or stands elsewhere than before (then it was deleted first).

    Args:
        item: The item.
        previous_item_id: The item that it stands after; None if it is the first.
    """

    item: HistoryItem
    previous_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class ItemUpdated:
    """An item has changed, and stands where it stood.

    Args:
        item: The item as it is now.
    """

    item: HistoryItem


@dataclass(frozen=True, slots=True)
class ItemDeleted:
    """An item is there no longer.

    Args:
        item_id: Its id.
    """

    item_id: str


HistoryDelta = ItemAdded | ItemUpdated | ItemDeleted
"""One change of a history."""


def changes(before: History, after: History) -> tuple[HistoryDelta, ...]:
    """Give what makes one history of another.

    Args:
        before: A history.
        after: A later one of the same conversation.

    Returns:
        The changes, to be made one after the other.
    """
    if before.items is after.items:
        return ()
    if before.ledger.indexes is after.ledger.indexes:  # the same items at the same places: by far the most changes
        return tuple(map(ItemUpdated, compress(after.items, map(is_not, after.items, before.items))))
    return tuple(_moves(before, after))


def _moves(before: History, after: History) -> Iterator[HistoryDelta]:
    there = [entry.id for entry in before.items]
    for item_id in [item_id for item_id in there if after.get(item_id) is None]:
        there.remove(item_id)
        yield ItemDeleted(item_id)
    previous: str | None = None
    for place, entry in enumerate(after.items):
        known = before.get(entry.id)
        here = place < len(there) and there[place] == entry.id
        if not here:
            if known is not None:
                there.remove(entry.id)
                yield ItemDeleted(entry.id)
            there.insert(place, entry.id)
            yield ItemAdded(entry, previous)
        elif known != entry:
            yield ItemUpdated(entry)
        previous = entry.id

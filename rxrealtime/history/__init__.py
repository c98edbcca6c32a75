"""The conversation as a value: a pure fold over the traffic, its export, and what seeds a new session with it."""

from rxrealtime.history.changes import HistoryDelta, ItemAdded, ItemDeleted, ItemUpdated, changes
from rxrealtime.history.entry import HistoryItem
from rxrealtime.history.exchange import history_from_json, history_to_json
from rxrealtime.history.folding import fold
from rxrealtime.history.seeding import seed_items
from rxrealtime.history.values import History, HistoryCall

__all__ = [
    "History",
    "HistoryCall",
    "HistoryDelta",
    "HistoryItem",
    "ItemAdded",
    "ItemDeleted",
    "ItemUpdated",
    "changes",
    "fold",
    "history_from_json",
    "history_to_json",
    "seed_items",
]

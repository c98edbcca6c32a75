"""The small changes of which the fold is made: finding an item, putting it back, cutting what was not heard."""

from __future__ import annotations

from collections.abc import Mapping
from operator import is_

from rxrealtime.events import ContentPart, Item, Message
from rxrealtime.history.entry import HistoryItem
from rxrealtime.history.heard import Track, heard_text
from rxrealtime.history.merge import is_over
from rxrealtime.history.places import Places
from rxrealtime.history.values import History, Ledger, PartKey

__all__ = ["arranged", "closed", "find", "ledgered", "track_of", "written"]


def find(history: History, item_id: str) -> HistoryItem | None:
    """Return an item that was told of, in the conversation or not."""
    ledger = history.ledger
    place = ledger.indexes.get(item_id)
    return ledger.drafts.get(item_id) if place is None else history.items[place]


def track_of(history: History, key: PartKey) -> Track | None:
    """Return what is remembered of a part, growing or not."""
    return history.growing.get(key) or history.ledger.closed.get(key)


def ledgered(history: History, ledger: Ledger) -> History:
    """Remember something else beside the same items."""
    return History(history.items, ledger, history.growing)


def arranged(history: History, entries: Mapping[str, HistoryItem], places: Places) -> History:
    """Put other items into their order."""
    shown = (*places.ids, *places.floating)
    items = tuple(entries[item_id] for item_id in shown if item_id in entries)
    if len(items) == len(history.items) and all(map(is_, items, history.items)):
        return ledgered(history, history.ledger._replace(places=places))
    indexes = {entry.id: place for place, entry in enumerate(items)}
    return History(items, history.ledger._replace(indexes=indexes, places=places), history.growing)


def closed(history: History, item: Item, *, final: bool = False) -> History:
    """Let the parts of an item that is final grow no longer; the user's are transcribed later."""
    if not (final or is_over(item)) or (isinstance(item, Message) and item.role == "user"):
        return history
    ended = {key: track for key, track in history.growing.items() if key[0] == item.id}
    if not ended:
        return history
    rest = {key: track for key, track in history.growing.items() if key not in ended}
    shut = {key: track._replace(said="", seen=(), told=True) for key, track in ended.items()}
    return History(history.items, history.ledger._replace(closed={**history.ledger.closed, **shut}), rest)


def written(history: History, known: HistoryItem, whole: Item) -> History:
    """Give an item that is known other contents, cut to what was heard.

    Args:
        history: The history, in which what is remembered of the parts of the item is up to date.
        known: The item so far, and how far it was heard.
        whole: What is to be known of it, heard or not.

    Returns:
        The history; its items are the same object if nothing of this one is different.
    """
    if known.heard_ms:
        entry = HistoryItem(_cut(history, known, whole), known.heard_ms, known.untranscribed, whole)
    elif whole is known.item:
        entry = known
    else:
        entry = HistoryItem(whole, known.heard_ms, known.untranscribed)
    return _put(history, entry)


def _put(history: History, entry: HistoryItem) -> History:
    items, ledger, item_id = history.items, history.ledger, entry.id
    place = ledger.indexes.get(item_id)
    if place is None:
        drafts = {**ledger.drafts, item_id: entry}
        return History(items, ledger._replace(drafts=drafts), history.growing)
    old = items[place]
    if old is entry or (entry.heard_ms and old == entry):
        return history
    return History((*items[:place], entry, *items[place + 1 :]), ledger, history.growing)


def _cut(history: History, known: HistoryItem, whole: Item) -> Item:
    if not isinstance(whole, Message) or not isinstance(known.item, Message):
        return whole
    parts = list(whole.content or ())
    before = known.item.content or ()
    complete = whole.status == "completed"
    for index, heard_ms in known.heard_ms.items():
        if index < len(parts):
            track = track_of(history, (known.id, index))
            if track is None:  # an item of an earlier session: it was cut there
                text = before[index].transcript if index < len(before) else None
                parts[index] = parts[index].model_copy(update={"transcript": text})
            else:
                parts[index] = _cut_part(parts[index], track, heard_ms, complete)
    return whole.model_copy(update={"content": tuple(parts)})


def _cut_part(part: ContentPart, track: Track, heard_ms: int, complete: bool) -> ContentPart:
    cut: dict[str, object] = {}
    if part.transcript:
        cut["transcript"] = heard_text(part.transcript, track, complete=complete)
    if part.audio:
        cut["audio"] = part.audio[: track.format.ms_to_bytes(heard_ms)]
    return part.model_copy(update=cut)

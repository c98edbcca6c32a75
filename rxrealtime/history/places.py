"""Where items stand: an order made of ``previous_item_id``, and of nothing else.

An id that was named once keeps its place for good, so that what refers to it later finds one: an item that was deleted,
and an item that nobody has told of yet, which is in the order without being shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

__all__ = ["Places", "afloat", "asked", "placed", "removed"]

_ROOT: Final = "root"


class Places(NamedTuple):
    """The order of a conversation.

    Args:
        ids: Everything that has a place, in order: items, deleted items, and ids that are only named so far.
        floating: What is shown and has no place yet, in the order of its appearance; it stands at the end.
        anchors: For each item that was added, the one that it was put after; None at the end or at the front.
        named: Ids that have a place only because an item was put after them.
        fronts: Ids that are to go to the front when they are added.
        gone: Ids that were deleted.
        events: For each item the ids of the events by which it came and went: each counts once.
    """

    ids: tuple[str, ...] = ()
    floating: tuple[str, ...] = ()
    anchors: Mapping[str, str | None] = MappingProxyType({})
    named: frozenset[str] = frozenset()
    fronts: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    events: Mapping[str, frozenset[str]] = MappingProxyType({})


def placed(places: Places, item_id: str, previous: str | None, event_id: str | None = None) -> Places:
    """Give an item its place; only the first time counts.

    An anchor that is not known gets a place at the end, and is moved to its own, with all that was put after it, when
    it is added in its turn: so the order in which a chain of items is told does not matter.

    Args:
        places: The order so far.
        item_id: The item.
        previous: The item before it; None for the end, "root" for the front.
        event_id: The event that says so. An item that was deleted comes back only by another event than before, which
            means that it was made anew.

    Returns:
        The order now; `places` itself if the item had its place.

    Source: openai-openapi f85dbe2 (2026-08-21). Servers tell of an item at the front with null, like one at the end of
        nothing (recorded, 2026-08); an anchor may have been deleted a moment ago (livekit/agents#6964).
    """
    if item_id in places.gone:
        places = _revived(places, item_id, event_id)
    if item_id in places.anchors:
        return places
    first = previous == _ROOT or (previous is None and item_id in places.fronts)
    anchor = None if first or previous == item_id else previous
    if anchor is not None:
        places = _named(places, anchor)
    return Places(
        _at_front(places, item_id) if first else _after(places, item_id, anchor),
        _without(places.floating, item_id),
        {**places.anchors, item_id: anchor},
        places.named - {item_id},
        places.fronts - {item_id},
        places.gone,
        _noted(places, item_id, event_id),
    )


def _revived(places: Places, item_id: str, event_id: str | None) -> Places:
    """Forget that an item was deleted if another event than before says that it was added."""
    if event_id is None or event_id in places.events.get(item_id, ()):
        return places
    return places._replace(
        ids=_without(places.ids, item_id),
        anchors={other: anchor for other, anchor in places.anchors.items() if other != item_id},
        named=places.named - {item_id},
        gone=places.gone - {item_id},
    )


def _noted(places: Places, item_id: str, event_id: str | None) -> Mapping[str, frozenset[str]]:
    if event_id is None:
        return places.events
    return {**places.events, item_id: places.events.get(item_id, frozenset()) | {event_id}}


def afloat(places: Places, item_id: str) -> Places:
    """Show an item that was not added yet: at the end, behind all that were."""
    if item_id in places.anchors or item_id in places.named or item_id in places.floating:
        return places
    return places._replace(floating=(*places.floating, item_id))


def asked(places: Places, item_id: str, previous: str | None) -> Places:
    """Note where a client wants an item, since the server's word for the front is null, as it is for the end.

    Args:
        places: The order so far.
        item_id: The item that the client creates.
        previous: The item that it is to stand after; "root" for the front.

    Returns:
        The order now; what has its place keeps it.
    """
    here = item_id in places.anchors and item_id not in places.gone
    if here or (previous == _ROOT) == (item_id in places.fronts):
        return places
    return places._replace(fronts=places.fronts ^ {item_id})


def removed(places: Places, item_id: str, event_id: str | None = None) -> Places:
    """Note that an item was deleted; its place stays.

    Args:
        places: The order so far.
        item_id: The item.
        event_id: The event that says so.

    Returns:
        The order now; `places` itself if that was known.
    """
    if item_id in places.gone or event_id in places.events.get(item_id, ()):
        return places
    return places._replace(
        gone=places.gone | {item_id},
        floating=_without(places.floating, item_id),
        events=_noted(places, item_id, event_id),
    )


def _named(places: Places, anchor: str) -> Places:
    if anchor in places.anchors or anchor in places.named:
        return places
    return places._replace(
        ids=(*places.ids, anchor), floating=_without(places.floating, anchor), named=places.named | {anchor}
    )


def _at_front(places: Places, item_id: str) -> tuple[str, ...]:
    moved = _followers(places, item_id)
    return (*moved, *(other for other in places.ids if other not in moved))


def _after(places: Places, item_id: str, anchor: str | None) -> tuple[str, ...]:
    moved = _followers(places, item_id)
    if anchor is None:
        return places.ids if item_id in places.named else (*places.ids, item_id)
    if anchor in moved:
        return places.ids  # a circle, which no order can obey
    rest = [other for other in places.ids if other not in moved]
    at = rest.index(anchor) + 1
    return (*rest[:at], *moved, *rest[at:])


def _followers(places: Places, item_id: str) -> dict[str, None]:
    """Give an item with all that was put after it, directly or not: they stand together."""
    block = {item_id: None}
    if item_id not in places.named:
        return block
    for other in places.ids[places.ids.index(item_id) + 1 :]:
        if places.anchors.get(other) not in block:
            break
        block[other] = None
    return block


def _without(ids: tuple[str, ...], item_id: str) -> tuple[str, ...]:
    return tuple(other for other in ids if other != item_id) if item_id in ids else ids

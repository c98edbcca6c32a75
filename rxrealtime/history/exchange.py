"""A history as plain JSON, to be kept and taken up again.

    {
      "version": 1,
      "items": [
        {"item": {"type": "message", "id": "item_1", ...}},
        {"item": {...}, "heard_ms": {"0": 1200}, "whole": {...}},
        {"item": {...}, "untranscribed": [0]}
      ]
    }

The items are those of the wire. ``heard_ms`` (by content index), ``whole`` and ``untranscribed`` are as in
`HistoryItem`, and absent if they say nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from rxrealtime.errors import ConfigurationError
from rxrealtime.events import Item
from rxrealtime.history.entry import HistoryItem
from rxrealtime.history.values import History, history_of

__all__ = ["history_from_json", "history_to_json"]

_VERSION: Final = 1
_ITEM: Final[TypeAdapter[Item]] = TypeAdapter(Item)


def history_to_json(history: History) -> dict[str, Any]:
    """Write a history as values that any JSON library can write.

    Args:
        history: The conversation. What is in progress is written as it is.

    Returns:
        A dictionary; see the module for its form. Audio is base64. `history_from_json` gives an equal history back.
    """
    return {"version": _VERSION, "items": [_entry_to_json(entry) for entry in history]}


def history_from_json(data: object) -> History:
    """Read a history.

    Args:
        data: What `history_to_json` gave, from Python or from JSON.

    Returns:
        The history. Folding goes on with it, and `commands.seed` tells it to a new session.

    Raises:
        ConfigurationError: It is no history, or of a later version; the message names the place, never what is there.
    """
    if not isinstance(data, Mapping) or data.get("version") != _VERSION or not isinstance(data.get("items"), list):
        raise ConfigurationError(f'a history is {{"version": {_VERSION}, "items": [...]}}')
    entries = [_entry(row, f"items[{place}]") for place, row in enumerate(data["items"])]
    known: set[str] = set()
    for place, entry in enumerate(entries):
        if not entry.id or entry.id in known:
            raise ConfigurationError(f"history, items[{place}].item.id: every item has an id of its own")
        known.add(entry.id)
    return history_of(entries)


def _entry_to_json(entry: HistoryItem) -> dict[str, Any]:
    row: dict[str, Any] = {"item": _item_to_json(entry.item)}
    if entry.heard_ms:
        row["heard_ms"] = {str(index): ms for index, ms in sorted(entry.heard_ms.items())}
    if entry.untranscribed:
        row["untranscribed"] = sorted(entry.untranscribed)
    if entry.whole is not None:
        row["whole"] = _item_to_json(entry.whole)
    return row


def _item_to_json(item: Item) -> dict[str, Any]:
    plain: dict[str, Any] = item.model_dump(mode="json", exclude_unset=True)
    return plain


def _entry(row: object, place: str) -> HistoryItem:
    if not isinstance(row, Mapping):
        raise ConfigurationError(f"history, {place}: an object belongs there")
    heard, untranscribed, whole = row.get("heard_ms", {}), row.get("untranscribed", []), row.get("whole")
    if not isinstance(heard, Mapping) or not all(map(_is_index, heard)) or not all(map(_is_natural, heard.values())):
        raise ConfigurationError(f"history, {place}.heard_ms: milliseconds by content index belong there")
    if not isinstance(untranscribed, list) or not all(map(_is_natural, untranscribed)):
        raise ConfigurationError(f"history, {place}.untranscribed: a list of content indexes belongs there")
    return HistoryItem(
        _item(row.get("item"), f"{place}.item"),
        {int(index): ms for index, ms in heard.items()},
        frozenset(untranscribed),
        None if whole is None else _item(whole, f"{place}.whole"),
    )


def _item(value: object, place: str) -> Item:
    try:
        item: Item = _ITEM.validate_json(json.dumps(value, allow_nan=False))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        inside = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"history, {place}: {inside}: {first['msg']}") from None
    except (ValueError, TypeError):
        raise ConfigurationError(f"history, {place}: an item as JSON belongs there") from None
    return item


def _is_index(value: object) -> bool:
    return isinstance(value, str) and value.isdecimal()


def _is_natural(value: object) -> bool:
    return type(value) is int and value >= 0

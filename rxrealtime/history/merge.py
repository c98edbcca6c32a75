"""What is known of an item and what a server tells of it, made one.

Whatever comes in whichever order, and however often, makes the same item: what is known is never forgotten, a status
that is final stays, and the words of an item that is final win over those that its deltas brought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any, Final, TypeVar

from rxrealtime.events import ContentPart, FunctionCall, Item, McpCall, Message, Model

__all__ = ["absorbed", "as_content", "is_over", "with_part", "with_status", "with_words", "words_of"]

_M = TypeVar("_M", bound=Model)

_WORDS: Final = ("text", "transcript", "arguments")
_NO_PART: Final = ContentPart()
_IN_ITEMS: Final[Mapping[str | None, str]] = {"audio": "output_audio", "text": "output_text"}
_KINDS: Final[Mapping[tuple[bool, str], str]] = {
    (True, "text"): "input_text",
    (True, "transcript"): "input_audio",
    (False, "text"): "output_text",
    (False, "transcript"): "output_audio",
}
"""The type of a part that nobody told of yet: whether it is the user's, and which words it has."""


def is_over(item: Item) -> bool:
    """Tell whether an item is final: its status is there and is not in_progress."""
    return getattr(item, "status", None) not in (None, "in_progress")


def absorbed(known: Item, told: Item) -> Item:
    """Add to an item what a server tells of it.

    Args:
        known: What is known.
        told: The same item in an event.

    Returns:
        Both in one; `known` itself if nothing is new.
    """
    if type(known) is not type(told):
        return known
    better = _never if is_over(known) else _always if is_over(told) else _longer
    update = _news(known, told, better)
    if isinstance(known, Message) and isinstance(told, Message) and told.content:
        update["content"] = _contents(known.content or (), told.content, better)
    if better is _always:
        update["status"] = getattr(told, "status", None)
    return _updated(known, update)


def with_part(item: Message, index: int, part: ContentPart) -> Message:
    """Add to one part of a message what is told of it."""
    parts = item.content or ()
    others = (_NO_PART,) * index
    return _updated(item, {"content": _contents(parts, (*others, part), _longer)})


def with_words(item: Item, index: int, field: str, words: str | None) -> Item:
    """Give an item other words: a part of it a text or a transcript, a call its arguments."""
    if isinstance(item, FunctionCall | McpCall):
        return _updated(item, {"arguments": words}) if field == "arguments" else item
    if not isinstance(item, Message) or field == "arguments":
        return item
    parts = item.content or ()
    parts += (_NO_PART,) * (index + 1 - len(parts))
    part = parts[index]
    if getattr(part, field) == words:
        return item
    changed = part.model_copy(update={field: words, "type": part.type or _KINDS[item.role == "user", field]})
    return item.model_copy(update={"content": (*parts[:index], changed, *parts[index + 1 :])})


def words_of(item: Item, index: int, field: str) -> str:
    """Give the words of an item, "" if there are none."""
    if field == "arguments":
        return getattr(item, "arguments", None) or ""
    parts = (item.content or ()) if isinstance(item, Message) else ()
    return getattr(parts[index], field) or "" if index < len(parts) else ""


def with_status(item: Item, status: str) -> Item:
    """End an item that is in progress; a status that is final stays, and what has none gets none."""
    if getattr(item, "status", None) != "in_progress":
        return item
    return item.model_copy(update={"status": status})


def as_content(part: ContentPart) -> ContentPart:
    """Name a part as items do: in ``response.content_part.*`` the same are ``audio`` and ``text``."""
    kind = _IN_ITEMS.get(part.type)
    return part if kind is None else part.model_copy(update={"type": kind})


_Better = Callable[[str, str], bool]
"""Whether words that are told win over those that are known."""


def _never(known: str, told: str) -> bool:
    return False


def _always(known: str, told: str) -> bool:
    return True


def _longer(known: str, told: str) -> bool:
    return len(told) > len(known)


def _contents(
    known: tuple[ContentPart, ...], told: tuple[ContentPart, ...], better: _Better
) -> tuple[ContentPart, ...]:
    pairs = zip_longest(known, told, fillvalue=_NO_PART)
    return tuple(old if new is _NO_PART else _part(old, new, better) for old, new in pairs)


def _part(known: ContentPart, told: ContentPart, better: _Better) -> ContentPart:
    update = _news(known, told, better)
    if told.audio is not None and len(told.audio) > len(known.audio or b""):
        update["audio"] = told.audio
    return _updated(known, update)


def _news(known: Any, told: Any, better: _Better) -> dict[str, Any]:
    """Give what is told and was not known, and words that are better."""
    update: dict[str, Any] = {}
    for name, value in (vars(told) | (told.model_extra or {})).items():
        if value in (None, "", ()) or name == "content":
            continue
        here = getattr(known, name, None)
        if here in (None, "", ()) or (name in _WORDS and better(here, value)):
            update[name] = value
    return update


def _updated(known: _M, update: Mapping[str, Any]) -> _M:
    """Change a model if that changes anything."""
    news = {name: value for name, value in update.items() if getattr(known, name, None) != value}
    return known.model_copy(update=news) if news else known

"""What the operators over content parts share: the key of a part, and dispatch by the class of an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from rxrealtime.events import Message, Response

__all__ = ["OutputEvent", "PartKey", "Steps", "add", "by_class", "key_of", "messages", "without"]

PartKey = tuple[str | None, str, int]
"""Response id (None for what the user says), item id, content index: items interleave, so "the current" is no key."""

_State = TypeVar("_State")
_Out = TypeVar("_Out")
_Value = TypeVar("_Value")

Steps = Mapping[type, Callable[[_State, Any], tuple[_State, tuple[_Out, ...]]]]
"""Steps by the exact class of the event: one look-up for the many events that an operator ignores."""


class OutputEvent(Protocol):
    """Any event about one content part of a response."""

    @property
    def response_id(self) -> str: ...
    @property
    def item_id(self) -> str: ...
    @property
    def content_index(self) -> int: ...


def by_class(steps: Steps[_State, _Out]) -> Callable[[_State, object], tuple[_State, tuple[_Out, ...]]]:
    """Make one step of a table of steps; what is not in the table changes nothing."""
    find = steps.get

    def step(state: _State, event: object) -> tuple[_State, tuple[_Out, ...]]:
        chosen = find(type(event))
        return chosen(state, event) if chosen else (state, ())

    return step


def key_of(event: OutputEvent) -> PartKey:
    """Give the key of the part that an event is about."""
    return event.response_id, event.item_id, event.content_index


def add(texts: Mapping[PartKey, str], key: PartKey, piece: str) -> Mapping[PartKey, str]:
    """Append a piece to the text of one part."""
    return {**texts, key: texts.get(key, "") + piece}


def without(values: Mapping[PartKey, _Value], response_id: str) -> Mapping[PartKey, _Value]:
    """Free all parts of one response."""
    return {key: value for key, value in values.items() if key[0] != response_id}


def messages(response: Response) -> Iterable[Message]:
    """Give the messages in the output of a response, in order."""
    return (item for item in response.output or () if isinstance(item, Message))

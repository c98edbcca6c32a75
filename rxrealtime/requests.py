"""Which server event confirms which client event: the table behind ``session.request``.

Source: openai-openapi f85dbe2 (2026-08-21). An append is never acknowledged; every other client event yields its
confirmation or an ``error`` whose ``error.event_id`` is the id that the client gave.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from rxrealtime.errors import ConfigurationError, RequestRejectedError
from rxrealtime.events import (
    ConversationItemAdded,
    ConversationItemCreate,
    ConversationItemCreated,
    ConversationItemDelete,
    ConversationItemDeleted,
    ConversationItemRetrieve,
    ConversationItemRetrieved,
    ConversationItemTruncate,
    ConversationItemTruncated,
    Error,
    Event,
    InputAudioBufferClear,
    InputAudioBufferCleared,
    InputAudioBufferCommit,
    InputAudioBufferCommitted,
    OutputAudioBufferClear,
    OutputAudioBufferCleared,
    ResponseCancel,
    ResponseCreate,
    ResponseCreated,
    ResponseDone,
    SessionUpdate,
    SessionUpdated,
)
from rxrealtime.events.base import with_event_id
from rxrealtime.redaction import redacted

__all__ = ["CONFIRMATIONS", "confirms", "identified", "rejection"]

Confirms = Callable[[Any, Any], bool]


def _any(request: Any, answer: Any) -> bool:
    return True


def _same_item(request: Any, answer: Any) -> bool:
    return bool(request.item_id == answer.item_id)


def _retrieved(request: Any, answer: Any) -> bool:
    return bool(request.item_id == answer.item.id)


def _added(request: Any, answer: Any) -> bool:
    return bool(request.item.id == answer.item.id)


def _response_created(request: Any, answer: Any) -> bool:
    """Match by metadata, which the server echoes, when the request has some."""
    wanted = request.response.metadata if request.response else None
    return not wanted or wanted == answer.response.metadata


def _cancelled(request: Any, answer: Any) -> bool:
    return request.response_id in (None, answer.response.id)


CONFIRMATIONS: Mapping[type[Event], tuple[tuple[type[Event], ...], Confirms]] = {
    SessionUpdate: ((SessionUpdated,), _any),
    ConversationItemCreate: ((ConversationItemAdded, ConversationItemCreated), _added),
    ConversationItemDelete: ((ConversationItemDeleted,), _same_item),
    ConversationItemRetrieve: ((ConversationItemRetrieved,), _retrieved),
    ConversationItemTruncate: ((ConversationItemTruncated,), _same_item),
    InputAudioBufferCommit: ((InputAudioBufferCommitted,), _any),
    InputAudioBufferClear: ((InputAudioBufferCleared,), _any),
    OutputAudioBufferClear: ((OutputAudioBufferCleared,), _any),
    ResponseCreate: ((ResponseCreated,), _response_created),
    ResponseCancel: ((ResponseDone,), _cancelled),
}
"""For each client event the server events that can confirm it and the rule by which one does."""


def identified(event: Event, event_id: str, taken: Collection[str] = ()) -> Event:
    """Give a request the ids by which its answer can be told.

    Args:
        event: The client event to be sent.
        event_id: The id to give it if it has none.
        taken: The ids of the requests that still wait.

    Returns:
        A copy with an ``event_id`` and, if it creates an item, an item id.

    Raises:
        ConfigurationError: The server confirms no such event, so that a request would never end; or the event's own
            id is that of a request that still waits, so that their answers could not be told apart.
    """
    if type(event) not in CONFIRMATIONS:
        name = getattr(event, "type", type(event).__name__)
        raise ConfigurationError(f"{name} is never confirmed by the server: use send() for it")
    given = event.event_id or event_id
    if given in taken:
        raise ConfigurationError(f"a request with the event_id {given!r} is still waiting: give each its own")
    if isinstance(event, ConversationItemCreate) and not event.item.id:
        item = event.item.model_copy(update={"id": f"item_{given}"[:32]})
        return event.model_copy(update={"event_id": given, "item": item})
    return with_event_id(event, given)


def confirms(request: Event, answer: object) -> bool:
    """Tell whether a server event confirms a request.

    Args:
        request: The client event, as `identified` made it.
        answer: Any value of the session's stream.

    Returns:
        Whether this answer settles the request well.
    """
    types, rule = CONFIRMATIONS[type(request)]
    return isinstance(answer, types) and rule(request, answer)


def rejection(request: Event, answer: object, stands_in: str | None = None) -> RequestRejectedError | None:
    """Give the error by which the server rejected a request.

    Args:
        request: The client event, as `identified` made it.
        answer: Any value of the session's stream.
        stands_in: The ``event_id`` of the event that was sent in its place; default None, it was sent itself.

    Returns:
        The exception to raise, or None if this answer is not about the request.
    """
    if not isinstance(answer, Error) or answer.detail.event_id != (stands_in or request.event_id):
        return None
    detail = answer.detail
    name = getattr(request, "type", type(request).__name__)
    code = f" [{detail.code}]" if detail.code else ""
    return RequestRejectedError(
        f"the server rejected {name}{code}: {redacted(detail.message or '')}", code=detail.code, param=detail.param
    )

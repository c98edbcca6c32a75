"""The fold: a history and the next value of the traffic give the next history.

Source: openai-openapi f85dbe2 (2026-08-21), recorded traffic of 2026-08. An item is in the conversation when
``conversation.item.added`` says so (beta: ``.created``), never because a response made it: those of out-of-band
responses are not. xAI and Voice Live send no ``conversation.item.done`` for the model's items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.events import (
    ConnectionFailed,
    ConversationItemAdded,
    ConversationItemCreate,
    ConversationItemCreated,
    ConversationItemDeleted,
    ConversationItemDone,
    ConversationItemRetrieved,
    InputAudioBufferCommitted,
    Item,
    Model,
    ResponseDone,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
    SessionCreated,
    SessionUpdated,
)
from rxrealtime.history.entry import HistoryItem
from rxrealtime.history.growing import GROWING
from rxrealtime.history.keeping import arranged, closed, find, ledgered, written
from rxrealtime.history.merge import absorbed, is_over, with_status
from rxrealtime.history.places import Places, afloat, asked, placed, removed
from rxrealtime.history.values import History

__all__ = ["fold"]

_Value = TypeVar("_Value")

_CUT: Final = ("cancelled", "failed", "incomplete")


def fold(history: History, value: object) -> History:
    """Take one value of the traffic into a history.

    Folding a value twice changes nothing, and whatever order a server may choose for its events gives the same
    history.

    Args:
        history: The conversation so far; `History()` at the beginning.
        value: A server event, a client event that was sent, an `Interrupted`; anything else changes nothing.

    Returns:
        The conversation now. Its ``items`` are the same object if nothing that can be seen has changed.

    Example:
        >>> from functools import reduce
        >>> from rxrealtime.events import ContentPart, ConversationItemAdded, Message
        >>> hi = Message(id="item_1", role="user", content=(ContentPart(type="input_text", text="Hi"),))
        >>> print(reduce(fold, [ConversationItemAdded(item=hi)], History()))
        user: Hi
    """
    step = _STEPS.get(type(value))
    return history if step is None else step(history, value)


def _tell(history: History, item: Item, places: Places, *, final: bool = False) -> History:
    """Take an item as the server has it into the conversation, at its place."""
    item_id = item.id or ""
    known = find(history, item_id)
    if known is None:
        known = HistoryItem(item)
    if item_id not in history.ledger.indexes or places is not history.ledger.places:
        entries = {other.id: other for other in history.items} | {item_id: known}
        drafts = _without(history.ledger.drafts, item_id)
        history = arranged(ledgered(history, history.ledger._replace(drafts=drafts)), entries, places)
    return _absorb(history, item, final=final)


def _absorb(history: History, item: Item, *, final: bool = False) -> History:
    """Take more of an item that is known; others are none of the conversation's."""
    known = find(history, item.id or "")
    if known is None:
        return history
    whole = absorbed(known.full, item)
    return written(closed(history, whole, final=final), known, whole)


def _added(history: History, event: ConversationItemAdded | ConversationItemCreated) -> History:
    if not event.item.id:
        return history
    places = placed(history.ledger.places, event.item.id, event.previous_item_id, event.event_id)
    if event.item.id in places.gone:
        return history
    history = _tell(history, event.item, places)
    return _committed(history, event.item.id) if event.item.id in history.ledger.committed else history


def _committed(history: History, item_id: str) -> History:
    """End an item of the user: xAI adds it when the user begins to speak, others when it is complete (recorded)."""
    ledger = history.ledger
    if item_id in ledger.places.gone:
        return history
    if item_id not in ledger.places.anchors:
        return ledgered(history, ledger._replace(committed=ledger.committed | {item_id}))
    return _end(ledgered(history, ledger._replace(committed=ledger.committed - {item_id})), item_id, "completed")


def _told(history: History, item: Item, *, final: bool = False) -> History:
    """Take an item that is in the conversation, of which it is not said where."""
    places = history.ledger.places
    if not item.id or item.id in places.gone:
        return history
    return _tell(history, item, afloat(places, item.id), final=final)


def _deleted(history: History, event: ConversationItemDeleted) -> History:
    ledger, gone = history.ledger, event.item_id
    places = removed(ledger.places, gone, event.event_id)
    if not gone or places is ledger.places:  # xAI has sent an empty id (livekit/agents#6391)
        return history
    closed = {key: track for key, track in ledger.closed.items() if key[0] != gone}
    growing = {key: track for key, track in history.growing.items() if key[0] != gone}
    ledger = ledger._replace(drafts=_without(ledger.drafts, gone), closed=closed)
    history = History(history.items, ledger._replace(places=places), growing)
    if gone not in ledger.indexes:
        return history
    return arranged(history, {entry.id: entry for entry in history.items if entry.id != gone}, places)


def _output_added(history: History, event: ResponseOutputItemAdded) -> History:
    """Remember an item of a response; it is shown when it is in the conversation."""
    ledger, item_id = history.ledger, event.item.id or ""
    known = find(history, item_id)
    if not item_id or item_id in ledger.places.gone or (known is not None and is_over(known.full)):
        return history
    made = ledger.responses.get(event.response_id, ())
    if item_id not in made:
        ledger = ledger._replace(responses={**ledger.responses, event.response_id: (*made, item_id)})
    if known is None:
        return ledgered(history, ledger._replace(drafts={**ledger.drafts, item_id: HistoryItem(event.item)}))
    return _absorb(ledgered(history, ledger), event.item)


def _end(history: History, item_id: str, status: str) -> History:
    known = find(history, item_id)
    if known is None:
        return history
    whole = with_status(known.full, status)
    return written(closed(history, whole), known, whole)


def _response_done(history: History, event: ResponseDone) -> History:
    """End the items of a response: as it says, or else as itself."""
    response = event.response
    for item in response.output or ():
        history = _absorb(history, item)
    made = history.ledger.responses.get(response.id or "", ())
    status = "incomplete" if response.status in _CUT else "completed"
    for item_id in made:
        history = _end(history, item_id, status)
    ledger = history.ledger
    drafts = {item_id: draft for item_id, draft in ledger.drafts.items() if item_id not in made}
    responses = _without(ledger.responses, response.id or "")
    return ledgered(history, ledger._replace(responses=responses, drafts=drafts))


def _lost(history: History, _: ConnectionFailed) -> History:
    """End everything: nothing more will come of it."""
    for entry in history.items:
        history = _end(history, entry.id, "incomplete")
    ended = {key: track._replace(said="", seen=(), told=True) for key, track in history.growing.items()}
    ledger = history.ledger
    ledger = ledger._replace(drafts={}, responses={}, closed={**ledger.closed, **ended})
    return History(history.items, ledger)


def _asked(history: History, event: ConversationItemCreate) -> History:
    ledger = history.ledger
    if not event.item.id:
        return history
    return ledgered(history, ledger._replace(places=asked(ledger.places, event.item.id, event.previous_item_id)))


def _configured(history: History, event: SessionCreated | SessionUpdated) -> History:
    audio = event.session.audio
    wire = audio.output.format if audio and audio.output else None
    if wire is None:
        return history
    try:
        format = AudioFormat.from_wire(wire.model_dump() if isinstance(wire, Model) else wire)
    except ValueError:  # audio of a format that is not known here cannot be measured; PCM16 is the likeliest
        format = PCM16_24K
    return ledgered(history, history.ledger._replace(format=format))


def _without(values: Mapping[str, _Value], key: str) -> Mapping[str, _Value]:
    return {other: value for other, value in values.items() if other != key} if key in values else values


_STEPS: Final[Mapping[type, Callable[[History, Any], History]]] = {
    **GROWING,
    ConversationItemAdded: _added,
    ConversationItemCreated: _added,
    ConversationItemDone: lambda history, event: _told(history, event.item, final=True),
    ConversationItemRetrieved: lambda history, event: _told(history, event.item),
    ConversationItemDeleted: _deleted,
    ResponseOutputItemAdded: _output_added,
    ResponseOutputItemDone: lambda history, event: _absorb(history, event.item, final=True),
    ResponseDone: _response_done,
    InputAudioBufferCommitted: lambda history, event: _committed(history, event.item_id),
    ConnectionFailed: _lost,
    ConversationItemCreate: _asked,
    SessionCreated: _configured,
    SessionUpdated: _configured,
}

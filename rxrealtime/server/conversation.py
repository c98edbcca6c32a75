"""The default conversation: adding, deleting, retrieving and truncating its items.

Source: openai-openapi f85dbe2 (2026-08-21) and recorded traffic of 2026-08; error codes and wording as quoted in
public issue threads.
"""

from __future__ import annotations

from dataclasses import replace

from rxrealtime.audio import AudioFormat
from rxrealtime.events import (
    ContentPart,
    ConversationItemAdded,
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemDeleted,
    ConversationItemDone,
    ConversationItemRetrieve,
    ConversationItemRetrieved,
    ConversationItemTruncate,
    ConversationItemTruncated,
    Item,
    Message,
)
from rxrealtime.server.items import as_stored, check_item, shown
from rxrealtime.server.refusals import Refused, invalid_value
from rxrealtime.server.state import Change, Draft, State, Stored, find_item, mint, replaced_item

__all__ = ["append_item", "create_item", "delete_item", "drafted", "retrieve_item", "truncate_item", "truncated"]


def create_item(state: State, event: ConversationItemCreate) -> Change:
    """Add a client's item.

    Raises:
        Refused: The item is not allowed, its id is taken, or there is no item to put it after.
    """
    check_item(event.item)
    place = _place(state, event.previous_item_id)
    item_id = event.item.id
    if item_id is None:
        state, item_id = mint(state, "item")
    elif find_item(state, item_id) is not None:
        message = f"Error adding item: an item with ID '{item_id}' already exists in the conversation."
        raise Refused("item_create_duplicate_item_id", message, "item.id")
    return _added(state, place, Stored(as_stored(event.item, item_id), state.session.input_format))


def append_item(state: State, stored: Stored) -> Change:
    """Add an item of the server's making at the end, complete."""
    return _added(state, len(state.items), stored)


def _place(state: State, previous: str | None) -> int:
    if previous is None:
        return len(state.items)
    if previous == "root":
        return 0
    found = find_item(state, previous)
    if found is None:
        message = f"Error adding item: the previous item with ID '{previous[:64]}' does not exist."
        raise Refused("item_create_invalid_previous_item_id", message, "previous_item_id")
    return found + 1


def _added(state: State, place: int, stored: Stored) -> Change:
    previous = state.items[place - 1].id if place else None
    items = (*state.items[:place], stored, *state.items[place:])
    item = shown(stored.item)
    events = (
        ConversationItemAdded(previous_item_id=previous, item=item),
        ConversationItemDone(previous_item_id=previous, item=item),
    )
    return state._replace(items=items), events


def delete_item(state: State, event: ConversationItemDelete) -> Change:
    """Remove an item, and what is still to be told about it.

    Raises:
        Refused: There is no such item, or it is still being made.
    """
    stored = _existing(state, event.item_id, "delete")
    if drafted(state, stored.id):
        message = f"Error deleting item: the item with ID '{stored.id}' is still in progress."
        raise Refused("item_delete_invalid_item_id", message, "item_id")
    kept = tuple(old for old in state.items if old.id != stored.id)
    agenda = tuple(due for due in state.agenda if due.owner != stored.id)
    return state._replace(items=kept, agenda=agenda), (ConversationItemDeleted(item_id=stored.id),)


def retrieve_item(state: State, event: ConversationItemRetrieve) -> Change:
    """Give out an item with its audio.

    Raises:
        Refused: There is no such item.
    """
    return state, (ConversationItemRetrieved(item=_existing(state, event.item_id, "retrieve").item),)


def _existing(state: State, item_id: str, verb: str) -> Stored:
    found = find_item(state, item_id)
    if found is None:
        message = f"Error: the item with ID '{item_id[:64]}' does not exist; nothing to {verb}."
        raise Refused(f"item_{verb}_invalid_item_id", message, "item_id")
    return state.items[found]


def truncate_item(state: State, event: ConversationItemTruncate) -> Change:
    """Cut the audio of an assistant's message to what was heard, and forget its transcript.

    Raises:
        Refused: There is no such item, it is not audio of the model, or it is shorter than that.
    """
    stored = _existing(state, event.item_id, "truncate")
    if not isinstance(stored.item, Message) or stored.item.role != "assistant":
        raise invalid_value("item_id", "Only model output audio messages can be truncated")
    if event.content_index != 0:
        raise invalid_value("content_index", "Only the content part 0 can be truncated")
    if event.audio_end_ms < 0:
        raise Refused("integer_below_min_value", "Invalid 'audio_end_ms': it is below 0.", "audio_end_ms")
    draft = drafted(state, stored.id)
    size = draft.heard if draft else _size(stored.item)
    if not size and not (draft and draft.audio):
        raise invalid_value("item_id", "Only model output audio messages can be truncated")
    _check_length(stored.format, size, event.audio_end_ms)
    told = ConversationItemTruncated(item_id=stored.id, content_index=0, audio_end_ms=event.audio_end_ms)
    return _cut(state, stored, draft, stored.format.ms_to_bytes(event.audio_end_ms)), (told,)


def _check_length(format: AudioFormat, size: int, audio_end_ms: int) -> None:
    real = format.bytes_to_ms(size)
    if audio_end_ms > real:
        raise invalid_value("audio_end_ms", f"Audio content of {real}ms is already shorter than {audio_end_ms}ms")


def _size(item: Message) -> int:
    return sum(len(part.audio or b"") for part in (item.content or ())[:1])


def _cut(state: State, stored: Stored, draft: Draft | None, size: int) -> State:
    if draft is None:
        return replaced_item(state, replace(stored, item=truncated(stored.item, size)))
    responses = tuple(
        running._replace(drafts=tuple(d._replace(cut=size) if d.id == draft.id else d for d in running.drafts))
        for running in state.responses
    )
    return state._replace(responses=responses)


def truncated(item: Item, size_bytes: int) -> Item:
    """Return an assistant's message of which only the first bytes of audio were heard; its transcript is gone."""
    if not isinstance(item, Message) or not item.content:
        return item
    heard = ContentPart(type="output_audio", audio=(item.content[0].audio or b"")[:size_bytes])
    return item.model_copy(update={"content": (heard, *item.content[1:])})


def drafted(state: State, item_id: str) -> Draft | None:
    """Return the draft of an item that is still being made."""
    drafts = (draft for running in state.responses for draft in running.drafts)
    return next((draft for draft in drafts if draft.id == item_id and draft.status in ("in_progress", "calling")), None)

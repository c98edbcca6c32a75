"""Which event confirms which."""

from __future__ import annotations

from typing import Any

import pytest

from rxrealtime import ConfigurationError
from rxrealtime.events import (
    CLIENT_EVENTS,
    SERVER_EVENTS,
    ConversationItemAdded,
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemDeleted,
    ConversationItemRetrieve,
    ConversationItemRetrieved,
    ConversationItemTruncate,
    ConversationItemTruncated,
    InputAudioBufferAppend,
    InputAudioBufferCommit,
    InputAudioBufferCommitted,
    Message,
    Response,
    ResponseCancel,
    ResponseDone,
)
from rxrealtime.requests import CONFIRMATIONS, confirms, identified


def test_every_client_event_but_the_append_can_be_confirmed() -> None:
    """An append is never acknowledged (openai-openapi f85dbe2)."""
    assert set(CLIENT_EVENTS.values()) - set(CONFIRMATIONS) == {InputAudioBufferAppend}
    assert {model for types, _ in CONFIRMATIONS.values() for model in types} <= set(SERVER_EVENTS.values())


@pytest.mark.parametrize(
    ("request_", "answer", "other"),
    [
        (
            ConversationItemDelete(item_id="a"),
            ConversationItemDeleted(item_id="a"),
            ConversationItemDeleted(item_id="b"),
        ),
        (
            ConversationItemRetrieve(item_id="a"),
            ConversationItemRetrieved(item=Message(id="a")),
            ConversationItemRetrieved(item=Message(id="b")),
        ),
        (
            ConversationItemTruncate(item_id="a", content_index=0, audio_end_ms=1),
            ConversationItemTruncated(item_id="a", content_index=0, audio_end_ms=1),
            ConversationItemTruncated(item_id="b", content_index=0, audio_end_ms=1),
        ),
        (
            ConversationItemCreate(item=Message(id="a")),
            ConversationItemAdded(item=Message(id="a")),
            ConversationItemAdded(item=Message(id="b")),
        ),
        (
            ResponseCancel(response_id="a"),
            ResponseDone(response=Response(id="a")),
            ResponseDone(response=Response(id="b")),
        ),
        (InputAudioBufferCommit(), InputAudioBufferCommitted(item_id="a"), ResponseDone(response=Response(id="a"))),
    ],
)
def test_an_answer_is_told_by_the_id_it_names(request_: Any, answer: Any, other: Any) -> None:
    """And not by its type alone."""
    assert confirms(request_, answer)
    assert not confirms(request_, other)


def test_a_request_that_creates_an_item_gets_an_item_id_of_at_most_32_characters() -> None:
    """Servers refuse longer ones; one that was given is kept."""
    made: Any = identified(ConversationItemCreate(item=Message(role="user")), "x" * 60)
    assert made.event_id == "x" * 60
    assert len(made.item.id) <= 32
    kept: Any = identified(ConversationItemCreate(item=Message(id="mine")), "e")
    assert kept.item.id == "mine"


def test_what_is_no_request_is_refused_by_name() -> None:
    """An append would wait for ever; a server event is nothing to send."""
    for event in (InputAudioBufferAppend(audio=b""), ResponseDone(response=Response())):
        with pytest.raises(ConfigurationError, match=event.type):
            identified(event, "e")

"""Encoding, and the round trip; what decoding promises is in the contracts (D)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxrealtime import ExceptionEvent, SchemaError, UnknownEvent, decode, decode_client, encode
from rxrealtime.events import (
    ContentPart,
    ConversationItemCreate,
    Event,
    InputAudioBufferAppend,
    InputAudioConfig,
    Message,
    ResponseOutputAudioDelta,
    SessionConfig,
    SessionUpdate,
)
from rxrealtime.events.base import with_event_id
from rxrealtime.events.config import AudioConfig, TurnDetection
from rxrealtime.events.server import SERVER_EVENTS

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
PARTS = st.builds(ContentPart, type=st.just("input_text"), text=TEXT, transcript=st.none() | TEXT)
CLIENT_EVENTS = st.one_of(
    st.builds(InputAudioBufferAppend, audio=st.binary(max_size=40), event_id=st.none() | TEXT),
    st.builds(
        ConversationItemCreate, item=st.builds(Message, role=TEXT, content=st.lists(PARTS, max_size=3).map(tuple))
    ),
    st.builds(SessionUpdate, session=st.builds(SessionConfig, instructions=st.none() | TEXT)),
)


@given(CLIENT_EVENTS)
def test_decode_of_encode_is_the_event(event: Event) -> None:
    """For every client event: nothing is lost on the wire."""
    assert decode_client(encode(event)) == event


@given(st.binary(max_size=100))
def test_audio_is_bytes_here_and_standard_base64_there(audio: bytes) -> None:
    """Both directions; never the URL-safe alphabet, which servers refuse."""
    text = encode(InputAudioBufferAppend(audio=audio))
    assert not set("-_") & set(json.loads(text)["audio"])
    delta = ResponseOutputAudioDelta(response_id="r", item_id="i", output_index=0, content_index=0, delta=audio)
    assert decode(encode(delta)) == delta


def test_audio_that_was_encoded_already_is_refused() -> None:
    """A str is not audio: encoding it twice would give noise."""
    with pytest.raises(ValueError, match="valid bytes"):
        InputAudioBufferAppend(audio="AAAA")  # type: ignore[arg-type]  # what a tired user does


def test_what_was_never_set_is_not_written_and_an_explicit_none_is_null() -> None:
    """An update names what it changes; null clears."""
    quiet = InputAudioConfig(turn_detection=None)
    update = SessionUpdate(session=SessionConfig(audio=AudioConfig(input=quiet)))
    assert json.loads(encode(update)) == {
        "type": "session.update",
        "session": {"type": "realtime", "audio": {"input": {"turn_detection": None}}},
    }


@pytest.mark.parametrize("event", [Message(role="user"), SessionConfig()])
def test_the_type_of_a_nested_value_is_always_written(event: Any) -> None:
    """Servers tell items apart by it, and require it in a session."""
    assert json.loads(event.model_dump_json(exclude_unset=True))["type"] == event.type


@given(
    st.dictionaries(
        TEXT, st.none() | TEXT | st.integers() | st.floats(allow_nan=False, allow_infinity=False), max_size=3
    )
)
def test_an_unknown_event_is_written_as_it_came(fields: dict[str, Any]) -> None:
    """A proxy forwards what it does not know."""
    raw = {**fields, "type": "zork"}
    event = decode(json.dumps(raw))
    assert isinstance(event, UnknownEvent)
    assert json.loads(encode(event)) == raw


def test_an_event_that_utf8_cannot_express_is_refused_without_a_quote() -> None:
    """A lone surrogate in a history would be replayed at every reconnect."""
    with pytest.raises(SchemaError, match="lone surrogate") as raised:
        encode(UnknownEvent("zork", {"type": "zork", "text": "secret \ud83d"}))
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_events_are_immutable_hashable_by_nothing_and_short_to_print() -> None:
    """A printed delta shows how much audio it has, not the audio; what has no value is left out."""
    delta = ResponseOutputAudioDelta(response_id="r", item_id="i", output_index=0, content_index=0, delta=bytes(4800))
    assert "<4800 bytes>" in repr(delta)
    assert "event_id" not in repr(delta)
    with pytest.raises(ValueError, match="frozen"):
        delta.item_id = "other"  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize("width", ["0.5", "1", "200"])
def test_numbers_may_be_int_or_float(width: str) -> None:
    """Recorded servers write both."""
    turn_detection = f'{{"turn_detection": {{"threshold": {width}}}}}'
    data = f'{{"type": "session.created", "session": {{"audio": {{"input": {turn_detection}}}}}}}'
    event: Any = decode(data)
    assert event.session.audio.input.turn_detection == TurnDetection(threshold=float(width))


def test_an_item_of_an_unknown_type_does_not_lose_its_event() -> None:
    """xAI's force_message, and what is still to come."""
    event: Any = decode('{"type": "conversation.item.added", "item": {"type": "force_message", "id": "i", "x": 1}}')
    assert (event.item.type, event.item.id, event.item.x) == ("force_message", "i", 1)


def test_every_published_client_example_decodes_or_is_listed(shared: Path) -> None:
    """The one that does not has 'Base64EncodedAudioData' where audio belongs."""
    rows = [json.loads(line) for line in (shared / "protocol/examples_client.jsonl").read_text("utf-8").splitlines()]
    ga = [row["event"] for row in rows if row["protocol"] == "ga"]
    failed = {event["type"] for event in ga if isinstance(decode_client(json.dumps(event)), ExceptionEvent)}
    assert len(ga) > 50
    assert failed == {"input_audio_buffer.append"}


@pytest.mark.parametrize("voice", ['"alloy"', '{"id": "voice_1"}', '{"name": "alloy", "type": "openai"}', "null"])
def test_a_voice_may_be_a_name_or_an_object(voice: str) -> None:
    """An object broke a peer's validation, and with it every later response (public report)."""
    response = (
        f'{{"id": "r", "audio": {{"output": {{"voice": {voice}}}}}, "usage": null, "status_details": "unimplemented"}}'
    )
    for kind in ("created", "done"):
        event: Any = decode(f'{{"type": "response.{kind}", "response": {response}}}')
        assert event.response.id == "r"


@pytest.mark.parametrize("role", ["user", "assistant", "system"])
def test_messages_with_null_text_and_audio_are_messages(role: str) -> None:
    """Recorded: a committed turn has ``transcript: null``."""
    content = '[{"type": "input_audio", "transcript": null, "audio": null}, {"type": "input_text", "text": null}]'
    item = f'{{"type": "message", "role": "{role}", "status": "completed", "content": {content}}}'
    event: Any = decode(f'{{"type": "conversation.item.retrieved", "item": {item}}}')
    assert (event.item.status, event.item.content[0].transcript, event.item.content[1].text) == (
        "completed",
        None,
        None,
    )


def test_an_infinity_that_a_large_number_became_is_not_written() -> None:
    """What is written is JSON (RFC 8259), also where the server's number does not fit into a double."""
    event = decode('{"type": "zork", "value": 1e999}')
    assert isinstance(event, UnknownEvent)
    with pytest.raises(SchemaError, match="a value JSON does not have"):
        encode(event)
    named = decode('{"type": "zork", "value": "Infinity and NaN"}')
    assert isinstance(named, UnknownEvent)
    assert decode(encode(named)) == named


@given(st.sampled_from(sorted(SERVER_EVENTS)), st.none() | st.text(max_size=8))
def test_an_event_under_another_id_is_the_copy_that_pydantic_makes(type: str, event_id: str | None) -> None:
    """Unknown fields, what counts as set, and equality included; the event itself stays as it is."""
    event = SERVER_EVENTS[type].model_construct(event_id="e", unknown={"kept": 1})
    other = with_event_id(event, event_id)
    copy = event.model_copy(update={"event_id": event_id})
    assert other == copy and other.model_fields_set == copy.model_fields_set
    assert (other.model_extra, other.event_id, event.event_id) == (copy.model_extra, event_id, "e")

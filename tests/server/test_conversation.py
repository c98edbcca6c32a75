"""Items of the conversation: creating, placing, deleting, retrieving and truncating them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pytest

from rxrealtime.audio import PCM16_24K
from rxrealtime.server.voices import speak, transcribe
from tests.server.driving import Client, at_once, items_of, text_item, types_of

_ADDED = "conversation.item.added"


def _created(client: Client, id: str | None = None, previous: str | None = None) -> list[Any]:
    item = text_item("x")["item"] | ({} if id is None else {"id": id})
    return client.send({"type": "conversation.item.create", "item": item, "previous_item_id": previous})


def _error(got: list[Any]) -> dict[str, Any]:
    (answer,) = got
    assert answer["type"] == "error"
    found: dict[str, Any] = answer["error"]
    return found


def _on(client: Client, verb: str, id: str, **more: Any) -> list[Any]:
    return client.send({"type": f"conversation.item.{verb}", "item_id": id} | more)


def _spoken(client: Client) -> tuple[str, str]:
    """Let the model say something; return the id of the item and the transcript."""
    got = client.ask("hello there")
    done = items_of(got, "response.done")[0]["response"]["output"][0]
    return done["id"], done["content"][0]["transcript"]


def _truncate(client: Client, id: str, ms: int, index: int = 0) -> list[Any]:
    return _on(client, "truncate", id, content_index=index, audio_end_ms=ms)


def test_added_then_done() -> None:
    """A created item is added and done at once, complete, under the client's id or a new one."""
    client = Client(at_once)
    added, done = _created(client, "mine")
    assert (added["type"], done["type"]) == (_ADDED, "conversation.item.done")
    assert added["item"] == done["item"]
    assert (added["item"]["id"], added["item"]["status"]) == ("mine", "completed")
    assert _created(client)[0]["item"]["id"].startswith("item_")


def test_places() -> None:
    """An item goes to the end, to the front with "root", or after another."""
    client = Client(at_once)
    got = [_created(client, id, previous)[0] for id, previous in [("b", None), ("a", "root"), ("c", "b"), ("d", None)]]
    assert [event["previous_item_id"] for event in got] == [None, None, "b", "c"]
    assert [stored.id for stored in client.state.items] == ["a", "b", "c", "d"]


def test_ids_that_are_refused() -> None:
    """A taken id, an unknown place, a bad pattern and too long an id are refused, and nothing is added."""
    client = Client(at_once)
    _created(client, "a")
    assert _error(_created(client, "a"))["code"] == "item_create_duplicate_item_id"
    assert _error(_created(client, "b", "nowhere"))["param"] == "previous_item_id"
    assert _error(_created(client, "no blanks"))["param"] == "item.id"
    assert _error(_created(client, "x" * 33))["code"] == "string_above_max_length"
    assert [stored.id for stored in client.state.items] == ["a"]


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ({"type": "message", "content": []}, "item.role"),
        ({"type": "message", "role": "robot", "content": []}, "item.role"),
        ({"type": "message", "role": "user"}, "item.content"),
        ({"type": "message", "role": "user", "content": [{"text": "x"}]}, "item.content[0].type"),
        ({"type": "message", "role": "user", "content": [{"type": "output_text"}]}, "item.content[0].type"),
        ({"type": "message", "role": "user", "content": [{"type": "input_text"}]}, "item.content[0].text"),
        ({"type": "message", "role": "user", "content": [{"type": "input_audio"}]}, "item.content[0].audio"),
        ({"type": "message", "role": "assistant", "content": [{"type": "text", "text": "x"}]}, "item.content[0].type"),
        ({"type": "message", "role": "system", "content": [{"type": "input_audio"}]}, "item.content[0].type"),
        ({"type": "function_call_output", "output": "x"}, "item.call_id"),
        ({"type": "function_call_output", "call_id": "c"}, "item.output"),
        ({"type": "function_call", "call_id": "c", "arguments": "{}"}, "item.name"),
        ({"type": "item_reference", "id": "a"}, "item.type"),
        ({"type": "nonsense"}, "item.type"),
    ],
)
def test_items_that_are_refused(item: dict[str, Any], param: str) -> None:
    """An item that is incomplete or of a kind that clients cannot add is refused with the path of the fault."""
    assert _error(Client(at_once).send({"type": "conversation.item.create", "item": item}))["param"] == param


def test_output_of_a_call_has_no_status() -> None:
    """A function_call_output is added without a status, as recorded."""
    item = {"type": "function_call_output", "call_id": "c", "output": "x"}
    added = Client(at_once).send({"type": "conversation.item.create", "item": item})[0]["item"]
    assert set(added) == {"type", "id", "call_id", "output"}


def test_audio_is_shown_only_when_retrieved() -> None:
    """The audio of a client's item is not in added, where its transcript is null, but in retrieved."""
    client = Client(at_once)
    audio = b64encode(speak("hi")).decode()
    part = {"type": "input_audio", "audio": audio}
    item = {"id": "a", "type": "message", "role": "user", "content": [part]}
    added = client.send({"type": "conversation.item.create", "item": item})[0]
    assert added["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    retrieved = _on(client, "retrieve", "a")[0]
    assert retrieved["item"]["content"][0]["audio"] == audio


def test_client_audio_is_heard() -> None:
    """What a client's audio item says is answered."""
    client = Client(at_once)
    part = {"type": "input_audio", "audio": b64encode(speak("seven")).decode()}
    item = {"type": "message", "role": "user", "content": [part]}
    got = client.send({"type": "conversation.item.create", "item": item}, {"type": "response.create"})
    assert items_of(got, "response.output_audio_transcript.done")[0]["transcript"] == "You said: seven"


def test_delete() -> None:
    """A deleted item is gone; deleting it again is refused, and its id is free."""
    client = Client(at_once)
    _created(client, "a")
    assert types_of(_on(client, "delete", "a")) == ["conversation.item.deleted"]
    assert _error(_on(client, "delete", "a"))["code"] == "item_delete_invalid_item_id"
    assert _error(_on(client, "retrieve", "a"))["code"] == "item_retrieve_invalid_item_id"
    assert types_of(_created(client, "a"))[0] == _ADDED


def test_item_in_the_making_is_not_deleted() -> None:
    """An item that is still being made cannot be deleted, and is done as usual."""
    client = Client()
    client.send(text_item("hello"), {"type": "response.create"})
    id = items_of(client.got, "response.output_item.added")[0]["item"]["id"]
    assert _error(_on(client, "delete", id))["code"] == "item_delete_invalid_item_id"
    assert types_of(client.wait())[-2] == "response.done"


def test_truncate_cuts_the_audio_and_forgets_the_transcript() -> None:
    """After a truncation the item holds exactly the audio up to there, which decodes to what was heard, and no text."""
    client = Client(at_once)
    id, transcript = _spoken(client)
    (told,) = _truncate(client, id, 200)
    assert (told["item_id"], told["content_index"], told["audio_end_ms"]) == (id, 0, 200)
    (part,) = _on(client, "retrieve", id)[0]["item"]["content"]
    assert "transcript" not in part
    assert len(b64decode(part["audio"])) == PCM16_24K.ms_to_bytes(200)
    assert transcribe(b64decode(part["audio"])) == transcript[:5]


def test_truncate_refuses_more_than_there_is() -> None:
    """Truncating beyond the real length is refused, to the millisecond."""
    client = Client(at_once)
    id, transcript = _spoken(client)
    real = 40 * len(transcript)
    assert _error(_truncate(client, id, real + 1))["message"] == (
        f"Audio content of {real}ms is already shorter than {real + 1}ms"
    )
    assert types_of(_truncate(client, id, real)) == ["conversation.item.truncated"]


def test_truncate_refuses_what_the_model_did_not_say() -> None:
    """Only model output audio messages can be truncated, at content index 0 and not below 0 ms."""
    client = Client(at_once)
    id, _ = _spoken(client)
    _created(client, "a")
    text = items_of(client.ask("x", output_modalities=["text"]), "response.done")[0]["response"]["output"][0]["id"]
    for other in ("a", text):
        assert _error(_truncate(client, other, 1))["message"] == "Only model output audio messages can be truncated"
    assert _error(_truncate(client, "nowhere", 1))["code"] == "item_truncate_invalid_item_id"
    assert _error(_truncate(client, id, 1, index=1))["param"] == "content_index"
    assert _error(_truncate(client, id, -1))["param"] == "audio_end_ms"


def test_truncate_while_it_is_being_said() -> None:
    """An item that is being said can be cut to what was given out so far, not beyond, and stays cut when it is done."""
    client = Client()
    client.send(text_item("hello there everybody"), {"type": "response.create"})
    client.wait(0.05)
    id = items_of(client.got, "response.output_item.added")[0]["item"]["id"]
    sent = sum(len(b64decode(event["delta"])) for event in items_of(client.got, "response.output_audio.delta"))
    given = PCM16_24K.bytes_to_ms(sent)
    assert _error(_truncate(client, id, given + 1))["message"].startswith(f"Audio content of {given}ms")
    assert types_of(_truncate(client, id, 100)) == ["conversation.item.truncated"]
    client.wait()
    (part,) = _on(client, "retrieve", id)[0]["item"]["content"]
    assert len(b64decode(part["audio"])) == PCM16_24K.ms_to_bytes(100)

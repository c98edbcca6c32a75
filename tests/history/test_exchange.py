"""A history as plain JSON, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import settings

from rxrealtime.errors import ConfigurationError
from rxrealtime.events import ContentPart, Message, UnknownItem
from rxrealtime.history import History, HistoryItem, history_from_json, history_to_json
from tests.history.traces import Trace, folded, traces
from tests.operators.wire import added, heard, text_item


@settings(deadline=None, max_examples=30)
@forall(traces())
def test_a_history_comes_back_from_json(trace: Trace) -> None:
    """What was written and read is the same history, what was cut and what could not be transcribed too."""
    for history in (folded(trace.values), folded(trace.values[: len(trace.values) // 2])):
        back = history_from_json(json.loads(json.dumps(history_to_json(history), allow_nan=False)))

        assert back == history
        assert [entry.full_text for entry in back] == [entry.full_text for entry in history]


def test_images_audio_and_what_nobody_knows_come_back() -> None:
    """Bytes are base64 in JSON; fields and items of later versions of the protocol are kept."""
    parts = (
        ContentPart(type="input_image", image_url="data:image/png;base64,AA==", detail="low"),
        ContentPart(type="input_audio", audio=b"\xff\xfe\x00", transcript=None),
        ContentPart.model_validate({"type": "input_smell", "smell": {"of": ["roses"]}}),
    )
    strange = UnknownItem.model_validate({"type": "hologram", "id": "h", "beam": 1.5})
    history = folded([added(Message(id="u", role="user", status="completed", content=parts)), added(strange)])

    plain = history_to_json(history)

    assert history_from_json(plain) == history
    assert plain["items"][0]["item"]["content"][1] == {"type": "input_audio", "audio": "//4A", "transcript": None}
    assert history_to_json(History()) == {"version": 1, "items": []}


def test_a_restored_history_goes_on() -> None:
    """Folding goes on after the last item, and what was cut in the earlier session stays cut."""
    whole = Message(
        id="a", role="assistant", status="completed", content=(ContentPart(type="output_audio", transcript="Hi you"),)
    )
    cut = whole.model_copy(update={"content": (ContentPart(type="output_audio", transcript="Hi"),)})
    earlier = history_from_json(history_to_json(folded([added(text_item("u", "Hi"))])))
    row = {"item": cut.model_dump(), "heard_ms": {"0": 40}, "whole": whole.model_dump()}
    rows = [*history_to_json(earlier)["items"], row]

    history = history_from_json({"version": 1, "items": rows})
    again = folded([added(whole), added(text_item("v", "Ho")), heard("He", "w")], history)

    assert str(again) == "user: Hi\nassistant: Hi [heard 0.0 s]\nuser: Ho\nuser: He..."
    assert again.items[1].full_text == "Hi you"


_ITEM = {"type": "message", "id": "u", "role": "user", "content": [{"type": "input_text", "text": "canary"}]}


@pytest.mark.parametrize(
    ("plain", "place"),
    [
        (None, "a history is"),
        ([], "a history is"),
        ({}, "a history is"),
        ({"version": 2, "items": []}, "a history is"),
        ({"version": 1, "items": {}}, "a history is"),
        ({"version": 1, "items": ["canary"]}, r"items\[0\]: an object"),
        ({"version": 1, "items": [{}]}, r"items\[0\]\.item"),
        ({"version": 1, "items": [{"item": _ITEM}, {"item": 1}]}, r"items\[1\]\.item"),
        ({"version": 1, "items": [{"item": {**_ITEM, "content": [1]}}]}, r"items\[0\]\.item: .*content"),
        ({"version": 1, "items": [{"item": {**_ITEM, "role": {"canary": 1}}}]}, r"items\[0\]\.item: .*role"),
        ({"version": 1, "items": [{"item": {**_ITEM, "weight": float("nan")}}]}, r"items\[0\]\.item"),
        ({"version": 1, "items": [{"item": {**_ITEM, "weight": object()}}]}, r"items\[0\]\.item"),
        ({"version": 1, "items": [{"item": {**_ITEM, "id": None}}]}, r"items\[0\]\.item\.id"),
        ({"version": 1, "items": [{"item": _ITEM}, {"item": _ITEM}]}, r"items\[1\]\.item\.id"),
        ({"version": 1, "items": [{"item": _ITEM, "whole": "canary"}]}, r"items\[0\]\.whole"),
        ({"version": 1, "items": [{"item": _ITEM, "heard_ms": {"canary": 1}}]}, r"items\[0\]\.heard_ms"),
        ({"version": 1, "items": [{"item": _ITEM, "heard_ms": {"0": -1}}]}, r"items\[0\]\.heard_ms"),
        ({"version": 1, "items": [{"item": _ITEM, "heard_ms": [0]}]}, r"items\[0\]\.heard_ms"),
        ({"version": 1, "items": [{"item": _ITEM, "untranscribed": 0}]}, r"items\[0\]\.untranscribed"),
        ({"version": 1, "items": [{"item": _ITEM, "untranscribed": [True]}]}, r"items\[0\]\.untranscribed"),
    ],
)
def test_what_is_no_history_is_refused_by_its_place(plain: Any, place: str) -> None:
    """The error names where, and never what."""
    with pytest.raises(ConfigurationError, match=place) as caught:
        history_from_json(plain)

    assert "canary" not in str(caught.value) and caught.value.__cause__ is None


def test_an_entry_without_more_says_no_more() -> None:
    """Only what is different from the item is written."""
    entry = HistoryItem(text_item("u", "Hi"))

    assert history_to_json(History((entry,)))["items"] == [
        {
            "item": {
                "type": "message",
                "id": "u",
                "status": "completed",
                "role": "user",
                "content": [{"type": "input_text", "text": "Hi"}],
            }
        }
    ]

"""What a new session is told of an earlier conversation, and what the embedded server makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from rxrealtime import commands, encode
from rxrealtime.activity import Interrupted
from rxrealtime.events import ContentPart, FunctionCall, FunctionCallOutput, McpCall, Message, UnknownItem
from rxrealtime.history import History
from rxrealtime.server.scenarios import Call, Rule, Scenario
from tests.history.engines import Listener
from tests.history.traces import Trace, folded, traces
from tests.operators.wire import added, audio, heard, say, spoken_item, text_item
from tests.server.driving import items_of
from tests.server.driving import text_item as typed


def sent(history: History) -> list[Any]:
    """What is sent to seed a session, as JSON objects."""
    return [json.loads(encode(event)) for event in commands.seed(history)]


def items(history: History) -> list[Any]:
    """The items of it."""
    return [event["item"] for event in sent(history)]


def readable(history: History) -> list[tuple[str, str]]:
    """Who said what, and what tools were called with and answered, without what says nothing."""
    told = []
    for entry in history:
        item: Any = entry.item
        said = entry.text or getattr(item, "arguments", None) or getattr(item, "output", None) or ""
        if said.strip():
            told.append((entry.role or item.type or "", " ".join(said.split())))
    return told


@settings(deadline=None, max_examples=30)
@forall(traces())
def test_the_embedded_server_takes_what_it_is_told(trace: Trace) -> None:
    """Every item is accepted, and the history of the new session says the same as the one before."""
    history = folded(trace.values)
    listener = Listener()

    answers = listener.send(*sent(history))

    assert items_of(answers, "error") == []
    whole = {e.item.call_id for e in history if isinstance(e.item, FunctionCall) and e.status == "completed"}
    kept = [e for e in history if not hasattr(e.item, "call_id") or e.item.call_id in whole]
    assert readable(listener.history) == readable(History(tuple(kept)))


def test_a_session_goes_on_where_another_ended() -> None:
    """A conversation with a call, held with the embedded server, seeds another one: word for word the same."""
    scenario = Scenario((Rule("weather", call=(Call("weather", {"city": "Oslo"}),)), Rule("output", say="It rains.")))
    first = Listener(scenario)
    first.send(typed("What is the weather?"), {"type": "response.create"})
    first.wait()
    call: Any = first.history.items[1].item
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    first.send({"type": "conversation.item.create", "item": output}, {"type": "response.create"})
    first.wait()

    second = Listener(scenario)
    answers = second.send(*sent(first.history))

    assert items_of(answers, "error") == []
    assert str(second.history) == str(first.history)
    assert str(first.history).splitlines() == [
        "user: What is the weather?",
        'function_call: weather({"city": "Oslo"})',
        "function_call_output: rain",
        "assistant: It rains.",
    ]


def test_what_is_sent_is_what_servers_were_seen_to_take() -> None:
    """Texts of both sides, without ids and statuses, as recorded with OpenAI, Azure and xAI in 2026-08."""
    said = [text_item("u", "Hi"), text_item("a", "Ho", "assistant"), text_item("s", "Be", "system")]
    history = folded(map(added, said))

    assert sent(history)[0] == {
        "type": "conversation.item.create",
        "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
    }
    assert [(item["role"], item["content"]) for item in items(history)][1:] == [
        ("assistant", [{"type": "output_text", "text": "Ho"}]),
        ("system", [{"type": "input_text", "text": "Be"}]),
    ]


def test_what_was_spoken_is_told_as_text() -> None:
    """Audio becomes its transcript: of what was interrupted the part that was heard, of the user's without blanks."""
    empty = Message(id="a", role="assistant", status="in_progress", content=())
    words = [added(empty), say("One"), audio(bytes(48_000)), say(" two"), Interrupted("r", "a", 0, 1000, 1000)]
    user = [added(spoken_item("u", " Hello ")), heard(" Well", "v")]

    assert [item["content"] for item in items(folded([*words, *user]))] == [
        [{"type": "output_text", "text": "One"}],
        [{"type": "input_text", "text": "Hello"}],
        [{"type": "input_text", "text": "Well"}],
    ]


def test_images_are_kept() -> None:
    """They are told as they were."""
    image = ContentPart(type="input_image", image_url="data:image/png;base64,AA==", detail="low")
    plain = ContentPart(type="input_image", image_url="data:image/png;base64,AB==")
    text = ContentPart(type="input_text", text="?")
    history = folded([added(Message(id="u", role="user", content=(image, text, plain)))])

    assert items(history)[0]["content"] == [
        {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"},
        {"type": "input_text", "text": "?"},
        {"type": "input_image", "image_url": "data:image/png;base64,AB=="},
    ]


def test_what_says_nothing_is_left_out() -> None:
    """Empty messages, items that only a server can make, calls that were cut off and outputs without their call."""
    history = folded(
        [
            added(text_item("u", "")),
            added(spoken_item("v")),
            added(Message(id="w", role="assistant", content=())),
            added(Message(id="x", content=(ContentPart(type="input_text", text="?"),))),
            added(McpCall(id="m", name="search", arguments="{}")),
            added(UnknownItem.model_validate({"type": "hologram", "id": "h"})),
            added(FunctionCall(id="f", call_id="call_1", name="tool", arguments='{"ci', status="incomplete")),
            added(FunctionCallOutput(id="o", call_id="call_1", output="done")),
            added(FunctionCall(id="g", name="tool", arguments="{}", status="completed")),
            added(FunctionCallOutput(id="p", output="done")),
        ]
    )

    assert commands.seed(history) == ()


@settings(deadline=None, max_examples=25)
@forall(st.text(min_size=1, max_size=80))
def test_ids_of_calls_are_made_short_enough_the_same_for_both_halves(call_id: str) -> None:
    """Every server takes them: at most 32 characters, and none that OpenAI refuses; the call and its output agree."""
    history = folded(
        [
            added(FunctionCall(id="f", call_id=call_id, name="tool", status="completed")),
            added(FunctionCallOutput(id="o", call_id=call_id, output="done")),
        ]
    )

    call, output = items(history)

    assert call["call_id"] == output["call_id"]
    listener = Listener()
    assert items_of(listener.send(*sent(history)), "error") == []


@pytest.mark.parametrize("call_id", ["call_1", "a" * 32, "call-af8ed632-2074-4b5f-b719"])
def test_short_ids_of_calls_stay(call_id: str) -> None:
    """An id that every server takes is not touched; longer ones that begin alike do not become the same."""
    long = call_id.ljust(33, "x")
    calls = [FunctionCall(id=f"f{i}", call_id=id, name="t") for i, id in enumerate([call_id, long, f"{long}y"])]

    ids = [item["call_id"] for item in items(folded(list(map(added, calls))))]

    assert ids[0] == call_id
    assert len(set(ids)) == 3

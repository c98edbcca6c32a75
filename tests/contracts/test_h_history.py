"""H1, H2 and R6: the history is what was said, in whichever order and however often it is told."""

from __future__ import annotations

import json
from base64 import b64encode
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as forall
from hypothesis import strategies as st

from rxrealtime import decode
from rxrealtime.events import (
    ConnectionFailed,
    ConversationItemAdded,
    ConversationItemCreate,
    ConversationItemDeleted,
    ConversationItemRetrieved,
    ConversationItemTruncated,
    ResponseContentPartAdded,
    ResponseContentPartDone,
)
from rxrealtime.history import History, fold
from rxrealtime.server.scenarios import Call, Failure, Rule, Scenario
from rxrealtime.server.voices import speak
from tests.history.engines import Listener
from tests.history.traces import Trace, folded, lines, traces
from tests.operators.streams import interleavings
from tests.operators.wire import (
    added,
    audio,
    created,
    done,
    failed,
    heard,
    item_done,
    output_added,
    said,
    say,
    spoken_item,
    text_item,
    transcribed,
    write,
    wrote,
)
from tests.server.driving import text_item as typed

_STATUS = ("in_progress", "incomplete", "completed")


def put(item: str, after: str | None = None, text: str = "", **more: Any) -> ConversationItemAdded:
    """An item was added after another."""
    return ConversationItemAdded(previous_item_id=after, item=text_item(item, text or item), **more)


def order(history: History) -> str:
    """The ids of a history, which are letters."""
    return "".join(entry.id for entry in history)


@settings(deadline=None, max_examples=80)
@forall(traces())
def test_h1_whatever_the_order_the_conversation_is_the_same(trace: Trace) -> None:
    """Rows that interleave in any way, and events that come twice or late, fold to what a reader would write down."""
    history = folded(trace.values)

    assert lines(history) == trace.lines
    assert history == folded(trace.plain)


@settings(deadline=None, max_examples=40)
@forall(traces(), st.data())
def test_h1_folding_again_changes_nothing(trace: Trace, data: st.DataObject) -> None:
    """Any beginning of a conversation may be folded twice, each event too, and the rest goes on as if it was not."""
    at = data.draw(st.integers(0, len(trace.values)))
    beginning, rest = trace.values[:at], trace.values[at:]
    once = folded(beginning)
    twice = folded([value for value in beginning for _ in range(2)])

    assert twice == once
    assert folded(beginning, once) == once
    assert folded(rest, folded(beginning, once)) == folded(trace.values) == folded(rest, twice)


@settings(deadline=None, max_examples=30)
@forall(traces())
def test_h1_a_status_never_goes_back(trace: Trace) -> None:
    """Whatever comes, an item that is final stays as it ended, and no item is there twice."""
    history, seen = History(), [History()]
    for value in trace.values:
        history = fold(history, value)
        seen.append(history)

    for before, after in pairwise(seen):
        assert len({entry.id for entry in after}) == len(after)
        for entry in before:
            now = after.get(entry.id)
            if now is not None and entry.status != "in_progress":
                assert now.status == entry.status


@pytest.mark.parametrize("final", ["completed", "incomplete"])
@pytest.mark.parametrize(
    "late", [done(), done(status="cancelled"), ConnectionFailed(OSError("gone"))], ids=["done", "cancelled", "lost"]
)
def test_h1_a_final_status_outlasts_the_response_and_the_connection(final: str, late: object) -> None:
    """How an item ended is not changed by how what it belongs to ends."""
    begun, over = (text_item("a", "Hi", "assistant", status) for status in ("in_progress", final))
    history = folded([created(), output_added(begun), added(begun), item_done(over), late])

    assert [entry.status for entry in history] == [final]


@forall(st.data(), st.integers(1, 8))
def test_h1_the_order_comes_from_the_anchors_whatever_comes_first(data: st.DataObject, size: int) -> None:
    """Items of which each is put after the one before may be told in any order."""
    ids = "abcdefgh"[:size]
    events = [put(item, ids[place - 1] if place else None) for place, item in enumerate(ids)]

    assert order(folded(data.draw(st.permutations(events)))) == ids


def test_h1_an_anchor_says_after_which_item() -> None:
    """Null and nothing mean the end, "root" the front, an id right after it: A, B, D, C as peers have it."""
    assert order(folded([put("a"), put("b", "a"), put("c", "b"), put("d", "b")])) == "abdc"
    assert order(folded([put("a"), put("b"), put("c", "root")])) == "cab"
    assert order(folded([put("a"), ConversationItemAdded(item=text_item("b", ""))])) == "ab"
    assert order(folded([put("a", "a"), put("b", "a")])) == "ab"


def test_h1_done_says_nothing_about_the_order() -> None:
    """The previous_item_id of done is null where that of added is not (recorded), and is not looked at."""
    events = [put("a"), put("b", "a"), put("c", "a")]
    dones = [item_done(text_item(item, item)).model_copy(update={"previous_item_id": "c"}) for item in "abc"]

    assert order(folded([*events, *dones])) == "acb"


def test_h1_an_item_at_the_front_is_known_by_what_the_client_asked_for() -> None:
    """The server says null for the front and for the end; the client that asked for the front said so, with an id."""
    asked = ConversationItemCreate(previous_item_id="root", item=text_item("z", ""))

    assert order(folded([put("a"), asked, put("z")])) == "za"
    assert order(folded([put("a"), put("z"), asked, asked])) == "az"
    nameless = ConversationItemCreate(previous_item_id="root", item=text_item("z", "").model_copy(update={"id": None}))
    assert order(folded([put("a"), nameless, put("z")])) == "az"


def test_h1_an_unknown_anchor_is_a_placeholder() -> None:
    """What is put after an item that nobody told of stands at the end, and goes along when that is told of."""
    history = folded([put("a"), put("b"), put("d", "c")])

    assert order(history) == "abd"
    assert order(folded([put("e", "d"), put("f"), put("c", "a")], history)) == "acdebf"
    assert order(folded([put("c", "d")], history)) == "abcd"  # a circle: the placeholder stays where it is


def test_h1_a_deleted_anchor_keeps_its_place() -> None:
    """An item put after one that was deleted a moment ago stands where that one stood (livekit/agents#6964)."""
    events = [put("a"), put("b", "a"), put("c", "b"), ConversationItemDeleted(item_id="b"), put("d", "b")]

    assert order(folded(events)) == "adc"


def test_h1_what_was_deleted_stays_deleted() -> None:
    """Late words about a deleted item do not bring it back, nor does deleting nothing delete something."""
    gone = ConversationItemDeleted(item_id="a", event_id="event_2")
    late = [
        put("a", event_id="event_1"),
        item_done(text_item("a", "")),
        ConversationItemRetrieved(item=text_item("a", "")),
    ]

    history = folded(
        [put("a", event_id="event_1"), put("b"), gone, *late, heard("x", "a"), transcribed("x", "a"), gone]
    )

    assert order(history) == "b"
    assert order(folded([ConversationItemDeleted(item_id=""), ConversationItemDeleted(item_id="z")], history)) == "b"
    nameless = [put("a"), ConversationItemDeleted(item_id="a"), put("a")]
    assert order(folded(nameless)) == ""


def test_h1_an_item_that_is_made_anew_is_there_again() -> None:
    """A client may delete an item and create it anew under the same id: the new one has the place it was given."""
    first = [put("a", event_id="event_1"), put("b", "a", event_id="event_2"), put("c", "b", event_id="event_3")]
    gone = ConversationItemDeleted(item_id="a", event_id="event_4")
    anew = put("a", "b", text="new", event_id="event_5")
    events = [*first, gone, anew]

    history = folded(events)

    assert order(history) == "bac"
    assert str(history.get("a")) == "user: new"
    assert folded([first[0], gone, anew], history) == history


def test_h1_an_item_told_again_is_the_same_item() -> None:
    """A known item is updated in its place and the others are left alone."""
    history = folded([put("a"), put("b"), put("c")])

    after = folded([put("b", "root"), ConversationItemRetrieved(item=text_item("b", "other"))], history)

    assert after.items == history.items


def test_h1_an_item_that_was_never_added_is_shown_at_the_end() -> None:
    """Who listens from the middle on learns of items when they are done, or retrieved; added gives them a place."""
    history = folded([put("a"), item_done(text_item("b", "b")), put("c")])

    assert order(history) == "acb"
    assert order(folded([put("b", "a")], history)) == "abc"


_SCENARIO = Scenario(
    (
        Rule("two", say="Two.", call=(Call("one", "{}"), Call("tool"))),
        Rule("fail", say="Well.", fail=Failure()),
        Rule("cut", fail=Failure(status="incomplete")),
    )
)
_VOICE = b64encode(speak("hi") + bytes(48_000)).decode()
_IDS = st.sampled_from(["a", "b", "c", "$0", "$1"])


def _created(text: str, id: str, previous: str | None) -> Any:
    item = {"id": id, "type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return typed(text, item=item) | ({"previous_item_id": previous} if previous else {})


def _about(kind: str, **more: Any) -> st.SearchStrategy[Any]:
    return _IDS.map(lambda id: {"type": f"conversation.item.{kind}", "item_id": id, **more})


_ACTIONS = st.lists(
    st.one_of(
        st.sampled_from(["hi", "two", "fail", "cut"]).map(typed),
        st.builds(_created, st.just("x"), st.sampled_from("abc"), st.one_of(st.none(), st.just("root"), _IDS)),
        _about("delete"),
        _about("retrieve"),
        _about("truncate", content_index=0, audio_end_ms=40),
        st.just({"type": "response.create"}),
        st.just({"type": "response.create", "response": {"conversation": "none"}}),
        st.just({"type": "response.cancel"}),
        st.just({"type": "input_audio_buffer.append", "audio": _VOICE}),
        st.sampled_from([0.03, 0.2, 30.0]),
    ),
    min_size=3,
    max_size=20,
)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@forall(_ACTIONS)
def test_h1_the_history_is_the_conversation_that_the_server_has(actions: list[Any]) -> None:
    """Whatever a client does, after each step the history has the server's items in the server's order."""
    listener = Listener(_SCENARIO)
    for action in actions:
        if isinstance(action, float):
            listener.wait(action)
        else:
            listener.send(_resolved(action, listener))
        assert [entry.id for entry in listener.history] == [stored.id for stored in listener.client.state.items]
    listener.wait()

    assert listener.told() == listener.conversation()
    assert all(entry.status in (None, "completed", "incomplete") for entry in listener.history)


def _resolved(message: Any, listener: Listener) -> Any:
    text = json.dumps(message)
    for place, entry in enumerate(reversed(listener.history.items[-2:])):
        text = text.replace(f'"${place}"', json.dumps(entry.id))
    return json.loads(text)


@pytest.fixture(scope="session")
def published(shared: Path) -> list[Any]:
    """Every event that was published or recorded as an example."""
    rows = (shared / "protocol" / "examples_server.jsonl").read_text(encoding="utf-8").splitlines()
    return [decode(json.dumps(found["event"])) for found in map(json.loads, rows) if "event" in found]


@settings(deadline=None, max_examples=40)
@forall(st.data())
def test_h1_whatever_a_server_sends_folds(published: list[Any], data: st.DataObject) -> None:
    """Published and recorded examples in any order: each is taken, and the second time changes nothing."""
    history = History()
    for event in data.draw(st.lists(st.sampled_from(published), max_size=30)):
        history = fold(history, event)
        assert fold(history, event) == history
        assert len({entry.id for entry in history}) == len(history)
    assert str(history).startswith(str(history.items[0]) if history else "")


@pytest.mark.parametrize("completed", [transcribed("Hello, you.\n"), transcribed("Hello, you.", status="completed")])
def test_h2_a_transcription_may_come_before_its_item(completed: Any) -> None:
    """The user's item is shown from the first delta on, in progress; what completed says, stripped, wins."""
    early = folded([heard(" Hello"), heard(",")])
    whole = folded([completed, put("b"), added(spoken_item("u")), heard(" late")], early)

    assert str(early) == "user: Hello,..."
    assert [(entry.status, entry.text) for entry in early] == [("in_progress", "Hello,")]
    assert whole.items[1].item == spoken_item("u", "Hello, you.")
    assert str(whole) == "user: b\nuser: Hello, you."
    assert whole == folded([put("b"), added(spoken_item("u")), heard(" Hello"), heard(","), completed])


@forall(st.data())
def test_h2_a_transcription_may_come_anywhere(data: st.DataObject) -> None:
    """Before its item, between items, after the answer: the conversation is the same."""
    row = [heard(" Hel"), heard("lo "), transcribed("Hello"), heard("late")]
    item = [put("a"), ConversationItemAdded(previous_item_id="a", item=spoken_item("u")), item_done(spoken_item("u"))]
    answer = [put("b", "u"), put("c", "b")]

    history = folded(data.draw(interleavings(row, item, answer)))

    assert [entry.text for entry in history] == ["a", "Hello", "b", "c"]


def test_h2_completed_in_progress_is_not_the_end() -> None:
    """xAI repeats completed with the whole text so far; the last one ends the item (recorded, 2026-08)."""
    item = spoken_item("u", "", status="in_progress")
    events = [added(item), transcribed("Hello?", status="in_progress"), transcribed("Hello", status="in_progress")]

    history = folded(events)

    assert str(history) == "user: Hello..."
    assert str(folded([transcribed("Hello, you.", status="completed"), *events], history)) == "user: Hello, you."


def test_h2_a_failed_transcription_is_marked() -> None:
    """Nothing is kept of what was heard before a transcription failed, and the item says that it did."""
    history = folded([added(spoken_item("u")), heard(" He"), failed(), heard("llo"), transcribed("Hello")])

    assert [(entry.text, entry.untranscribed, entry.status) for entry in history] == [("", {0}, "completed")]
    assert str(history) == "user: (not transcribed)"


@forall(st.data())
def test_r6_parts_are_told_apart_by_item_and_index(data: st.DataObject) -> None:
    """Two items of one response and two parts of one item interleave, and none gets the words of another."""
    empty = spoken_item("a", role="assistant", status="in_progress").model_copy(update={"content": ()})
    begun = [
        event for item in (empty, empty.model_copy(update={"id": "b"})) for event in (output_added(item), added(item))
    ]
    rows = [
        [say("One"), say(" two"), said("One two")],
        [write("Three", index=1), write(" four", index=1), wrote("Three four", index=1)],
        [say("Five", item="b"), said("Five", item="b")],
    ]

    history = folded([*begun, *data.draw(interleavings(*rows)), done()])

    assert [entry.text for entry in history] == ["One two\nThree four", "Five"]
    assert [entry.status for entry in history] == ["completed", "completed"]


def test_r6_the_audio_of_a_part_bounds_what_was_heard_of_that_part_alone() -> None:
    """Two spoken parts of one item interleave; one is cut in its middle, the other keeps all its words."""
    empty = spoken_item("a", role="assistant", status="in_progress").model_copy(update={"content": ()})
    second = bytes(48_000)
    spoken = [
        *(say("One two"), say("Three ", index=1), audio(second), audio(second, index=1)),
        *(say("four five", index=1), audio(second, index=1)),
    ]
    cut = ConversationItemTruncated(item_id="a", content_index=1, audio_end_ms=1000)

    (entry,) = folded([output_added(empty), added(empty), *spoken, cut])

    assert entry.heard_ms == {1: 1000}
    assert [part.transcript for part in entry.item.content] == ["One two", "Three"]  # type: ignore[union-attr]


def test_r6_a_part_is_named_as_items_do() -> None:
    """In content_part events the types are text and audio, in items output_text and output_audio."""
    at: dict[str, Any] = {"response_id": "r", "item_id": "a", "output_index": 0, "content_index": 0}
    empty = spoken_item("a", role="assistant", status="in_progress").model_copy(update={"content": ()})
    part = decode(
        '{"type": "response.content_part.added", "part": {"type": "audio", "transcript": ""}, ' + json.dumps(at)[1:]
    )
    assert isinstance(part, ResponseContentPartAdded)
    ended = ResponseContentPartDone(**at, part=part.part.model_copy(update={"transcript": "Hi"}))

    history = folded([added(empty), part, ended, ResponseContentPartDone(**at)])

    assert [(p.type, p.transcript) for p in history.items[0].item.content] == [("output_audio", "Hi")]  # type: ignore[union-attr]

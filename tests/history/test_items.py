"""What the fold does with items: what peers assert of theirs, and where we know better."""

from __future__ import annotations

from typing import Any

import pytest

from rxrealtime.events import (
    ConnectionFailed,
    ContentPart,
    ConversationItemCreated,
    ConversationItemDeleted,
    ConversationItemRetrieved,
    FunctionCall,
    FunctionCallOutput,
    InputAudioBufferCommitted,
    McpCall,
    Message,
    RateLimitsUpdated,
    Response,
    ResponseDone,
    ResponseFunctionCallArgumentsDelta,
    ResponseFunctionCallArgumentsDone,
    ResponseMcpCallArgumentsDelta,
    ResponseMcpCallArgumentsDone,
    ResponseOutputItemDone,
    UnknownEvent,
    UnknownItem,
)
from rxrealtime.history import History, HistoryItem, fold
from tests.history.traces import folded
from tests.operators.wire import (
    added,
    audio,
    call,
    created,
    done,
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

_EMPTY = Message(id="a", role="assistant", status="in_progress", content=())
_CALL = FunctionCall(id="f", call_id="call_1", name="weather", arguments="", status="in_progress")


def arguments(delta: str) -> ResponseFunctionCallArgumentsDelta:
    """A piece of the arguments of a call."""
    return ResponseFunctionCallArgumentsDelta(response_id="r", item_id="f", call_id="call_1", delta=delta)


def retrieved(item: Any) -> ConversationItemRetrieved:
    """An item as the server has it."""
    return ConversationItemRetrieved(item=item)


def only(*values: object) -> HistoryItem:
    """The one item of a history."""
    (entry,) = folded(values)
    return entry


def test_the_first_item_of_an_empty_history() -> None:
    """An item that was added is the item of the wire, whole."""
    item = text_item("u", "Hi")

    assert folded([added(item)]).items == (HistoryItem(item),)
    assert folded([ConversationItemCreated(item=item)]).items == (HistoryItem(item),)


def test_what_is_no_news_gives_the_same_items() -> None:
    """Events that say nothing about the conversation leave the items the same object, audio too."""
    history = folded([output_added(_EMPTY), added(_EMPTY), say("Hi")])
    values = [RateLimitsUpdated(), UnknownEvent("ping", {}), audio(b"12"), created(), item_done(_EMPTY), "anything"]

    assert folded([*values, say("Hi", item="other"), write("")], history).items is history.items


def test_a_transcription_changes_its_part_and_no_other() -> None:
    """Text, audio and images of the item stay, and so do the other items."""
    parts = (
        ContentPart(type="input_text", text="Look:"),
        ContentPart(type="input_image", image_url="data:image/png;base64,AA=="),
        ContentPart(type="input_audio", audio=b"1234"),
        ContentPart(type="input_audio"),
    )
    item = Message(id="u", role="user", status="in_progress", content=parts)
    event = transcribed("Hello").model_copy(update={"content_index": 2})
    history = folded([added(text_item("v", "Hi")), added(item), event])

    spoken = parts[2].model_copy(update={"transcript": "Hello"})
    assert history.items[1].item == item.model_copy(
        update={"status": "completed", "content": (parts[0], parts[1], spoken, parts[3])}
    )
    assert history.items[0] == HistoryItem(text_item("v", "Hi"))
    assert str(history.items[1]) == "user: Look: (image) Hello (not transcribed)"


@pytest.mark.parametrize("status", ["completed", "incomplete"])
def test_a_retrieved_item_undoes_nothing(status: str) -> None:
    """A transcript stays when the item is retrieved, done or updated without it, and a status that is final too."""
    whole = spoken_item("a", "Hi there!", "assistant", status)
    history = folded([added(_EMPTY), say("Hi"), said("Hi there!"), item_done(whole)])
    bare = spoken_item("a", None, "assistant", "in_progress")

    for event in (retrieved(bare), item_done(bare), added(bare), retrieved(_EMPTY), done(bare)):
        assert fold(history, event).items is history.items
    other = spoken_item("a", "Hi", "assistant", "completed" if status == "incomplete" else "incomplete")
    assert folded([retrieved(other)], history).items is history.items


def test_without_a_transcript_the_deltas_count() -> None:
    """An item that is done without its transcript has what its deltas said; deltas that come late change nothing."""
    bare = spoken_item("a", None, "assistant")
    history = folded([added(_EMPTY), say("Hi"), say(" there"), item_done(bare)])

    assert [(entry.text, entry.status) for entry in history] == [("Hi there", "completed")]
    assert folded([say("!"), say("?", index=1), write("no"), audio(b"12")], history).items is history.items


def test_the_server_knows_better_than_the_deltas() -> None:
    """The words of an item that is done win over left-over deltas, wherever they stand."""
    whole = spoken_item("a", "Hello.", "assistant")

    assert only(added(_EMPTY), say("Hel"), item_done(whole), say("lo")).text == "Hello."
    assert only(added(_EMPTY), say("Hel"), done(whole)).text == "Hello."
    assert only(added(_EMPTY), say("Hel"), said("Hello."), say("lo"), done()).text == "Hello."


def test_a_retrieved_item_that_still_grows_goes_on_growing() -> None:
    """What is retrieved in between and what the deltas say are the same words: the longer of them is shown."""
    half = spoken_item("a", "Hello", "assistant", "in_progress")

    assert only(added(_EMPTY), say("Hel"), retrieved(half)).text == "Hello"
    assert only(added(_EMPTY), retrieved(half), say("Hel")).text == "Hello"
    assert only(added(_EMPTY), retrieved(half), say("Hel"), say("lo, you")).text == "Hello, you"


def test_retrieved_audio_is_kept() -> None:
    """The event that carries audio inside an item gives it to the history, whatever comes after."""
    part = ContentPart(type="input_audio", audio=b"1234", transcript="Hi")
    item = Message(id="u", role="user", status="completed", content=(part,))

    entry = only(added(spoken_item("u")), transcribed("Hi"), retrieved(item), item_done(spoken_item("u")))

    assert entry == HistoryItem(item)


def test_servers_without_item_done_end_their_items_too() -> None:
    """xAI and Voice Live end an item by output_item.done, or by the response (recorded, 2026-08)."""
    bare = Message(id="a", role="assistant", status="completed")
    ended = ResponseOutputItemDone(response_id="r", output_index=0, item=bare)
    begun = [output_added(_EMPTY), added(_EMPTY), say("Hi")]

    assert [str(folded([*begun, end])) for end in (ended, done(), done(bare))] == ["assistant: Hi"] * 3
    assert str(folded([*begun, done(status="cancelled")])) == "assistant: Hi [incomplete]"
    assert str(folded([*begun, done(status="cancelled"), say("!"), done()])) == "assistant: Hi [incomplete]"
    assert str(folded([*begun, done(response="other")])) == "assistant: Hi..."


def test_a_users_item_is_over_when_it_is_committed() -> None:
    """xAI adds it when the user begins to speak (recorded, 2026-08)."""
    item = spoken_item("u", "", status="in_progress")

    committed = InputAudioBufferCommitted(item_id="u")

    assert only(added(item), committed).status == "completed"
    assert only(committed, added(item)).status == "completed"
    assert folded([committed]) == History()
    assert only(committed, heard("Hel"), committed).status == "in_progress"


def test_a_status_of_another_kind_is_read() -> None:
    """status_details may be a plain string (xAI); a response without a status and an id ends nothing."""
    details = ResponseDone(response=Response(id="r", status="incomplete", status_details="unimplemented"))

    assert only(output_added(_EMPTY), added(_EMPTY), details).status == "incomplete"
    assert only(output_added(_EMPTY), added(_EMPTY), ResponseDone(response=Response())).status == "in_progress"


def test_items_of_an_out_of_band_response_are_not_in_the_conversation() -> None:
    """Only conversation.item.added puts an item there: what a response makes is not enough."""
    item = text_item("a", "Aside", "assistant")
    ended = ResponseOutputItemDone(response_id="r", output_index=0, item=item)

    assert folded([created(), output_added(_EMPTY), write("Aside"), wrote("Aside"), ended, done(item)]) == History()


def test_an_item_may_be_added_after_its_first_words() -> None:
    """What came before is not lost."""
    assert str(folded([output_added(_EMPTY), write("Hel"), added(_EMPTY), write("lo")])) == "assistant: Hello..."


def test_a_call_and_its_output_are_two_items() -> None:
    """They are on the wire, each with its own id and place; `calls` puts them together."""
    output = FunctionCallOutput(id="o", call_id="call_1", output="Rain.")
    begun = [output_added(_CALL), added(_CALL), arguments('{"city":'), arguments(' "Oslo"}\n')]
    whole = ResponseFunctionCallArgumentsDone(response_id="r", item_id="f", arguments='{"city": "Oslo"}\n')
    other = FunctionCall(id="g", call_id="call_2", name="time", arguments="{}", status="completed")

    history = folded([*begun, whole, arguments("late"), done(), added(output), added(other)])

    assert str(history).splitlines() == [
        'function_call: weather({"city": "Oslo"})',
        "function_call_output: Rain.",
        "function_call: time({})",
    ]
    assert str(folded(begun)) == 'function_call: weather({"city": "Oslo"})...'
    assert [(found.call.id, found.output and found.output.id) for found in history.calls] == [("f", "o"), ("g", None)]


def test_an_mcp_call_is_completed_by_its_item() -> None:
    """Its arguments grow, its output comes with the item; the items of MCP have no status."""
    begun = McpCall(id="m", server_label="docs", name="search", arguments="")
    of: dict[str, Any] = {"response_id": "r", "item_id": "m", "output_index": 0}
    pieces = [ResponseMcpCallArgumentsDelta(**of, delta=piece) for piece in ("{", "}")]
    whole = ResponseMcpCallArgumentsDone(**of, arguments="{}")
    ended = begun.model_copy(update={"arguments": "{}", "output": "found"})

    for events in ([*pieces, whole, done()], pieces, [done()], [whole, *pieces]):
        entry = only(output_added(begun), added(begun), *events, item_done(ended), *pieces)
        assert (entry.item, entry.status, str(entry)) == (ended, None, "mcp_call: search({})")


def test_a_deleted_item_is_gone_and_an_empty_one_stays() -> None:
    """A message without content is an item like others, until it is deleted."""
    history = folded([added(text_item("u", "")), added(text_item("v", "Hi"))])

    assert str(history) == "user:\nuser: Hi"
    assert [entry.id for entry in folded([ConversationItemDeleted(item_id="v")], history)] == ["u"]


def test_when_the_connection_is_lost_nothing_is_in_progress() -> None:
    """What was being said is cut off; what was over is as it was."""
    begun = [added(text_item("u", "Hi")), output_added(_EMPTY), added(_EMPTY), write("Hel")]

    history = folded([*begun, ConnectionFailed(OSError("gone")), write("lo"), output_added(_CALL), added(_CALL)])

    assert [entry.status for entry in history] == ["completed", "incomplete", "in_progress"]
    assert str(history.items[1]) == "assistant: Hel [incomplete]"


def test_an_item_of_an_unknown_type_is_an_item() -> None:
    """It is kept as it is, and so is one that changes its type."""
    strange = UnknownItem.model_validate({"type": "hologram", "id": "h", "beam": 1})

    assert str(folded([added(strange), item_done(strange)])) == "hologram"
    assert only(added(strange), item_done(text_item("h", "Hi"))).item == strange
    assert folded([added(strange.model_copy(update={"id": None}))]) == History()


def test_a_call_that_says_nothing_is_no_message() -> None:
    """Only messages have words."""
    entry = only(added(call()))

    assert (entry.text, entry.full_text, entry.role, entry.status) == ("", "", None, "completed")


def test_a_repr_says_nothing_of_what_was_said() -> None:
    """Neither the history nor its items show payload where they are logged."""
    history = folded([added(text_item("u", "canary")), added(call())])

    assert repr(history) == "History(2 items)"
    assert (
        repr(history.items)
        == "(HistoryItem('u', message, user, completed), HistoryItem('f', function_call, completed))"
    )


def test_items_are_found_by_their_id() -> None:
    """A history is a sequence of items, and knows them by their ids."""
    history = folded([added(text_item("u", "Hi")), added(text_item("v", "Ho"))])

    assert history.get("v") is history.items[1] and history.get("w") is None
    assert (len(history), list(history)) == (2, list(history.items))

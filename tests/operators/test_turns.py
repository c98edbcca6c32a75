"""A conversation as its readers see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from rxrealtime import decode
from rxrealtime import operators as ops
from rxrealtime.events import ConnectionFailed, ConversationItemCreated, Event, InputAudioBufferCleared
from tests.conftest import Recording
from tests.operators.streams import interleavings, results
from tests.operators.wire import (
    added,
    call,
    committed,
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

_LOST = ConnectionFailed(OSError("gone"))
_ANSWER = text_item("a", "Hello!", "assistant")
_ANSWERED = ops.Turn("assistant", ("a",), "r", "Hello!")


def _turns(*events: Event | ConnectionFailed) -> list[ops.Turn]:
    return results(ops.turns(), events)


def _spoke(text: str | None, status: str = "completed") -> ops.Turn:
    return ops.Turn("user", ("u",), None, text, status)


def test_a_text_of_the_user_is_a_turn_at_once() -> None:
    """It comes when it was added, or done, or created as the beta says, and once only."""
    item = text_item("u", "Hi")

    for events in ([added(item)], [added(item), item_done(item)], [item_done(item)]):
        assert _turns(*events) == [_spoke("Hi")]
    assert _turns(ConversationItemCreated(item=item)) == [_spoke("Hi")]
    assert _turns(added(text_item("u", "Hi", status=None))) == [_spoke("Hi")]


def test_an_unfinished_or_foreign_item_is_no_turn() -> None:
    """Items in progress, system messages and calls are no turns."""
    assert _turns(added(text_item("u", "H", status="in_progress")), added(text_item("s", "Be kind", "system"))) == []
    assert _turns(added(call()), item_done(call())) == []


@forall(st.data())
def test_the_users_audio_is_one_turn_before_its_answer(data: st.DataObject) -> None:
    """However a transcription interleaves with the answer: one turn of the user, and it comes first (R6)."""
    user: list[Event] = [heard(" Who"), heard(" are you?"), transcribed("Who are you?")]
    answer: list[Event] = [created(), output_added(_ANSWER), write("Hel"), write("lo!"), wrote("Hello!"), done(_ANSWER)]
    middle = data.draw(interleavings(user, answer))

    first, second = _turns(committed(), added(spoken_item("u")), item_done(spoken_item("u")), *middle)

    assert (first.role, first.item_ids, second) == ("user", ("u",), _ANSWERED)
    assert "Who are you?".startswith(first.text or "")
    in_time = middle.index(user[-1]) < middle.index(answer[-1])
    assert first.status == ("completed" if in_time or first.text is None else "incomplete")


def test_without_a_transcription_the_user_still_had_a_turn() -> None:
    """The text is None if nothing is known, whether transcription failed, is off, or comes too late."""
    assert _turns(committed(), failed(), created(), done(_ANSWER)) == [_spoke(None), _ANSWERED]
    assert _turns(committed(), created(), done(_ANSWER)) == [_spoke(None), _ANSWERED]
    assert _turns(committed(), created(), done(_ANSWER), transcribed("Who?")) == [_spoke(None), _ANSWERED]
    assert _turns(added(spoken_item("u")), done(_ANSWER)) == [_spoke(None), _ANSWERED]


def test_what_was_transcribed_so_far_is_an_incomplete_turn() -> None:
    """At the end of the answer the user's turn does not wait for the rest of its transcription."""
    assert _turns(committed(), heard(" Who"), created(), done(_ANSWER)) == [_spoke("Who", "incomplete"), _ANSWERED]
    growing = transcribed("Who are", status="in_progress")
    assert _turns(committed(), growing, created(), done(_ANSWER)) == [_spoke("Who are", "incomplete"), _ANSWERED]


def test_a_response_waits_only_for_the_audio_before_it() -> None:
    """Who speaks while the assistant does is told after it, with the transcription that comes then."""
    events = [created(), committed("u"), done(_ANSWER), transcribed("And you?", "u")]

    assert _turns(*events) == [_ANSWERED, _spoke("And you?")]


def test_audio_that_comes_with_its_transcript_is_told_at_once() -> None:
    """An item that a client added with audio and transcript waits for nothing."""
    assert _turns(added(spoken_item("u", "Hi"))) == [_spoke("Hi")]


def test_what_a_client_wrote_for_the_assistant_is_a_turn() -> None:
    """A seeded history has both parties; the items of a response are told by their response only."""
    assert _turns(added(_ANSWER), item_done(_ANSWER)) == [ops.Turn("assistant", ("a",), None, "Hello!")]
    events = [created(), output_added(_ANSWER), added(_ANSWER), item_done(_ANSWER), done(_ANSWER)]
    assert _turns(*events) == [_ANSWERED]


def test_function_calls_are_no_turns() -> None:
    """A response of calls only is no turn; one that also says something is one without its calls."""
    assert _turns(created(), output_added(call()), done(call())) == []
    assert _turns(done(_ANSWER, call())) == [_ANSWERED]


@pytest.mark.parametrize("status", ["cancelled", "incomplete", "failed"])
def test_a_response_that_ends_badly_is_a_turn_with_its_status(status: str) -> None:
    """What was said counts, and if nothing was, the turn has no text."""
    assert _turns(say("Hel"), done(status=status)) == [ops.Turn("assistant", ("a",), "r", "Hel", status)]
    assert _turns(done(status=status)) == [ops.Turn("assistant", (), "r", "", status)]


def test_items_without_content_are_told_by_what_came_before() -> None:
    """Where response.done has the items without their texts, the .done events count, and the deltas."""
    bare = _ANSWER.model_copy(update={"content": None})

    assert _turns(output_added(bare), say("Hel"), said("Hello!"), done(bare)) == [_ANSWERED]
    assert _turns(created(), output_added(bare), write("Hello!"), done()) == [_ANSWERED]


def test_several_messages_are_one_turn() -> None:
    """All messages of a response are one stretch, in the order of its output."""
    second = text_item("b", "How are you?", "assistant")
    events = [write("?", "b"), write("!", "a"), done(_ANSWER, call(), second)]

    assert _turns(*events) == [ops.Turn("assistant", ("a", "b"), "r", "Hello!\nHow are you?")]


def test_nothing_that_was_heard_is_lost_with_the_connection() -> None:
    """The loss of the connection and the end of the stream tell what is open; the response has no status then."""
    events = [committed(), heard("Who"), created(), say("Hel")]
    told = [_spoke("Who", "incomplete"), ops.Turn("assistant", ("a",), "r", "Hel", None)]

    assert _turns(*events) == _turns(*events, _LOST) == _turns(*events, _LOST, _LOST) == told
    assert _turns(created(), created("other"), InputAudioBufferCleared()) == []


def test_turns_of_many_items_stay_apart() -> None:
    """A long conversation is told once, item by item, with its state bounded."""
    items = [text_item(f"u{number}", str(number)) for number in range(500)]

    told = _turns(
        *(
            event
            for start in range(0, 500, 50)
            for kind in (added, item_done)
            for event in map(kind, items[start : start + 50])
        )
    )

    assert [turn.text for turn in told] == [str(number) for number in range(500)]


def test_printing_reads_well() -> None:
    """A turn prints as a line of a script."""
    assert str(_spoke("Hi")) == "user: Hi"
    assert str(_spoke(None)) == "user: (not transcribed)"
    assert str(ops.Turn("assistant", ("a",), "r", "Hel", "cancelled")) == "assistant: Hel [cancelled]"
    assert str(ops.Turn("assistant", ("a",), "r", "Hel", None)) == "assistant: Hel [cut off]"


_WEATHER = ["user: What is the weather in London?", "assistant: It is foggy and 12 degrees in London."]
_SEEDED = [
    "user: My name is Alice and my favorite color is teal.",
    "assistant: Nice to meet you, Alice!",
    "user: What is my name and favorite color?",
]
_HELD: dict[str, list[str]] = {
    "openai-audio-in-server-vad-turn": [
        "user: Hello, my name is Marcelo.",
        "assistant: Hello, Marcelo! Great to meet you. How can I help you today?",
    ],
    "openai-message-history-seeding": [
        *_SEEDED,
        "assistant: Your name is Alice, and your favorite color is teal!",
    ],
    "openai-text-in-audio-out-turn": ["user: Say a short greeting.", "assistant: Hi there!"],
    "openai-tool-call-round": _WEATHER,
    "openai-webrtc-sideband-audio-turn": ["user: Say hello.", "assistant: Hello there."],
    "openai-webrtc-sideband-text-turn": ["user: Say hello.", "assistant: Hello there!"],
    "azure-audio-in-server-vad-transcribes": [
        "user: Hello, my name is Marcelo.",
        "assistant: Hi Marcelo, it's great to meet you! What can I help you with today?",
    ],
    "azure-audio-in-server-vad-transcription-requires-deployment": [
        "user: (not transcribed)",
        "assistant: Hi Marcelo, it's great to meet you. How can I help you today?",
    ],
    "azure-message-history-seeding": [
        *_SEEDED,
        "assistant: Your name is Alice, and your favorite color is teal! Got it locked in. "
        "Let\N{RIGHT SINGLE QUOTATION MARK}s make this chat as vibrant as that color, shall we?",
    ],
    "azure-text-in-audio-out-turn": [
        "user: Say a short greeting.",
        "assistant: Hello there! Great to meet you!",
    ],
    "azure-tool-call-round": _WEATHER,
    "azure-webrtc-sideband-text-turn": ["user: Say hello.", "assistant: Hello there!"],
    "xai-audio-in-server-vad-turn": [
        "user: Hello, my name is Marcelo.",
        "assistant: Hello Marcelo! Nice to meet you. How can I help you today?",
    ],
    "xai-text-in-audio-out-turn": ["user: Say a short greeting.", "assistant: Hello there!"],
}


@pytest.mark.parametrize("name", _HELD)
def test_recorded_sessions_read_as_they_were_held(name: str, recordings: Callable[[str], Recording]) -> None:
    """Of each recorded session, the turns are what a reader would write down."""
    events: list[Any] = [decode(data) for direction, data in recordings(name) if direction == "received"]

    assert [str(turn) for turn in results(ops.turns(), events)] == _HELD[name]

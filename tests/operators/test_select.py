"""Choosing events by class, by id, by failure."""

from __future__ import annotations

import reactivex
from hypothesis import given as forall
from hypothesis import strategies as st

from rxrealtime import operators as ops
from rxrealtime.errors import JsonError, SendError
from rxrealtime.events import (
    ConnectionFailed,
    ConversationItemAdded,
    Event,
    ExceptionEvent,
    FailureKind,
    InputAudioBufferCleared,
    InputAudioBufferCommitted,
    JsonFailed,
    McpListTools,
    ResponseCreated,
    ResponseDone,
    SendFailed,
    UnknownEvent,
)
from tests.operators.streams import results
from tests.operators.wire import added, audio, created, done, heard, output_added, text_item

_EVENTS = [
    created("r1"),
    output_added(text_item("a1", "Hi", "assistant"), "r1"),
    audio(b"12", "a1", 0, "r1"),
    audio(b"34", "a2", 0, "r2"),
    added(text_item("a1", "Hi", "assistant")),
    added(McpListTools(id="a1")),
    heard("Hi", "a1"),
    done(response="r1"),
    InputAudioBufferCleared(),
    UnknownEvent("new", {"type": "new", "item_id": "a1", "response": {"id": "r1"}}),
    UnknownEvent("old", {"type": "old", "item": {"id": "a1"}, "response_id": "r1"}),
    UnknownEvent("odd", {"type": "odd", "item": "a1", "response": ["r1"], "item_id": None}),
    JsonFailed(JsonError("no")),
]


def test_of_type_keeps_one_class_or_several_with_their_subclasses() -> None:
    """Values of the classes pass, subclasses too, all else is left out."""
    assert results(ops.of_type(ResponseCreated, ResponseDone), _EVENTS) == [_EVENTS[0], _EVENTS[7]]
    assert results(ops.of_type(ExceptionEvent), _EVENTS) == [_EVENTS[-1]]
    assert len(results(ops.of_type(Event), _EVENTS)) == 9


def test_for_item_keeps_all_that_mentions_the_item() -> None:
    """Events with that item_id or an item of that id pass, whatever kind of item and known or not."""
    assert results(ops.for_item("a1"), _EVENTS) == [_EVENTS[at] for at in (1, 2, 4, 5, 6, 9, 10)]


def test_for_response_keeps_all_that_mentions_the_response() -> None:
    """Events with that response_id or a response of that id pass, known or not."""
    assert results(ops.for_response("r1"), _EVENTS) == [_EVENTS[at] for at in (0, 1, 2, 7, 9, 10)]


def test_an_id_selects_other_values_too() -> None:
    """Transcripts and chunks have ids as well, numbers have none."""
    values = [ops.Transcript("user", "a1", 0, "Hi"), ops.AudioChunk("r1", "a1", 0, b"12"), 7, "a1"]

    assert results(ops.for_item("a1"), values) == values[:2]
    assert results(ops.for_response("r1"), values) == values[1:2]


def test_a_missing_id_is_not_the_name_of_one() -> None:
    """An event whose item has no id mentions no item."""
    nameless = ConversationItemAdded(item=McpListTools())

    assert results(ops.for_item("None"), [nameless]) == results(ops.for_item(""), [nameless]) == []


@forall(st.sets(st.sampled_from(FailureKind)))
def test_failures_of_some_kinds(kinds: set[FailureKind]) -> None:
    """Only failures pass, of the kinds that were named, all of them if none was."""
    failures = [JsonFailed(JsonError("no")), SendFailed(SendError("no")), ConnectionFailed(OSError("no"))]

    kept = results(ops.failures(*kinds), [*failures, InputAudioBufferCleared(), InputAudioBufferCommitted(item_id="i")])

    assert kept == [failure for failure in failures if not kinds or failure.kind in kinds]


def test_a_selection_is_over_when_its_source_is() -> None:
    """Completion and errors pass by, and an error of the source is no failure value."""
    errors: list[Exception] = []

    reactivex.throw(JsonError("no")).pipe(ops.failures()).subscribe(print, errors.append)

    assert [type(error) for error in errors] == [JsonError]

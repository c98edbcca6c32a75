"""What was said and written, part by part."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from rxrealtime import decode
from rxrealtime import operators as ops
from rxrealtime.events import ConnectionFailed, Event, Response, ResponseDone
from tests.conftest import Recording
from tests.operators.streams import interleavings, results
from tests.operators.wire import (
    call,
    created,
    done,
    failed,
    heard,
    said,
    say,
    spoken_item,
    text_item,
    transcribed,
    write,
    wrote,
)

_WORDS = st.lists(st.text(max_size=4), min_size=1, max_size=5)


def _assistant(text: str, item: str = "a", index: int = 0, response: str = "r", final: bool = True) -> ops.Transcript:
    return ops.Transcript("assistant", item, index, text, final, response)


def _user(text: str, item: str = "u", final: bool = True) -> ops.Transcript:
    return ops.Transcript("user", item, 0, text, final)


@forall(st.data(), _WORDS, _WORDS, _WORDS)
def test_parts_that_interleave_do_not_mix(data: st.DataObject, one: list[str], two: list[str], us: list[str]) -> None:
    """Two parts of one item and the user's transcription, in any order: one transcript each, whole (R6)."""
    rows: list[list[Event]] = [
        [*(say(piece) for piece in one), said("".join(one))],
        [*(say(piece, index=1) for piece in two), said("".join(two), index=1)],
        [*(heard(piece) for piece in us), transcribed("".join(us))],
    ]

    got = results(ops.transcripts(), [*data.draw(interleavings(*rows)), done()])

    expected = [_assistant("".join(one)), _assistant("".join(two), index=1), _user("".join(us).strip())]
    assert sorted(got, key=repr) == sorted(expected, key=repr)


@forall(_WORDS)
def test_partial_transcripts_grow_to_the_final_one(words: list[str]) -> None:
    """With partial=True each text begins with the one before, and only the last one is final."""
    events = [*(say(piece) for piece in words), said("".join(words))]

    *growing, last = results(ops.transcripts(partial=True), events)

    assert last == _assistant("".join(words))
    assert not any(transcript.final for transcript in growing)
    texts = [transcript.text for transcript in (*growing, last)]
    assert all(after.startswith(before) for before, after in pairwise(texts))


@forall(_WORDS)
def test_a_response_without_a_final_transcript_still_says_what_was_heard(words: list[str]) -> None:
    """What deltas brought is final at response.done, at the loss of the connection and at the end of the stream."""
    events = [say(piece) for piece in words]
    whole = [_assistant("".join(words))] if any(words) else []

    for end in ([done(status="cancelled")], [ConnectionFailed(OSError("gone"))], []):
        assert results(ops.transcripts(), [*events, *end]) == whole


def test_response_done_knows_better_than_the_deltas() -> None:
    """A part without its .done is told by the item in response.done; by the deltas, if that is empty."""
    item = spoken_item("a", "Hello there!", "assistant")

    assert results(ops.transcripts(), [say("Hel"), done(item)]) == [_assistant("Hello there!")]
    assert results(ops.transcripts(), [done(item)]) == [_assistant("Hello there!")]
    assert results(ops.transcripts(), [say("Hel"), done(spoken_item("a", "", "assistant"))]) == [_assistant("Hel")]


def test_nothing_is_told_twice() -> None:
    """A part with its .done is not told again by response.done, nor by a delta or a .done that comes late."""
    item = spoken_item("a", "Hi", "assistant")
    events = [say("Hi"), said("Hi"), say("!"), said("Hi"), done(item)]

    assert results(ops.transcripts(), events) == [_assistant("Hi")]
    assert results(ops.transcripts(partial=True), events) == [_assistant("Hi", final=False), _assistant("Hi")]
    two = spoken_item("b", "Ho", "assistant")
    assert len(results(ops.transcripts(), [said("Hi"), said("Ho", "b"), done(item, two)])) == 2
    late = [transcribed("Hi"), heard("Hi"), transcribed("Hi"), say("Hi"), said("Hi"), done(), say("Hi")]
    assert results(ops.transcripts(), late) == [_user("Hi"), _assistant("Hi")]


def test_a_response_frees_only_its_own_parts() -> None:
    """Another response's end, and a response without an id, do not end a part; the user's neither."""
    nameless = ResponseDone(response=Response())
    events = [say("Hel"), heard(" Who"), done(response="other"), nameless, say("lo"), said("Hello")]

    assert results(ops.transcripts(), events) == [_assistant("Hello"), _user("Who")]


def test_the_user_is_stripped_of_the_blanks_transcriptions_come_with() -> None:
    """Deltas begin with a blank and completed ends with a newline; the text has neither (H2)."""
    events = [heard(" Hello"), heard(None), heard(","), transcribed("Hello, you.\n")]

    assert [t.text for t in results(ops.transcripts(partial=True), events)] == [
        "Hello",
        "Hello",
        "Hello,",
        "Hello, you.",
    ]


def test_a_failed_transcription_gives_nothing() -> None:
    """What was heard before a transcription failed is forgotten."""
    assert results(ops.transcripts(), [heard(" He"), failed()]) == []


def test_completed_in_progress_is_partial() -> None:
    """xAI repeats completed with status in_progress: the whole text so far, and not final."""
    events = [transcribed("Hello", status="in_progress"), transcribed("Hello, you.", status="completed")]

    assert results(ops.transcripts(), events) == [_user("Hello, you.")]
    assert results(ops.transcripts(partial=True), events) == [_user("Hello", final=False), _user("Hello, you.")]


def test_text_is_what_was_written() -> None:
    """text() gives the written parts as transcripts() gives the spoken ones, and neither gives the other's."""
    events = [write("Hi"), say("Hello", "b"), write("!"), wrote("Hi!"), said("Hello", "b"), done()]

    assert results(ops.text(), events) == [_assistant("Hi!")]
    assert results(ops.text(partial=True), events) == [
        _assistant("Hi", final=False),
        _assistant("Hi!", final=False),
        _assistant("Hi!"),
    ]
    assert results(ops.text(), [write("H"), done(text_item("a", "Hi!", "assistant"), call())]) == [_assistant("Hi!")]
    assert results(ops.text(), [write("H"), ConnectionFailed(OSError("gone"))]) == [_assistant("H")]


def test_printing_reads_well() -> None:
    """The first thing a user does is to print them."""
    assert str(_assistant("Hello there!")) == "assistant: Hello there!"
    assert str(_user("Hel", final=False)) == "user: Hel..."


def test_a_stream_of_other_events_gives_nothing() -> None:
    """Function calls and beginnings say nothing."""
    assert results(ops.transcripts(), [created(), done(call())]) == []


_SPOKEN: dict[str, list[str]] = {
    "openai-audio-in-server-vad-turn": [
        "user: Hello, my name is Marcelo.",
        "assistant: Hello, Marcelo! Great to meet you. How can I help you today?",
    ],
    "openai-message-history-seeding": ["assistant: Your name is Alice, and your favorite color is teal!"],
    "openai-text-in-audio-out-turn": ["assistant: Hi there!"],
    "openai-tool-call-round": ["assistant: It is foggy and 12 degrees in London."],
    "openai-webrtc-sideband-audio-turn": ["assistant: Hello there."],
    "openai-webrtc-sideband-text-turn": ["assistant: Hello there!"],
    "azure-audio-in-server-vad-transcribes": [
        "user: Hello, my name is Marcelo.",
        "assistant: Hi Marcelo, it's great to meet you! What can I help you with today?",
    ],
    "azure-audio-in-server-vad-transcription-requires-deployment": [
        "assistant: Hi Marcelo, it's great to meet you. How can I help you today?"
    ],
    "azure-message-history-seeding": [
        "assistant: Your name is Alice, and your favorite color is teal! Got it locked in. "
        "Let\N{RIGHT SINGLE QUOTATION MARK}s make this chat as vibrant as that color, shall we?"
    ],
    "azure-text-in-audio-out-turn": ["assistant: Hello there! Great to meet you!"],
    "azure-tool-call-round": ["assistant: It is foggy and 12 degrees in London."],
    "azure-webrtc-sideband-text-turn": ["assistant: Hello there!"],
    "xai-audio-in-server-vad-turn": [
        "user: Hello, my name is Marcelo.",
        "assistant: Hello Marcelo! Nice to meet you. How can I help you today?",
    ],
    "xai-text-in-audio-out-turn": ["assistant: Hello there!"],
}


@pytest.mark.parametrize("name", _SPOKEN)
def test_recorded_sessions_read_as_they_were_held(name: str, recordings: Callable[[str], Recording]) -> None:
    """Of each recorded session, what was said and written is what a reader would write down."""
    events: list[Any] = [decode(data) for direction, data in recordings(name) if direction == "received"]

    told = [*results(ops.transcripts(), events), *results(ops.text(), events)]

    assert [str(transcript) for transcript in told] == _SPOKEN[name]

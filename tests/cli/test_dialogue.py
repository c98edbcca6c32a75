"""The conversation grows line by line, each contribution at its place."""

from __future__ import annotations

from rxrealtime.activity import Interrupted, ToolEnded, ToolStarted
from rxrealtime.cli.dialogue import Line, conversed
from rxrealtime.cli.moments import Moment
from rxrealtime.events import InputAudioBufferSpeechStarted, Response, ResponseDone
from tests.cli import telling
from tests.cli.telling import Chapter, Heard, done, noted, received, said, told


def _lines(*moments: Moment) -> tuple[Line, ...]:
    lines: tuple[Line, ...] = ()
    for moment in moments:
        lines = conversed(lines, moment)
    return lines


def test_an_answer_grows_in_its_place() -> None:
    """Partial transcripts of one item replace each other until the final one."""
    lines = _lines(*said("Hi"), told("He", final=False), told("Hello", final=False), told("Hello!"))
    assert lines == (Line("user", "Hi"), Line("assistant", "Hello!", item_id="item_1"))


def test_who_speaks_keeps_the_place_until_the_transcript_comes() -> None:
    """The user's words stand before the answer although they come after it."""
    speaking = InputAudioBufferSpeechStarted(audio_start_ms=0, item_id="item_u")
    lines = _lines(received(speaking), told("Sure."), told("Stop!", item_id="item_u", role="user"))
    assert [(line.role, line.text) for line in lines] == [("user", "Stop!"), ("assistant", "Sure.")]


def test_calls_and_interruptions_are_shown() -> None:
    """A call, its output, the interruption and what was heard of the answer are lines of their own."""
    lines = _lines(
        noted(Chapter("tools")),
        done(ToolStarted("call_1", "look", "resp_1", "{}")),
        done(ToolEnded("call_1", "look", "resp_1", "ok", "seen")),
        done(Interrupted("resp_2", "item_1", 0, 160, 2000)),
        received(telling.interrupted()),
        noted(Heard("item_1", "Once", 160)),
    )
    assert [line.text for line in lines] == [
        "tools",
        "look({})",
        "seen",
        "interrupted after 0.2 s of 2.0 s",
        "the response is cancelled: turn_detected",
        'the server kept 0.2 s of it: "Once"',
    ]


def test_a_response_that_fails_says_so() -> None:
    """Only a completed response leaves no remark."""
    completed, failed = (ResponseDone(response=Response(id="r", status=status)) for status in ("completed", "failed"))
    assert _lines(received(completed)) == ()
    assert [line.text for line in _lines(received(failed))] == ["the response is failed"]

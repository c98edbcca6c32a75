"""Plain lines: one thing a line, in order, without any control character."""

from __future__ import annotations

from collections.abc import Iterable

from rxrealtime.activity import ToolEnded
from rxrealtime.cli.moments import Moment
from rxrealtime.cli.plain import Printed, plain_step
from rxrealtime.cli.story import Story
from rxrealtime.outcome import Outcome
from tests.cli import telling
from tests.cli.telling import Chapter, Ended, done, noted, received, said, told, waited


def _printed(moments: Iterable[Moment]) -> list[str]:
    printed, lines = Printed(Story("ws://x")), list[str]()
    for moment in moments:
        printed, more = plain_step(printed, moment)
        lines.extend(more)
    return lines


def test_lines_come_in_the_order_of_things() -> None:
    """A run of deltas is printed when it is over; growing answers are not printed, whole ones are; then the wait."""
    assert _printed(
        (
            noted(Chapter("one")),
            *said("Hi"),
            received(telling.text(), 0.1),
            received(telling.text(), 0.2),
            told("aa", final=False),
            received(telling.failure(), 0.3),
            told("aa"),
            waited("first_text", 0.1),
            waited("response", 0.3),
            noted(Ended(Outcome())),
        )
    ) == [
        "--- one ---",
        "  0.000 > conversation.item.create",
        "          user: Hi",
        "  0.000 > response.create",
        "  0.100 < response.output_text.delta x2",
        "  0.300 ! FAILED json in response.output_text.delta: not JSON: cut off",
        "          assistant: aa",
        "          latency, one: first text 100 ms",
        "the session ended: closed by us",
    ]


def test_the_same_words_twice_are_printed_twice() -> None:
    """Nothing is taken for a repetition."""
    assert [line for line in _printed((*said("Hi"), *said("Hi"))) if "user" in line] == ["          user: Hi"] * 2


def test_the_end_prints_what_was_still_open() -> None:
    """A run of deltas that nothing followed is printed at the end."""
    lines = _printed((received(telling.audio(2000)), noted(Ended(None))))
    assert lines == ["  0.000 < response.output_audio.delta (2.0 kB of audio)", "the session never began"]


def test_text_of_others_is_one_line() -> None:
    """Newlines and control sequences in what somebody said do not reach the output."""
    lines = _printed((told("a\n\x1b[31mb"), done(ToolEnded("call_1", "look", "resp_1", "ok", "b\nc"))))
    assert lines == ["          assistant: a b", "          output: b c"]

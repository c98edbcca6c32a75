"""What the stateful operators keep is freed when they say so (B1)."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator

import pytest
from reactivex.subject import Subject

from rxrealtime import operators as ops
from rxrealtime.events import Event
from tests.operators.wire import (
    added,
    audio,
    committed,
    created,
    done,
    heard,
    output_added,
    said,
    say,
    spoken_item,
    text_item,
    transcribed,
    write,
    wrote,
)

_OPERATORS = {
    "audio_chunks": ops.audio_chunks(),
    "sized audio_chunks": ops.audio_chunks(size_bytes=64),
    "transcripts": ops.transcripts(),
    "text": ops.text(),
    "turns": ops.turns(),
}


def _exchange(number: int) -> Iterator[Event]:
    """One question and its answer, half of the `.done` events missing, with deltas that come late."""
    user, item, response = f"u{number}", f"a{number}", f"r{number}"
    message = text_item(item, "Hello!", "assistant")
    yield from (committed(user), added(spoken_item(user)), heard("Who", user), created(response))
    yield from (output_added(message, response), audio(b"123", item, 0, response), say("He", item, 0, response))
    yield from (write("He", item, 1, response), audio(b"45678", item, 1, response))
    if number % 2:
        yield from (said("Hello!", item, 0, response), wrote("Hello!", item, 1, response))
    yield from (transcribed("Who?", user), heard("late", user), done(message, response=response))


@pytest.mark.parametrize("name", _OPERATORS)
def test_a_long_conversation_does_not_fill_the_memory(name: str) -> None:
    """After hundreds of exchanges an operator holds on to no more than after the first hundred."""
    source: Subject[Event] = Subject()
    source.pipe(_OPERATORS[name]).subscribe(lambda value: None)
    sizes: list[int] = []
    tracemalloc.start()
    try:
        for number in range(500):
            for event in _exchange(number):
                source.on_next(event)
            if number % 100 == 99:
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()

    assert sizes[-1] - sizes[0] < 20_000

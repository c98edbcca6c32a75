"""Decoding inside a stream: a failure in its place, and the stream lives on."""

from __future__ import annotations

import pytest
import reactivex
from hypothesis import given as forall
from hypothesis import strategies as st

from rxrealtime import operators as ops
from rxrealtime.events import HandlerFailed, InputAudioBufferCleared, JsonFailed, SchemaFailed, UnknownEvent
from rxrealtime.frames import Frame
from tests.operators.streams import results, terminal


def _frames(*payloads: bytes) -> list[Frame]:
    return [Frame("received", payload, float(at)) for at, payload in enumerate(payloads)]


def test_every_frame_gives_one_value_in_its_place() -> None:
    """Good, unknown and bad frames give one value each, in order (D1)."""
    frames = _frames(b'{"type":"input_audio_buffer.cleared"}', b"{", b'{"type":"new"}', b"[]")

    decoded = results(ops.decode_frames(), frames)

    assert [type(value) for value in decoded] == [InputAudioBufferCleared, JsonFailed, UnknownEvent, SchemaFailed]
    assert [value.frame for value in decoded if isinstance(value, JsonFailed | SchemaFailed)] == [frames[1], frames[3]]


def test_a_decoder_that_raises_gives_a_failure_with_its_frame() -> None:
    """A decoder of the user's that raises does not end the stream: its frame is kept in a HandlerFailed."""
    frames = _frames(b"1", b"x", b"3")

    first, failure, last = results(ops.decode_frames(lambda frame: int(frame.data)), frames)

    assert (first, last) == (1, 3)
    assert isinstance(failure, HandlerFailed)
    assert (type(failure.exception), failure.frame, failure.at) == (ValueError, frames[1], 1.0)


@forall(st.lists(st.one_of(st.integers(), st.text(max_size=3))))
def test_catch_map_gives_one_value_for_each(values: list[object]) -> None:
    """For any values, those the mapper fails at are replaced in place by what the handler says."""

    def half(value: object) -> float:
        if not isinstance(value, int):
            raise TypeError(value)
        return value / 2

    mapped = results(ops.catch_map(half, lambda value, error: (value, type(error))), values)

    assert mapped == [value / 2 if isinstance(value, int) else (value, TypeError) for value in values]


def test_a_handler_that_raises_ends_the_stream() -> None:
    """There is no handler for handlers: what it raises goes to on_error."""

    def handler(value: str, error: Exception) -> None:
        raise LookupError(value) from error

    got, end = terminal(reactivex.of("1", "x", "3").pipe(ops.catch_map(int, handler)))

    assert (got, type(end)) == ([1], LookupError)


def test_what_a_subscriber_raises_is_not_taken_for_the_mappers() -> None:
    """The catch is around the mapper only: a subscriber's exception passes through to the emitter."""
    handled: list[object] = []

    def subscriber(value: object) -> None:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        reactivex.of(1).pipe(ops.catch_map(str, lambda value, error: handled.append(value))).subscribe(subscriber)
    assert handled == []

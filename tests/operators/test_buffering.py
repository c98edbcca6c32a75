"""A buffer with limits that knows what may be dropped (B1)."""

from __future__ import annotations

import pytest
import reactivex
from hypothesis import given as forall
from hypothesis import strategies as st
from reactivex.scheduler import CurrentThreadScheduler, ImmediateScheduler
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rxrealtime import operators as ops
from rxrealtime.errors import BufferOverflowError, ConfigurationError
from rxrealtime.events import (
    ContentPart,
    ConversationItemRetrieved,
    Event,
    InputAudioBufferCleared,
    JsonFailed,
    Message,
    UnknownEvent,
)
from rxrealtime.frames import Frame
from rxrealtime.operators.weight import weight_bytes
from tests.operators.streams import terminal
from tests.operators.wire import audio, heard, say

_STRUCTURE = InputAudioBufferCleared(event_id="event_1")
_DELTA = audio(b"x" * 100)


def _drain(buffer: ops.EventBuffer[Event]) -> list[Event | ops.EventsDropped]:
    return [buffer.pop() for _ in range(len(buffer))]


def _filled(limits: ops.BufferLimits, *events: Event) -> ops.EventBuffer[Event]:
    buffer = ops.EventBuffer[Event](limits)
    for event in events:
        buffer.push(event)
    return buffer


@forall(st.lists(st.sampled_from([_STRUCTURE, _DELTA, say("Hi")])), st.integers(1, 12), st.integers(1, 600))
def test_a_buffer_is_bounded_and_loses_no_structure(events: list[Event], max_events: int, max_bytes: int) -> None:
    """Until it overflows: structure in order and whole, each dropped delta counted in its place, the limits kept."""
    buffer = ops.EventBuffer[Event](ops.BufferLimits(max_events, max_bytes))
    taken: list[Event] = []
    for event in events:
        try:
            buffer.push(event)
        except BufferOverflowError:
            assert event is _STRUCTURE
            break
        taken.append(event)
    assert len(buffer) <= max_events + 1
    assert buffer.size_bytes <= max_bytes + weight_bytes(_DELTA)
    out = _drain(buffer)

    assert buffer.size_bytes == len(buffer) == 0
    place = 0
    for value in out:
        if isinstance(value, ops.EventsDropped):
            dropped = taken[place : place + value.count]
            assert _STRUCTURE not in dropped
            assert value.size_bytes == sum(weight_bytes(event) for event in dropped)
            place += value.count
        else:
            assert value is taken[place]
            place += 1
    assert place == len(taken)


def test_an_hour_of_audio_for_a_stalled_consumer_stays_in_bounds() -> None:
    """36,000 deltas that nobody takes: six MiB are kept, the rest is one marker (B1)."""
    buffer = _filled(ops.BufferLimits(), *(audio(b"x" * 4800) for _ in range(36_000)))

    *kept, marker = _drain(buffer)

    assert sum(weight_bytes(event) for event in kept) <= 6 * 1024 * 1024
    assert marker == ops.EventsDropped(36_000 - len(kept), (36_000 - len(kept)) * 4800)


def test_drops_in_a_row_are_one_marker_and_structure_divides_them() -> None:
    """A marker stands where deltas are missing; the next event that is kept begins a new one."""
    buffer = _filled(ops.BufferLimits(max_events=8), *[_DELTA] * 9, _STRUCTURE, _DELTA)

    assert _drain(buffer) == [*[_DELTA] * 6, ops.EventsDropped(3, 300), _STRUCTURE, ops.EventsDropped(1, 100)]


def test_a_buffer_that_was_emptied_takes_deltas_again() -> None:
    """Dropping ends when there is room."""
    buffer = _filled(ops.BufferLimits(max_events=1), _STRUCTURE, _DELTA)
    assert _drain(buffer) == [_STRUCTURE, ops.EventsDropped(1, 100)]

    buffer.push(_DELTA)

    assert _drain(buffer) == [_DELTA]


def test_structure_beyond_the_limits_overflows_and_what_waits_stays() -> None:
    """Structure is taken up to the limit of events and of bytes, then there is an error that says what to do."""
    for limits in (ops.BufferLimits(max_events=2), ops.BufferLimits(max_bytes=weight_bytes(_STRUCTURE) + 1)):
        buffer = _filled(limits, _STRUCTURE, _STRUCTURE)
        with pytest.raises(BufferOverflowError, match=r"2 events and .* behind.*raise max_events"):
            buffer.push(_STRUCTURE)
        assert _drain(buffer) == [_STRUCTURE, _STRUCTURE]


def test_fail_overflows_at_the_first_drop() -> None:
    """With overflow="fail" no delta is dropped: the first that does not fit is the overflow."""
    buffer = _filled(ops.BufferLimits(max_events=4, overflow="fail"), *[_DELTA] * 3)

    with pytest.raises(BufferOverflowError):
        buffer.push(_DELTA)
    buffer.push(_STRUCTURE)

    assert _drain(buffer) == [*[_DELTA] * 3, _STRUCTURE]


def test_an_empty_buffer_takes_any_event() -> None:
    """One event always fits, whatever its size: a limit never makes a stream impossible."""
    large = audio(b"x" * 1000)

    assert _drain(_filled(ops.BufferLimits(max_bytes=10), large)) == [large]


def test_events_weigh_what_they_hold() -> None:
    """A delta weighs its payload, an item with 16 MiB of audio 16 MiB, a failure its frame, others their texts."""
    sound = ContentPart(type="output_audio", audio=b"x" * (16 * 1024 * 1024))
    retrieved = ConversationItemRetrieved(item=Message(id="a", role="assistant", content=(sound,)))

    assert weight_bytes(_DELTA) == 100
    assert weight_bytes(heard(None)) == 0
    assert 16 * 1024 * 1024 <= weight_bytes(retrieved) < 16 * 1024 * 1024 + 1000
    assert 1000 <= weight_bytes(JsonFailed(ValueError("no"), 0.0, Frame("received", b"x" * 1000))) < 1200
    assert 1000 <= weight_bytes(UnknownEvent("new", {"a": ["x" * 500, {"b" * 500: 1.5}]})) < 1200


def test_unknown_deltas_may_be_dropped_too() -> None:
    """A type that ends in .delta is one, also if it is not in the tables."""
    unknown = UnknownEvent("response.video.delta", {"type": "response.video.delta"})
    buffer = ops.EventBuffer[object](ops.BufferLimits(max_events=1))
    buffer.push(_STRUCTURE)
    buffer.push(unknown)

    assert isinstance([buffer.pop(), buffer.pop()][1], ops.EventsDropped)


def test_a_marker_reads_like_an_event() -> None:
    """Every value of a stream has a type and an event_id."""
    assert (ops.EventsDropped.type, ops.EventsDropped(1, 2).event_id) == ("dropped", None)


@pytest.mark.parametrize("limits", [{"max_events": 0}, {"max_bytes": 0}, {"overflow": "wait"}])
def test_impossible_limits_are_refused(limits: dict[str, object]) -> None:
    """A limit that is not positive, or an unknown policy, is an error when the pipeline is made."""
    with pytest.raises(ConfigurationError):
        ops.buffered(**limits)  # type: ignore[arg-type]  # that is the point


def test_buffered_delivers_all_before_the_end() -> None:
    """Values that wait come before the completion, and before an error (T5)."""
    for source, kind in (
        (reactivex.of(1, 2, 3), "completed"),
        (reactivex.concat(reactivex.of(1, 2, 3), reactivex.throw(OSError("gone"))), "gone"),
    ):
        scheduler = TestScheduler()
        got: list[object] = []
        stream = source.pipe(ops.buffered(scheduler=scheduler))
        stream.subscribe(got.append, lambda error: got.append(str(error)), lambda: got.append("completed"))  # noqa: B023
        assert got == []
        scheduler.start()
        assert got == [1, 2, 3, kind]


def test_buffered_overflow_ends_after_what_waits_and_leaves_the_source() -> None:
    """The subscriber gets what was taken, then one BufferOverflowError; the source has no subscriber left."""
    source: Subject[Event] = Subject()
    scheduler = TestScheduler()
    got: list[object] = []
    errors: list[Exception] = []
    source.pipe(ops.buffered(max_events=2, scheduler=scheduler)).subscribe(got.append, errors.append)

    for _ in range(4):
        source.on_next(_STRUCTURE)
    assert source.observers == []
    source.on_completed()
    scheduler.start()

    assert got == [_STRUCTURE, _STRUCTURE]
    assert [type(error) for error in errors] == [BufferOverflowError]


def test_buffered_goes_on_after_a_subscriber_that_raised() -> None:
    """The scheduler gets the exception, the subscriber the next values all the same (T6)."""
    scheduler = TestScheduler()
    got: list[int] = []

    def subscriber(value: int) -> None:
        got.append(value)
        if value == 1:
            raise RuntimeError("mine")

    reactivex.of(1, 2).pipe(ops.buffered(scheduler=scheduler)).subscribe(subscriber)  # type: ignore[arg-type]  # no drops
    with pytest.raises(RuntimeError, match="mine"):
        scheduler.start()
    scheduler.stop()
    scheduler.start()

    assert got == [1, 2]


@pytest.mark.parametrize("scheduler", [ImmediateScheduler(), CurrentThreadScheduler()])
def test_buffered_works_on_schedulers_that_run_at_once(scheduler: reactivex.abc.SchedulerBase) -> None:
    """A scheduler that runs its work at once, or after the current one, delivers the same, re-entrant values too."""
    source: Subject[int] = Subject()
    got: list[object] = []

    def subscriber(value: object) -> None:
        got.append(value)
        if value == 1:
            source.on_next(10)
            source.on_next(11)

    source.pipe(ops.buffered(scheduler=scheduler)).subscribe(subscriber, None, lambda: got.append("completed"))
    source.on_next(1)
    source.on_next(2)
    source.on_completed()

    assert got == [1, 10, 11, 2, "completed"]


def test_buffered_stops_when_it_is_disposed() -> None:
    """After dispose nothing is delivered, and the source is left."""
    source: Subject[int] = Subject()
    scheduler = TestScheduler()
    got: list[object] = []
    subscription = source.pipe(ops.buffered(scheduler=scheduler)).subscribe(got.append)

    source.on_next(1)
    subscription.dispose()
    scheduler.start()

    assert (got, source.observers) == ([], [])


def test_buffered_never_makes_a_thread() -> None:
    """Without a scheduler of its own or of the subscription it is an error, not a thread."""
    got, end = terminal(reactivex.of(1).pipe(ops.buffered()))

    assert (got, type(end)) == ([], ConfigurationError)

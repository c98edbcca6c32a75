"""The pure step of a plan of faults: what it changes, it logs; what it does not log, it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rxrealtime.codec import decode, decode_client
from rxrealtime.errors import ConfigurationError
from rxrealtime.events import CLIENT_EVENTS, SERVER_EVENTS, ExceptionEvent
from rxrealtime.frames import Direction, Frame
from rxrealtime.server.faults import Refusal, Stall, abort, close, inject
from rxrealtime.server.outputs import Disconnect, GoSilent, RawFrame
from rxrealtime.testing import faults as f
from rxrealtime.testing.mutations import MUTATIONS, type_of
from rxrealtime.testing.outputs import Deliver, Injected, Output, Pause
from rxrealtime.testing.plans import FaultPlan, begin, finish, step
from tests.frames import BAD_FRAMES, audio_delta, good_frames, transcript_delta


def run(plan: FaultPlan, frames: Iterable[bytes], direction: Direction = "received") -> tuple[Output, ...]:
    """Let frames pass through a plan, to the end."""
    state, outputs = begin(plan)
    for number, data in enumerate(frames):
        state, more = step(state, Frame(direction, data, number / 10))
        outputs += more
    return outputs + finish(state, direction)[1]


def delivered(outputs: Iterable[Output]) -> list[bytes | str]:
    """Give the payloads that are delivered."""
    return [output.frame.data for output in outputs if isinstance(output, Deliver)]


def logged(outputs: Iterable[Output]) -> list[Injected]:
    """Give the log."""
    return [output for output in outputs if isinstance(output, Injected)]


def mutations() -> st.SearchStrategy[f.FrameFault]:
    """Any mutation, of any share of the frames."""
    return st.builds(
        lambda kind, every, probability: f.mutate(kind, every=every, probability=probability),
        st.sampled_from(sorted(MUTATIONS)),
        st.integers(1, 4),
        st.sampled_from([0.0, 0.3, 1.0]),
    )


plans = st.builds(lambda seed, faults: FaultPlan(seed, *faults), st.integers(0, 9), st.lists(mutations(), max_size=3))
traces = st.lists(good_frames(), max_size=12)


@given(traces)
def test_without_faults_every_frame_passes(frames: list[bytes]) -> None:
    """The identity: the very same frames, at once, nothing logged."""
    assert run(FaultPlan(3), frames) == tuple(
        Deliver(Frame("received", data, number / 10), number) for number, data in enumerate(frames)
    )


@given(plans, traces)
def test_the_same_seed_gives_the_same_faults(plan: FaultPlan, frames: list[bytes]) -> None:
    """And the order of the two directions does not matter."""
    assert run(plan, frames) == run(FaultPlan(plan.seed, *plan.faults), frames)


def test_another_seed_gives_other_faults() -> None:
    """A probability is drawn from the seed."""
    frames = [transcript_delta(str(n)) for n in range(60)]
    struck = [[log.number for log in logged(run(FaultPlan(seed, f.drop(probability=0.5)), frames))] for seed in (1, 2)]
    assert struck[0] != struck[1]
    assert 10 < len(struck[0]) < 50


@given(plans, traces)
def test_the_log_names_exactly_the_frames_that_differ(plan: FaultPlan, frames: list[bytes]) -> None:
    """The others come byte for byte, in order; a frame is changed once, and decodes to the failure that was logged."""
    outputs = run(plan, frames)
    logs = {log.number: log for log in logged(outputs)}
    assert len(logs) == len(logged(outputs))
    for number, (before, output) in enumerate(zip(frames, delivers(outputs), strict=True)):
        assert output.number == number
        differs = output.frame.data != before or output.binary
        assert differs == (number in logs)
        if number in logs:
            assert kind_of(output.frame.data) == logs[number].failure
            assert logs[number].event_type == type_of(before)


def delivers(outputs: Iterable[Output]) -> Iterator[Deliver]:
    """Give what is delivered, with everything that is said of it."""
    return (output for output in outputs if isinstance(output, Deliver))


def kind_of(data: bytes | str, direction: Direction = "received") -> object:
    """Give the kind of failure that a frame decodes to, or None."""
    found = decode(data) if direction == "received" else decode_client(data)
    return found.kind if isinstance(found, ExceptionEvent) else None


EVENTS: list[tuple[Direction, str]] = [("received", tag) for tag in SERVER_EVENTS]
EVENTS += [("sent", tag) for tag in CLIENT_EVENTS]


@pytest.mark.parametrize("kind", ["wrong_type", "null_field", "missing_field"])
@pytest.mark.parametrize(("direction", "tag"), EVENTS)
def test_a_spoilt_field_is_a_failure_for_every_event(kind: str, direction: Direction, tag: str) -> None:
    """Whichever field the seed takes: it is one the event cannot do without."""
    for seed in range(6):
        plan = FaultPlan(seed, f.mutate(kind, direction=direction))
        outputs = run(plan, [json.dumps({"type": tag}).encode()], direction)
        (data,), (log,) = delivered(outputs), logged(outputs)
        assert kind_of(data, direction) == log.failure
        assert log.failure is not None


@given(traces, st.integers(1, 3), st.integers(1, 3))
def test_reordering_moves_the_struck_frames_alone(frames: list[bytes], every: int, by: int) -> None:
    """Nothing is lost or changed, and the others stay in order; what is still held at the end comes then."""
    outputs = run(FaultPlan(0, f.reorder(by, every=every)), frames)
    numbers = [output.number for output in delivers(outputs)]
    moved = {log.number for log in logged(outputs)}
    assert sorted(numbers) == list(range(len(frames)))
    assert [n for n in numbers if n not in moved] == [n for n in range(len(frames)) if n not in moved]


def test_delay_drop_duplicate_slow_split_and_merge_say_what_the_edge_has_to_do() -> None:
    """Each effect is one delivery that says it."""
    (frame,) = frames = [audio_delta()]
    (deliver,) = delivers(run(FaultPlan(1, f.delay(0.2, 0.1)), frames))
    assert 0.2 <= deliver.delay <= 0.3
    assert delivered(run(FaultPlan(1, f.drop()), frames)) == []
    assert delivered(run(FaultPlan(1, f.duplicate(2)), frames)) == [frame] * 3
    assert run(FaultPlan(1, f.slow(0.5)), frames)[-1] == Pause(0.5, "received")
    assert [one.fragments for one in delivers(run(FaultPlan(1, f.split(4)), frames))] == [4]
    assert [one.joined for one in delivers(run(FaultPlan(1, f.merge()), frames))] == [True]
    (big,) = delivered(run(FaultPlan(1, f.oversize(5000)), frames))
    assert len(big) == 5000


@pytest.mark.parametrize("end", [Disconnect(1011, "why"), Disconnect(), GoSilent()])
def test_after_an_end_nothing_is_delivered(end: Disconnect | GoSilent) -> None:
    """The end comes instead of the frame, in both directions."""
    outputs = run(FaultPlan(0, f.strike(end, numbers=(2,))), [audio_delta()] * 5)
    assert [type(one) for one in outputs] == [Deliver, Deliver, Injected, type(end)]
    assert logged(outputs)[0].number == 2


def test_the_servers_faults_strike_as_the_server_does() -> None:
    """After so many events, or after one of a type; what is injected comes between the frames."""
    frames = [audio_delta(), transcript_delta(), audio_delta()]
    outputs = run(FaultPlan(0, inject(b"\xff", after=0), close(1011, after=2)), frames)
    assert delivered(outputs) == [b"\xff", *frames[:2]]
    assert [(log.number, log.fault) for log in logged(outputs)] == [(None, "inject"), (1, "close")]
    outputs = run(FaultPlan(0, abort(after="response.output_audio_transcript.delta")), frames)
    assert delivered(outputs) == frames[:2]
    assert outputs[-1] == Disconnect()


def test_where_counts_what_it_is_for() -> None:
    """Every nth of the frames that meet the other conditions, so often, on this connection."""
    frames = [audio_delta(), transcript_delta()] * 8
    types = ("response.output_audio.delta",)

    def struck(*faults: f.FrameFault) -> list[int | None]:
        return [log.number for log in logged(run(FaultPlan(0, *faults), frames))]

    assert struck(f.drop(types=types, every=3)) == [4, 10]
    assert struck(f.drop(after=4, every=5)) == [8, 13]
    assert struck(f.drop(numbers=(1, 7))) == [1, 7]
    assert struck(f.drop(times=2)) == [0, 1]
    assert struck(f.drop(connection=1)) == struck(f.drop(direction="sent")) == []
    assert struck(f.strike(RawFrame("x"), numbers=(3,))) == [3]


def test_what_cannot_be_spoilt_is_left_alone_and_not_logged() -> None:
    """A frame that holds no event has no field to spoil."""
    bad, _ = BAD_FRAMES["cut"]
    assert run(FaultPlan(0, f.missing_field(), f.truncate()), [bad]) == (Deliver(Frame("received", bad), 0),)


@settings(max_examples=20)
@given(st.binary(max_size=30))
def test_any_bytes_can_pass_through_any_mutation(data: bytes) -> None:
    """Nothing raises, whatever comes."""
    for kind in MUTATIONS:
        assert len(delivered(run(FaultPlan(0, f.mutate(kind)), [data]))) == 1


def test_a_handshake_is_planned_for_its_connection() -> None:
    """Stalls add up, the first refusal counts."""
    plan = FaultPlan(0, Stall(1.0), Stall(2.0, connection=1), Refusal(503, connection=1))
    assert plan.handshake(0) == (1.0, None)
    assert plan.handshake(1) == (3.0, Refusal(503, connection=1))


@pytest.mark.parametrize(
    "make",
    [
        lambda: f.drop(every=0),
        lambda: f.drop(probability=2),
        lambda: f.drop(after=-1),
        lambda: f.delay(-1),
        lambda: f.duplicate(0),
        lambda: f.reorder(0),
        lambda: f.split(1),
        lambda: f.slow(-1),
        lambda: f.mutate("zork"),
        lambda: f.Where(direction="up"),  # type: ignore[arg-type]
    ],
)
def test_a_number_out_of_range_is_refused(make: object) -> None:
    """When the fault is made, not when it strikes."""
    with pytest.raises(ConfigurationError):
        make()  # type: ignore[operator]

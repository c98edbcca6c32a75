"""Marble diagrams over events."""

from __future__ import annotations

import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as rx

from rxrealtime import Frame, ops
from rxrealtime.errors import JsonError
from rxrealtime.events import JsonFailed, ResponseOutputTextDelta
from rxrealtime.testing import Mark, cold, expect, hot, observe, read_marks
from tests.operators.wire import write


def _failure(said: str, data: bytes = b"{", at: float = 0.0) -> JsonFailed:
    return JsonFailed(JsonError(said), at=at, frame=Frame("received", data))


def test_letters_groups_and_ends_are_read() -> None:
    """One sign is one frame; a group is one instant and takes as many frames as it has signs."""
    assert read_marks("-a(bc)d(e,|)", {"a": 1}) == [
        *(Mark(1, "N", 1), Mark(2, "N", "b"), Mark(2, "N", "c"), Mark(6, "N", "d")),
        *(Mark(7, "N", "e"), Mark(7, "C", None)),
    ]


def test_a_name_of_more_letters_is_one_mark_if_the_legend_has_it() -> None:
    """Otherwise each letter is one; a number is a number."""
    assert read_marks("ab-cd-12", {"ab": 0}) == [
        *(Mark(0, "N", 0), Mark(3, "N", "c"), Mark(4, "N", "d"), Mark(6, "N", 12)),
    ]


@pytest.mark.parametrize("diagram", ["--,a", "a(b", "b)", "a|b", "#-(a)", "(a(b))"])
def test_what_is_no_diagram_is_refused(diagram: str) -> None:
    """A sign in a wrong place, or something after the end, is named, never skipped."""
    with pytest.raises(ValueError, match=r"no place|nothing can follow"):
        read_marks(diagram)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from("abc")), max_size=10))
def test_any_diagram_is_what_happens(values: list[tuple[int, str]]) -> None:
    """A stream gives what its diagram says, hot or cold, and the diagram of an operator is compared with that."""
    diagram = "".join("-" * gap + letter for gap, letter in values) + "-|"

    assert observe(hot(diagram)) == observe(cold(diagram)) == read_marks(diagram)
    expect(rx.map(str.upper), diagram.upper(), given=diagram)


def test_operators_are_tested_with_events() -> None:
    """An operator of the library, between two diagrams."""
    legend = {"c": write("Hel"), "d": write("lo"), "x": "Hel", "y": "lo"}

    expect(
        lambda source: source.pipe(ops.of_type(ResponseOutputTextDelta), rx.map(lambda event: event.delta)),
        "--x--y|",
        legend,
        given="--c--d|",
    )


def test_timed_operators_run_in_virtual_time() -> None:
    """One frame is one second of the scheduler that the operator is given."""
    expect(rx.delay(3.0), "-----a--|", given="--a--|")


def test_who_comes_late_to_a_hot_stream_has_missed_the_beginning_of_it() -> None:
    """A cold one begins anew; both keep the time of the run."""

    def late(stream: Observable[object]) -> Observable[object]:
        return reactivex.timer(2.5).pipe(rx.flat_map(lambda _: stream))

    assert [mark.value for mark in observe(late(hot("-a-b-c|")))] == ["b", "c", None]
    assert observe(late(cold("a|")))[0] == Mark(2.5, "N", "a")


def test_two_streams_of_one_run_have_one_clock() -> None:
    """They merge in the order of their diagrams."""
    expect(reactivex.merge(hot("-a-b--|"), cold("--c-d|")), "-acbd-|")


def test_a_hot_stream_begins_anew_in_each_run() -> None:
    """A diagram in a variable is used as often as one likes."""
    stream = hot("-a-|")
    expect(stream, "-a-|")
    expect(stream, "-a-|")


def test_a_failing_comparison_shows_two_aligned_diagrams() -> None:
    """Expected above actual, what differs marked, named below."""
    with pytest.raises(AssertionError) as caught:
        expect(rx.filter(lambda value: value != "b"), "--a-b-c-|", given="--a-b-c--#")

    assert str(caught.value).splitlines() == [
        "another stream than expected",
        "expected  --a-b-c-|-",
        "actual    --a---c--#",
        "              ^   ^^",
        "frame 4: expected b, got nothing",
        "frame 8: expected the end, got nothing",
        "frame 9: expected nothing, got an error",
        "  # = Exception",
        "  b = str",
        "  | = the end",
    ]


def test_no_payload_is_shown_unless_asked_for() -> None:
    """Types, and the names of the fields that differ; with ``payload`` the values."""
    legend = {"a": write("canary"), "b": write("other")}

    with pytest.raises(AssertionError) as quiet:
        expect(hot("--a|", legend), "--b|", legend)
    with pytest.raises(AssertionError) as loud:
        expect(hot("--a|", legend), "--b|", legend, payload=True)

    assert "canary" not in str(quiet.value)
    assert "ResponseOutputTextDelta: other delta" in str(quiet.value)
    assert "canary" in str(loud.value)


def test_what_is_not_in_the_legend_gets_a_spare_letter() -> None:
    """Every value that differs can be told apart in the diagrams."""
    with pytest.raises(AssertionError, match=r"actual    --B\|\n"):
        expect(rx.map(lambda _: "a long one"), "--a|", {"a": "x", "A": "y"}, given="--a|")


@pytest.mark.parametrize(("other", "same"), [(_failure("2", at=3.0), True), (_failure("1", b"["), False)])
def test_failures_compare_by_kind_exception_type_and_frame(other: JsonFailed, same: bool) -> None:
    """Not by identity, message or time."""
    assert _agrees(lambda: expect(hot("-a|", {"a": other}), "-a|", {"a": _failure("1")})) is same


@pytest.mark.parametrize(
    ("wanted", "same"),
    [
        (ValueError("no"), True),
        (ValueError("yes"), False),
        (TypeError("no"), False),
        (ValueError, True),
        (OSError, False),
    ],
)
def test_errors_compare_by_type_and_message_or_by_class(wanted: object, same: bool) -> None:
    """reactivex compares messages alone; here types count."""
    assert _agrees(lambda: expect(hot("-#", {"#": ValueError("no")}), "-#", {"#": wanted})) is same


def test_an_operator_needs_a_diagram_and_a_stream_has_its_own() -> None:
    """Anything else is a mistake, not an empty comparison."""
    with pytest.raises(TypeError, match="an operator needs a diagram"):
        expect(rx.take(1), "--a|")
    with pytest.raises(TypeError, match="a stream has its own"):
        expect(hot("--a|"), "--a|", given="--a|")


def test_outside_of_expect_a_scheduler_is_needed() -> None:
    """No thread is started for it."""
    with pytest.raises(TypeError, match="needs a clock"):
        hot("--a|").subscribe()


def _agrees(compare: object) -> bool:
    try:
        compare()  # type: ignore[operator]
    except AssertionError:
        return False
    return True

"""The primitive: a pure step run over a stream."""

from __future__ import annotations

import functools

import reactivex
from hypothesis import given as forall
from hypothesis import strategies as st
from reactivex import Observable
from reactivex.disposable import Disposable
from reactivex.subject import Subject

from rxrealtime import operators as ops
from tests.operators.streams import results, terminal


def _total(total: int, number: int) -> tuple[int, tuple[int, ...]]:
    return total + number, (total + number,) if number else ()


def _inverse(total: float, number: int) -> tuple[float, tuple[float, ...]]:
    return total, (1 / number,)


@forall(st.lists(st.integers()))
def test_running_a_step_is_a_fold(numbers: list[int]) -> None:
    """The operator gives what a plain reduce over the same values gives."""

    def fold(made: tuple[int, tuple[int, ...]], number: int) -> tuple[int, tuple[int, ...]]:
        total, outputs = _total(made[0], number)
        return total, made[1] + outputs

    nothing: tuple[int, tuple[int, ...]] = 0, ()
    assert tuple(results(ops.mealy(_total, 0), numbers)) == functools.reduce(fold, numbers, nothing)[1]


def test_state_is_born_with_each_subscription() -> None:
    """Two subscriptions to one pipeline do not share their state."""
    totals = reactivex.of(1, 2).pipe(ops.mealy(_total, 0))

    assert terminal(totals) == terminal(totals) == ([1, 3], "completed")


def test_a_step_that_raises_ends_the_stream_and_leaves_the_source() -> None:
    """What a step raises goes to on_error, once, and the source has no subscriber left."""
    source: Subject[int] = Subject()
    errors: list[Exception] = []
    source.pipe(ops.mealy(_inverse, 0.0)).subscribe(print, errors.append)

    source.on_next(0)
    source.on_next(0)

    assert [type(error) for error in errors] == [ZeroDivisionError]
    assert source.observers == []


def test_a_step_that_raised_is_not_called_again() -> None:
    """A source that goes on within the same call does not reach the step any more."""
    seen: list[int] = []

    def step(state: None, number: int) -> tuple[None, tuple[int, ...]]:
        seen.append(number)
        raise ValueError("no")

    def subscribe(observer: reactivex.abc.ObserverBase[int], _: object) -> Disposable:
        for number in (1, 2):
            observer.on_next(number)
        return Disposable()

    got, end = terminal(Observable(subscribe).pipe(ops.mealy(step, None)))

    assert (got, type(end), seen) == ([], ValueError, [1])


def test_finish_adds_to_a_completed_stream_only() -> None:
    """What finish gives comes before the completion; a failed stream gets none of it."""
    summed = ops.mealy(_total, 0, lambda total: (-total,))

    assert terminal(reactivex.of(1, 2).pipe(summed)) == ([1, 3, -3], "completed")
    got, end = terminal(reactivex.concat(reactivex.of(1), reactivex.throw(KeyError("x"))).pipe(summed))
    assert (got, type(end)) == ([1], KeyError)


def test_a_finish_that_raises_is_the_error_of_the_stream() -> None:
    """What finish raises goes to on_error, and the stream does not complete as well."""
    got, end = terminal(reactivex.of(1).pipe(ops.mealy(_total, 0, lambda total: (1 // 0,))))

    assert (got, type(end)) == ([1], ZeroDivisionError)


def test_a_subscriber_that_pushes_while_it_is_called_finds_the_new_state() -> None:
    """The state is in force before the outputs are given, so that re-entrant values are not lost."""
    source: Subject[int] = Subject()
    got: list[int] = []

    def once(total: int) -> None:
        got.append(total)
        if total == 1:
            source.on_next(10)

    source.pipe(ops.mealy(_total, 0)).subscribe(once)
    source.on_next(1)

    assert got == [1, 11]

"""The one primitive under the stateful operators: a frozen state and a pure step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable, abc

__all__ = ["mealy"]

_State = TypeVar("_State")
_In = TypeVar("_In")
_Out = TypeVar("_Out")


def mealy(
    step: Callable[[_State, _In], tuple[_State, tuple[_Out, ...]]],
    initial: _State,
    finish: Callable[[_State], tuple[_Out, ...]] | None = None,
) -> Callable[[Observable[_In]], Observable[_Out]]:
    """Run a pure step over a stream, a Mealy machine: each value gives the next state and any number of outputs.

    Marbles:
        in:   --1--2--3--|
        ops.mealy(lambda total, n: (total + n, (total + n,)), 0, lambda total: (-total,))
        out:  --1--3--6--(z,|)
        z = -6

    Args:
        step: ``(state, value) -> (state, outputs)``. Keep it pure: then replaying a recording is a plain fold.
        initial: The state of every new subscription. It must be immutable, since all subscriptions begin with it.
        finish: ``state -> outputs`` for the end; default None, nothing is added. Called when the source completes,
            not when it fails.

    Returns:
        The operator.

    State: one value of the caller's own, born with the subscription and gone with it.
    Time: none.
    Errors: the source's error passes by. What `step` or `finish` raises goes to ``on_error`` and ends the
        subscription to the source.
    Protocol: none.

    Example:
        >>> import reactivex
        >>> count = mealy(lambda n, _: (n + 1, (n + 1,)), 0)
        >>> reactivex.of("a", "b").pipe(count).run()
        2
    """

    def operator(source: Observable[_In]) -> Observable[_Out]:
        def subscribe(observer: abc.ObserverBase[_Out], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
            return _subscribe(source, observer, scheduler, (step, initial, finish))

        return Observable(subscribe)

    return operator


def _stopped(state: Any, _: object) -> tuple[Any, tuple[Any, ...]]:
    """Stand in for a step that failed, in case the source goes on within the same call."""
    return state, ()


def _subscribe(
    source: Observable[_In],
    observer: abc.ObserverBase[_Out],
    scheduler: abc.SchedulerBase | None,
    machine: tuple[
        Callable[[_State, _In], tuple[_State, tuple[_Out, ...]]],
        _State,
        Callable[[_State], tuple[_Out, ...]] | None,
    ],
) -> abc.DisposableBase:
    step, state, finish = machine
    emit = observer.on_next

    def on_next(value: _In) -> None:
        nonlocal step, state
        try:
            state, outputs = step(state, value)
        except Exception as error:  # the step is the caller's: whatever it raises ends the stream, by on_error
            step = _stopped
            observer.on_error(error)
            return
        for output in outputs:
            emit(output)

    def on_completed() -> None:
        try:
            outputs = finish(state) if finish else ()
        except Exception as error:  # as above
            observer.on_error(error)
            return
        for output in outputs:
            emit(output)
        observer.on_completed()

    return source.subscribe(on_next, observer.on_error, on_completed, scheduler=scheduler)

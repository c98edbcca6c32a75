"""Marble diagrams in docstrings: read them, and run them in virtual time.

A docstring holds, under ``Marbles:``, lines in the grammar of `rxrealtime.testing.marks`, of which it uses what
``reactivex.testing.marbles`` has too (one character is one frame; ``(a,b)`` is one instant)::

    in:   --a--b--|
    ops.of_type(str)          the operator, or a stream made of ``source``, the input as an async iterable
    out:  -----b--|
    a = 1                     the legend: expressions over the events, operators and errors, top to bottom
    # = ValueError("no")      the error; a class alone stands for any of that class
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import reactivex
from reactivex import Observable
from reactivex import operators as rx
from reactivex.notification import Notification, OnCompleted, OnError, OnNext
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

import rxrealtime.activity
import rxrealtime.errors
import rxrealtime.events
import rxrealtime.guardrails
import rxrealtime.operators.scheduling
import rxrealtime.signals
import rxrealtime.speaker
import rxrealtime.tools
from rxrealtime import operators
from rxrealtime.events import ExceptionEvent
from rxrealtime.frames import Frame
from rxrealtime.testing.marks import notifications, read_marks
from rxrealtime.testing.virtual import virtual_run

__all__ = ["Diagram", "Marks", "read_diagram", "run_on_loop", "run_on_test_scheduler", "virtual_run"]

_NAMED = (
    rxrealtime.errors,
    rxrealtime.events,
    rxrealtime.activity,
    rxrealtime.signals,
    rxrealtime.guardrails,
    rxrealtime.tools,
    rxrealtime.speaker,
    rxrealtime.operators.scheduling,
    operators,
)

Marks = list[tuple[float, str, object]]
"""Time in frames, ``N``, ``E`` or ``C``, and the value or error."""


@dataclass(frozen=True)
class Diagram:
    """One diagram: the input, the operator, and what is to come out when."""

    given: str
    expression: str
    expected: str
    legend: Mapping[str | float, Any]

    def operate(self, **more: object) -> Any:
        """Evaluate the operator."""
        return eval(self.expression, _scope(self.legend) | more)  # noqa: S307 - our own docstrings

    def notifications(self, line: str) -> list[tuple[float, Notification[Any]]]:
        """Give the notifications of a line of the diagram, and when they come."""
        return notifications(read_marks(line, self.legend))

    @property
    def error(self) -> Exception:
        """The error of the legend, or reactivex's own."""
        found: Exception | type[Exception] = self.legend.get("#", Exception("error"))
        return found() if isinstance(found, type) else found

    def expected_marks(self) -> Marks:
        """Give what is to come out, in a form that compares."""
        marks = [mark(at, notification) for at, notification in self.notifications(self.expected)]
        if isinstance(self.legend.get("#"), type):
            return [(at, kind, type(self.error) if kind == "E" else value) for at, kind, value in marks]
        return marks

    def marks(self, notifications: list[tuple[float, Notification[Any]]]) -> Marks:
        """Give what came out, in the form of `expected_marks`."""
        by_class = isinstance(self.legend.get("#"), type)
        return [
            (at, "E", type(notification.exception))
            if by_class and isinstance(notification, OnError)
            else mark(at, notification)
            for at, notification in notifications
        ]


def mark(at: float, notification: Notification[Any]) -> tuple[float, str, object]:
    """Make a notification comparable: exceptions by type and message, failures by all they hold."""
    match notification:
        case OnNext():
            return at, "N", _comparable(notification.value)
        case OnError():
            return at, "E", _comparable(notification.exception)
        case _:
            return at, "C", None


def _comparable(value: object) -> object:
    match value:
        case ExceptionEvent():
            return type(value), _comparable(value.exception), value.at, value.frame, value.event_type
        case Exception():
            return type(value), str(value)
        case _:
            return value


def _scope(legend: Mapping[str | float, Any]) -> dict[str, Any]:
    space: dict[str, Any] = {"ops": operators, "asyncio": asyncio, "Frame": Frame, "partial": partial}
    for module in _NAMED:
        space |= {name: getattr(module, name) for name in module.__all__}
    return space | {str(name): value for name, value in legend.items()}


def read_diagram(documented: Callable[..., Any]) -> Diagram:
    """Read the diagram of an operator.

    Raises:
        ValueError: There is none, or it is not whole, or a mark has no legend.
    """
    lines = _lines(inspect.getdoc(documented) or "")
    if len(lines) < 3 or not lines[0].startswith("in:") or not lines[2].startswith("out:"):
        raise ValueError(f"{documented.__name__} has no diagram: Marbles: with in:, the operator, out:")
    legend: dict[str | float, Any] = {}
    for line in lines[3:]:
        name, _, expression = line.partition(" = ")
        legend[name] = eval(expression, _scope(legend))  # noqa: S307 - our own docstrings
    diagram = Diagram(lines[0][3:].strip(), lines[1], lines[2][4:].strip(), legend)
    for _, notification in diagram.notifications(diagram.given) + diagram.notifications(diagram.expected):
        unknown = isinstance(notification, OnNext) and isinstance(notification.value, str)
        if unknown and notification.value not in legend.values():
            raise ValueError(f"{documented.__name__}: {notification.value!r} is not in the legend")
    return diagram


def _lines(doc: str) -> list[str]:
    """Give the lines of the section, continued ones joined."""
    _, found, rest = doc.partition("Marbles:\n")
    section = rest.split("\n\n")[0].splitlines() if found else []
    return [line.strip() for line in section]


def run_on_test_scheduler(diagram: Diagram) -> Marks:
    """Run an operator from stream to stream on reactivex's `TestScheduler`."""
    scheduler = TestScheduler()
    source: Observable[Any] = reactivex.from_marbles(
        diagram.given, timespan=1.0, lookup=diagram.legend, error=diagram.error
    )
    observer = scheduler.start(lambda: diagram.operate()(source), created=100.0, subscribed=200.0, disposed=1000.0)
    return diagram.marks([(record.time - 200.0, record.value) for record in observer.messages])  # type: ignore[misc]


def run_on_loop(diagram: Diagram) -> Marks:
    """Run an operator that lives on an event loop, on one whose clock is virtual."""
    marks: Marks = virtual_run(lambda: _on_loop(diagram))
    return marks


async def _on_loop(diagram: Diagram) -> Marks:
    loop = asyncio.get_running_loop()
    got: list[tuple[float, Notification[Any]]] = []

    def note(notification: Notification[Any]) -> None:
        got.append((loop.time(), notification))

    source: Subject[Any] = Subject()
    if "source" in diagram.expression:
        result = diagram.operate(source=_iterate(diagram.notifications(diagram.given)))
    else:
        result = diagram.operate()(source)
        for at, notification in diagram.notifications(diagram.given):
            loop.call_at(at, notification.accept, source)
    await _watch(result, note)
    return diagram.marks(got)


async def _watch(result: Observable[Any] | AsyncIterable[Any], note: Callable[[Notification[Any]], None]) -> None:
    """Note all that comes, until the end."""
    if isinstance(result, Observable):
        ended = asyncio.Event()
        noted = result.pipe(rx.finally_action(ended.set))
        noted.subscribe(
            lambda value: note(OnNext(value)), lambda error: note(OnError(error)), lambda: note(OnCompleted())
        )
        await ended.wait()
        return
    try:
        async for value in result:
            note(OnNext(value))
        note(OnCompleted())
    except Exception as error:
        note(OnError(error))


async def _until(at: float) -> None:
    reached = asyncio.Event()
    asyncio.get_running_loop().call_at(at, reached.set)
    await reached.wait()


async def _iterate(notifications: list[tuple[float, Notification[Any]]]) -> AsyncIterator[Any]:
    """Give the input of a diagram as an async generator."""
    for at, notification in notifications:
        await _until(at)
        if isinstance(notification, OnNext):
            yield notification.value
        elif isinstance(notification, OnError):
            raise notification.exception

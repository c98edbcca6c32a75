"""Marble diagrams as values: letters that stand for events, at frames of virtual time.

| sign | meaning |
|---|---|
| ``-`` | a frame passes |
| a letter | the value that the legend gives it, in one frame; without one, the letter itself (a digit: the number) |
| ``(ab)`` or ``(a,b)`` | several at one instant; as many frames pass as the group has signs |
| a name | of more than one letter, if the legend has it: ``-done-`` or ``(a,done)`` |
| ``|`` | the stream completes |
| ``#`` | the stream errs with the legend's ``#``; a class there stands for any error of that class |
| a space | nothing |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from reactivex.notification import Notification, OnCompleted, OnError, OnNext

from rxrealtime.events import ExceptionEvent

__all__ = ["Legend", "Mark", "comparable", "notifications", "read_marks"]

Legend = Mapping[Any, Any]
"""What the letters of a diagram stand for; ``"#"`` is the error."""

_TOKENS: Final = re.compile(r"\((?P<group>[^()]*)\)|(?P<idle>-+)|(?P<end>[|#])|(?P<run>[^-|#(),]+)|(?P<bad>.)")


class Mark(NamedTuple):
    """One thing that happens.

    Args:
        at: When, in frames.
        kind: "N" for a value, "E" for an error, "C" for the completion.
        value: The value or the error; None for the completion.
    """

    at: float
    kind: str
    value: object


def read_marks(diagram: str, legend: Legend | None = None) -> list[Mark]:
    """Read a diagram.

    Args:
        diagram: The diagram; see the table of this module.
        legend: What its letters stand for.

    Returns:
        What happens, in order.

    Raises:
        ValueError: It has a sign in a place where it means nothing, or something follows its end.
    """
    known = legend or {}
    marks: list[Mark] = []
    at = 0
    for token in _TOKENS.finditer(diagram.replace(" ", "")):
        if token["bad"]:
            raise ValueError(f"{diagram!r}: {token['bad']!r} has no place at {token.start()}")
        if token["idle"] is None and marks and marks[-1].kind != "N":
            raise ValueError(f"{diagram!r}: nothing can follow the end, at {token.start()}")
        if token["group"] is not None:
            marks += [_mark(at, name, known) for name in _names(token["group"], known)]
        elif token["idle"] is None:
            marks += _run(at, token[0], known)
        at += len(token[0])
    return marks


def _run(at: int, run: str, legend: Legend) -> list[Mark]:
    """Read signs with nothing between them: a name, a number, or letter after letter."""
    if _whole(run, legend):
        return [_mark(at, run, legend)]
    return [_mark(at + place, letter, legend) for place, letter in enumerate(run)]


def _names(group: str, legend: Legend) -> Iterator[str]:
    for name in filter(None, group.split(",")):
        yield from [name] if "," in group or _whole(name, legend) else name


def _whole(run: str, legend: Legend) -> bool:
    return run in legend or run.isdigit()


def _mark(at: float, name: str, legend: Legend) -> Mark:
    if name == "|":
        return Mark(at, "C", None)
    if name == "#":
        return Mark(at, "E", legend.get("#", Exception("error")))
    value: Any = int(name) if name.isdigit() else name
    return Mark(at, "N", legend.get(name, legend.get(value, value)))


def notifications(marks: list[Mark]) -> list[tuple[float, Notification[Any]]]:
    """Make marks something that a stream can give.

    Args:
        marks: What is to happen.

    Returns:
        Each notification with its time; an error that is a class is made.
    """
    return [(mark.at, _notification(mark)) for mark in marks]


def _notification(mark: Mark) -> Notification[Any]:
    match mark:
        case Mark(_, "N", value):
            return OnNext(value)
        case Mark(_, "E", error):
            return OnError(error() if isinstance(error, type) else error)  # type: ignore[arg-type]  # an exception
        case _:
            return OnCompleted()


def comparable(value: object) -> object:
    """Give a value in a form that compares.

    Args:
        value: A value or an exception.

    Returns:
        Exceptions as type and message, failures as their class, the type of what was caught, and the frame; anything
        else as it is.
    """
    match value:
        case ExceptionEvent():
            return type(value), type(value.exception), value.frame
        case Exception():
            return type(value), str(value)
        case _:
            return value

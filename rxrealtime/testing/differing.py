"""Two lists of marks as two aligned diagrams, with what differs marked and named."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import chain, zip_longest

from rxrealtime.events import ExceptionEvent, Model
from rxrealtime.testing.marks import Legend, Mark, comparable

__all__ = ["differences", "same"]

_SPARE = string.ascii_uppercase + string.ascii_lowercase + string.digits


def same(expected: Mark, actual: Mark) -> bool:
    """Say whether what happened is what was expected.

    Args:
        expected: What was expected; an error may be a class, for any error of it.
        actual: What happened.

    Returns:
        Whether kind, time and value agree.
    """
    if expected[:2] != actual[:2]:
        return False
    if expected.kind == "E" and isinstance(expected.value, type):
        return isinstance(actual.value, expected.value)
    return bool(comparable(expected.value) == comparable(actual.value))


def differences(expected: Sequence[Mark], actual: Sequence[Mark], legend: Legend, *, payload: bool = False) -> str:
    """Say what differs, as two aligned diagrams.

    Args:
        expected: What was expected.
        actual: What happened.
        legend: The letters to use; values without one are given a spare one.
        payload: Whether values are shown; default False, only their types are.

    Returns:
        The text, empty if nothing differs.
    """
    frames = [frame for frame in _frames(expected, actual) if not frame.agrees]
    if not frames:
        return ""
    letters = _Letters(legend)
    lines = _diagrams(expected, actual, letters)
    for frame in frames:
        lines.append(f"frame {frame.at}: expected {letters.list(frame.expected)}, got {letters.list(frame.actual)}")
        lines += [f"  {note}" for note in _notes(frame)]
    shown = dict(letters.of(mark) for frame in frames for mark in chain(frame.expected, frame.actual))
    lines += [f"  {letter} = {_described(value, payload)}" for letter, value in sorted(shown.items(), key=_by_letter)]
    return "\n".join(lines)


@dataclass(frozen=True)
class _Frame:
    """What was to happen and what happened within one frame."""

    at: int
    expected: tuple[Mark, ...]
    actual: tuple[Mark, ...]

    @property
    def agrees(self) -> bool:
        return len(self.expected) == len(self.actual) and all(map(same, self.expected, self.actual))


def _frames(expected: Sequence[Mark], actual: Sequence[Mark]) -> Iterator[_Frame]:
    last = max((int(mark.at) for mark in chain(expected, actual)), default=-1)
    rows: tuple[dict[int, list[Mark]], dict[int, list[Mark]]] = ({}, {})
    for row, marks in zip(rows, (expected, actual), strict=True):
        for mark in marks:
            row.setdefault(int(mark.at), []).append(mark)
    for at in range(last + 1):
        yield _Frame(at, tuple(rows[0].get(at, ())), tuple(rows[1].get(at, ())))


def _diagrams(expected: Sequence[Mark], actual: Sequence[Mark], letters: _Letters) -> list[str]:
    rows = ["", "", ""]
    eaten = 0
    for frame in _frames(expected, actual):
        cells = [letters.cell(frame.expected), letters.cell(frame.actual)]
        if not any(cells) and eaten:
            eaten -= 1  # the signs of a group have taken this frame's place
            continue
        width = max(1, *map(len, cells))
        rows[0] += cells[0].ljust(width, "-")
        rows[1] += cells[1].ljust(width, "-")
        rows[2] += (" " if frame.agrees else "^") * width
        eaten = width - 1
    return [f"expected  {rows[0]}", f"actual    {rows[1]}", f"          {rows[2].rstrip()}"]


class _Letters:
    """Which letter stands for which value."""

    def __init__(self, legend: Legend) -> None:
        self._known: list[tuple[str, object]] = [(str(name), comparable(value)) for name, value in legend.items()]

    def of(self, mark: Mark) -> tuple[str, object]:
        """Give the letter of a mark, and the value."""
        if mark.kind != "N":
            return ("#" if mark.kind == "E" else "|"), mark.value
        wanted = comparable(mark.value)
        for name, value in self._known:
            if type(value) is type(wanted) and value == wanted and name != "#":
                return name, mark.value
        spare = self._spare(mark.value)
        self._known.append((spare, wanted))
        return spare, mark.value

    def _spare(self, value: object) -> str:
        if isinstance(value, (str, int)) and len(str(value)) == 1:
            return str(value)
        taken = {name for name, _ in self._known}
        return next((letter for letter in _SPARE if letter not in taken), "?")

    def cell(self, marks: tuple[Mark, ...]) -> str:
        """Give what stands in a diagram."""
        names = [self.of(mark)[0] for mark in marks]
        if len(names) < 2:
            return "".join(names)
        return f"({('' if all(len(name) == 1 for name in names) else ',').join(names)})"

    def list(self, marks: tuple[Mark, ...]) -> str:
        """Give what a sentence says."""
        return ", ".join(_named(mark, self.of(mark)[0]) for mark in marks) or "nothing"


def _named(mark: Mark, letter: str) -> str:
    late = f" at {mark.at:g}" if mark.at != int(mark.at) else ""
    return {"C": "the end", "E": "an error"}.get(mark.kind, letter) + late


def _notes(frame: _Frame) -> Iterator[str]:
    """Name the fields in which two values of one class differ: names only, no payload."""
    for expected, actual in zip_longest(frame.expected, frame.actual):
        if expected and actual and not same(expected, actual) and type(expected.value) is type(actual.value):
            differing = _differing(expected.value, actual.value)
            if differing:
                yield f"{type(actual.value).__name__}: other {', '.join(differing)}"


def _differing(one: object, other: object) -> list[str]:
    names: list[str] = []
    if isinstance(one, Model):
        names = sorted(one.model_fields_set | getattr(other, "model_fields_set", set()))
    elif is_dataclass(one):
        names = [field.name for field in fields(one)]
    return [name for name in names if comparable(getattr(one, name, None)) != comparable(getattr(other, name, None))]


def _described(value: object, payload: bool) -> str:
    if value is None:
        return "the end"
    if payload:
        return repr(value)
    name = value.__name__ if isinstance(value, type) else type(value).__name__
    return f"{name} ({value.kind.value})" if isinstance(value, ExceptionEvent) else name


def _by_letter(pair: tuple[str, object]) -> str:
    return pair[0]

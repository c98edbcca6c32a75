"""What a canvas shows of what happens: marks in lanes, numbered as they come. Pure, and bounded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import chain, islice, takewhile
from typing import Any, Final, Literal, NamedTuple, Self, TypeVar

from rxrealtime.views.marbles import COLOURS, End, name_of
from rxrealtime.views.moments import is_failure
from rxrealtime.views.scenes import SessionScene, StreamScene
from rxrealtime.views.sketch import LANES, Bar, Cross, Sketch
from rxrealtime.views.svg import ORANGE, RED, printable, shortened
from rxrealtime.views.timeline import colour

__all__ = ["Board", "Mark", "SessionBoard", "StreamBoard", "Trail"]

_BLOCK, _BLOCKS = 250, 80
_KINDS: Final = 12
"""Lanes of a stream; the kinds of values beyond them share the last one."""
_OTHERS: Final = "others"
_TEXT: Final = 120
T = TypeVar("T")


class Mark(NamedTuple):
    """Something in a lane.

    Args:
        shape: A bar lasts, a dot does not, a cross failed, a line goes through all lanes.
        lane: Which.
        start: When it begins, in seconds.
        end: When it ends; None while nothing ended it.
        text: What it is, for people.
        colour: As CSS writes it.
    """

    shape: Literal["bar", "dot", "cross", "line"]
    lane: str
    start: float
    end: float | None
    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class Trail:
    """The last 20,000 marks, or up to 250 more, numbered from the first one that ever was.

    Args:
        blocks: Whole blocks of 250 marks.
        fresh: The marks after them.
        gone: How many are not kept any more.
    """

    blocks: tuple[tuple[Mark, ...], ...] = ()
    fresh: tuple[Mark, ...] = ()
    gone: int = 0

    @property
    def count(self) -> int:
        """How many marks there ever were."""
        return self.gone + len(self.blocks) * _BLOCK + len(self.fresh)

    def after(self, mark: Mark) -> Trail:
        """Give it with one more mark."""
        fresh = (*self.fresh, mark)
        if len(fresh) < _BLOCK:
            return replace(self, fresh=fresh)
        blocks = (*self.blocks, fresh)[-_BLOCKS:]
        return Trail(blocks, (), self.gone + (len(self.blocks) + 1 - len(blocks)) * _BLOCK)

    def since(self, number: int) -> tuple[Mark, ...]:
        """Give the marks that are kept, from a number on.

        Args:
            number: How many marks come before those; 0 gives all that are kept.
        """
        skipped = min(max(number, self.gone), self.count) - self.gone
        kept = chain.from_iterable((*self.blocks[skipped // _BLOCK :], self.fresh))
        return tuple(islice(kept, skipped % _BLOCK, None))


@dataclass(frozen=True, slots=True)
class Board(ABC):
    """A scene that is also told in marks.

    Args:
        scene: What the last picture is drawn from.
        trail: The marks that do not change any more.
    """

    scene: Any
    trail: Trail = field(default_factory=Trail)

    @abstractmethod
    def after(self, at: float, value: Any) -> Self:
        """Give the board with another value.

        Args:
            at: Seconds since the view began.
            value: What came.
        """

    @property
    @abstractmethod
    def lanes(self) -> tuple[str, ...]:
        """The lanes that there may be, from top to bottom."""

    @property
    @abstractmethod
    def pending(self) -> tuple[Mark, ...]:
        """The marks that may still change."""

    @property
    @abstractmethod
    def until(self) -> float:
        """Until when something is shown, in seconds."""

    def ended(self, how: End) -> Self:
        """Give the board at the end of what it shows."""
        return replace(self, scene=self.scene.ended(how))

    def to_html(self) -> str:
        """Give the picture of its scene."""
        return str(self.scene.to_html())

    def lines(self) -> tuple[str, ...]:
        """Give the last values in words."""
        return tuple(self.scene.lines())


@dataclass(frozen=True, slots=True)
class SessionBoard(Board):
    """The swim lanes of a session."""

    scene: SessionScene = field(default_factory=SessionScene)

    def after(self, at: float, value: Any) -> SessionBoard:
        """Give the board with another moment."""
        scene = self.scene.after(at, value)
        settled = _settled(self.scene.sketch, scene.sketch)
        return SessionBoard(scene, reduce(Trail.after, settled, self.trail))

    @property
    def lanes(self) -> tuple[str, ...]:
        """The lanes of a timeline."""
        return LANES

    @property
    def pending(self) -> tuple[Mark, ...]:
        """The bars that may still change."""
        return tuple(map(_bar, self.scene.sketch.recent.values()))

    @property
    def until(self) -> float:
        """Until something happened, or is heard."""
        return max(self.scene.sketch.last, self.scene.sketch.heard_until)


@dataclass(frozen=True, slots=True)
class StreamBoard(Board):
    """The values of a stream, one lane a kind.

    Args:
        kinds: What came, in the order in which it first did.
    """

    scene: StreamScene = field(default_factory=StreamScene)
    kinds: tuple[str, ...] = ()

    def after(self, at: float, value: Any) -> StreamBoard:
        """Give the board with another value."""
        scene = self.scene.after(at, value)
        kinds = self._with(name_of(value))
        lane = kinds.index(name_of(value)) if name_of(value) in kinds else len(kinds) - 1
        text = shortened(printable(repr(value)), _TEXT)
        mark = Mark("dot", kinds[lane], at, at, text, COLOURS[lane % len(COLOURS)])
        if is_failure(value):
            mark = mark._replace(shape="cross", colour=RED)
        return StreamBoard(scene, self.trail.after(mark), kinds)

    @property
    def lanes(self) -> tuple[str, ...]:
        """The kinds of values."""
        return self.kinds

    @property
    def pending(self) -> tuple[Mark, ...]:
        """Nothing: a value does not change."""
        return ()

    @property
    def until(self) -> float:
        """Until the last value."""
        return self.scene.values[-1][0] if self.scene.values else 0.0

    def _with(self, kind: str) -> tuple[str, ...]:
        if kind in self.kinds or len(self.kinds) > _KINDS:
            return self.kinds
        return (*self.kinds, kind if len(self.kinds) < _KINDS else _OTHERS)


def _settled(old: Sketch, new: Sketch) -> Iterator[Mark]:
    """Give the marks of what does not change any more, and did not count as such before."""
    yield from map(_bar, _newer(old.past, new.past))
    yield from map(_cross, _newer(old.crosses, new.crosses))
    yield from map(_line, _newer(old.interruptions, new.interruptions))


def _newer(old: tuple[T, ...], new: tuple[T, ...]) -> Iterable[T]:
    """Give what was put at the end of a tuple that may have lost values at its beginning."""
    if old is new:
        return ()
    last = old[-1] if old else None
    return reversed(tuple(takewhile(lambda value: value is not last, reversed(new))))


def _bar(bar: Bar) -> Mark:
    text = ": ".join(filter(None, (bar.status, bar.text)))
    return Mark("bar", bar.lane, bar.start, bar.end, shortened(printable(text), _TEXT), colour(bar))


def _cross(cross: Cross) -> Mark:
    return Mark("cross", "failures", cross.at, cross.at, shortened(printable(cross.text), _TEXT), RED)


def _line(at: float) -> Mark:
    return Mark("line", "response", at, at, "interrupted", ORANGE)

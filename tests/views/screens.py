"""A screen for tests: keeps what is shown, when, and in which place."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rxrealtime.views.screens import Cell

__all__ = ["FakePage", "FakeScreen", "Shown"]

_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Shown:
    """One update: when, where, what, and whether it replaced something."""

    at: float
    place: str
    bundle: Mapping[str, Any]
    update: bool

    @property
    def words(self) -> str:
        """What it says, without its picture."""
        return str(self.bundle["text/plain"])


@dataclass
class FakePage:
    """A canvas that draws nothing: what it was told, as JSON, and what a page would know from that."""

    told: list[tuple[float, Any]] = field(default_factory=list)
    marks: list[Any] = field(default_factory=list)
    closed: bool = False
    broken: Exception | None = None
    hear: Callable[[Mapping[str, Any]], None] = lambda message: None

    @property
    def bundle(self) -> Mapping[str, Any]:
        """What would show it."""
        return {"fake/canvas": {"model": 1}}

    def send(self, message: Mapping[str, Any]) -> None:
        """Take it as a page does, or fail as it was told to."""
        if self.broken is not None:
            raise self.broken
        taken = json.loads(json.dumps(message, allow_nan=False, ensure_ascii=False).encode("utf-8"))
        self.marks = [*([] if taken["whole"] else self.marks), *taken["marks"]]
        self.told.append((asyncio.get_running_loop().time(), taken))

    def listen(self, hear: Callable[[Mapping[str, Any]], None]) -> None:
        """Keep who listens."""
        self.hear = hear

    def close(self) -> None:
        """Be away."""
        self.closed = True

    def says(self, kind: str, **more: Any) -> None:
        """Say something, as a page does."""
        self.hear({"kind": kind, **more})

    def loses(self) -> None:
        """Forget everything, as a page that is loaded again."""
        self.marks.clear()

    @property
    def last(self) -> Any:
        """The last batch."""
        return self.told[-1][1]


@dataclass
class FakeScreen:
    """Shows nothing and remembers everything; every one has a cell of its own unless it is told which."""

    cell: Cell = field(default_factory=lambda: Cell(f"cell {next(_NUMBERS)}", "1"))
    shown: list[Shown] = field(default_factory=list)
    broken: Exception | None = None
    page: FakePage = field(default_factory=FakePage)

    def canvas(self) -> FakePage:
        """Give its one canvas."""
        return self.page

    def publish(self, bundle: Mapping[str, Any], *, display_id: str, update: bool) -> None:
        """Remember, or fail as it was told to."""
        if self.broken is not None:
            raise self.broken
        self.shown.append(Shown(asyncio.get_running_loop().time(), display_id, bundle, update))

    @property
    def last(self) -> str:
        """The words that are on the screen now."""
        return self.shown[-1].words

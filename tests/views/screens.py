"""A screen for tests: keeps what is shown, when, and in which place."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from rxrealtime.views.screens import Cell

__all__ = ["FakeScreen", "Shown"]

_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Shown:
    """One update: when, where, what, and whether it replaced something."""

    at: float
    place: str
    bundle: Mapping[str, str]
    update: bool

    @property
    def words(self) -> str:
        """What it says, without its picture."""
        return self.bundle["text/plain"]


@dataclass
class FakeScreen:
    """Shows nothing and remembers everything; every one has a cell of its own unless it is told which."""

    cell: Cell = field(default_factory=lambda: Cell(f"cell {next(_NUMBERS)}", "1"))
    shown: list[Shown] = field(default_factory=list)
    broken: Exception | None = None

    def publish(self, bundle: Mapping[str, str], *, display_id: str, update: bool) -> None:
        """Remember, or fail as it was told to."""
        if self.broken is not None:
            raise self.broken
        self.shown.append(Shown(asyncio.get_running_loop().time(), display_id, bundle, update))

    @property
    def last(self) -> str:
        """The words that are on the screen now."""
        return self.shown[-1].words

"""What a page was told, and what it is told next: batches of marks, no more than it takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from rxrealtime.views.boards import Board
from rxrealtime.views.sight import Sight
from rxrealtime.views.svg import printable

__all__ = ["Feed"]

_AHEAD: Final = 300
"""Batches that may be on their way: a server keeps them for a tab that was closed, without a bound of its own."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Where a page is.

    A page says ``{"kind": "ready"}`` when it can listen: what it was told before is lost, and it is told everything
    that is kept. It says ``{"kind": "seen", "batch": number}`` from time to time; without that there is an end to what
    it is told, and afterwards it is told what it missed, as far as that is kept.

    Args:
        told: How many marks it was told.
        batches: In how many batches.
        seen: How many of these it has seen, as far as it said so.
        whole: Whether the next batch tells it everything, anew.
        loads: How often it was ready: more than once if the tab was loaded anew.
    """

    told: int = 0
    batches: int = 0
    seen: int = 0
    whole: bool = True
    loads: int = 0

    @property
    def full(self) -> bool:
        """Whether it is told nothing until it says that it listens."""
        return self.batches - self.seen >= _AHEAD

    def heard(self, message: Mapping[str, Any]) -> Feed:
        """Give where it is once it said something; what is not understood changes nothing."""
        match message:
            case {"kind": "ready"}:
                return Feed(0, self.batches, self.batches, loads=self.loads + 1)
            case {"kind": "seen", "batch": int(number)} if self.seen <= number <= self.batches:
                return replace(self, seen=number)
        return self

    def owes(self, before: Feed) -> bool:
        """Tell whether it is to be told something at once, after what it said.

        Args:
            before: Where it was before.
        """
        return self.loads > before.loads or (before.full and not self.full)

    def batch(self, sight: Sight[Board]) -> tuple[Feed, Mapping[str, Any]]:
        """Give where it is once it was told the next batch, and that batch, ready to become JSON.

        Args:
            sight: What is known now.
        """
        board, number = sight.scene, self.batches + 1
        message = {
            "kind": "batch",
            "batch": number,
            "whole": self.whole,
            "lanes": list(map(printable, board.lanes)),
            "marks": list(map(list, board.trail.since(self.told))),
            "pending": list(map(list, board.pending)),
            "until": board.until,
            "words": list(map(printable, sight.lines())),
            "live": sight.end is None,
        }
        return replace(self, told=board.trail.count, batches=number, whole=False), message

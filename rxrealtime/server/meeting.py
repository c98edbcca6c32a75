"""Which expectation an event of the client counts for, so that those that come later find theirs.

An event may fit several expectations. It counts for one of them; where a later event needs that one, it is moved to
another that it fits, too: a matching is extended along an augmenting path (Berge 1957). So no order of events is
refused in which each of them could have its own expectation.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from rxrealtime.server.matching import is_expected
from rxrealtime.server.renaming import names_found
from rxrealtime.server.scripts import Expect

__all__ = ["Meeting", "Taken", "rearranged"]


def rearranged(places: Sequence[int], fits: Sequence[Iterable[int]], free: Set[int]) -> tuple[int, ...] | None:
    """Find a place for one more event, if need be by moving earlier ones.

    Args:
        places: Where the earlier events are, no two at the same place.
        fits: For each of them, and at last for the one more, the places where it could be.
        free: The places of which one is to be taken.

    Returns:
        Where all of them are now: at the earlier places and one of ``free``; None if that cannot be.
    """
    holder = {place: event for event, place in enumerate(places)}
    wanted_by: dict[int, int] = {}
    waiting = deque([len(places)])
    while waiting:
        event = waiting.popleft()
        for place in fits[event]:
            if place in wanted_by:
                continue
            wanted_by[place] = event
            if place in free:
                return _moved(places, wanted_by, place)
            if place in holder:
                waiting.append(holder[place])
    return None


def _moved(places: Sequence[int], wanted_by: Mapping[int, int], end: int) -> tuple[int, ...]:
    """Give each event on the way to ``end`` the place that it wants."""
    moved = [*places, -1]
    while end >= 0:
        event = wanted_by[end]
        moved[event], end = end, moved[event]
    return tuple(moved)


@dataclass(frozen=True, slots=True)
class Taken:
    """An event that came.

    Args:
        place: The number of the expectation that it counts for.
        fits: The numbers of all that it fits, each with the ids that the client chose there.
    """

    place: int
    fits: Mapping[int, tuple[tuple[str, str], ...]] = field(repr=False)

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """The ids of the script and what the client calls them."""
        return self.fits[self.place]


@dataclass(frozen=True, slots=True)
class Meeting:
    """What was expected before the step that is next, and what came of it.

    Args:
        passed: The expectations of earlier steps, as long as one of them was optional and did not come.
        closed: How many of those a new event cannot be: what must come after them came.
        taken: The events that came for them, and for the step that is next.
    """

    passed: tuple[Expect, ...] = ()
    closed: int = 0
    taken: tuple[Taken, ...] = ()

    def left(self, expected: tuple[Expect, ...]) -> tuple[Expect, ...]:
        """Return what of a step, the next one, did not come yet."""
        met = self._met
        return tuple(one for number, one in enumerate(expected, len(self.passed)) if number not in met)

    @property
    def open(self) -> tuple[Expect, ...]:
        """What of earlier steps may still come."""
        met = self._met
        return tuple(one for n, one in enumerate(self.passed) if n >= self.closed and n not in met)

    def take(self, expected: tuple[Expect, ...], event: Mapping[str, Any], *, optional: bool) -> Meeting | None:
        """Take an event.

        Args:
            expected: What the next step expects.
            event: What came.
            optional: Whether what it is to bring is one that need not come, or one that must.

        Returns:
            What came by now, the event last; None if there is no place for it.
        """
        known = (*self.passed, *expected)
        fits = {
            number: names_found(known[number].names, event)
            for number in range(self.closed, len(known))
            if is_expected(known[number], event)
        }
        free = {n for n, one in enumerate(known) if one.optional is optional} - self._met
        before = [one.place for one in self.taken]
        places = rearranged(before, [*(one.fits for one in self.taken), fits], free)
        if places is None:
            return None
        all_fits = (*(one.fits for one in self.taken), fits)
        return Meeting(self.passed, self.closed, tuple(map(Taken, places, all_fits)))

    def passing(self, expected: tuple[Expect, ...]) -> Meeting:
        """Go on behind a step: what of it need not come may still come.

        Args:
            expected: What the step expects; all that must come of it came.
        """
        known = (*self.passed, *expected)
        must = any(not one.optional for one in expected)
        closed = len(self.passed) if must else self.closed
        reached = set(range(closed, len(known))).union(*(one.fits for one in self.taken))
        if all(not known[number].optional for number in reached - self._met):
            return Meeting()  # no event could be moved any more
        return Meeting(known, closed, self.taken)

    @property
    def _met(self) -> frozenset[int]:
        return frozenset(one.place for one in self.taken)

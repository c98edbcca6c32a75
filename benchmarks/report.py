"""Pure: from the measurements of all rounds to medians, ratios against their targets, and the text that is printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from contestants import CONTESTANTS

__all__ = ["TARGETS", "Run", "Spread", "Target", "outcome_line", "ratio", "table"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one contestant, an event at a time."""

    letter: str
    round: int
    cpu_microseconds_an_event: float
    events_a_second: float
    peak_rss_bytes: int


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some figures, between the least and the greatest."""

    middle: float
    least: float
    greatest: float

    @classmethod
    def of(cls, figures: Iterable[float]) -> Spread:
        """Summarise figures, at least one."""
        known = sorted(figures)
        return cls(median(known), known[0], known[-1])

    def __str__(self) -> str:
        """Print as `middle (least-greatest)`, to three digits below 10."""
        digits = 2 if self.middle < 10 else 1 if self.middle < 1_000 else 0
        return f"{self.middle:,.{digits}f} ({self.least:,.{digits}f}-{self.greatest:,.{digits}f})"


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio of CPU time an event that is to be reached: at most, or at least, `bound`."""

    over: str
    under: str
    bound: float
    at_most: bool

    @property
    def wish(self) -> str:
        """Say what is to be reached."""
        return f"{'at most' if self.at_most else 'at least'} {self.bound:g}"

    def reached(self, value: float) -> bool:
        """Tell whether a ratio keeps to the bound."""
        return value <= self.bound if self.at_most else value >= self.bound


TARGETS = (
    Target("e", "a", 1.5, at_most=True),
    Target("e", "b", 1.0, at_most=True),
    Target("d", "e", 4.0, at_most=False),
    Target("c", "e", 6.0, at_most=False),
    Target("f", "e", 2.0, at_most=True),
)
"""What issue 2 asks for, as ratios of CPU microseconds an event."""


def table(runs: Sequence[Run], absent: dict[str, str]) -> list[str]:
    """Lay the contestants out, one a line: medians with the least and the greatest of all rounds.

    Args:
        runs: Every run that ended well.
        absent: By letter, why a contestant has no figures.

    Returns:
        The lines of the table, a header first.
    """
    lines = [row("", "contestant", "CPU us an event", "events a second", "peak MiB")]
    for letter, contestant in CONTESTANTS.items():
        own = [run for run in runs if run.letter == letter]
        if own:
            lines.append(row(letter, contestant.title, *figures(own)))
        elif letter in absent:
            lines.append(row(letter, contestant.title, absent[letter], "", ""))
    return lines


def figures(runs: Sequence[Run]) -> tuple[str, str, str]:
    """Summarise one contestant's runs: CPU, rate, memory."""
    cpu = Spread.of(run.cpu_microseconds_an_event for run in runs)
    rate = Spread.of(run.events_a_second for run in runs)
    memory = Spread.of(run.peak_rss_bytes / 2**20 for run in runs)
    return str(cpu), str(rate), str(memory)


def row(letter: str, *cells: str) -> str:
    """Set one line of the table in columns."""
    title, cpu, rate, memory = cells
    return f"{letter:<10} {title:<37} {cpu:<24} {rate:<26} {memory}".rstrip()


def ratio(runs: Sequence[Run], target: Target) -> Spread | None:
    """Divide the CPU times of two contestants round by round: neighbours in time saw the same machine.

    Args:
        runs: Every run that ended well.
        target: Whose time over whose.

    Returns:
        The ratios' median and spread; None if no round has both.
    """
    over = {run.round: run.cpu_microseconds_an_event for run in runs if run.letter == target.over}
    under = {run.round: run.cpu_microseconds_an_event for run in runs if run.letter == target.under}
    shared = over.keys() & under.keys()
    return Spread.of(over[number] / under[number] for number in shared) if shared else None


def outcome_line(runs: Sequence[Run], target: Target) -> str:
    """Say what a ratio is, what it should be, and whether it is.

    Args:
        runs: Every run that ended well.
        target: The ratio and its bound.

    Returns:
        One line.
    """
    name = f"{target.over} / {target.under}"
    measured = ratio(runs, target)
    if measured is None:
        return f"{name}  not measured (target {target.wish})"
    verdict = "reached" if target.reached(measured.middle) else "MISSED"
    return f"{name}  {measured!s:<22} target {target.wish:<14} {verdict}"

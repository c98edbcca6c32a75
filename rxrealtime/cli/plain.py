"""The demonstration as plain lines: one thing a line, in order, for pipes, logs, and terminals without colours."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from rxrealtime.cli.dialogue import Line
from rxrealtime.cli.log import Entry
from rxrealtime.cli.moments import Ended, Moment
from rxrealtime.cli.printable import one_line
from rxrealtime.cli.story import Story, Wait, after

__all__ = ["Printed", "plain_step", "summary"]

_INDENT: Final = " " * 10
_SIGNS: Final = {"received": "<", "sent": ">", "failed": "!"}


@dataclass(frozen=True, slots=True)
class Printed:
    """The story, and how much of it was printed.

    Args:
        story: What happened.
        entry: The number of the last entry of the log that was printed.
    """

    story: Story
    entry: int = 0


def plain_step(printed: Printed, moment: Moment) -> tuple[Printed, tuple[str, ...]]:
    """Take one moment.

    Args:
        printed: The story so far.
        moment: What happened.

    Returns:
        The story after it, and the lines to print. Deltas are printed once their run is over.
    """
    before, story = printed.story, after(printed.story, moment)
    entries = story.log.entries if story.ended else story.log.closed
    fresh = [entry for entry in entries if entry.number > printed.entry]
    said = [line for line, old in zip_longest(story.lines, before.lines) if line != old and line.final]
    lines = (*map(_entry, fresh), *map(_wait, story.waits[len(before.waits) :]), *map(_line, said))
    last = fresh[-1].number if fresh else printed.entry
    end = summary(moment.value) if isinstance(moment.value, Ended) else ()
    return Printed(story, last), (*lines, *end)


def summary(ended: Ended) -> tuple[str, ...]:
    """Return the last lines: how it ended, and what was expected and did not happen."""
    how = f"the session ended: {ended.outcome}" if ended.outcome else "the session never began"
    return (one_line(how),)


def _entry(entry: Entry) -> str:
    times = f" x{entry.count}" if entry.count > 1 else ""
    audio = f" ({entry.audio_bytes / 1000:.1f} kB of audio)" if entry.audio_bytes else ""
    if entry.kind == "failed":
        of = f" in {entry.name}" if entry.name else ""
        return f"{entry.at:7.3f} {_SIGNS[entry.kind]} FAILED {entry.failure}{of}: {entry.detail}"
    return f"{entry.at:7.3f} {_SIGNS[entry.kind]} {entry.name}{times}{audio}"


def _wait(wait: Wait) -> str:
    return f"{_INDENT}latency, {wait.chapter}: {wait}"


def _line(line: Line) -> str:
    if line.role == "chapter":
        return f"--- {line.text} ---"
    who = "" if line.role == "remark" else f"{line.role}: "
    return f"{_INDENT}{who}{one_line(line.text)}"

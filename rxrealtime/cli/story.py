"""Everything the demonstration shows, as one value that each moment changes."""

from __future__ import annotations

from dataclasses import dataclass, field

from rxrealtime.cli.dialogue import Line, conversed
from rxrealtime.cli.latencies import Latencies, measured
from rxrealtime.cli.log import Log, logged
from rxrealtime.cli.moments import Ended, Moment

__all__ = ["Story", "after"]


@dataclass(frozen=True, slots=True)
class Story:
    """What happened so far.

    Args:
        url: Where the session is.
        log: Its events.
        lines: The conversation.
        latencies: How fast the answers came.
        ended: How it ended, None while it goes on.
    """

    url: str
    log: Log = field(default_factory=Log)
    lines: tuple[Line, ...] = ()
    latencies: Latencies = field(default_factory=Latencies)
    ended: Ended | None = None


def after(story: Story, moment: Moment) -> Story:
    """Return the story after one more moment."""
    return Story(
        story.url,
        logged(story.log, moment),
        conversed(story.lines, moment),
        measured(story.latencies, moment),
        moment.value if isinstance(moment.value, Ended) else story.ended,
    )

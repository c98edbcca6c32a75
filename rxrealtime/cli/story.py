"""Everything the demonstration shows, as one value that each moment changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from rxrealtime.cli.dialogue import Line, conversed
from rxrealtime.cli.log import Log, logged
from rxrealtime.cli.moments import Ended, Moment
from rxrealtime.operators import Latency

__all__ = ["Story", "Wait", "after"]

_SIGNS: Final = ("first_audio", "first_text")


@dataclass(frozen=True, slots=True)
class Wait:
    """How long the user waited for something.

    Args:
        chapter: In which part of the conversation.
        latency: For what, and how long.
    """

    chapter: str
    latency: Latency

    def __str__(self) -> str:
        return f"{self.latency.kind.replace('_', ' ')} {self.latency.seconds * 1000:.0f} ms"


@dataclass(frozen=True, slots=True)
class Story:
    """What happened so far.

    Args:
        url: Where the session is.
        log: Its events.
        lines: The conversation.
        waits: How long the user waited.
        ended: How it ended, None while it goes on.
    """

    url: str
    log: Log = field(default_factory=Log)
    lines: tuple[Line, ...] = ()
    waits: tuple[Wait, ...] = ()
    ended: Ended | None = None


def after(story: Story, moment: Moment) -> Story:
    """Return the story after one more moment."""
    return Story(
        story.url,
        logged(story.log, moment),
        conversed(story.lines, moment),
        _waited(story, moment.value),
        moment.value if isinstance(moment.value, Ended) else story.ended,
    )


def _waited(story: Story, value: object) -> tuple[Wait, ...]:
    if not isinstance(value, Latency) or not _counts(story.waits, value):
        return story.waits
    chapter = next((line.text for line in reversed(story.lines) if line.role == "chapter"), "")
    return (*story.waits, Wait(chapter, value))


def _counts(waits: tuple[Wait, ...], latency: Latency) -> bool:
    """Tell whether a latency is worth a place: of an answer its first sign, not its length, nor text beside audio."""
    if latency.kind not in _SIGNS:
        return latency.kind != "response"
    known = (wait.latency for wait in waits if wait.latency.kind in _SIGNS)
    return all(wait.response_id != latency.response_id for wait in known)

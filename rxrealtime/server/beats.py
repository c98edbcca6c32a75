"""A response as a score: beats with the time when each is due.

What is planned is a score, what was played is the truth: the ``.done`` events and the stored item are made from what
was played, so a response that is cut anywhere ends as consistently as one that completes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from rxrealtime.events import McpCall, StatusDetails
from rxrealtime.server.outputs import Strike
from rxrealtime.server.scenarios import Expiry, Failure

__all__ = [
    "Beat",
    "Close",
    "Due",
    "End",
    "Hear",
    "HearAll",
    "HearNothing",
    "Open",
    "Say",
    "Sound",
    "StrikeNow",
    "inserted",
]


IDLE: Final = "idle"
"""The owner of the beat that ends the idle time."""


@dataclass(frozen=True, slots=True)
class Open:
    """Begin the output item of this index."""

    index: int


@dataclass(frozen=True, slots=True)
class Say:
    """Add a piece of text, transcript or arguments to an output item."""

    index: int
    piece: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sound:
    """Play the audio of an output item up to this byte."""

    index: int
    until: int


@dataclass(frozen=True, slots=True)
class Close:
    """End an output item."""

    index: int
    status: Literal["completed", "incomplete"] = "completed"


@dataclass(frozen=True, slots=True)
class End:
    """End the response."""

    status: Literal["completed", "cancelled", "failed", "incomplete"] = "completed"
    details: StatusDetails | None = None


@dataclass(frozen=True, slots=True)
class StrikeNow:
    """Do something to the connection."""

    strike: Strike


@dataclass(frozen=True, slots=True)
class Hear:
    """Give out a piece of the transcript of the user's audio."""

    item_id: str
    piece: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HearAll:
    """Give out the whole transcript of the user's audio, which lasts so many seconds."""

    item_id: str
    transcript: str = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class HearNothing:
    """Tell that the user's audio could not be transcribed."""

    item_id: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody has spoken for the idle time: the silence becomes a turn."""


@dataclass(frozen=True, slots=True)
class Expire:
    """The session has lasted as long as it may."""

    expiry: Expiry


@dataclass(frozen=True, slots=True)
class ListTools:
    """End the import of the tools of an MCP server, whose item was added after another."""

    label: str
    previous: str | None


@dataclass(frozen=True, slots=True)
class Invoke:
    """Make the MCP call of this index."""

    index: int


@dataclass(frozen=True, slots=True)
class Finish:
    """End an MCP call.

    Args:
        response_id: The response that it belongs to.
        index: Its place there.
        item: The call with what it gave.
        previous: The item that it was added after.
        in_conversation: Whether it is an item of the default conversation.
        seconds: How long it takes.
    """

    response_id: str
    index: int
    item: McpCall = field(repr=False)
    previous: str | None = None
    in_conversation: bool = True
    seconds: float = 0.0


Beat = (
    ListTools
    | Invoke
    | Finish
    | HearNothing
    | Idle
    | Expire
    | Open
    | Say
    | Sound
    | Close
    | End
    | StrikeNow
    | Hear
    | HearAll
)


@dataclass(frozen=True, slots=True)
class Due:
    """A beat with its time.

    Args:
        at: When, in seconds on the session's clock.
        beat: What.
        owner: The id of the response, or of the item that is transcribed.
    """

    at: float
    beat: Beat
    owner: str


def inserted(agenda: tuple[Due, ...], more: Iterable[Due]) -> tuple[Due, ...]:
    """Return an agenda with more beats, by time; at the same time the older entry goes first."""
    return tuple(sorted((*agenda, *more), key=lambda due: due.at))

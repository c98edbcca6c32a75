"""What the scheduling of responses is told, and what it tells beside client events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from rxrealtime.events import ClientEvent

__all__ = ["CancelDropped", "Hold", "RaceLost", "Release", "Unanswered", "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody wants to send an event; the event alone, in the traffic, means that it was sent.

    Args:
        event: The client event.
    """

    event: ClientEvent = field(repr=False)

    type: ClassVar[str] = "wanted"


@dataclass(frozen=True, slots=True)
class Hold:
    """No response may be asked for from now on, until everybody who said this says `Release`.

    Args:
        by: Who holds; saying it twice is saying it once.
    """

    by: str

    type: ClassVar[str] = "hold"


@dataclass(frozen=True, slots=True)
class Release:
    """Responses may be asked for again, as far as this one who held them is concerned.

    Args:
        by: Who held.
    """

    by: str

    type: ClassVar[str] = "release"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A ``response.create`` got no answer within its time.

    Args:
        event_id: The ``event_id`` of the ``response.create``.
    """

    event_id: str

    type: ClassVar[str] = "unanswered"


@dataclass(frozen=True, slots=True)
class RaceLost:
    """The error that was just taken in is no failure of its ``response.create``, which was only too late.

    It goes out once more as soon as it can, under the same ``event_id``: who waits for its answer goes on waiting. A
    `ResponseDropped` that follows says that it does not, since it was cancelled or replaced meanwhile.

    Args:
        event_id: The ``event_id`` of the ``response.create``.
    """

    event_id: str

    type: ClassVar[str] = "race_lost"


@dataclass(frozen=True, slots=True)
class CancelDropped:
    """A ``response.cancel`` was not sent, since there is nothing left for it to do.

    Args:
        event_id: The ``event_id`` of the ``response.cancel``, if it had one.
        response_id: The response; None if its id is not known yet.
        over: Whether the response is over. Otherwise it is being cancelled: its ``response.done`` is still to come.
    """

    event_id: str | None
    response_id: str | None
    over: bool = False

    type: ClassVar[str] = "cancel_dropped"

"""What the scheduling of responses remembers: the responses of the server, and the creates of the client."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from rxrealtime.errors import ConfigurationError
from rxrealtime.events import Response, ResponseCancel, ResponseCreate
from rxrealtime.events.base import with_event_id

__all__ = ["Create", "Minted", "ResponseMode", "Responses", "Scheduling", "is_out_of_band"]

ResponseMode = Literal["coalesce", "queue", "replace", "drop", "direct"]
"""What becomes of a ``response.create`` that cannot go out yet."""

_MODES = ("coalesce", "queue", "replace", "drop", "direct")
_REMEMBERED = 64
"""How many responses that are over are remembered: what comes late about one comes long before 64 more are over."""
_ASKED = 16
"""How many creates are remembered after their answer: it may prove to have been that of somebody else."""
_GIVEN = 256
_PREFIXES = {ResponseCreate: "rxr_response_", ResponseCancel: "rxr_cancel_"}

_Named = TypeVar("_Named", ResponseCreate, ResponseCancel)


def is_out_of_band(response: Response) -> bool:
    """Tell whether a response is outside the default conversation.

    Source: ``conversation_id`` is null there (openai-openapi f85dbe2). A server that leaves the field out everywhere
    (xAI, recorded 2026-08) says nothing by it.
    """
    return response.conversation_id is None and "conversation_id" in response.model_fields_set


@dataclass(frozen=True, slots=True)
class Minted:
    """The ids that events were given here.

    Args:
        count: How many there were.
        given: Ids of the application that look like ours, the newest 256.
    """

    count: int = 0
    given: tuple[str, ...] = ()

    def name(self, event: _Named) -> tuple[Minted, _Named]:
        """Give an event an id, if it has none."""
        prefix = _PREFIXES[type(event)]
        if event.event_id:
            alike = event.event_id.startswith(tuple(_PREFIXES.values())) and event.event_id not in self.given
            return Minted(self.count, (*self.given, event.event_id)[-_GIVEN:]) if alike else self, event
        count = self.count + 1
        while f"{prefix}{count}" in self.given:
            count += 1
        return Minted(count, self.given), with_event_id(event, f"{prefix}{count}")


@dataclass(frozen=True, slots=True)
class Responses:
    """What the server told of its responses.

    Args:
        active: The one that was created in the default conversation and is not done; "" if it has no id.
        cancels: Those that are being cancelled, each with the ``event_id`` of its ``response.cancel``.
        over: Those that are done, the newest 64.
    """

    active: str | None = None
    cancels: tuple[tuple[str, str], ...] = ()
    over: tuple[str, ...] = ()

    def is_known(self, response_id: str) -> bool:
        """Tell whether a response was created before."""
        return response_id == self.active or response_id in self.over

    def is_cancelled(self, response_id: str) -> bool:
        """Tell whether a response is being cancelled."""
        return any(response_id == cancelled for cancelled, _ in self.cancels)

    def begun(self, response_id: str) -> Responses:
        """Take in that one was created, so that any other before it is over: a conversation has one at a time."""
        before = self if self.active is None else self.ended(self.active)
        return replace(before, active=response_id)

    def ended(self, response_id: str) -> Responses:
        """Take in that one is over; one without an id is over when any is."""
        cancels = tuple(entry for entry in self.cancels if entry[0] != response_id)
        active = None if response_id in (self.active, "") or self.active == "" else self.active
        over = self.over if response_id in ("", *self.over) else (*self.over, response_id)[-_REMEMBERED:]
        return Responses(active, cancels, over)

    def cancelled(self, response_id: str, event_id: str) -> Responses:
        """Take in that one is being cancelled."""
        return replace(self, cancels=(*self.cancels, (response_id, event_id))[-_REMEMBERED:])

    def uncancelled(self, event_id: str) -> Responses:
        """Take in that a cancel did not work."""
        return replace(self, cancels=tuple(entry for entry in self.cancels if entry[1] != event_id))


@dataclass(frozen=True, slots=True)
class Create:
    """A ``response.create`` in the default conversation.

    Args:
        event: The event, with its ``event_id``.
        lost: The id of the error by which it lost a race, "" if that had none; None if it lost none.
        sent: Whether it is known to have been sent, not only given out.
        cancel: The ``event_id`` of the ``response.cancel`` by which the application gave it up.
        response_id: The response that is taken for its answer; None if none came.
    """

    event: ResponseCreate = field(repr=False)
    lost: str | None = None
    sent: bool = False
    cancel: str | None = None
    response_id: str | None = None

    @property
    def event_id(self) -> str:
        """The id of the event."""
        return self.event.event_id or ""

    def asks_the_same(self, other: Create) -> bool:
        """Tell whether one response can stand for both."""
        return _wish(self.event) == _wish(other.event)


def _wish(event: ResponseCreate) -> dict[str, object]:
    """Give all that a create asks for; parameters that set nothing are none."""
    asked = event.model_dump(exclude_unset=True, exclude={"event_id", "type"})
    return {name: value for name, value in asked.items() if name != "response" or value}


@dataclass(frozen=True, slots=True)
class Scheduling:
    """Which responses run, were asked for, and wait: the state of `schedule`.

    Args:
        mode: What becomes of a create that cannot go out yet; see `schedule_responses`.
        max_waiting: How many creates may wait; default 1024. Those that lost a race come on top.
        responses: What the server told of its responses.
        asked: The creates that went out last, the newest at the end.
        waiting: The creates that wait, in the order in which they will go out.
        held: Who holds them back.
        ids: What ids were given.

    Raises:
        ConfigurationError: There is no such mode, or nothing may wait.
    """

    mode: ResponseMode = "coalesce"
    max_waiting: int = 1024
    responses: Responses = Responses()
    asked: tuple[Create, ...] = ()
    waiting: tuple[Create, ...] = ()
    held: frozenset[str] = frozenset()
    ids: Minted = Minted()

    def __post_init__(self) -> None:
        if self.mode not in _MODES:
            raise ConfigurationError(f"mode={self.mode!r}: it is one of {', '.join(_MODES)}")
        if self.max_waiting < 1:
            raise ConfigurationError(f"max_waiting={self.max_waiting}: at least 1, or nothing ever waits")

    @property
    def unanswered(self) -> Create | None:
        """The create that went out and has no answer yet; there is at most one, and then no response is active."""
        return self.asked[-1] if self.asked and self.asked[-1].response_id is None else None

    @property
    def is_pending(self) -> bool:
        """Whether a create of ours waits, or has no answer yet."""
        return bool(self.waiting) or self.unanswered is not None

    @property
    def is_free(self) -> bool:
        """Whether a create may go out."""
        return self.responses.active is None and self.unanswered is None and not self.held

    def sending(self, create: Create) -> Scheduling:
        """Let a create go out."""
        return replace(self, asked=(*self.asked, create))

    def answered(self, response_id: str) -> Scheduling:
        """Take a response for the answer to the create that has none."""
        create = self.unanswered
        if create is None:
            return self
        return replace(self, asked=(*self.asked[:-1], replace(create, response_id=response_id))[-_ASKED:])

    def without(self, create: Create) -> Scheduling:
        """Forget a create that went out."""
        return replace(self, asked=tuple(other for other in self.asked if other is not create))

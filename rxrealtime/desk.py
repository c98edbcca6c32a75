"""Where it is decided what goes out and when: state, and pure steps over it; nothing is sent here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from rxrealtime.activity import ResponseDropped
from rxrealtime.events import CLIENT_EVENTS, ClientEvent, SessionConfig, SessionCreated, SessionUpdated
from rxrealtime.input_audio import InputAudio, check_commits, listen
from rxrealtime.operators.scheduling import ResponseMode, Scheduling, schedule
from rxrealtime.operators.wanted import CancelDropped, RaceLost, Wanted

__all__ = ["Decided", "Desk"]

_CLIENT: tuple[type[Any], ...] = tuple(CLIENT_EVENTS.values())


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to be done now.

    Args:
        events: What is to be sent, in order.
        dropped: What is not to be sent at all.
        cancels: Cancels that have nothing left to do.
        race_lost: Whether what came only tells that a race was lost, which is nobody's news: it is tried again.
    """

    events: tuple[ClientEvent, ...] = ()
    dropped: tuple[ResponseDropped, ...] = ()
    cancels: tuple[CancelDropped, ...] = ()
    race_lost: bool = False


class Desk:
    """The decisions of one session about what it sends.

    Args:
        mode: What becomes of a ``response.create`` while a response runs.

    Attributes:
        audio: What is known of the server's input buffer.
        config: What is in force, as the server last said.
    """

    def __init__(self, mode: ResponseMode) -> None:
        self._scheduling = Scheduling(mode)
        self.audio = InputAudio()
        self.config: SessionConfig | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no response runs, and none is going to."""
        return not self._scheduling.is_pending and self._scheduling.responses.active is None

    def awaits_answer(self, event_id: str | None) -> bool:
        """Tell whether a ``response.create`` of this id holds up others until it is answered."""
        create = self._scheduling.unanswered
        return create is not None and create.event_id == event_id

    def decide(self, events: Iterable[ClientEvent]) -> Decided:
        """Decide about events that somebody wants to send.

        Args:
            events: What, in order.

        Returns:
            What is to be done now; a response that has to wait comes out of `observe` later.

        Raises:
            CommitTooShortError: There is not enough audio to commit; then nothing of this is to be sent.
        """
        wanted = tuple(events)
        check_commits(self.audio, wanted)
        for event in wanted:
            self.audio = listen(self.audio, event)
        return self._take(map(Wanted, wanted))

    def observe(self, value: object) -> Decided:
        """Take notice of what came.

        Args:
            value: A structural event of the server, or something that became of an event.

        Returns:
            What is to be done now.
        """
        self.audio = listen(self.audio, value)
        if isinstance(value, SessionCreated | SessionUpdated):
            self.config = value.session
        return self._take((value,))

    def _take(self, values: Iterable[object]) -> Decided:
        outputs: list[object] = []
        for value in values:
            self._scheduling, more = schedule(self._scheduling, value)
            outputs.extend(more)
        return Decided(
            cast(tuple[ClientEvent, ...], tuple(found for found in outputs if isinstance(found, _CLIENT))),
            tuple(found for found in outputs if isinstance(found, ResponseDropped)),
            tuple(found for found in outputs if isinstance(found, CancelDropped)),
            any(isinstance(found, RaceLost) for found in outputs),
        )

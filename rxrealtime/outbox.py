"""The way out of a session: what the application sends and what policies answer, scheduled, in one order.

What goes out and when is decided in plain code, at the `Desk`; here the decisions are carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from rxrealtime.activity import ResponseDropped
from rxrealtime.core import Core
from rxrealtime.desk import Decided, Desk
from rxrealtime.events import ClientEvent, ResponseCreate, SendFailed
from rxrealtime.link import Link
from rxrealtime.operators.wanted import Unanswered
from rxrealtime.order import Place

__all__ = ["Outbox", "Tell"]

Tell = Callable[[ClientEvent | SendFailed | ResponseDropped], None]
"""Told what became of an event."""


class Outbox:
    """What a session sends.

    Args:
        core: The parts of the session.
        desk: What decides.
        tell: Told what was sent, what could not be, and what was dropped.
        patience: Seconds that a ``response.create`` may stay without any answer before the next one may go.
    """

    def __init__(self, core: Core, desk: Desk, tell: Tell, patience: float) -> None:
        self._core = core
        self._desk = desk
        self._tell = tell
        self._patience = patience
        self._timer: asyncio.TimerHandle | None = None

    async def send(self, link: Link, events: tuple[ClientEvent, ...]) -> None:
        """Send what the application asked for; what has to wait for its turn follows later.

        Args:
            link: The connection.
            events: What to send.

        Raises:
            CommitTooShortError: There is not enough audio to commit; nothing was sent.
            Exception: As `Link.send`.
        """
        decided = self._desk.decide(events)
        place = link.place()  # before anything is told: what that leads to comes later
        self._tell_dropped(decided)
        await self._go(link, place, decided.events)

    def post(self, link: Link, *events: ClientEvent) -> None:
        """Send what a policy answered, without waiting for it.

        Args:
            link: The connection.
            events: What to send.
        """
        self._carry_out(link, self._desk.decide(events))

    def observe(self, link: Link, value: object) -> bool:
        """Take notice of what came, and send what may go now.

        Args:
            link: The connection.
            value: Any value of the traffic.

        Returns:
            Whether it is news to those who wait for an answer; not so an error that only tells of a lost race.
        """
        decided = self._desk.observe(value)
        self._carry_out(link, decided)
        return not decided.race_lost

    def shut(self) -> None:
        """Wait for no answer any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _carry_out(self, link: Link, decided: Decided) -> None:
        if decided.events:
            place = link.place()
            # a task that is cancelled before its first step never gets to its place, and has to leave it all the same
            self._core.errands.start(self._posted(link, place, decided.events), "send", place.leave)
        self._tell_dropped(decided)

    def _tell_dropped(self, decided: Decided) -> None:
        for dropped in decided.dropped:
            self._core.requests.drop(dropped.event_id, dropped.merged_into)
            self._tell(dropped)
        for cancel in decided.cancels:
            self._core.requests.leave(cancel.event_id, over=cancel.over)

    async def _posted(self, link: Link, place: Place, events: tuple[ClientEvent, ...]) -> None:
        with suppress(Exception):  # it was told to the stream, or the session is over: nobody else waits for it
            await self._go(link, place, events)

    async def _go(self, link: Link, place: Place, events: tuple[ClientEvent, ...]) -> None:
        gone: list[ClientEvent] = []

        def going(event: ClientEvent) -> None:
            self._core.check_open()
            gone.append(event)
            self._core.requests.going(event.event_id)
            if isinstance(event, ResponseCreate) and self._desk.awaits_answer(event.event_id):
                self._expect_answer(link, event)

        try:
            await link.send(place, events, going, self._tell)
        except BaseException as error:
            self._forget(link, events[len(gone) :], error)
            raise

    def _forget(self, link: Link, events: tuple[ClientEvent, ...], why: BaseException) -> None:
        """Give the turn of a response back that was decided on and then not sent."""
        if any(isinstance(event, ResponseCreate) for event in events):
            unsent = why if isinstance(why, Exception) else RuntimeError("the sending was cancelled")
            self._carry_out(link, self._desk.observe(SendFailed(unsent, 0.0, None, "response.create")))

    def _expect_answer(self, link: Link, create: ResponseCreate) -> None:
        """Let nobody wait for ever behind a ``response.create`` that gets no answer."""
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        unanswered = Unanswered(create.event_id or "")
        self._timer = loop.call_later(self._patience, lambda: self.observe(link, unanswered) and None)

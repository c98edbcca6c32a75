"""Requests that wait for their answer, each of which ends exactly once."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

from rxrealtime.errors import RequestRejectedError, RequestTimeoutError, ResponseDroppedError
from rxrealtime.events import Event
from rxrealtime.requests import confirms, identified, rejection

__all__ = ["Pending", "PendingRequests"]

_NOT_ACTIVE = "response_cancel_not_active"


@dataclass(eq=False, slots=True)
class Pending:
    """A request that waits.

    Args:
        event: What is sent, with the ids by which its answer can be told.
        answer: What it will end in.
        going: Done once it is on its way: from then on an answer can be its own, and its time runs.
        stands_in: The ``event_id`` of the event that is sent in its place, if it was merged into that.
    """

    event: Event
    answer: asyncio.Future[Any]
    going: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    stands_in: str | None = None

    def go(self) -> None:
        """Say that it is on its way."""
        if not self.going.done():
            self.going.set_result(None)

    def fail(self, error: Exception) -> None:
        """End it, if it did not end yet."""
        self.go()
        if not self.answer.done():
            self.answer.set_exception(error)

    def confirm(self, answer: object) -> None:
        """End it well, if it did not end yet."""
        if not self.answer.done():
            self.answer.set_result(answer)


class PendingRequests:
    """The requests of one session."""

    def __init__(self) -> None:
        self._waiting: dict[str, Pending] = {}
        self._numbers = itertools.count(1)

    def add(self, event: Event) -> Pending:
        """Take a request in, before it is sent.

        Args:
            event: The client event.

        Returns:
            The request, with the event to send.

        Raises:
            ConfigurationError: The server never confirms such an event, or one with this id waits already.
        """
        request = identified(event, f"rxr_{next(self._numbers)}", set(self._waiting))
        pending = Pending(request, asyncio.get_running_loop().create_future())
        self._waiting[str(request.event_id)] = pending
        return pending

    def going(self, event_id: str | None) -> None:
        """Say that an event is on its way: only then an answer can be to its request.

        Args:
            event_id: The ``event_id`` of any client event.
        """
        for pending in self._of(event_id):
            pending.go()

    def leave(self, event_id: str | None, *, over: bool) -> None:
        """Say that a cancel is not sent: its response is being cancelled, which answers it too, or is over.

        Args:
            event_id: Its ``event_id``.
            over: Whether the response is over, so that no answer comes.
        """
        for pending in self._of(event_id):
            if over:
                pending.fail(RequestRejectedError("there is nothing to cancel: the response is over", code=_NOT_ACTIVE))
            else:
                pending.go()

    def drop(self, event_id: str, merged_into: str | None) -> None:
        """Say that an event is not sent: its request ends with that of the one that stands for it, or now.

        Args:
            event_id: Its ``event_id``.
            merged_into: The ``event_id`` of the one that stands for it; None if nothing does.
        """
        for pending in self._of(event_id):
            if merged_into is None:
                pending.fail(ResponseDroppedError("the response policy of the session dropped this response.create"))
            else:
                pending.stands_in = merged_into

    def settle(self, answer: object) -> None:
        """Let an event of the server settle what waits for it: the oldest request it confirms, or the one it rejects.

        Args:
            answer: A structural event of the server.
        """
        for pending in self._waiting.values():
            refused = rejection(pending.event, answer, pending.stands_in)
            if refused is not None:
                for twin in self._twins(pending):
                    twin.fail(refused)
                return
            if pending.going.done() and not pending.answer.done() and confirms(pending.event, answer):
                for twin in self._twins(pending):
                    twin.confirm(answer)
                return

    def fail(self, cause: Exception) -> None:
        """End all that wait.

        Args:
            cause: Why no answer can come any more.
        """
        for pending in self._waiting.values():
            pending.fail(cause)

    async def wait(self, pending: Pending, timeout: float | None) -> Any:
        """Wait for an answer.

        Args:
            pending: The request as `add` gave it.
            timeout: Seconds to wait once it is on its way; None waits for the end of the session.

        Returns:
            The confirming event.

        Raises:
            RequestRejectedError: The server answered with an error.
            RequestTimeoutError: It did not answer.
            ResponseDroppedError: The response policy dropped it.
            RealtimeError: The session ended before.
        """
        await pending.going
        try:
            async with asyncio.timeout(timeout):
                return await pending.answer
        except TimeoutError:
            name = getattr(pending.event, "type", type(pending.event).__name__)
            raise RequestTimeoutError(f"the server did not answer {name} within {timeout} s") from None

    def remove(self, pending: Pending) -> None:
        """Forget a request, whatever became of it.

        Args:
            pending: The request as `add` gave it.
        """
        del self._waiting[str(pending.event.event_id)]
        pending.going.cancel()
        if not pending.answer.cancel() and not pending.answer.cancelled():
            pending.answer.exception()  # seen: nobody waits for it any more

    def _of(self, event_id: str | None) -> list[Pending]:
        """Give the requests that an event stands for: its own, and those that were merged into it."""
        return [
            pending
            for pending in self._waiting.values()
            if event_id is not None and event_id in (pending.event.event_id, pending.stands_in)
        ]

    def _twins(self, pending: Pending) -> list[Pending]:
        """Give the requests that end together: one event was sent for all of them."""
        return self._of(pending.stands_in or pending.event.event_id)

"""Requests that wait for their answer, each of which ends exactly once."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from rxrealtime.errors import RequestTimeoutError
from rxrealtime.events import Event
from rxrealtime.requests import confirms, identified, rejection

__all__ = ["PendingRequests"]


class PendingRequests:
    """The requests of one session."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[Event, asyncio.Future[Any]]] = {}
        self._numbers = itertools.count(1)

    def add(self, event: Event) -> tuple[Event, asyncio.Future[Any]]:
        """Take a request in, before it is sent.

        Args:
            event: The client event.

        Returns:
            The event with its ids, and the future of its answer.

        Raises:
            ConfigurationError: The server never confirms such an event, or one with this id waits already.
        """
        request = identified(event, f"rxr_{next(self._numbers)}", set(self._waiting))
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[str(request.event_id)] = (request, future)
        return request, future

    def settle(self, answer: object) -> None:
        """Let an event of the server settle what waits for it: the oldest request it confirms, or the one it rejects.

        Args:
            answer: A structural event of the server.
        """
        for request, future in self._waiting.values():
            refused = rejection(request, answer)
            if refused is not None:
                _settle(future, refused)
                return
            if not future.done() and confirms(request, answer):
                future.set_result(answer)
                return

    def fail(self, cause: Exception) -> None:
        """End all that wait.

        Args:
            cause: Why no answer can come any more.
        """
        for _, future in self._waiting.values():
            _settle(future, cause)

    async def wait(self, request: Event, future: asyncio.Future[Any], timeout: float | None) -> Any:
        """Wait for an answer.

        Args:
            request: The event as `add` gave it.
            future: Its future.
            timeout: Seconds to wait; None waits for the end of the session.

        Returns:
            The confirming event.

        Raises:
            RequestRejectedError: The server answered with an error.
            RequestTimeoutError: It did not answer.
            RealtimeError: The session ended before.
        """
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            name = getattr(request, "type", type(request).__name__)
            raise RequestTimeoutError(f"the server did not answer {name} within {timeout} s") from None

    def remove(self, request: Event) -> None:
        """Forget a request, whatever became of it.

        Args:
            request: The event as `add` gave it.
        """
        _, future = self._waiting.pop(str(request.event_id))
        if not future.cancel() and not future.cancelled():
            future.exception()  # seen: nobody waits for it any more


def _settle(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)

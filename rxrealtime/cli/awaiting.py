"""Waiting for one event of a session, by name and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

from reactivex import Observable
from reactivex import operators as rx

from rxrealtime import Session, ops
from rxrealtime.errors import RequestTimeoutError
from rxrealtime.events import Event

__all__ = ["Expected", "Expecting"]

_E = TypeVar("_E", bound=Event)


class Expected(Generic[_E]):
    """An event that is to come: ``await`` gives it.

    Args:
        future: Where it will be.
        what: What it is, for people.
        timeout: Seconds to wait for it.
    """

    def __init__(self, future: asyncio.Future[_E], what: str, timeout: float) -> None:
        self._future = future
        self._what = what
        self._timeout = timeout

    @property
    def here(self) -> bool:
        """Whether it came, or cannot come any more."""
        return self._future.done()

    def __await__(self) -> Generator[Any, None, _E]:
        return self._wait().__await__()

    async def _wait(self) -> _E:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._future
        except TimeoutError:
            raise RequestTimeoutError(f"{self._what} did not come within {self._timeout:.0f} s") from None

    def forget(self) -> None:
        """Wait for it no longer."""
        if not self._future.cancel() and not self._future.cancelled():
            self._future.exception()  # seen


class Expecting:
    """The events of one session that are waited for.

    Args:
        session: The session.
        timeout: Seconds to wait for each.
    """

    def __init__(self, session: Session, timeout: float = 10.0) -> None:
        self._session = session
        self._timeout = timeout
        self._expected: list[Expected[Any]] = []

    def next(self, cls: type[_E], where: Callable[[_E], bool] = lambda _: True) -> Expected[_E]:
        """Listen from now on for the next event of a class.

        Args:
            cls: The class.
            where: Which of them; any by default.
        """
        wanted: Observable[_E] = self._session.events.pipe(ops.of_type(cls), rx.filter(where), rx.first())
        future: asyncio.Future[_E] = wanted.pipe(rx.to_future())
        expected = Expected(future, cls.model_fields["type"].default, self._timeout)
        self._expected.append(expected)
        return expected

    def forget(self) -> None:
        """Wait for nothing any longer: what nobody asked for any more must not be reported as unseen."""
        for expected in self._expected:
            expected.forget()

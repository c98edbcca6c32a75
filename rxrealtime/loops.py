"""The ``async for`` loops over a session.

The first loop starts with the first event of the session, also when it is written after ``await session.send(...)``.
A loop that was left by ``break`` is resumed by the next one, so that nothing in between is lost; a loop that starts
while another one is still running has its own buffer, from then on.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

from reactivex import Observable

from rxrealtime.errors import BufferOverflowError
from rxrealtime.operators.bridge import EventIterator
from rxrealtime.operators.buffering import BufferLimits, EventsDropped

__all__ = ["Loops"]

T = TypeVar("T")


class Loops(Generic[T]):
    """Hand out iterators over one hot stream.

    Args:
        events: The stream.
        limits: How far each loop may lag behind.
    """

    def __init__(self, events: Observable[T], limits: BufferLimits) -> None:
        self._events = events
        self._limits = limits
        self._main: EventIterator[T] | None = None
        self._running: weakref.ref[_Loop[T]] | None = None

    def attach(self) -> EventIterator[T]:
        """Start to buffer for the first loop.

        Returns:
            The buffer that loops resume.
        """
        if self._main is None:
            self._main = self._follow()
        return self._main

    def start(self) -> AsyncIterator[T | EventsDropped]:
        """Start a loop.

        Returns:
            The iterator: the buffer that no loop is reading, or a new one.
        """
        if self._running is not None and self._running() is not None:
            return self._follow()
        loop = _Loop(self.attach(), self._forget)
        self._running = weakref.ref(loop)
        return loop

    def _forget(self) -> None:
        self._main = self._running = None

    def _follow(self) -> EventIterator[T]:
        return EventIterator[T](self._limits).follow(self._events)


class _Loop(Generic[T]):
    """What ``async for`` holds while it runs; when it is gone, its buffer is free for the next."""

    def __init__(self, iterator: EventIterator[T], forget: Callable[[], None]) -> None:
        self._iterator = iterator
        self._forget = forget

    def __aiter__(self) -> _Loop[T]:
        return self

    async def __anext__(self) -> T | EventsDropped:
        try:
            return await self._iterator.__anext__()
        except BufferOverflowError:
            self._forget()  # said once: the next loop starts anew
            raise

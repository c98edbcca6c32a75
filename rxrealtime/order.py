"""An order of turns: who took a place first goes first, whoever begins to wait first.

A lock gives turns in the order in which coroutines begin to wait. Here the place is taken where a decision is made, in
plain code, and the waiting may begin later, in a task: what was decided first is then sent first.
"""

from __future__ import annotations

import asyncio

__all__ = ["Order", "Place"]


class Order:
    """Places in a row."""

    def __init__(self) -> None:
        self._last: asyncio.Future[None] | None = None

    def place(self) -> Place:
        """Take the next place. It has to be entered (``async with``) or left, or everybody behind it waits."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        before, self._last = self._last, mine
        return Place(before, mine)


class Place:
    """A place in a row: entering it waits for all before it.

    Args:
        before: Done when all before are gone; None if nobody is.
        mine: To be done when this one is gone.
    """

    def __init__(self, before: asyncio.Future[None] | None, mine: asyncio.Future[None]) -> None:
        self._before = before
        self._mine = mine

    async def __aenter__(self) -> None:
        if self._before is not None and not self._before.done():
            try:
                await asyncio.wait((self._before,))  # waiting for a future itself would cancel it with the waiter
            except asyncio.CancelledError:
                self.leave()
                raise

    async def __aexit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """Let the next one go, as soon as all before are gone."""
        if self._before is None or self._before.done():
            self._go()
        else:
            self._before.add_done_callback(self._go)

    def _go(self, _: object = None) -> None:
        if not self._mine.done():
            self._mine.set_result(None)

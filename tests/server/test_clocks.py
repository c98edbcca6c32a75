"""The clocks of the server: one runs, one is turned."""

from __future__ import annotations

import asyncio

import pytest

from rxrealtime.errors import ConfigurationError
from rxrealtime.server.clocks import TurnedClock, WallClock
from tests.leaks import run_clean


def test_turned_clock_stands_still() -> None:
    """The time is how far the clock was turned, and it is not turned back."""
    clock = TurnedClock()
    assert clock.now() == 0.0
    with pytest.raises(ConfigurationError, match="not turned back"):
        clock.advance(-1)
    assert clock.now() == 0.0


def test_turned_clock_wakes_what_is_due() -> None:
    """A wait ends when the clock was turned that far, in one turn or in several, and not before."""

    async def wait(clock: TurnedClock, at: float | None, ended: list[float | None]) -> None:
        try:
            async with clock.until(at):
                await asyncio.Event().wait()
        except TimeoutError:
            ended.append(at)

    async def main() -> list[list[float | None]]:
        clock, ended, seen = TurnedClock(), list[float | None](), list[list[float | None]]()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(wait(clock, at, ended)) for at in (0.0, 1.0, 2.0, None)]
            for seconds in (0.5, 0.5, 5.0):
                for _ in range(5):
                    await asyncio.sleep(0)
                clock.advance(seconds)
            for _ in range(5):
                await asyncio.sleep(0)
            seen.append(list(ended))
            tasks[-1].cancel()
        return seen

    assert run_clean(main) == [[0.0, 1.0, 2.0]]


def test_wall_clock_runs() -> None:
    """A time that has passed ends a wait at once, and none never does."""

    async def main() -> bool:
        clock = WallClock()
        async with clock.until(None):
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            async with clock.until(clock.now() - 1):
                await asyncio.Event().wait()
        return True

    assert run_clean(main)

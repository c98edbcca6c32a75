"""The clocks of the server: one runs, one is turned."""

from __future__ import annotations

import asyncio

import pytest

from rxrealtime.errors import ConfigurationError
from rxrealtime.server.clocks import ServerClock, TurnedClock, WallClock
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
        await clock.wait(asyncio.get_running_loop().create_future(), at)
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


@pytest.mark.parametrize("clock", [WallClock(), TurnedClock()], ids=["wall", "turned"])
def test_a_wait_ends_with_what_is_waited_for(clock: ServerClock) -> None:
    """Whichever comes first ends it: what is done, also with an exception, or a time that has passed."""

    async def main() -> tuple[bool, bool]:
        done, pending = asyncio.Future[None](), asyncio.Future[None]()
        done.set_exception(EOFError())
        await clock.wait(done, None)
        await clock.wait(done, clock.now() + 3600)
        await clock.wait(pending, clock.now())
        await clock.wait(pending, clock.now() - 1)
        return isinstance(done.exception(), EOFError), pending.done()

    assert run_clean(main) == (True, False)

"""Places in a row: who took one first goes first, and nobody behind waits for one who left."""

from __future__ import annotations

import asyncio

import pytest

from rxrealtime.order import Order, Place
from tests.leaks import run_clean
from tests.operators.streams import settle


def test_who_took_a_place_first_goes_first_whoever_waits_first() -> None:
    """Unlike with a lock."""

    async def main() -> list[str]:
        order = Order()
        places = {name: order.place() for name in "abc"}
        went: list[str] = []

        async def go(name: str) -> None:
            async with places[name]:
                await asyncio.sleep(0)
                went.append(name)

        await asyncio.gather(go("c"), go("b"), go("a"))
        return went

    assert run_clean(main) == ["a", "b", "c"]


async def _waits(place: Place) -> bool:
    async def enter() -> None:
        async with place:
            pass

    entering = asyncio.ensure_future(enter())
    await settle()
    waits = not entering.done()
    entering.cancel()
    await asyncio.wait((entering,))
    return waits


def test_one_that_is_cancelled_or_leaves_holds_nobody_up_and_lets_nobody_overtake() -> None:
    """The next one goes when all before are gone, not when this one gives up."""

    async def main() -> None:
        order = Order()
        first, second, third, fourth = (order.place() for _ in range(4))
        assert await _waits(second)  # and is cancelled
        third.leave()
        assert await _waits(fourth)
        async with first:
            fifth = order.place()
        async with asyncio.timeout(1), fifth:
            pass

    run_clean(main)


def test_an_error_inside_lets_the_next_one_go() -> None:
    """On every path out."""

    async def main() -> None:
        order = Order()
        first, second = order.place(), order.place()
        with pytest.raises(ValueError, match="no"):
            async with first:
                raise ValueError("no")
        async with asyncio.timeout(1), second:
            pass

    run_clean(main)

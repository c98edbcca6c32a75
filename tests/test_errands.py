"""Errands: tasks that end with their session."""

from __future__ import annotations

import asyncio

from rxrealtime.errands import Errands
from tests.leaks import run_clean


def test_errands_are_cancelled_and_what_follows_them_happens_on_every_path() -> None:
    """Also for one that never took its first step, and for one that came too late."""

    async def main() -> tuple[list[str], list[str]]:
        reported: list[str] = []
        after: list[str] = []
        errands = Errands(lambda error, _: reported.append(str(error)))

        async def fails() -> None:
            raise ValueError("why")

        async def waits() -> None:
            await asyncio.Event().wait()

        errands.start(fails(), "fails", lambda: after.append("failed"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        errands.start(waits(), "never begins", lambda: after.append("cancelled"))
        await errands.cancel()
        errands.start(waits(), "too late", lambda: after.append("late"))
        return reported, after

    assert run_clean(main) == (["why"], ["failed", "cancelled", "late"])

"""The painter draws the latest story until it has ended, and leaves the last picture."""

from __future__ import annotations

import asyncio
import io

from reactivex.subject import BehaviorSubject
from rich.console import Console

from rxrealtime.cli.painter import paint
from rxrealtime.cli.story import Story
from rxrealtime.outcome import Outcome
from tests.cli.telling import Ended, noted, said, story
from tests.leaks import run_clean


def test_the_last_picture_has_the_end() -> None:
    """What came after the last waking is drawn too: nothing is lost between two pictures."""

    async def main() -> str:
        console = Console(file=io.StringIO(), width=80, height=24, force_terminal=True, color_system=None)
        latest = BehaviorSubject(Story("ws://x"))
        painting = asyncio.create_task(paint(latest, console, lambda: 1.0))
        await asyncio.sleep(0)
        latest.on_next(story((*said("Too late to see?"), noted(Ended(Outcome())))))
        await painting
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    drawn = run_clean(main)
    assert drawn.index("events") < drawn.index("Too late to see?") < drawn.index("closed by us")

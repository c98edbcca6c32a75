"""The one painter of the live view: it wakes ten times a second and draws the latest story; events never draw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from reactivex.subject import BehaviorSubject
from rich.console import Console
from rich.live import Live

from rxrealtime.cli.story import Story
from rxrealtime.cli.view import Size, picture

__all__ = ["paint"]

_PERIOD: Final = 0.1


async def paint(latest: BehaviorSubject[Story], console: Console, clock: Callable[[], float]) -> None:
    """Draw until the story has ended; the last picture stays.

    Args:
        latest: Has the story so far as its value.
        console: Where to draw.
        clock: Gives the seconds since the beginning.
    """

    def drawn() -> None:
        size = Size(console.width, console.height)
        live.update(picture(latest.value, size, clock()), refresh=True)

    with Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        while latest.value.ended is None:
            drawn()
            await asyncio.sleep(_PERIOD)
        drawn()

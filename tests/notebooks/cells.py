"""What the notebooks that are looked at in a browser hold, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

__all__ = ["CLOSE", "FINISH", "OTHER", "SESSION", "SESSION_CLOSE", "fed", "live", "write"]

_FEED: Final = """import asyncio
from reactivex import Subject
from rxrealtime.views import show

class Loud:
    def __repr__(self):
        return '<img src=x onerror="window.hacked=true">'

values = Subject()
late = []

async def feed(rate, seconds):
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number in range(rate * seconds):
        due = start + number / rate
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        late.append(loop.time() - due)
        values.on_next(number if number % 4 else Loud())

"""
OTHER: Final = """for number in range(8):
    await asyncio.sleep(0.5)
print('other cell done')"""
CLOSE: Final = "view.close()\nprint('closed at', len(late))"
FINISH: Final = "await view.finish()\nprint('finished')"
SESSION: Final = """from rxrealtime import Session, commands
from rxrealtime.views import show

session = Session("loopback:")
view = show(session, canvas=CANVAS)
_ = await session.open()
await session.send(*commands.say("What is the weather in Oslo?"))
await session.settled()"""
SESSION_CLOSE: Final = "await session.close()\nprint('session closed')"


def live(rate: int, seconds: int, canvas: bool) -> str:
    """Give a cell that shows a stream, and feeds it in the background."""
    return f"{_FEED}view = show(values, canvas={canvas})\ntask = asyncio.create_task(feed({rate}, {seconds}))"


def fed() -> str:
    """Give a cell that waits for the feed, and says how late its values were: the latest, and the last one."""
    most, last = "round(max(late) * 1000)", "round(late[-1] * 1000)"
    return f"await task\nprint('fed', len(late), 'late by at most', {most}, 'ms, in the end', {last}, 'ms')"


def write(path: Path, sources: Sequence[str]) -> None:
    """Write a notebook that did not run.

    Args:
        path: The file.
        sources: The code of each cell.
    """
    empty = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**empty, "id": f"c{number}", "source": source} for number, source in enumerate(sources)]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")

"""Which views which cell shows, so that running it again does not leave the old ones behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rxrealtime.session import Session
from rxrealtime.views.screens import Cell

if TYPE_CHECKING:
    from rxrealtime.views.live import View

__all__ = ["shelve"]

_SHELF: dict[str, tuple[str, list[View]]] = {}
"""By cell: the run that made the views, and the views."""
_CLOSING: set[asyncio.Task[None]] = set()


def shelve(cell: Cell, view: View) -> None:
    """Keep a view for its cell, and close what an earlier run of that cell left.

    Args:
        cell: The cell that runs.
        view: What it shows now; the session that this one follows is not closed.
    """
    run, views = _SHELF.get(cell.key, ("", []))
    if run != cell.run:
        for old in views:
            _close(old, view)
        views = []
    _SHELF[cell.key] = (cell.run, [*views, view])


def _close(old: View, new: View) -> None:
    old.discard()
    if not isinstance(old.source, Session) or old.source is new.source:
        return
    task = asyncio.get_running_loop().create_task(old.source.close(), name="close the session of an old view")
    _CLOSING.add(task)
    task.add_done_callback(_CLOSING.discard)

"""Recording the session of a command, and showing how far its sealing is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rxrealtime import Session, record
from rxrealtime.cli.printable import one_line
from rxrealtime.cli.progress import progressing

__all__ = ["recording"]


@asynccontextmanager
async def recording(session: Session, path: Path) -> AsyncIterator[None]:
    """Record a session meanwhile.

    Args:
        session: Which, not entered yet.
        path: Where to.

    Raises:
        RealtimeError: The file cannot be written.
    """
    kept = record(session, path)
    try:
        yield
    finally:
        with progressing(f"writing {one_line(path.name)}") as progress:
            await kept.close(progress)

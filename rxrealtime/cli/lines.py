"""Lines from a terminal, a pipe or a file, without holding up the event loop and without a thread that lingers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator

__all__ = ["lines_of"]

_CHUNK_BYTES = 65536


async def lines_of(descriptor: int) -> AsyncGenerator[str, None]:
    """Give the lines of a file descriptor, until its end.

    It reads only when asked for a line: what nobody asked for yet stays with the terminal or in the pipe.

    Args:
        descriptor: What to read from; it stays in its blocking mode.

    Returns:
        The lines without their ends; the last one needs none. What is not UTF-8 is replaced.
    """
    rest = b""
    while chunk := await _read(descriptor):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace").rstrip("\r")
    if rest:
        yield rest.decode("utf-8", "replace")


async def _read(descriptor: int) -> bytes:
    """Wait until there is something, then take it; nothing is the end."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    try:
        loop.add_reader(descriptor, _settle, ready)
    except PermissionError:  # a file or /dev/null: never waits, and epoll refuses it
        return os.read(descriptor, _CHUNK_BYTES)
    except NotImplementedError:  # Windows; here Ctrl-C is seen after the next line
        return await asyncio.to_thread(os.read, descriptor, _CHUNK_BYTES)
    try:
        await ready
        return os.read(descriptor, _CHUNK_BYTES)
    finally:
        loop.remove_reader(descriptor)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():  # it is called again as long as nobody has read
        ready.set_result(None)

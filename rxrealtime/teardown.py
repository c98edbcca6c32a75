"""How a session is taken down: in bounded time, whatever happens on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from rxrealtime.conduct import Conduct
from rxrealtime.core import Core
from rxrealtime.link import Link
from rxrealtime.outbox import Outbox

__all__ = ["Farewell", "tear_down"]


@dataclass(frozen=True, slots=True)
class Farewell:
    """Why and how a session ends.

    Args:
        cause: Why, or None if we close it.
        code: The close code (RFC 6455, section 7.4).
        reason: The close reason, at most 123 bytes of UTF-8.
        timeout: Seconds that all of it may take.
    """

    cause: Exception | None
    code: int
    reason: str
    timeout: float


async def tear_down(core: Core, conduct: Conduct, outbox: Outbox, link: Link, farewell: Farewell) -> None:
    """End what the session started, close the connection, then end everything that waits.

    Args:
        core: What waits.
        conduct: What the session started.
        outbox: What it sends.
        link: The connection.
        farewell: Why and how.
    """
    cause, loop = farewell.cause, asyncio.get_running_loop()
    deadline = loop.time() + farewell.timeout
    conduct.end(cause)
    try:
        outbox.shut()
        await _try(core, core.errands.cancel())
        await _try(core, conduct.over(farewell.timeout))
        await _try(core, link.shut(farewell.code, farewell.reason, max(deadline - loop.time(), 0.0)))
    finally:
        core.end(cause)
        core.over(cause)


async def _try(core: Core, step: Awaitable[None]) -> None:
    try:
        await step
    except Exception as error:  # a failing close must not mask why the session ended
        core.streams.report(error, None)

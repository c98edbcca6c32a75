"""Every end that a session over memory can have, for what is to end with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from rxrealtime import MemoryFaults, MemoryTransport, Session

__all__ = ["ENDINGS", "Ending", "Scene", "scene_of"]

_CREATED: Final = b'{"type": "session.created", "event_id": "e", "session": {}}'


@dataclass
class Scene:
    """A session that fails at the first bad frame, and the far end of it."""

    transport: MemoryTransport = field(default_factory=MemoryTransport)

    def __post_init__(self) -> None:
        self.session = Session(self.transport, on_failure="fail")

    async def open(self, *frames: bytes) -> None:
        """Enter the session, and let frames come."""
        await self.session.open()
        await self.come(_CREATED, *frames)

    async def come(self, *frames: bytes) -> None:
        """Let frames come, one that is no failure by default."""
        for frame in frames or (_CREATED,):
            self.transport.peer.send(frame)
        await self.transport.peer.flush()


Ending = Callable[[Scene], Awaitable[None]]


async def _we_close(scene: Scene) -> None:
    await scene.open()
    await scene.session.close()


async def _the_server_closes(scene: Scene) -> None:
    await scene.open()
    scene.transport.peer.close(1011, "gone")


async def _the_connection_is_lost(scene: Scene) -> None:
    await scene.open()
    scene.transport.peer.vanish()


async def _a_frame_is_bad(scene: Scene) -> None:
    await scene.open(b"{")


async def _it_is_never_entered(scene: Scene) -> None:
    await scene.session.close()


async def _no_connection_comes_to_be(scene: Scene) -> None:
    with suppress(OSError):
        await scene.session.open()


ENDINGS: Final[dict[str, Ending]] = {
    "we close": _we_close,
    "the server closes": _the_server_closes,
    "the connection is lost": _the_connection_is_lost,
    "a frame is bad": _a_frame_is_bad,
    "it is never entered": _it_is_never_entered,
    "no connection comes to be": _no_connection_comes_to_be,
}
"""What to do so that a session ends; when it is awaited, the session is over or will soon be."""


def scene_of(name: str) -> Scene:
    """Give the scene in which a session can have this end."""
    refused = OSError("no way") if name == "no connection comes to be" else None
    return Scene(MemoryTransport(faults=MemoryFaults(connect=refused)))

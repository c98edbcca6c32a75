"""T and D7 of live views: a view ends with what it follows, once, leaves nothing, and tells no secrets of failures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from rxrealtime import MemoryFaults, MemoryTransport, Session
from rxrealtime.testing import VirtualLoop, leak_check, run_clean
from rxrealtime.views import View, show
from tests.frames import BAD_FRAMES
from tests.views.screens import FakeScreen

CANARY = "c4n4ry-7f3a9b"
CREATED = b'{"type": "session.created", "event_id": "e", "session": {}}'


@dataclass
class _Scene:
    """A session that is shown, and the far end of it."""

    transport: MemoryTransport
    session: Session
    screen: FakeScreen
    view: View

    async def open(self, *frames: bytes) -> None:
        """Enter the session, and let frames come."""
        await self.session.open()
        await self.come(CREATED, *frames)

    async def come(self, *frames: bytes) -> None:
        """Let frames come."""
        for frame in frames:
            self.transport.peer.send(frame)
        await self.transport.peer.flush()


async def _we_close(scene: _Scene) -> None:
    await scene.open()
    await scene.session.close()


async def _the_server_closes(scene: _Scene) -> None:
    await scene.open()
    scene.transport.peer.close(1011, "gone")


async def _the_connection_is_lost(scene: _Scene) -> None:
    await scene.open()
    scene.transport.peer.vanish()


async def _a_frame_is_bad(scene: _Scene) -> None:
    await scene.open(b"{")


async def _it_is_never_entered(scene: _Scene) -> None:
    await scene.session.close()


async def _no_connection_comes_to_be(scene: _Scene) -> None:
    with suppress(OSError):
        await scene.session.open()


_Ending = Callable[[_Scene], Awaitable[None]]
_ENDINGS: dict[str, tuple[_Ending, str]] = {
    "we close": (_we_close, "· ended"),
    "the server closes": (_the_server_closes, "· ended: ServerClosed"),
    "the connection is lost": (_the_connection_is_lost, "· ended: ConnectionLost"),
    "a frame is bad": (_a_frame_is_bad, "· ended: JsonError"),
    "it is never entered": (_it_is_never_entered, "· ended"),
    "no connection comes to be": (_no_connection_comes_to_be, "· ended: OSError"),
}


def _run(main: Callable[[], Any], *watch: Session) -> None:
    run_clean(main, watch=watch, loop_factory=VirtualLoop, deadline=1e6)


@pytest.mark.parametrize("canvas", [False, True], ids=["picture", "canvas"])
@pytest.mark.parametrize("name", _ENDINGS)
def test_t1_a_view_ends_once_with_its_session(name: str, canvas: bool) -> None:
    """T1, T3: it shows how, in its last picture, paints no more, and leaves no task and no subscription."""
    end, said = _ENDINGS[name]
    refused = OSError("no way") if name == "no connection comes to be" else None
    transport, screen = MemoryTransport(faults=MemoryFaults(connect=refused)), FakeScreen()
    session = Session(transport, on_failure="fail")

    async def main() -> None:
        view = show(session, screen=screen, canvas=canvas)
        await end(_Scene(transport, session, screen, view))
        await session.closed
        await asyncio.sleep(1)
        assert not view.live
        painted = len(screen.shown) + len(screen.page.told)
        await asyncio.sleep(60)
        assert len(screen.shown) + len(screen.page.told) == painted
        first = str(screen.page.last["words"][0]) if canvas else screen.last.splitlines()[0]
        view.close()
        await view.finish()
        assert said in first == screen.last.splitlines()[0]

    _run(main, session)


async def _view_is_closed(scene: _Scene) -> None:
    scene.view.close()


async def _view_is_discarded(scene: _Scene) -> None:
    scene.view.discard()


async def _view_is_finished(scene: _Scene) -> None:
    await scene.view.finish()


async def _finishing_is_cancelled(scene: _Scene) -> None:
    finishing = asyncio.ensure_future(scene.view.finish())
    await asyncio.sleep(0)
    finishing.cancel()
    await asyncio.wait([finishing])


async def _screen_is_gone(scene: _Scene) -> None:
    scene.screen.broken = scene.screen.page.broken = OSError("the notebook is gone")


@pytest.mark.parametrize("canvas", [False, True], ids=["picture", "canvas"])
@pytest.mark.parametrize(
    "end", [_view_is_closed, _view_is_discarded, _view_is_finished, _finishing_is_cancelled, _screen_is_gone]
)
def test_t3_a_view_that_ends_first_leaves_nothing_in_its_session(end: _Ending, canvas: bool) -> None:
    """T1, T3: the session goes on as if it had never been shown."""

    async def main() -> None:
        transport, screen = MemoryTransport(), FakeScreen()
        async with Session(transport) as session:
            async with leak_check(session):
                view = show(session, screen=screen, canvas=canvas)
                scene = _Scene(transport, session, screen, view)
                await scene.come(CREATED)
                await end(scene)
                await scene.come(CREATED)
                await asyncio.sleep(1)
                assert not view.live
            painted = len(screen.shown) + len(screen.page.told)
            await scene.come(CREATED)
            await asyncio.sleep(60)
            assert len(screen.shown) + len(screen.page.told) == painted

    _run(main)


@pytest.mark.parametrize("canvas", [False, True], ids=["picture", "canvas"])
def test_d7_what_a_view_says_of_failures_contains_no_payload(canvas: bool) -> None:
    """D7: a frame that is no event is shown by its kind, a contained bug by its type and place."""
    screen, transport = FakeScreen(), MemoryTransport()
    session = Session(transport)

    def bug(value: object) -> None:
        raise ValueError(CANARY)

    async def main() -> None:
        session.events.subscribe(bug)
        view = show(session, screen=screen, canvas=canvas)
        scene = _Scene(transport, session, screen, view)
        async with session:
            for frame, _ in BAD_FRAMES.values():
                await scene.come(frame.replace(b"hello", CANARY.encode()))
            await scene.come(b'{"type": "response.output_text.delta", "delta": ["%s"]}' % CANARY.encode())
            await asyncio.sleep(1)
            await view.finish()

    _run(main)
    shown = f"{screen.shown} {screen.page.told}"
    assert "failed: schema in response.output_text.delta" in screen.last
    assert "contained: <Fault ValueError" in screen.last
    assert CANARY not in shown

"""T and D7 of live views: a view ends with what it follows, once, leaves nothing, and tells no secrets of failures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from rxrealtime import MemoryTransport, Session
from rxrealtime.testing import VirtualLoop, leak_check, run_clean
from rxrealtime.views import View, show
from tests.contracts.endings import ENDINGS, Scene, scene_of
from tests.frames import BAD_FRAMES
from tests.views.screens import FakeScreen

CANARY = "c4n4ry-7f3a9b"
_SAID = {
    "we close": "· ended",
    "the server closes": "· ended: ServerClosed",
    "the connection is lost": "· ended: ConnectionLost",
    "a frame is bad": "· ended: JsonError",
    "it is never entered": "· ended",
    "no connection comes to be": "· ended: OSError",
}


def _run(main: Callable[[], Any], *watch: Session) -> None:
    run_clean(main, watch=watch, loop_factory=VirtualLoop, deadline=1e6)


@pytest.mark.parametrize("canvas", [False, True], ids=["picture", "canvas"])
@pytest.mark.parametrize("name", ENDINGS)
def test_t1_a_view_ends_once_with_its_session(name: str, canvas: bool) -> None:
    """T1, T3: it shows how, in its last picture, paints no more, and leaves no task and no subscription."""
    scene, screen = scene_of(name), FakeScreen()

    async def main() -> None:
        view = show(scene.session, screen=screen, canvas=canvas)
        await ENDINGS[name](scene)
        await scene.session.closed
        await asyncio.sleep(1)
        assert not view.live
        painted = len(screen.shown) + len(screen.page.told)
        await asyncio.sleep(60)
        assert len(screen.shown) + len(screen.page.told) == painted
        first = str(screen.page.last["words"][0]) if canvas else screen.last.splitlines()[0]
        view.close()
        await view.finish()
        assert _SAID[name] in first == screen.last.splitlines()[0]

    _run(main, scene.session)


async def _view_is_closed(view: View, screen: FakeScreen) -> None:
    view.close()


async def _view_is_discarded(view: View, screen: FakeScreen) -> None:
    view.discard()


async def _view_is_finished(view: View, screen: FakeScreen) -> None:
    await view.finish()


async def _finishing_is_cancelled(view: View, screen: FakeScreen) -> None:
    finishing = asyncio.ensure_future(view.finish())
    await asyncio.sleep(0)
    finishing.cancel()
    await asyncio.wait([finishing])


async def _screen_is_gone(view: View, screen: FakeScreen) -> None:
    screen.broken = screen.page.broken = OSError("the notebook is gone")


@pytest.mark.parametrize("canvas", [False, True], ids=["picture", "canvas"])
@pytest.mark.parametrize(
    "end", [_view_is_closed, _view_is_discarded, _view_is_finished, _finishing_is_cancelled, _screen_is_gone]
)
def test_t3_a_view_that_ends_first_leaves_nothing_in_its_session(end: Any, canvas: bool) -> None:
    """T1, T3: the session goes on as if it had never been shown."""

    async def main() -> None:
        scene, screen = Scene(), FakeScreen()
        async with scene.session:
            async with leak_check(scene.session):
                view = show(scene.session, screen=screen, canvas=canvas)
                await scene.come()
                await end(view, screen)
                await scene.come()
                await asyncio.sleep(1)
                assert not view.live
            painted = len(screen.shown) + len(screen.page.told)
            await scene.come()
            await asyncio.sleep(60)
            assert len(screen.shown) + len(screen.page.told) == painted

    _run(main)


@pytest.mark.parametrize("canvas", [False, True], ids=["picture", "canvas"])
def test_d7_what_a_view_says_of_failures_contains_no_payload(canvas: bool) -> None:
    """D7: a frame that is no event is shown by its kind, a contained bug by its type and place."""
    screen, session = FakeScreen(), Session(transport := MemoryTransport())

    def bug(value: object) -> None:
        raise ValueError(CANARY)

    async def main() -> None:
        session.events.subscribe(bug)
        view = show(session, screen=screen, canvas=canvas)
        async with session:
            for frame, _ in BAD_FRAMES.values():
                transport.peer.send(frame.replace(b"hello", CANARY.encode()))
            transport.peer.send(b'{"type": "response.output_text.delta", "delta": ["%s"]}' % CANARY.encode())
            await transport.peer.flush()
            await asyncio.sleep(1)
            await view.finish()

    _run(main)
    shown = f"{screen.shown} {screen.page.told}"
    assert "failed: schema in response.output_text.delta" in screen.last
    assert "contained: <Fault ValueError" in screen.last
    assert CANARY not in shown

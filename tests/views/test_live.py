"""The live view: it follows from outside, throttled and bounded, ends with what it follows, and fails in sight."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable

import pytest
from reactivex import Subject, interval

from rxrealtime import ConfigurationError, MemoryTransport, Session
from rxrealtime.testing import virtual_run
from rxrealtime.views.live import View, show
from rxrealtime.views.screens import Cell
from tests.views.screens import FakeScreen

CLEARED = b'{"type": "input_audio_buffer.cleared", "event_id": "e"}'


def _run(main: Callable[[FakeScreen], Awaitable[None]]) -> FakeScreen:
    """Run a test in virtual time, on a screen; give what the screen showed."""
    screen = FakeScreen()
    virtual_run(lambda: main(screen))
    return screen


def test_events_do_not_draw_and_a_second_has_at_most_ten_updates() -> None:
    """However many values come: one repaint a period, none where nothing is new, the trailing one is not lost."""

    async def main(screen: FakeScreen) -> None:
        values: Subject[int] = Subject()
        view = show(values, screen=screen)
        for number in range(1000):
            values.on_next(number)
            await asyncio.sleep(0.002)
        await asyncio.sleep(5)
        await view.finish()

    shown = _run(main).shown
    times = [update.at for update in shown]
    assert max(sum(start <= at < start + 1 for at in times) for start in times) <= 10
    assert len(shown) == 1 + 10 + 1
    assert "1,000 values" in shown[-2].words and shown[-2].at <= 2.2


def test_the_place_is_made_once_and_updated_then() -> None:
    """One output of the notebook, replaced in place."""

    async def main(screen: FakeScreen) -> None:
        view = show(interval(0.1), screen=screen)
        await asyncio.sleep(1)
        await view.finish()

    shown = _run(main).shown
    assert [update.update for update in shown] == [False] + [True] * (len(shown) - 1)
    assert len({update.place for update in shown}) == 1


@pytest.mark.parametrize("every", [0.1, 0.2, 1.0])
def test_finishing_again_and_again_does_not_flood_the_notebook(every: float) -> None:
    """Also the pictures from the user's own cell are at most ten a second."""

    async def main(screen: FakeScreen) -> None:
        view = show(interval(0.01), screen=screen, every=every)
        await asyncio.sleep(2)
        for _ in range(20):
            await view.finish()

    times = [update.at for update in _run(main).shown]
    assert max(sum(start <= at < start + 0.999 for at in times) for start in times) <= 10


def test_a_session_is_followed_and_the_view_ends_with_it() -> None:
    """The last state stays on the screen, and nothing goes on behind it."""

    async def main(screen: FakeScreen) -> None:
        transport = MemoryTransport()
        session = Session(transport)
        view = show(session, screen=screen)
        async with session:
            transport.peer.send(CLEARED)
            await transport.peer.flush()
            await asyncio.sleep(1)
            assert view.live
            assert "1 value · live" in screen.last
        await asyncio.sleep(1)
        assert not view.live
        assert len(asyncio.all_tasks()) == 1

    screen = _run(main)
    assert "session · 1 value · ended" in screen.last
    assert "input_audio_buffer.cleared" in screen.last
    assert 'src="data:image/svg+xml;base64,' in screen.shown[-1].bundle["text/html"]


def test_failures_appear_where_they_happened() -> None:
    """A malformed frame is a failure in its place, and a lost connection is how it ended."""

    async def main(screen: FakeScreen) -> None:
        transport = MemoryTransport()
        session = Session(transport)
        view = show(session, screen=screen)
        async with session:
            for frame in (CLEARED, b"{", CLEARED):
                transport.peer.send(frame)
                await transport.peer.flush()
                await asyncio.sleep(2)
            transport.peer.close(1011, "restart")
            await session.closed
        await view.finish()

    words = _run(main).last.splitlines()
    assert "ServerClosed" in words[0]
    assert [line.split() for line in words[1:4]] == [
        ["0.00", "s", "<", "input_audio_buffer.cleared"],
        ["2.00", "s", "failed:", "json"],
        ["4.00", "s", "<", "input_audio_buffer.cleared"],
    ]


def test_a_stream_that_fails_says_so() -> None:
    """Type and message are what the user's own code raised."""

    async def main(screen: FakeScreen) -> None:
        values: Subject[int] = Subject()
        view = show(values, screen=screen)
        values.on_error(ValueError("no such <city>"))
        await view.finish()

    screen = _run(main)
    assert "ended: ValueError: no such <city>" in screen.last
    assert "no such &lt;city&gt;" in screen.shown[-1].bundle["text/html"]


class Unspeakable:
    """A value that cannot be shown."""

    def __repr__(self) -> str:
        raise ValueError("unspeakable")


def test_a_value_that_cannot_be_shown_is_noted_and_hurts_nobody() -> None:
    """Neither the one who emits it nor the values after it."""

    async def main(screen: FakeScreen) -> None:
        values: Subject[object] = Subject()
        view = show(values, screen=screen)
        for value in (1, Unspeakable(), 2):
            values.on_next(value)
        await view.finish()

    words = _run(main).last
    assert "2 values" in words and "contained: <Fault ValueError" in words


def test_a_bug_of_another_observer_is_shown() -> None:
    """What a session contains on ``faults`` does not stay hidden from one who looks at it."""

    async def main(screen: FakeScreen) -> None:
        transport = MemoryTransport()
        session = Session(transport)
        session.events.subscribe(lambda event: 1 / 0)
        view = show(session, screen=screen)
        async with session:
            transport.peer.send(CLEARED)
            await transport.peer.flush()
        await view.finish()

    assert "contained: <Fault ZeroDivisionError" in _run(main).last


def test_a_screen_that_is_gone_ends_the_view_and_finish_raises_it() -> None:
    """Painting fails in sight: not in a task that nobody asks."""

    async def main(screen: FakeScreen) -> None:
        values: Subject[int] = Subject()
        view = show(values, screen=screen)
        screen.broken = OSError("the notebook is gone")
        values.on_next(1)
        await asyncio.sleep(1)
        assert not view.live
        with pytest.raises(OSError, match="the notebook is gone"):
            await view.finish()

    _run(main)


def test_running_the_cell_again_closes_the_old_view_and_its_session() -> None:
    """The same cell, another run: nothing of the earlier one goes on."""

    async def main(screen: FakeScreen) -> None:
        old = await Session(MemoryTransport()).open()
        view = show(old, screen=screen)
        again = FakeScreen(Cell(screen.cell.key, "2"))
        new = await Session(MemoryTransport()).open()
        second = show(new, screen=again)
        assert (await old.closed).by == "us"
        assert (view.live, second.live) == (False, True)
        await new.close()
        await second.finish()

    _run(main)


def test_showing_the_same_session_again_does_not_close_it() -> None:
    """Only the old view ends where the cell shows the session of another cell."""

    async def main(screen: FakeScreen) -> None:
        transport = MemoryTransport()
        async with Session(transport) as session:
            view = show(session, screen=screen)
            second = show(session, screen=FakeScreen(Cell(screen.cell.key, "2")))
            transport.peer.send(CLEARED)
            await transport.peer.flush()
            await asyncio.sleep(1)
            assert (view.live, second.live) == (False, True)
        await second.finish()

    _run(main)


def test_two_views_of_one_run_live_side_by_side() -> None:
    """A cell may show several things."""

    async def main(screen: FakeScreen) -> None:
        views = [show(Subject[int](), screen=screen) for _ in range(2)]
        assert all(view.live for view in views)
        for view in views:
            await view.finish()

    _run(main)


def test_a_view_that_was_closed_leaves_the_session_alone() -> None:
    """It follows from outside."""

    async def main(screen: FakeScreen) -> None:
        transport = MemoryTransport()
        seen: list[object] = []
        session = Session(transport)
        session.events.subscribe(seen.append)
        view = show(session, screen=screen)
        async with session:
            view.close()
            transport.peer.send(CLEARED)
            await transport.peer.flush()
            await asyncio.sleep(1)
        assert len(seen) == 1

    assert "0 values · no longer followed" in _run(main).last


def test_b1_what_is_kept_is_bounded() -> None:
    """Four times as many values take no more room, neither here nor in the notebook."""

    async def main(screen: FakeScreen) -> None:
        values: Subject[int] = Subject()
        view = show(values, screen=screen, every=600)
        await _emit(values, 2_000)
        before = _traced()
        await _emit(values, 8_000)
        screen.shown = screen.shown[-1:]
        assert _traced() - before < 200_000
        await view.finish()

    tracemalloc.start()
    try:
        screen = _run(main)
    finally:
        tracemalloc.stop()
    assert max(len(update.bundle["text/html"]) for update in screen.shown) < 200_000


async def _emit(values: Subject[int], count: int) -> None:
    for number in range(count):
        values.on_next(number)
        await asyncio.sleep(1.5)


def _traced() -> int:
    return tracemalloc.get_traced_memory()[0]


def test_a_view_needs_a_place_and_a_loop_and_a_rate() -> None:
    """Each is named where it is missing."""
    with pytest.raises(ConfigurationError, match="notebook"):
        show(Subject[int]())
    with pytest.raises(ConfigurationError, match="event loop"):
        show(Subject[int](), screen=FakeScreen())
    with pytest.raises(ConfigurationError, match=r"0\.1 s"):
        show(Subject[int](), screen=FakeScreen(), every=0.05)


def test_as_the_value_of_a_cell_it_shows_nothing_more() -> None:
    """It is on the screen already; its repr is short."""

    async def main(screen: FakeScreen) -> None:
        view = show(Subject[int](), screen=screen)
        assert "_ipython_display_" in dir(View)
        assert repr(view) == "<View of stream, 0 values, live>"
        await view.finish()

    _run(main)

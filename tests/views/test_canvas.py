"""The canvas of a live view: told in batches, from the beginning when it is ready, no more than it takes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from importlib.resources import files

import pytest
from reactivex import Subject

from rxrealtime import ConfigurationError, MemoryTransport, Session
from rxrealtime.testing import virtual_run
from rxrealtime.views import View, show
from rxrealtime.views.canvas import widget_page
from rxrealtime.views.screens import Cell
from tests.views.screens import FakePage, FakeScreen

CLEARED = b'{"type": "input_audio_buffer.cleared", "event_id": "e"}'
ITEM = '"event_id": "e", "response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0'
MARKUP = f'{{"type": "response.output_text.delta", {ITEM}, "delta": "<script>\\u0000"}}'.encode()


def _run(main: Callable[[FakeScreen, FakePage], Awaitable[None]]) -> FakeScreen:
    """Run a test in virtual time, on a screen with a canvas; give the screen."""
    screen = FakeScreen()
    virtual_run(lambda: main(screen, screen.page))
    return screen


async def _stream(screen: FakeScreen) -> tuple[Subject[object], View]:
    values: Subject[object] = Subject()
    view = show(values, canvas=True, screen=screen)
    screen.page.says("ready")
    return values, view


def test_events_come_in_batches_ten_a_second_and_none_is_lost() -> None:
    """However many values come: all of them, in order, in one message a period, and nothing where nothing is new."""

    async def main(screen: FakeScreen, page: FakePage) -> None:
        values, view = await _stream(screen)
        for number in range(10_000):
            values.on_next(number)
            await asyncio.sleep(0.0002)
        await asyncio.sleep(5)
        assert [mark[4] for mark in page.marks] == [str(number) for number in range(10_000)]
        times = [at for at, _ in page.told]
        assert max(sum(start <= at < start + 0.999 for at in times) for start in times[1:]) <= 10
        assert len(times) <= 1 + 21
        assert page.last["words"][0] == "stream · 10,000 values · live"
        await view.finish()

    _run(main)


def test_a_page_is_told_everything_when_it_is_ready() -> None:
    """What was told before is lost; a page that is loaded again is told everything again."""

    async def main(screen: FakeScreen, page: FakePage) -> None:
        values: Subject[object] = Subject()
        view = show(values, canvas=True, screen=screen)
        for number in range(3):
            values.on_next(number)
            await asyncio.sleep(1)
        for _ in range(2):
            page.loses()
            page.says("ready")
            assert [mark[4] for mark in page.marks] == ["0", "1", "2"]
        values.on_next(3)
        await asyncio.sleep(1)
        assert [mark[4] for mark in page.marks] == ["0", "1", "2", "3"]
        await view.finish()

    _run(main)


def test_a_page_that_is_loaded_again_after_the_end_is_told_everything_too() -> None:
    """Nothing paints any more, and it is told all the same."""

    async def main(screen: FakeScreen, page: FakePage) -> None:
        values, view = await _stream(screen)
        values.on_next(1)
        values.on_completed()
        await asyncio.sleep(1)
        assert len(asyncio.all_tasks()) == 1
        page.loses()
        page.says("ready")
        assert len(page.marks) == 1 and not page.last["live"]
        await view.finish()

    _run(main)


def test_a_page_that_falls_silent_is_told_no_more_until_it_listens_again() -> None:
    """A tab that was closed does not fill the memory of a server; afterwards nothing is missing."""

    async def main(screen: FakeScreen, page: FakePage) -> None:
        values, view = await _stream(screen)
        for number in range(1000):
            values.on_next(number)
            await asyncio.sleep(0.2)
        assert len(page.told) == 300
        page.says("seen", batch=page.last["batch"])
        assert [mark[4] for mark in page.marks] == [str(number) for number in range(1000)]
        await view.finish()

    _run(main)


def test_the_button_closes_the_view_and_leaves_the_session_alone() -> None:
    """It is followed no longer, and says so; the canvas stays."""

    async def main(screen: FakeScreen, page: FakePage) -> None:
        transport = MemoryTransport()
        session = Session(transport)
        view = show(session, canvas=True, screen=screen)
        async with session:
            page.says("ready")
            page.says("stop")
            assert not view.live
            transport.peer.send(CLEARED)
            await transport.peer.flush()
            await asyncio.sleep(1)
            assert page.last["words"][0] == "session · 0 values · no longer followed"
            assert not page.closed
        await view.finish()

    _run(main)


@pytest.mark.parametrize("message", [{}, {"kind": "seen"}, {"kind": "seen", "batch": 9**9}, {"kind": []}, {"batch": 1}])
def test_what_a_page_should_not_say_changes_nothing(message: dict[str, object]) -> None:
    """A page is not trusted to be ours."""

    async def main(screen: FakeScreen, page: FakePage) -> None:
        values, view = await _stream(screen)
        page.hear(message)
        values.on_next(1)
        await asyncio.sleep(1)
        assert len(page.marks) == 1
        await view.finish()

    _run(main)


def test_a_session_is_told_in_lanes_and_failures_in_their_places() -> None:
    """What lasts is told again while it changes; what failed is a cross; the view ends with the session."""

    async def main(screen: FakeScreen, page: FakePage) -> None:
        transport = MemoryTransport()
        session = Session(transport)
        view = show(session, canvas=True, screen=screen)
        page.says("ready")
        async with session:
            for frame in (MARKUP, b"{", MARKUP):
                transport.peer.send(frame)
                await transport.peer.flush()
                await asyncio.sleep(2)
        await asyncio.sleep(1)
        (cross,), (bar,) = page.marks, page.last["pending"]
        assert [cross[0], cross[1], round(cross[2])] == ["cross", "failures", 2]
        assert [bar[0], bar[1], round(bar[2]), round(bar[3])] == ["bar", "model said", 0, 4]
        assert bar[4] == "<script>\ufffd<script>\ufffd"
        assert page.last["words"][0].startswith("session · 3 values · ended")
        await view.finish()

    _run(main)


def test_finishing_leaves_a_picture_in_the_place_of_the_canvas() -> None:
    """The place holds a canvas, with words where there can be none; then a picture, and the canvas is gone."""

    async def main(screen: FakeScreen, page: FakePage) -> None:
        values, view = await _stream(screen)
        values.on_next("<b>")
        await view.finish()
        assert page.closed

    screen = _run(main)
    canvas, picture = screen.shown
    assert (canvas.update, picture.update, canvas.place) == (False, True, picture.place)
    assert "fake/canvas" in canvas.bundle and "await view.finish()" in canvas.words
    assert (
        'src="data:image/svg+xml;base64,' in picture.bundle["text/html"] and "&lt;b&gt;" in picture.bundle["text/html"]
    )


def test_a_tab_that_was_loaded_again_has_the_picture_below_the_last_cell() -> None:
    """It knows the place of the canvas no more."""

    async def main(screen: FakeScreen, page: FakePage) -> None:
        _, view = await _stream(screen)
        page.says("ready")
        await view.finish()

    screen = _run(main)
    assert [shown.update for shown in screen.shown] == [False, True, False]


def test_a_page_that_is_gone_ends_the_view_and_finish_raises_it() -> None:
    """Telling fails in sight."""

    async def main(screen: FakeScreen, page: FakePage) -> None:
        values, view = await _stream(screen)
        page.broken = OSError("the page is gone")
        values.on_next(1)
        await asyncio.sleep(1)
        assert not view.live
        with pytest.raises(OSError, match="the page is gone"):
            await view.finish()

    assert "the page is gone" in _run(main).last


def test_running_the_cell_again_takes_the_old_canvas_away() -> None:
    """The same cell, another run."""

    async def main(screen: FakeScreen, page: FakePage) -> None:
        await _stream(screen)
        again = FakeScreen(Cell(screen.cell.key, "2"))
        _, view = await _stream(again)
        assert (page.closed, again.page.closed) == (True, False)
        await view.finish()

    _run(main)


def test_b1_what_is_kept_is_bounded() -> None:
    """After 22,000 values, as many again take no more room, and a page that is loaded again is told 20,000 of them."""

    async def main(screen: FakeScreen, page: FakePage) -> None:
        values: Subject[object] = Subject()
        view = show(values, canvas=True, screen=screen, every=10_000)
        await _emit(values, 22_000)
        before = tracemalloc.get_traced_memory()[0]
        await _emit(values, 22_000)
        assert tracemalloc.get_traced_memory()[0] - before < 200_000
        page.says("ready")
        assert 20_000 <= len(page.marks) < 20_250 and page.marks[-1][4] == "21999"
        await view.finish()

    tracemalloc.start()
    try:
        _run(main)
    finally:
        tracemalloc.stop()


async def _emit(values: Subject[object], count: int) -> None:
    for number in range(count):
        values.on_next(number)
    await asyncio.sleep(1)


def test_without_the_extra_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the package and the way to it."""
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(ConfigurationError, match=r"a canvas needs anywidget: pip install 'rxrealtime\[notebook\]'"):
        widget_page()


def test_a_widget_shows_the_script_that_is_in_the_package() -> None:
    """Where anywidget is: the page is told to show it, hears in the loop, and is away once closed."""
    pytest.importorskip("anywidget")

    async def main() -> None:
        page = widget_page()
        (view,) = page.bundle.values()
        assert view["model_id"] and view["version_major"] == 2
        page.listen(lambda message: None)
        page.send({"kind": "batch"})
        page.close()
        page.close()

    asyncio.run(main())


def test_the_script_writes_text_only_and_asks_nobody_for_anything() -> None:
    """No markup, no code from text, no address."""
    script = files("rxrealtime.views").joinpath("canvas.js").read_text("utf-8")
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "http",
        "import ",
        "fetch(",
    ):
        assert word not in script, word


def test_show_is_there_without_ipython() -> None:
    """Looking at pictures of recordings must not load a notebook."""
    code = "import sys, rxrealtime.views as v; v.show; print([m for m in ('IPython', 'anywidget') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"

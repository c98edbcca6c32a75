"""Look at live views as a person does: JupyterLab in headless Chromium. ``python -m tests.notebooks.browser FOLDER``

Shows a stream of 200 events a second for ten seconds, as pictures and on a canvas, and one of 5,000 on a canvas, while
other cells run; stops them; loads the page anew; saves; and leaves screenshots in the folder. Needs JupyterLab,
playwright, anywidget and Chromium; says so where one is missing.
"""

from __future__ import annotations

import itertools
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.notebooks import cells
from tests.notebooks.pages import Notebook, chromium, lab, missing, until

__all__ = ["main"]

_LATE = 500
"""Milliseconds that the feed may be late in the end: a kernel that falls behind is later and later."""
_SECONDS = 10


def pictures(notebook: Notebook) -> None:
    """The plain view: it follows while another cell runs, is stopped from a cell, and its picture is saved."""
    notebook.run(0)
    picture = notebook.output(0).locator("img").first
    picture.wait_for(timeout=60_000)
    notebook.run(1)
    seen: set[str] = set()
    while not notebook.output(1).get_by_text("other cell done").count():
        seen.add(picture.get_attribute("src") or "")
        notebook.page.wait_for_timeout(50)
    notebook.shot("1-while-another-cell-ran")
    assert len(seen) >= 10, f"only {len(seen)} pictures while the other cell ran"
    notebook.run(2)
    stopped = int(notebook.says(2, "closed at").split()[-1])
    words = notebook.says(0, "no longer followed")
    frozen = picture.get_attribute("src")
    in_time(notebook, 3, 200)
    assert stopped < 2000, "the view was to be closed while the feed went on"
    assert f"{stopped:,} values" in words, words
    assert picture.get_attribute("src") == frozen, "the view went on after close()"
    notebook.shot("2-closed-from-another-cell")
    kept(notebook, 4, "no longer followed")


def canvas(notebook: Notebook, rate: int, again: bool) -> None:
    """The canvas: it follows while another cell runs, is zoomed and hovered, and is there if the page is loaded again.

    A page that was loaded again has the last picture below the cell that asked for it.
    """
    notebook.run(0)
    notebook.says(0, "live")
    notebook.run(1)
    seen: set[int] = set()
    while not notebook.output(1).get_by_text("other cell done").count():
        seen.add(count(notebook))
        notebook.page.wait_for_timeout(50)
    assert len(seen) >= 10, f"only {len(seen)} states while the other cell ran"
    notebook.shot("1-while-another-cell-ran")
    if again:
        notebook.save("jupyter.widget-view")
        notebook.load()
        until(lambda: count(notebook) > max(seen), "the canvas goes on after the page was loaded again")
        until(lambda: range_of(notebook)[0] > 2 * rate, "what came before the page was loaded again is there")
        notebook.shot("2-loaded-again")
    in_time(notebook, 2, rate)
    until(lambda: count(notebook) == rate * _SECONDS, "the canvas shows all values", 3)
    explore(notebook)
    stop(notebook)
    kept(notebook, 3, f"{rate * _SECONDS:,} values · no longer followed", 3 if again else 0)


def session(notebook: Notebook) -> None:
    """A session on a canvas, and one as a picture: each view ends with the session that it follows."""
    for number, end in ((0, 1), (2, 3)):
        notebook.run(number)
        notebook.says(number, "live")
        notebook.run(end)
        notebook.says(end, "session closed")
        words = notebook.says(number, "· ended")
        assert re.match(r"session · \d+ values · ended", words), words
    marks = range_of(notebook)[0]
    assert marks >= 5, f"only {marks} marks"
    notebook.shot("1-ended-with-the-session")
    kept(notebook, 4, "session · ")


def count(notebook: Notebook) -> int:
    """Give how many values the view says it has seen; 0 while there is none."""
    words = notebook.page.locator(".rxrealtime-words").first
    found = re.search(r"([\d,]+) values?", words.inner_text()) if words.count() else None
    return int(found[1].replace(",", "")) if found else 0


def range_of(notebook: Notebook) -> tuple[int, float, float]:
    """Give how many marks a canvas shows, and from when to when."""
    told = notebook.page.locator("canvas[role=img]").first.get_attribute("aria-label") or ""
    found = re.fullmatch(r"\d+ lanes, (\d+) marks, (-?[\d.]+) s to (-?[\d.]+) s", told)
    assert found, told
    return int(found[1]), float(found[2]), float(found[3])


def in_time(notebook: Notebook, number: int, rate: int) -> None:
    """Wait for the feed, which did not fall behind."""
    notebook.run(number)
    words = notebook.says(number, "late by at most")
    print(notebook.path.stem, "-", words)
    fed, late = int(words.split()[1]), int(words.split()[-2])
    assert fed == rate * _SECONDS
    assert late < _LATE, words


def explore(notebook: Notebook) -> None:
    """Zoom by button and wheel, move, hover: what is told is text, whatever it looks like."""
    page, drawn = notebook.page, notebook.page.locator("canvas[role=img]").first
    marks, first, last = range_of(notebook)
    assert marks > 100, marks
    page.get_by_role("button", name="Zoom in").click()
    until(lambda: range_of(notebook)[2] - range_of(notebook)[1] < (last - first) * 0.6, "it is zoomed in", 5)
    assert range_of(notebook)[2] == last, "the latest stay in sight"
    box = drawn.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 34)
    page.keyboard.down("Control")
    for _ in range(12):
        page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    until(lambda: range_of(notebook)[2] - range_of(notebook)[1] < (last - first) * 0.1, "the wheel zooms", 5)
    before = range_of(notebook)[1]
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 200, box["y"] + 34, steps=4)
    page.mouse.up()
    until(lambda: range_of(notebook)[1] < before, "it is moved", 5)
    places = itertools.cycle(range(300, 900, 5))
    until(lambda: "<img src=x onerror=" in _under(page, box["x"] + next(places), box["y"] + 34), "it is told", 20)
    assert not page.evaluate("window.hacked"), "what was said has run"
    notebook.shot("3-zoomed-and-hovered")
    page.get_by_role("button", name="Show all").click()
    until(lambda: range_of(notebook)[1:] == (first, last), "all is shown again", 5)


def _under(page: Any, x: float, y: float) -> str:
    """Rest the pointer somewhere; give what is told of that place."""
    page.mouse.move(x, y)
    page.wait_for_timeout(50)
    tip = page.locator(".rxrealtime-tip").first
    return str(tip.inner_text()) if tip.is_visible() else ""


def stop(notebook: Notebook) -> None:
    """Press the button that closes the view."""
    notebook.page.get_by_role("button", name="Stop", exact=True).click()
    notebook.says(0, "no longer followed")
    assert notebook.page.get_by_role("button", name="Stopped").is_disabled()
    notebook.shot("4-stopped")


def kept(notebook: Notebook, number: int, words: str, place: int = 0) -> None:
    """Finish in a cell; the saved notebook shows the picture in its place, without a kernel, too."""
    notebook.run(number)
    notebook.says(number, "finished")
    saved = notebook.save('"finished\\n"')
    assert words in saved, f"{words!r} is not in the saved notebook"
    assert "data:image/svg+xml;base64" in saved
    notebook.load(reset=True)
    notebook.output(place).locator("img").first.wait_for(timeout=60_000)
    notebook.shot("5-the-saved-notebook")


def main() -> int:
    """Run it; give 0, also where something is missing."""
    if lacking := missing():
        print("skipped: needs", ", ".join(lacking))
        return 0
    shots = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    shots.mkdir(parents=True, exist_ok=True)
    (shots / "failed.png").unlink(missing_ok=True)
    foreign: list[str] = []
    with tempfile.TemporaryDirectory() as name, lab(Path(name)) as url:
        for stem, sources, look in _LOOKS:
            path = Path(name) / f"{stem}.ipynb"
            cells.write(path, sources)
            with chromium(foreign) as page:
                _look(page, lambda page=page, path=path, look=look: look(Notebook(page, url, path, shots)), shots)
            print("looked at", stem)
    assert not foreign, f"asked for {foreign}"
    print(f"{len(_LOOKS)} passed, 0 failed")
    return 0


def _look(page: Any, look: Callable[[], None], shots: Path) -> None:
    try:
        look()
    except BaseException:
        page.screenshot(path=shots / "failed.png")
        raise


def _on_a_canvas(rate: int) -> tuple[str, ...]:
    return cells.live(rate, _SECONDS, canvas=True), cells.OTHER, cells.fed(), cells.FINISH


_LOOKS: tuple[tuple[str, tuple[str, ...], Callable[[Notebook], None]], ...] = (
    (
        "pictures",
        (cells.live(200, _SECONDS, canvas=False), cells.OTHER, cells.CLOSE, cells.fed(), cells.FINISH),
        pictures,
    ),
    ("canvas", _on_a_canvas(200), lambda notebook: canvas(notebook, 200, again=False)),
    ("flood", _on_a_canvas(5000), lambda notebook: canvas(notebook, 5000, again=True)),
    (
        "session",
        (
            cells.SESSION.replace("CANVAS", "False"),
            cells.SESSION_CLOSE,
            cells.SESSION.replace("CANVAS", "True"),
            cells.SESSION_CLOSE,
            cells.FINISH,
        ),
        session,
    ),
)


if __name__ == "__main__":
    sys.exit(main())

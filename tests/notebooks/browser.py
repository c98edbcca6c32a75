"""Look at a live view as a person does: JupyterLab in headless Chromium. ``python -m tests.notebooks.browser FOLDER``

Opens a notebook that shows a stream of 200 events a second, runs another cell meanwhile, closes the view, saves,
loads the page anew, and leaves screenshots in the folder. Needs JupyterLab, playwright and Chromium; says so where
one is missing.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["main"]

LIVE = """import asyncio, time
from reactivex import Subject
from rxrealtime.views.live import show

values = Subject()
late = []

async def feed():
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number in range(2000):
        due = start + number / 200
        await asyncio.sleep(max(due - loop.time(), 0))
        late.append(loop.time() - due)
        values.on_next(number)

view = show(values)
task = asyncio.create_task(feed())"""
OTHER = """for number in range(8):
    await asyncio.sleep(0.5)
print('other cell done')"""
END = """await task
view.close()
await view.finish()
print('fed', len(late), 'late by at most', round(max(late) * 1000), 'ms')"""


def missing() -> list[str]:
    """Give what is needed and not here."""
    packages = [name for name in ("jupyterlab", "playwright", "ipykernel") if importlib.util.find_spec(name) is None]
    return packages + ([] if shutil.which("chromium") else ["chromium"])


@contextlib.contextmanager
def lab(folder: Path) -> Iterator[str]:
    """Run JupyterLab over a folder; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"--port={port}", "--no-browser", "--allow-root", f"--ServerApp.root_dir={folder}"]
    options += ["--IdentityProvider.token=", "--ServerApp.port_retries=0"]
    server = subprocess.Popen(  # noqa: S603  # our own arguments
        [sys.executable, "-m", "jupyterlab", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _until(lambda: _answers(f"{url}/api/status"), 60)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError):
        urllib.request.urlopen(url, timeout=2)  # noqa: S310  # our own server
        return True
    return False


def _until(holds: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit("it did not come to be in time")
        time.sleep(0.1)


def _notebook(path: Path) -> None:
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for n, source in enumerate((LIVE, OTHER, END))
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    path.write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), "utf-8")


def look(page: Any, url: str, shots: Path) -> None:
    """Go through the notebook; every step has to hold."""
    page.goto(f"{url}/lab/tree/live.ipynb?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.get_by_text("| Idle").wait_for(timeout=60_000)
    page.click(".jp-Notebook .jp-Cell >> nth=0")
    for _ in range(3):
        page.keyboard.press("Shift+Enter")
    outputs = page.locator(".jp-OutputArea-output")
    picture = outputs.locator("img").first
    picture.wait_for(timeout=60_000)
    seen: set[str] = set()
    while not outputs.get_by_text("other cell done").count():
        seen.add(picture.get_attribute("src") or "")
        page.wait_for_timeout(100)
    page.screenshot(path=shots / "1-while-another-cell-ran.png")
    assert len(seen) >= 10, f"only {len(seen)} pictures while the other cell ran"
    outputs.get_by_text("late by at most").wait_for(timeout=60_000)
    page.screenshot(path=shots / "2-closed.png")
    print(outputs.get_by_text("late by at most").inner_text(), "-", len(seen), "pictures seen in 4 s")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")


def main() -> int:
    """Run it; give 0, also where something is missing."""
    if lacking := missing():
        print("skipped: needs", ", ".join(lacking))
        return 0
    from playwright.sync_api import sync_playwright

    shots = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        path = Path(name) / "live.ipynb"
        _notebook(path)
        options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        page = browser.new_page(viewport={"width": 1300, "height": 1000})
        with lab(Path(name)) as url:
            try:
                look(page, url, shots)
                _until(lambda: "2,000 values" in path.read_text("utf-8"), 20)
                page.goto(f"{url}/lab/tree/live.ipynb?reset")
                page.locator(".jp-OutputArea-output img").first.wait_for(timeout=60_000)
                page.screenshot(path=shots / "3-the-saved-notebook.png")
            except BaseException:
                page.screenshot(path=shots / "failed.png")
                raise
            finally:
                browser.close()
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""JupyterLab in headless Chromium: a server over a folder, and a notebook in a page as a person uses it."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["Notebook", "chromium", "lab", "missing", "until"]

_MOST = 60.0
"""Seconds that anything may take."""


def missing() -> list[str]:
    """Give what is needed and not here."""
    needed = ("jupyterlab", "playwright", "ipykernel", "anywidget")
    packages = [name for name in needed if importlib.util.find_spec(name) is None]
    return packages + ([] if shutil.which("chromium") else ["chromium"])


def until(holds: Callable[[], object], what: str, seconds: float = _MOST) -> None:
    """Wait until something holds.

    Raises:
        SystemExit: It did not in time.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)


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
        until(lambda: _answers(f"{url}/api/status"), "JupyterLab answers")
        yield url
    finally:
        server.terminate()
        server.wait(20)


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError):
        urllib.request.urlopen(url, timeout=2)  # noqa: S310  # our own server
        return True
    return False


@contextlib.contextmanager
def chromium(foreign: list[str]) -> Iterator[Any]:
    """Run headless Chromium; give a page.

    Args:
        foreign: Takes the addresses of other machines that the page asks for; none is reached.
    """
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        page = browser.new_page(viewport={"width": 1300, "height": 1400})
        page.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: _refuse(route, foreign))
        try:
            yield page
        finally:
            browser.close()


def _refuse(route: Any, foreign: list[str]) -> None:
    foreign.append(route.request.url)
    route.abort()


class Notebook:
    """A notebook that is open in a page.

    Args:
        page: The page.
        url: Of the server.
        path: The file.
        shots: Where screenshots are left.
    """

    def __init__(self, page: Any, url: str, path: Path, shots: Path) -> None:
        self.page, self.path = page, path
        self._url, self._shots = f"{url}/lab/tree/{path.name}", shots
        self.load(reset=True)

    def load(self, reset: bool = False) -> None:
        """Load the page, anew if it was loaded; the kernel goes on."""
        self.page.goto(self._url + ("?reset" if reset else ""))
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=_MOST * 1000)
        self.page.get_by_text("| Idle").or_(self.page.get_by_text("| Busy")).first.wait_for(timeout=_MOST * 1000)

    def run(self, number: int) -> None:
        """Run a cell; it may take its time."""
        self.page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-InputArea-editor").click()
        self.page.keyboard.press("Shift+Enter")

    def output(self, number: int) -> Any:
        """Give the outputs of a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-OutputArea-output")

    def says(self, number: int, text: str) -> str:
        """Wait until a cell says something; give the whole line."""
        found = self.output(number).get_by_text(text).first
        found.wait_for(timeout=_MOST * 1000)
        return str(found.inner_text())

    def save(self, words: str) -> str:
        """Save it; give what is in the file once these words are."""
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+s")
        until(lambda: words in self.path.read_text("utf-8"), f"{words!r} is saved")
        return self.path.read_text("utf-8")

    def shot(self, name: str) -> None:
        """Leave a screenshot."""
        self.page.screenshot(path=self._shots / f"{self.path.stem}-{name}.png")

"""The canvas in a notebook's page: an anywidget, the one place that knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from rxrealtime.errors import ConfigurationError

__all__ = ["WidgetPage", "widget_page"]


class WidgetPage:
    """A canvas that is told things through a widget's messages.

    Args:
        widget: The widget.
        loop: Where what the page says is heard: some kernels take messages in a thread of their own.
    """

    def __init__(self, widget: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._widget = widget
        self._loop = loop

    @property
    def bundle(self) -> Mapping[str, Any]:
        """What shows it, by MIME type."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}
        return {"application/vnd.jupyter.widget-view+json": view}

    def send(self, message: Mapping[str, Any]) -> None:
        """Tell the page something."""
        self._widget.send(message)

    def listen(self, hear: Callable[[Mapping[str, Any]], None]) -> None:
        """Hear what the page says, in the event loop."""
        self._widget.on_msg(lambda _, message, __: self._loop.call_soon_threadsafe(hear, message))

    def close(self) -> None:
        """Take the canvas away."""
        self._widget.close()


def widget_page() -> WidgetPage:
    """Make a canvas for the running notebook.

    Raises:
        ConfigurationError: anywidget is not installed.
    """
    try:
        anywidget = import_module("anywidget")
    except ImportError:
        raise ConfigurationError("a canvas needs anywidget: pip install 'rxrealtime[notebook]'") from None
    return WidgetPage(anywidget.AnyWidget(_esm=_script()), asyncio.get_running_loop())


@cache
def _script() -> str:
    return files("rxrealtime.views").joinpath("canvas.js").read_text("utf-8")

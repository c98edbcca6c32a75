"""Where a live view is painted: an output of a notebook, or whatever else can replace what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from rxrealtime.errors import ConfigurationError
from rxrealtime.views.canvas import widget_page

__all__ = ["Cell", "NotebookScreen", "Page", "Screen", "notebook_screen"]

_NO_NOTEBOOK: Final = (
    "a live view is painted into a notebook: call show() in a cell of Jupyter (pip install 'rxrealtime[notebook]'), "
    "or give it a screen of your own"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of one cell.

    Args:
        key: Which cell: the same when it runs again.
        run: Which run: another one when it runs again.
    """

    key: str
    run: str


class Page(Protocol):
    """A canvas that draws what it is told."""

    @property
    def bundle(self) -> Mapping[str, Any]:
        """What shows it, by MIME type."""
        ...

    def send(self, message: Mapping[str, Any]) -> None:
        """Tell it something.

        Args:
            message: What can become JSON.
        """
        ...

    def listen(self, hear: Callable[[Mapping[str, Any]], None]) -> None:
        """Hear what it says.

        Args:
            hear: Called with each message, in the event loop.
        """
        ...

    def close(self) -> None:
        """Take it away; once more does nothing."""
        ...


class Screen(Protocol):
    """Shows pictures and replaces them."""

    @property
    def cell(self) -> Cell:
        """The cell that is running now."""
        ...

    def canvas(self) -> Page:
        """Make a canvas; it is seen once its bundle is published.

        Raises:
            ConfigurationError: There can be none here.
        """
        ...

    def publish(self, bundle: Mapping[str, Any], *, display_id: str, update: bool) -> None:
        """Show something.

        Args:
            bundle: The same thing in several formats, by MIME type.
            display_id: Names the place.
            update: Whether to replace what is shown in that place; False makes the place, below the running cell.
        """
        ...


class NotebookScreen:
    """The outputs of a Jupyter notebook, through IPython's display publisher.

    Args:
        shell: The IPython shell that runs the cells.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    @property
    def cell(self) -> Cell:
        """The cell that is running now; where the front end has no ids for cells, its code stands for it."""
        parent: Mapping[str, Any] = self._shell.get_parent() or {}
        key = parent.get("metadata", {}).get("cellId") or parent.get("content", {}).get("code", "")
        return Cell(key, parent.get("header", {}).get("msg_id", ""))

    def canvas(self) -> Page:
        """Make a canvas; needs the extra ``rxrealtime[notebook]``.

        Raises:
            ConfigurationError: The extra is not installed.
        """
        return widget_page()

    def publish(self, bundle: Mapping[str, Any], *, display_id: str, update: bool) -> None:
        """Show something in an output, or replace what it shows."""
        self._shell.display_pub.publish(dict(bundle), transient={"display_id": display_id}, update=update)


def notebook_screen() -> NotebookScreen:
    """Give the notebook that the running cell belongs to.

    Raises:
        ConfigurationError: There is none: IPython is missing, or it runs in a terminal.
    """
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        raise ConfigurationError(_NO_NOTEBOOK) from None
    shell = get_ipython()
    if not hasattr(shell, "get_parent"):
        raise ConfigurationError(_NO_NOTEBOOK)
    return NotebookScreen(shell)

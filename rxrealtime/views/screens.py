"""Where a live view is painted: an output of a notebook, or whatever else can replace what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from rxrealtime.errors import ConfigurationError

__all__ = ["Cell", "NotebookScreen", "Screen", "notebook_screen"]

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


class Screen(Protocol):
    """Shows pictures and replaces them."""

    @property
    def cell(self) -> Cell:
        """The cell that is running now."""
        ...

    def publish(self, bundle: Mapping[str, str], *, display_id: str, update: bool) -> None:
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

    def publish(self, bundle: Mapping[str, str], *, display_id: str, update: bool) -> None:
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

"""The stored notebooks: they can be read without running, and tell nothing of the machine they ran on."""

from __future__ import annotations

import getpass
import json
import socket
from pathlib import Path

import pytest

from tests.notebooks.shapes import private, shape, texts

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_as_it_ran(path: Path) -> None:
    """Every cell ran once, from top to bottom, without an error, and at least one picture is in it."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    kinds = [kind for outputs in shape(notebook) for kind in outputs]
    assert not [kind for kind in kinds if kind.startswith("error")]
    assert any("img" in kind.split() for kind in kinds)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_tells_nothing_of_a_machine(path: Path) -> None:
    """No path, no address in memory, no host, no user."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert private(notebook) == []
    here = {socket.gethostname(), getpass.getuser()} - {"localhost", "root", "user"}
    assert not [name for name in here if any(name in text for text in texts(notebook))]


def test_five_notebooks_are_there() -> None:
    """In the order in which they are to be read."""
    assert [path.stem[0] for path in NOTEBOOKS] == list("12345")

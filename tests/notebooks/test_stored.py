"""The stored notebooks: they can be read without running, and tell nothing of the machine they ran on."""

from __future__ import annotations

import getpass
import json
import socket
from pathlib import Path

import pytest

from tests.notebooks.shapes import SAYS, private, shape, texts, unsaid

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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_says_what_it_must(path: Path) -> None:
    """What its text promises; and what is taken out of it is missed."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert unsaid(path.stem, notebook) == []
    for cell in notebook["cells"]:
        cell.pop("outputs", None)
    assert unsaid(path.stem, notebook) == list(SAYS[path.stem])


def test_a_new_notebook_must_say_something_too() -> None:
    """One that is in no table is not passed over."""
    assert unsaid("6-new", {"cells": []})


def test_five_notebooks_are_there() -> None:
    """In the order in which they are to be read, and each must say something."""
    assert [path.stem[0] for path in NOTEBOOKS] == list("12345")
    assert {path.stem for path in NOTEBOOKS} == set(SAYS)

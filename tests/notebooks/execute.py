"""Execute the notebooks from scratch; compare what they show with what is stored, and look for what they must say.

``python -m tests.notebooks.execute`` checks; with ``--store`` the outputs are stored.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tests.notebooks.shapes import private, shape, unsaid

__all__ = ["NOTEBOOKS", "executed", "main"]

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
_CELL_SECONDS = 60


def executed(path: Path) -> nbformat.NotebookNode:
    """Execute a notebook in a kernel of its own.

    Args:
        path: The file; it is not changed.

    Returns:
        The notebook with new outputs.

    Raises:
        CellExecutionError: A cell raised.
    """
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=_CELL_SECONDS, kernel_name="python3", record_timing=False).execute()
    notebook.metadata.get("language_info", {}).pop("version", None)
    return notebook


def main() -> int:
    """Check or store; give the number of notebooks that do not show what is stored.

    Raises:
        SystemExit: One tells of this machine, or does not say what it must.
    """
    different = 0
    for path in NOTEBOOKS:
        notebook = executed(path)
        if told := private(notebook):
            raise SystemExit(f"{path.name} tells of this machine: {sorted(set(told))}")
        if silent := unsaid(path.stem, notebook):
            raise SystemExit(f"{path.name} does not say {silent}")
        if "--store" in sys.argv:
            nbformat.write(notebook, path)
            print(path.name, "stored")
            continue
        stored, new = shape(nbformat.read(path, as_version=4)), shape(notebook)
        cells = [number for number, (old, now) in enumerate(zip(stored, new, strict=True)) if old != now]
        different += bool(cells)
        print(path.name, *([f"differs in its code cells {cells}"] if cells else ["shows what is stored"]))
        for number in cells:
            print("  stored:", stored[number], "\n  new:   ", new[number])
    return different


if __name__ == "__main__":
    sys.exit(main())

"""The documents run: the README's programs and cells, the examples in docstrings. Notebooks: `tox -e notebooks`."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import doctest
import importlib
import io
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

import rxrealtime

ROOT = Path(__file__).parents[1]


async def run_cells(cells: list[str]) -> tuple[str, list[Any]]:
    """Run cells as IPython does: one namespace, one event loop, ``await`` at the top level; give output and values."""
    namespace: dict[str, Any] = {}
    values: list[Any] = []
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        for number, source in enumerate(cells, 1):
            tree = ast.parse(source)
            if isinstance(last := tree.body[-1], ast.Expr):
                tree.body[-1] = ast.parse("_ = 0").body[0]
                tree.body[-1].value = last.value  # type: ignore[attr-defined]  # an assignment has one
                ast.fix_missing_locations(tree)
            compiled = compile(tree, f"cell {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            result = eval(compiled, namespace)  # noqa: S307  # the notebook's own cells
            if result is not None:
                await result
            values.append(namespace.get("_"))
    return output.getvalue(), values


def readme_programs() -> list[str]:
    """Give the README's Python programs that are whole."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    return [block for block in blocks if "asyncio.run(" in block]


@pytest.mark.parametrize("program", readme_programs(), ids=lambda program: program.splitlines()[1])
def test_a_program_of_the_readme_runs(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As it stands there."""
    exec(compile(program, "README.md", "exec"), {"__name__": "__main__"})  # noqa: S102  # the README's own program
    assert "Oslo" in capsys.readouterr().out


def readme_cells() -> list[str]:
    """Give the README's programs with ``await`` at the top level."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    return [block for block in blocks if "asyncio.run(" not in block and "\n# " in block]


@pytest.mark.parametrize("cell", readme_cells(), ids=lambda cell: cell.splitlines()[0].split("import ")[1][:40])
def test_a_cell_of_the_readme_prints_what_stands_below_it(cell: str) -> None:
    """In order, as a part of the output: ids and times differ from run to run."""
    expected = [line.removeprefix("# ") for line in cell.splitlines() if line.startswith("# ")]
    output, _ = asyncio.run(asyncio.wait_for(run_cells([cell]), 20))
    rest = iter(output.splitlines())
    assert [line for line in expected if not any(line in printed for printed in rest)] == [], output


def modules() -> list[str]:
    """Give every module whose docstrings may hold examples."""
    names = [found.name for found in pkgutil.walk_packages(rxrealtime.__path__, "rxrealtime.")]
    return [name for name in names if not name.endswith("__main__") and ".cli" not in name]


@pytest.mark.parametrize("name", modules())
def test_the_examples_in_docstrings_are_true(name: str) -> None:
    """Every ``>>>`` of the package."""
    module = importlib.import_module(name)
    names = {"ops": rxrealtime.ops, "commands": rxrealtime.commands}
    results = doctest.testmod(module, extraglobs=names, optionflags=doctest.ELLIPSIS)
    assert results.failed == 0

"""The page about testing runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
_BLOCKS = re.findall(r"```python\n(.*?)```", _PAGE.read_text("utf-8"), re.DOTALL)
_TESTS = [block for block in _BLOCKS if "def test_" in block]
_PROGRAMS = [block for block in _BLOCKS if "def test_" not in block]


@pytest.mark.parametrize("program", _PROGRAMS, ids=range(len(_PROGRAMS)))
def test_a_program_runs(program: str) -> None:
    """Each block is whole."""
    exec(compile(program, "testing.md", "exec"), {"__name__": "__main__"})  # noqa: S102  # our own page


@pytest.mark.parametrize("source", _TESTS, ids=range(len(_TESTS)))
def test_the_tests_pass(source: str, pytester: pytest.Pytester) -> None:
    """With the plugin and nothing else."""
    pytester.makepyfile(source)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=source.count("def test_"))


def test_the_picture_of_the_page_is_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The block after the program that prints it."""
    program = next(block for block in _PROGRAMS if "record_marbles" in block)
    exec(compile(program, "testing.md", "exec"), {})  # noqa: S102  # our own page

    assert f"```text\n{capsys.readouterr().out}```" in _PAGE.read_text("utf-8")

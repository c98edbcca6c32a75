"""Tools by name: what can be named, and what is said where it cannot."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rxrealtime.cli.loading import load_tools
from rxrealtime.errors import ConfigurationError

_DESK = '''
from rxrealtime import tool

def look(at: str) -> str:
    """Look at something."""
    return at

@tool
def count(to: int) -> int:
    """Count."""
    return to

both = [look, count]
nested = (both, count)
none = []
number = 3
mixed = [look, "count"]
vague = lambda *anything: anything
'''


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand in a folder with some modules in it; forget them afterwards."""
    (tmp_path / "desk_of_tests.py").write_text(_DESK, "utf-8")
    (tmp_path / "broken_of_tests.py").write_text("raise OSError('no\\ndesk')", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield
    for name in ("desk_of_tests", "broken_of_tests"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("attribute", "names"),
    [
        ("count", ["count"]),
        ("look", ["look"]),
        ("both", ["look", "count"]),
        ("nested", ["look", "count", "count"]),
        ("none", []),
    ],
)
def test_a_tool_a_function_or_several_of_them(attribute: str, names: list[str]) -> None:
    """A module of the current folder is found, and what is named in it becomes tools in order."""
    assert [tool.name for tool in load_tools([f"desk_of_tests:{attribute}"])] == names


def test_names_add_up() -> None:
    """The tools of all names, in the order of the names."""
    assert [tool.name for tool in load_tools(["desk_of_tests:count", "desk_of_tests:look"])] == ["count", "look"]
    assert load_tools([]) == ()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("desk_of_tests", "expected module:attribute"),
        (":look", "expected module:attribute"),
        ("desk_of_tests:", "expected module:attribute"),
        ("", "expected module:attribute"),
        ("desk_of_tests:blink", "the module desk_of_tests has no blink"),
        ("desk_of_nobody:look", "cannot import desk_of_nobody: ModuleNotFoundError: No module named 'desk_of_nobody'"),
        ("..:look", "cannot import ..: "),
        ("broken_of_tests:look", "cannot import broken_of_tests: OSError: no"),
        ("desk_of_tests:number", "neither a tool nor a function, but of the type int"),
        ("desk_of_tests:mixed", "neither a tool nor a function, but of the type str"),
        ("desk_of_tests:vague", "parameter 'anything' takes any number of arguments"),
    ],
)
def test_what_cannot_be_loaded_is_one_sentence(name: str, why: str) -> None:
    """It begins with the option and the name that was given, and says what is wrong with it."""
    with pytest.raises(ConfigurationError) as raised:
        load_tools([name])
    assert str(raised.value).startswith(f"--tools {name!r}: ")
    assert why in str(raised.value)


def test_an_attribute_error_of_the_module_is_its_own() -> None:
    """A module that fails with an AttributeError is not said to lack what was asked for."""
    Path("broken_of_tests.py").write_text("import sys\nsys.nothing_of_that_name", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"cannot import broken_of_tests: AttributeError"):
        load_tools(["broken_of_tests:look"])


def test_a_module_that_exits_is_told_too() -> None:
    """A script that ends the interpreter when it is imported does not end the command without a word."""
    Path("broken_of_tests.py").write_text("raise SystemExit(3)", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"cannot import broken_of_tests: SystemExit"):
        load_tools(["broken_of_tests:look"])

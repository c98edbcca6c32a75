"""Every operator's docstring holds a diagram, and the diagram is true."""

from __future__ import annotations

import doctest
import importlib
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from rxrealtime import operators
from tests.operators.marbles import read_diagram, run_on_loop, run_on_test_scheduler

_OPERATORS = [name for name in operators.__all__ if not inspect.isclass(getattr(operators, name))]
_ON_LOOP = {"from_async_iterable", "guardrails", "map_async", "run_tools", "to_async_iterable"}
_SHOWN = {*_OPERATORS, "EventIterator"}
_SECTIONS = ("Args:", "Returns:", "State:", "Time:", "Errors:", "Protocol:", "Example:")


@pytest.mark.parametrize("name", _OPERATORS)
def test_the_diagram_of_each_operator_is_what_happens(name: str) -> None:
    """In virtual time each operator gives the values, the times and the terminal that its docstring shows."""
    diagram = read_diagram(getattr(operators, name))
    run = run_on_loop if name in _ON_LOOP else run_on_test_scheduler

    assert run(diagram) == diagram.expected_marks()


@pytest.mark.parametrize("name", sorted(set(_OPERATORS) - _ON_LOOP - {"buffered"}))
def test_diagrams_are_true_on_an_event_loop_too(name: str) -> None:
    """The same diagrams hold on an asyncio loop whose clock is virtual."""
    diagram = read_diagram(getattr(operators, name))

    assert run_on_loop(diagram) == diagram.expected_marks()


@pytest.mark.parametrize("name", _OPERATORS)
def test_the_docstring_of_each_operator_is_whole(name: str) -> None:
    """Each operator says what it keeps and when it frees it, on which clock, and what happens on errors."""
    operator = getattr(operators, name)
    missing = [section for section in _SECTIONS if section not in (operator.__doc__ or "")]
    takes_nothing = not inspect.signature(operator).parameters

    assert missing == (["Args:"] if takes_nothing else [])


@pytest.mark.parametrize("name", operators.__all__)
def test_the_example_of_each_operator_is_what_happens(name: str) -> None:
    """The example in a docstring runs as it stands, and prints what it says."""
    documented = getattr(operators, name)
    module = importlib.import_module(documented.__module__)
    runner = doctest.DocTestRunner(verbose=False)
    for example in doctest.DocTestFinder(recurse=False).find(documented, name, module, dict(vars(module))):
        runner.run(example)

    assert (runner.summarize(verbose=False).failed, ">>>" in (documented.__doc__ or "")) == (0, name in _SHOWN)


def test_an_operator_without_a_diagram_is_found() -> None:
    """A docstring without a diagram, or with a mark that is not in the legend, is refused."""

    def bare() -> Callable[[Any], Any]:
        """Do something."""
        raise NotImplementedError

    def vague() -> Callable[[Any], Any]:
        """Do something.

        Marbles:
            in:   --a--|
            ops.text()
            out:  --b--|
            a = 1
        """
        raise NotImplementedError

    with pytest.raises(ValueError, match="has no diagram"):
        read_diagram(bare)
    with pytest.raises(ValueError, match="'b' is not in the legend"):
        read_diagram(vague)


def test_a_diagram_that_is_wrong_is_found() -> None:
    """A diagram with another time, value or terminal does not compare equal to what happens."""

    def late() -> Callable[[Any], Any]:
        """Do something.

        Marbles:
            in:   --a--|
            ops.of_type(str)
            out:  ---a-#
            a = "x"
        """
        raise NotImplementedError

    diagram = read_diagram(late)

    assert run_on_test_scheduler(diagram) == [(2.0, "N", "x"), (5.0, "C", None)] != diagram.expected_marks()

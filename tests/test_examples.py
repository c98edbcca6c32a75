"""The examples run as they stand, and hold the conversation that they are about."""

from __future__ import annotations

import asyncio
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.leaks import run_clean

EXAMPLES = Path(__file__).parents[1] / "examples"


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(name: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Run an example; give what it printed, ids left out."""
    run_clean(_load(name).main, deadline=20)
    printed = capsys.readouterr().out
    return [re.sub(r"\w+_[A-Za-z0-9]{21}", "id", line) for line in printed.splitlines()]


def _has(printed: list[str], *lines: str) -> None:
    """Check that these lines were printed, in this order."""
    rest = iter(printed)
    missing = [line for line in lines if not any(line in found for found in rest)]
    assert not missing, f"{missing} in {printed}"


PRINTED = {
    # One call is answered, one fails with the tool's own words; both lead to one answer.
    "tools": (
        "user: What is the weather in Oslo?",
        "ToolEnded(call_id='id', name='get_weather', response_id='id', outcome='ok')",
        'assistant: get_weather says: {"city":"Oslo","sky":"rain","celsius":7}',
        "ToolFailed (tool)",
        "outcome='error'",
        "assistant: get_weather says: there is no weather station in Atlantis",
    ),
    # A call runs when it is allowed, and is answered with the reason when it is not.
    "approval": (
        "assistant: refund says: 20 euros are on their way",
        'refund({"euros": 80})? yes',
        "assistant: refund says: 80 euros are on their way",
        'refund({"euros": 90})? no',
        "assistant: refund says: only the manager may do that",
    ),
    # The second agent has the session, and its tools, from the call on.
    "handoff": (
        "user: Billing, please.",
        "AgentChanged(agent=Agent(name='billing'), previous='reception'",
        "now with billing",
        'assistant: open_invoices says: ["1007","1012"]',
    ),
    # The answer is cancelled at the forbidden word, cut to what was heard, and another one is given.
    "guardrail": (
        "GuardrailTripped(guardrail='no prices'",
        "Interrupted(",
        "[cancelled]",
        "assistant: Please ask the sales desk.",
    ),
    # The story is cut to its heard beginning, and the user's words are answered.
    "barge_in": (
        "Interrupted(",
        "user: Tell me a story.",
        "assistant: Once",
        "user: Enough!",
        "assistant: As you like.",
    ),
}
"""Of each example: the lines that it has to print, in this order."""


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_holds_the_conversation_that_it_is_about(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run as it stands."""
    _has(_run(name, capsys), *PRINTED[name])


def test_barge_in_cuts_the_story(capsys: pytest.CaptureFixture[str]) -> None:
    """To what was heard of it."""
    (story,) = (line for line in _run("barge_in", capsys) if line.startswith("assistant: Once"))
    assert "[heard 1." in story
    assert "It met a stone" not in story


def test_every_example_is_in_the_table_and_tested() -> None:
    """A program that nobody runs is no example."""
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    table = (EXAMPLES / "README.md").read_text("utf-8")
    assert names == set(PRINTED)
    assert all(f"[{name}.py]({name}.py)" in table for name in names)
    assert asyncio.iscoroutinefunction(_load("tools").main)

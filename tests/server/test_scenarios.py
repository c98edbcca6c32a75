"""Scenarios built in Python: what is refused."""

from __future__ import annotations

import pytest

from rxrealtime.errors import ConfigurationError, ScenarioError
from rxrealtime.server.outputs import Disconnect, RawFrame
from rxrealtime.server.scenarios import DEFAULT, Failure, Rule, Scenario


def test_default_is_paced_and_empty() -> None:
    """The default scenario has no rules, and a pace that leaves time to interrupt."""
    assert (DEFAULT.rules, DEFAULT.pace, DEFAULT.chunk) == ((), 8.0, 0.2)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"on": ""}, "on"),
        ({"on": "/(/"}, "regular expression"),
        ({"on": "x", "times": 0}, "times"),
        ({"on": "x", "say": "{who}"}, "{who}"),
    ],
)
def test_rules_that_are_refused(fields: dict[str, object], word: str) -> None:
    """A rule that cannot work is refused when it is made, and the message names what is wrong."""
    with pytest.raises(ScenarioError, match=word.replace("{", r"\{")):
        Rule(**fields)  # type: ignore[arg-type]  # wrong values are the point


@pytest.mark.parametrize("fields", [{"pace": -1.0}, {"chunk": 0.0}, {"pace": float("nan")}])
def test_paces_that_are_refused(fields: dict[str, float]) -> None:
    """The pace is 0 or more, a chunk lasts longer than nothing."""
    with pytest.raises(ScenarioError):
        Scenario(**fields)  # type: ignore[arg-type]  # wrong values are the point


@pytest.mark.parametrize("close", [(1005, ""), (999, ""), (5000, ""), (1000, "x" * 124)])
def test_closes_that_are_refused(close: tuple[int, str]) -> None:
    """A close code that no peer may send, and a reason of more than 123 bytes, are refused."""
    with pytest.raises(ConfigurationError):
        Rule("x", close=close)


def test_failure_needs_a_status_of_failure() -> None:
    """A failure is failed or incomplete."""
    with pytest.raises(ScenarioError):
        Failure(status="completed")


def test_text_that_no_frame_can_hold() -> None:
    """A lone surrogate cannot go into a text frame."""
    with pytest.raises(ConfigurationError):
        RawFrame("\ud83d")


def test_payload_stays_out_of_the_repr() -> None:
    """The repr of a rule and of a raw frame does not show the frames."""
    assert "canary" not in repr(Rule("x", garble=("canary",))) + repr(RawFrame(b"canary"))


def test_strikes() -> None:
    """Garbage comes first, an abort after it; a close is the farewell."""
    rule = Rule("x", garble=("a", b"b"), abort=True, close=(1000, "bye"))
    assert rule.strikes == (RawFrame("a"), RawFrame(b"b"), Disconnect())
    assert rule.farewell == Disconnect(1000, "bye")

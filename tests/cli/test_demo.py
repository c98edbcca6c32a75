"""The demonstration shows what it promises, checks itself, and says what is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rxrealtime.cli import main
from rxrealtime.cli.moments import Heard, Moment
from rxrealtime.cli.scene import scene
from rxrealtime.cli.showing import show_demo
from rxrealtime.cli.verdict import failure_places, unmet
from rxrealtime.events import JsonFailed, Response, ResponseCreated, ResponseDone
from rxrealtime.outcome import Outcome
from rxrealtime.server.scenarios import Rule, Scenario
from tests.cli import telling
from tests.cli.terminal import whole_output
from tests.leaks import run_clean

_LANDMARKS = (
    "session.created",
    "session.updated",
    "--- text turn ---",
    "user: What can you do?",
    "! FAILED json",
    "assistant: I repeat what I hear",
    "latency, text turn: first text",
    "--- spoken turn ---",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "! FAILED schema in response.output_audio.delta",
    "--- function call ---",
    "! FAILED binary",
    'call: get_weather({"city": "Oslo"})',
    'output: {"sky":"rain","celsius":7}',
    "latency, function call: tool",
    "assistant: Rain in Oslo",
    "--- barge-in ---",
    "input_audio_buffer.speech_started",
    "interrupted after ",
    "> conversation.item.truncate",
    "< conversation.item.truncated",
    "assistant: As you like.",
    "conversation.item.retrieved",
    "the server kept ",
    "the session ended: closed by us",
    "ok: four turns, three failures in their places, nothing left over",
)
_INTERRUPTED = (
    "--- barge-in ---",
    "input_audio_buffer.speech_started",
    "the response is cancelled: turn_detected",
    "assistant: Once upon a time",
    "assistant: As you like.",
)
"""Beside the cut, which the client asks for while the server ends the response: either may be seen first."""


def _run(*options: str) -> Result:
    return CliRunner().invoke(main, ["demo", "--speed", "6", *options])


def test_the_plain_demo_shows_everything_in_order() -> None:
    """All four turns, the failures at their places and the end, in order, without any control sequence; exit code 0."""
    result = _run("--plain")
    assert result.exit_code == 0
    for landmarks in (_LANDMARKS, _INTERRUPTED):
        place = 0
        for landmark in landmarks:
            found = result.output.find(landmark, place)
            assert found >= 0, f"{landmark!r} is missing, or before its place"
            place = found
    assert result.output.count("! FAILED") == 3
    assert not re.search("[\x00-\x09\x0b-\x1f]", result.output)


def test_the_json_demo_is_for_machines() -> None:
    """Each line is one object with a type and a time that never goes back; the last one says that all is well."""
    result = _run("--json")
    lines: list[dict[str, Any]] = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 0
    assert all(isinstance(line["type"], str) for line in lines)
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert [line["kind"] for line in lines if line["type"] == "exception"] == ["json", "schema", "binary"]
    assert (lines[-1]["type"], lines[-1]["outcome"], lines[-1]["unmet"]) == ("rxrealtime.ended", "closed by us", [])


def test_a_demo_leaves_nothing_behind(capsys: pytest.CaptureFixture[str]) -> None:
    """No task, timer or socket is left, also of the server and of what shows it."""
    assert run_clean(lambda: show_demo("json", 6.0), deadline=30) == ()
    assert "rxrealtime.ended" in capsys.readouterr().out


def test_a_demo_without_failures_is_not_as_it_should_be() -> None:
    """Where the server injects nothing, the missing failures are named, and nothing else."""
    tame = replace(scene(6.0), rules=tuple(replace(rule, garble=()) for rule in scene(6.0).rules))
    (wrong,) = run_clean(lambda: show_demo("plain", 6.0, tame), deadline=30)
    assert wrong.startswith("the malformed frames came as none")


def test_a_demo_that_loses_its_session_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    """A server that goes away in the middle is the one thing that is named; what was received before is shown."""
    gone = Scenario((Rule("what can you do", close=(1011, "no more")),), pace=0)
    (wrong,) = run_clean(lambda: show_demo("plain", 6.0, gone), deadline=30)
    assert "closed the connection with code 1011, 'no more'" in wrong
    assert "assistant: I repeat what I hear" in capsys.readouterr().out


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_terminal_gets_a_picture() -> None:
    """On a terminal the demonstration is drawn, the cursor is given back, and the last word is readable."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "rxrealtime", "demo", "--speed", "6"]
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        command, stdout=theirs, stderr=theirs, env=environment | {"TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    )
    os.close(theirs)
    drawn = whole_output(ours)
    assert process.wait(30) == 0
    assert drawn.rindex("\x1b[?25h") > drawn.rindex("\x1b[?25l")
    assert re.search("json at .* schema at .* binary at ", drawn)
    assert drawn.rstrip().endswith("ok: four turns, three failures in their places, nothing left over")


def test_a_session_that_did_nothing_meets_nothing() -> None:
    """The verdict names every turn that is missing, and the failures that did not come."""
    found = unmet((), Outcome())
    assert any("never" in sentence for sentence in found)
    assert any("interrupt" in sentence for sentence in found)
    assert any("malformed frames came as none" in sentence for sentence in found)
    assert len(found) == 8


def test_the_end_of_the_session_counts() -> None:
    """A session that was lost, never ended, or left a response in flight is not what was promised."""
    lost, flight = Outcome(ConnectionResetError("reset")), Outcome(in_flight=("resp_1",))
    assert any("not closed by us" in sentence for sentence in unmet((), lost))
    assert any("in flight" in sentence for sentence in unmet((), flight))
    assert any("never ended" in sentence for sentence in unmet((), None))


def test_what_the_session_itself_fails_at_counts() -> None:
    """A failure that is no frame, as of a tool, is named."""
    failed = Moment(0.0, "done", telling.failure())
    assert any("the session failed at something: not JSON" in sentence for sentence in unmet([failed], Outcome()))


def test_a_cut_must_leave_the_beginning() -> None:
    """What was heard must be the beginning of the story, not something else."""
    heard = Moment(0.0, "noted", Heard("item_1", "Something else", 100))
    assert any("is not its beginning" in sentence for sentence in unmet([heard], Outcome()))


def test_failures_are_placed_by_response() -> None:
    """A failure between a response's created and done belongs to it; 0 is outside of all."""
    created, done = ResponseCreated(response=Response(id="r")), ResponseDone(response=Response(id="r"))
    failure: JsonFailed = telling.failure()
    places = failure_places([failure, created, failure, done, failure, created, failure])
    assert places == ((0, "json"), (1, "json"), (0, "json"), (2, "json"))

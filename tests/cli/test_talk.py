"""A conversation in the terminal: answers as they come, errors in one line, an orderly end."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rxrealtime import Tool, tool
from rxrealtime.audio import PCM16_24K
from rxrealtime.cli.place import Place
from rxrealtime.cli.talk import Talk, hold_talk
from rxrealtime.errors import ClosedBeforeSession, HandshakeRejected, RequestRejectedError, ServerClosed
from rxrealtime.server.faults import inject, refuse_session
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.scenarios import Call, Failure, Rule, Scenario
from rxrealtime.server.voices import speak
from tests.leaks import run_clean

Typing = Callable[[bytes], int]
_PAY = (
    Rule("pay bill", call=(Call("pay", {"amount": 30}),)),
    Rule("output", say="Well: {output}"),
)
_MEASURED = re.compile(r"rxrealtime: first words after \d+ ms, the response took \d+ ms")


@tool(name="pay", needs_approval=True)
def _pay(amount: int) -> str:
    """Pay a bill."""
    return f"paid {amount}"


def _is_measured(line: str) -> bool:
    return _MEASURED.fullmatch(line) is not None


@pytest.fixture
def typing() -> Iterator[Typing]:
    """Give a descriptor from which some lines can be read."""
    opened: list[int] = []

    def typed(lines: bytes) -> int:
        reader, writer = os.pipe()
        opened.append(reader)
        os.write(writer, lines)
        os.close(writer)
        return reader

    yield typed
    for descriptor in opened:
        os.close(descriptor)


def _talk(descriptor: int, *rules: Rule, modality: Any = "text", tools: tuple[Tool, ...] = (), **server: Any) -> None:
    key = server.pop("key", None)

    async def main() -> None:
        async with LoopbackServer(Scenario(rules, pace=0), **server) as loopback:
            await hold_talk(Talk(Place(loopback.url, key=key), modality, tools), descriptor)

    run_clean(main)


def test_each_line_is_answered_in_turn(typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """Empty lines are skipped, the last line needs no end, and the end of the input ends it."""
    _talk(typing(b"one\n\n  \ntwo"))
    out, err = capsys.readouterr()
    assert out == "You said: one\nYou said: two\n"
    assert len(err.splitlines()) == 2
    assert all(_MEASURED.fullmatch(line) for line in err.splitlines())


def test_quit_ends_it(typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """What is after /quit is not sent."""
    _talk(typing(b"one\n/quit\ntwo\n"))
    assert capsys.readouterr().out == "You said: one\n"


def test_a_spoken_answer_is_shown_as_its_transcript(typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """With audio asked for, the transcript is printed."""
    _talk(typing(b"one\n"), modality="audio")
    assert capsys.readouterr().out == "You said: one\n"


def test_a_model_cannot_steer_the_terminal(typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """Control sequences in an answer are left out."""
    _talk(typing(b"red\n"), Rule("red", say="\x1b[31mred\x1b[0m \x07alert"))
    assert capsys.readouterr().out == "red alert\n"


def test_failures_are_told_in_one_line_and_the_talk_goes_on(typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """A malformed frame and a failed response are lines on stderr; the next line is answered."""
    rules = (
        Rule("noise", garble=('{"type":\n"x',)),
        Rule("break", say="I ", fail=Failure(message="It broke.")),
    )
    _talk(typing(b"noise\nbreak\nwell\n"), *rules)
    out, err = capsys.readouterr()
    assert out == "You said: noise\nI \nYou said: well\n"
    failed, broke = (line for line in err.splitlines() if not _MEASURED.fullmatch(line))
    assert failed.startswith("rxrealtime: a frame failed (json): not JSON")
    assert broke == "rxrealtime: the response is failed: It broke."


def test_a_line_that_comes_too_early_waits_for_its_turn(typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """While the model greets, nothing is refused: the answer follows."""

    async def main() -> None:
        async with LoopbackServer(Scenario((Rule("start", say="word " * 30),), pace=0)) as loopback:
            await hold_talk(Talk(Place(loopback.url)), descriptor)

    descriptor = typing(b"too early\n")
    run_clean(main)
    out, err = capsys.readouterr()
    assert out.startswith("word word")
    assert "You said: too early" in out
    assert "already_has_active_response" not in err


def test_what_is_spoken_is_answered_also_after_a_greeting(typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """The end of the greeting is not taken for the end of the answer, after which the input ends."""

    async def main() -> None:
        async with LoopbackServer(Scenario((Rule("start", say="Welcome."),), pace=0)) as loopback:
            talk = Talk(Place(loopback.url), audio=Path("said.wav"))
            await hold_talk(talk, descriptor, (speak("Echo this."), PCM16_24K))

    descriptor = typing(b"")
    run_clean(main)
    assert capsys.readouterr().out == "Welcome.\nYou said: Echo this.\n"


def test_a_refused_configuration_ends_it(typing: Typing) -> None:
    """A provider that does not know the modality is not talked to with another one."""
    with pytest.raises(RequestRejectedError, match=r"rejected session\.update"):
        _talk(typing(b"one\n"), modality="smell")


def test_a_wrong_key_is_named(typing: Typing) -> None:
    """The server's own words come with the status."""
    with pytest.raises(HandshakeRejected, match=r"401 .*Incorrect API key"):
        _talk(typing(b"one\n"), token="right", key="wrong")  # noqa: S106 - no secret


def test_a_refused_session_is_named(typing: Typing) -> None:
    """A close before session.created says why."""
    with pytest.raises(ClosedBeforeSession, match="no such model"):
        _talk(typing(b"one\n"), faults=refuse_session("model_not_found", "no such model"))


def test_the_end_of_the_session_ends_the_wait_for_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has to type a line to learn that the server has gone."""
    reader, writer = os.pipe()
    os.write(writer, b"bye\n")
    with pytest.raises(ServerClosed, match="enough"):
        _talk(reader, Rule("bye", say="Bye.", close=(1001, "enough")))
    assert capsys.readouterr().out == "Bye.\n"
    os.close(reader)
    os.close(writer)


def test_a_frame_that_fails_before_the_first_line_is_told(typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """Failures are told from the first frame on."""
    _talk(typing(b""), faults=inject(b"\xff"))
    assert capsys.readouterr().err.startswith("rxrealtime: a frame failed (binary)")


@pytest.mark.parametrize(
    ("answer", "run"), [("y", True), ("\nYES", True), ("n", False), ("maybe", False), ("/quit", False)]
)
def test_a_call_runs_once_it_is_allowed(
    typing: Typing, capsys: pytest.CaptureFixture[str], answer: str, run: bool
) -> None:
    """The next line answers: y or yes is a yes, everything else a no; the answer of the model follows in any case."""
    _talk(typing(f"pay bill\n{answer}\n".encode()), *_PAY, tools=(_pay,))
    out, err = capsys.readouterr()
    asked, *told = (line for line in err.splitlines() if not _is_measured(line))
    assert asked == 'rxrealtime: may pay run with {"amount": 30}?'
    if run:
        assert told == ['rxrealtime: calls pay({"amount": 30})', "rxrealtime: pay gives paid 30"]
    else:
        assert told == ["rxrealtime: pay gives [rejected] The call was not approved."]
    assert out == f"Well: {'paid 30' if run else 'The call was not approved.'}\n"


def test_the_end_of_the_input_is_no(typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody can answer nothing runs; what the model says about it is shown, and the talk ends."""
    _talk(typing(b"pay bill\n"), *_PAY, tools=(_pay,))
    assert capsys.readouterr().out == "Well: The call was not approved.\n"


def test_quit_at_a_question_ends_the_talk(typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """What is after it is not sent."""
    _talk(typing(b"pay bill\n/quit\nmore\n"), *_PAY, tools=(_pay,))
    assert "more" not in capsys.readouterr().out


def test_the_end_of_the_session_ends_a_question(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has to answer what does not matter any more: why the session ended is raised."""
    reader, writer = os.pipe()
    os.write(writer, b"pay bill\n")
    rule = replace(_PAY[0], close=(1001, "enough"))
    with pytest.raises(ServerClosed, match="enough"):
        _talk(reader, rule, tools=(_pay,))
    assert "may pay run" in capsys.readouterr().err
    os.close(reader)
    os.close(writer)


def test_remarks_do_not_stand_in_the_line_of_an_answer(typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """What the model says before it calls a tool is a line, what it says after it the next one; none is empty."""
    rules = (replace(_PAY[0], say="Let me see."), _PAY[1])
    _talk(typing(b"pay bill\ny\n"), *rules, tools=(_pay,))
    assert capsys.readouterr().out == "Let me see.\nWell: paid 30\n"


def test_the_history_is_shown_as_it_is(typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """The command is not said to the model; calls and outputs are in the history too."""
    _talk(typing(b"pay bill\ny\n/history\n"), *_PAY, tools=(_pay,))
    assert capsys.readouterr().out.splitlines()[1:] == [
        "user: pay bill",
        'function_call: pay({"amount": 30})',
        "function_call_output: paid 30",
        "assistant: Well: paid 30",
    ]

"""What is shown of a turn: pieces, remarks, questions, and when it is over."""

from __future__ import annotations

from typing import Any

import pytest

from rxrealtime import Agent, EventsDropped
from rxrealtime.activity import (
    AgentChanged,
    ApprovalRequested,
    GuardrailTripped,
    Interrupted,
    ToolEnded,
    ToolOutcome,
    ToolStarted,
)
from rxrealtime.cli.turning import Ask, Begun, Over, Print, Shown, Tell, Waits, shown_step
from rxrealtime.events import (
    FunctionCall,
    McpApprovalRequest,
    Response,
    ResponseCreated,
    ResponseDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputTextDelta,
    StatusDetails,
)
from rxrealtime.operators import Latency

_AT: dict[str, Any] = {"response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0}


def _shown(*values: object) -> list[Shown]:
    waits: Waits = ()
    found: list[Shown] = []
    for value in values:
        waits, shown = shown_step(waits, value)
        found += shown
    return found


def _done(*items: Any, status: str = "completed", **more: Any) -> ResponseDone:
    return ResponseDone(response=Response(id="r", status=status, output=items, **more))


def _approval(server_label: str | None) -> ApprovalRequested:
    return ApprovalRequested("call_1", "pay", "r", '{"amount": 30}', server_label)


@pytest.mark.parametrize("delta", [ResponseOutputTextDelta, ResponseOutputAudioTranscriptDelta])
def test_an_answer_is_printed_piece_by_piece(delta: type[Any]) -> None:
    """Text and transcripts are printed as they come, without what would steer the terminal."""
    begun = ResponseCreated(response=Response(id="r"))
    pieces = [delta(**_AT, delta=text) for text in ("Hel", "\x1b[31mlo\n")]
    assert _shown(begun, *pieces, _done()) == [Begun("r"), Print("Hel"), Print("lo\n"), Over()]


@pytest.mark.parametrize("status", ["completed", "cancelled", "failed"])
def test_a_turn_goes_on_while_calls_are_to_be_answered(status: str) -> None:
    """After the calls of a completed response another one follows; after those of a cancelled one none does."""
    shown = _shown(_done(FunctionCall(call_id="c", name="look", arguments="{}"), status=status))
    assert (Over() in shown) == (status != "completed")


def test_a_turn_goes_on_while_a_call_of_an_mcp_server_waits_for_its_approval() -> None:
    """The response that asks for it is not the answer."""
    assert _shown(_done(McpApprovalRequest(id="m", name="pay", arguments="{}", server_label="bank"))) == []


@pytest.mark.parametrize(
    ("details", "why"),
    [
        (None, ""),
        (StatusDetails(reason="max_output_tokens"), ": max_output_tokens"),
        ("client_cancelled", ": client_cancelled"),
    ],
)
def test_what_did_not_complete_says_why(details: Any, why: str) -> None:
    """The status, and the reason if there is one, stand before the end of the turn."""
    assert _shown(_done(status="incomplete", status_details=details)) == [
        Tell(f"the response is incomplete{why}"),
        Over(),
    ]


@pytest.mark.parametrize(("outcome", "how"), [("ok", ""), ("error", " [error]"), ("timeout", " [timeout]")])
def test_a_tool_is_shown_with_what_it_is_given_and_gives(outcome: ToolOutcome, how: str) -> None:
    """A call and its output are a line each, whatever line breaks are in them."""
    started = ToolStarted("call_1", "look", "r", '{"at":\n "sky"}')
    ended = ToolEnded("call_1", "look", "r", outcome, "blue\r\n\x07sky")
    assert _shown(started, ended) == [Tell('calls look({"at": "sky"})'), Tell(f"look gives{how} blue sky")]


def test_a_long_output_is_cut() -> None:
    """A remark shows 200 characters of an output, and that there are more."""
    assert _shown(ToolEnded("c", "look", "r", "ok", "x" * 200)) == [Tell(f"look gives {'x' * 200}")]
    assert _shown(ToolEnded("c", "look", "r", "ok", "x" * 201)) == [Tell(f"look gives {'x' * 200}...")]


def test_an_approval_is_a_question() -> None:
    """It names the call with its arguments, and the MCP server if it is one of its tools."""
    assert _shown(_approval(None)) == [Ask("call_1", 'may pay run with {"amount": 30}?')]
    assert _shown(_approval("bank")) == [Ask("call_1", 'may pay of bank run with {"amount": 30}?')]


def test_what_the_session_did_is_told() -> None:
    """Interruptions, guardrails, handoffs and dropped pieces are remarks; the first agent is not news."""
    assert _shown(
        Interrupted("r", "i", 0, 1540, 3000),
        GuardrailTripped("no numbers", "r", "secret"),
        AgentChanged(Agent("desk")),
        AgentChanged(Agent("bills"), "desk"),
        EventsDropped(3, 0),
    ) == [
        Tell("interrupted after 1.5 s of 3.0 s"),
        Tell("stopped by the guardrail no numbers"),
        Tell("bills takes over from desk"),
        Tell("3 pieces of the answer were dropped: the terminal is too slow"),
    ]


def test_latencies_are_told_once_at_the_end_of_their_turn() -> None:
    """What the user waited for is one line before the end; the next turn begins without; other kinds are not shown."""
    text = Latency("first_text", 0.25, "response.create")
    call, whole = Latency("tool", 1.0, "response.create"), Latency("response", 0.5, "response.created")
    told = Tell("first words after 250 ms, the response took 500 ms")
    assert _shown(text, call, whole, _done(), _done()) == [told, Over(), Over()]


def test_of_a_turn_with_calls_the_answer_is_measured() -> None:
    """What was measured of the response that called a tool is left out."""
    call = FunctionCall(call_id="c", name="look", arguments="{}")
    first, second = (Latency("response", seconds, "response.created") for seconds in (0.1, 0.2))
    assert _shown(first, _done(call), second, _done()) == [Tell("the response took 200 ms"), Over()]


def test_most_values_show_nothing() -> None:
    """What nobody has to know leaves what is waiting as it is."""
    waits = (Latency("response", 0.1, "response.created"),)
    assert shown_step(waits, object()) == (waits, ())

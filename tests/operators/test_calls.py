"""The calls of tools, step by step."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from rxrealtime import commands
from rxrealtime.activity import (
    AgentChanged,
    ApprovalRequested,
    GuardrailTripped,
    HandoffEnded,
    HandoffRequested,
    ToolEnded,
    ToolStarted,
)
from rxrealtime.errors import (
    ConfigurationError,
    ConnectionLost,
    RequestTimeoutError,
    ToolArgumentsError,
    ToolCancelledError,
    ToolError,
    ToolTimeoutError,
    UnknownToolError,
)
from rxrealtime.events import (
    ConnectionFailed,
    ConversationItemAdded,
    ConversationItemCreate,
    ConversationItemCreated,
    FunctionCallOutput,
    GuardrailFailed,
    Response,
    ResponseCreate,
    ResponseDone,
    SessionConfig,
    ToolDefinition,
    ToolFailed,
)
from rxrealtime.guardrails import Guardrail
from rxrealtime.operators.calls import Abort, Ran, Rules, Run, Vet, Vetted
from rxrealtime.signals import Approval
from rxrealtime.tools import tool
from tests.operators.calling import Machine, began, called, ended, item_ended, of, output_of

_GUARDRAIL = Guardrail("no harm", lambda text, context: None, on_error="block")


@tool
def good() -> str:
    """Do good."""
    return "good"


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"Rain in {city}."


@tool(needs_approval=True)
def delete() -> None:
    """Delete everything."""


@tool(needs_approval=lambda context, arguments: arguments["amount"] > 10)
def pay(amount: int) -> None:
    """Pay."""


@tool(guardrails=[_GUARDRAIL], needs_approval=True)
def shout() -> None:
    """Shout."""


TOOLS = (good, weather, delete, pay, shout)


def _types(outputs: list[Any]) -> list[str]:
    return [getattr(output, "type", None) or type(output).__name__ for output in outputs]


def test_a_call_runs_and_the_model_goes_on_after_its_response() -> None:
    """Started, run, answered; the next response is asked for once the response is done."""
    machine = Machine(TOOLS)

    assert machine.feed(began()) == []
    started, run = machine.feed(item_ended(called("c", "weather", '{"city": "Oslo"}')))
    assert started == ToolStarted("c", "weather", "r", '{"city": "Oslo"}')
    assert isinstance(run, Run)
    assert (run.call.values, run.call.item_id) == ({"city": "Oslo"}, "item_c")
    assert machine.feed(Ran("c", "Rain.")) == [
        *commands.answer_call("c", "Rain."),
        ToolEnded("c", "weather", "r", "ok", "Rain."),
    ]
    assert machine.feed(ended(called("c", "weather", '{"city": "Oslo"}'))) == [ResponseCreate()]
    assert machine.feed(ended(called("c", "weather", '{"city": "Oslo"}'))) == []


def test_a_call_that_only_the_end_of_the_response_tells_of_is_run() -> None:
    """Compatible servers leave the item events out; the status may be missing too."""
    machine = Machine(TOOLS)

    assert _types(machine.feed(ended(called("c", status=None)))) == ["tool_started", "Run"]
    assert _types(machine.feed(Ran("c", "x"))) == ["conversation.item.create", "tool_ended", "response.create"]


@pytest.mark.parametrize(
    ("name", "arguments", "outcome", "kind"),
    [
        ("weather", '{"city": 5}', "error", ToolArgumentsError),
        ("weather", "", "error", ToolArgumentsError),
        ("weather", '{"city": "Oslo"', "error", ToolArgumentsError),
        ("nothing", "{}", "unknown_tool", UnknownToolError),
    ],
)
def test_what_cannot_be_run_is_answered_at_once(name: str, arguments: str, outcome: str, kind: type) -> None:
    """Invalid arguments and unknown tools: nothing runs, the model is told, and so is the application."""
    machine = Machine(TOOLS)
    failed, sent, told = machine.feed(item_ended(called("c", name, arguments)))

    assert isinstance(failed, ToolFailed)
    assert type(failed.exception) is kind
    assert output_of("c", [sent]) == str(failed.exception)
    assert told == ToolEnded("c", name, "r", outcome, str(failed.exception))  # type: ignore[arg-type]
    assert machine.feed(ended()) == [ResponseCreate()]


@pytest.mark.parametrize(
    ("error", "outcome", "told"),
    [
        (ToolError("closed on Sundays"), "error", "closed on Sundays"),
        (ValueError("CANARY"), "error", "the tool failed with ValueError"),
        (TimeoutError("CANARY"), "error", "the tool failed with TimeoutError"),
        (ToolTimeoutError("timed out"), "timeout", "timed out"),
        (ToolCancelledError("given up"), "cancelled", "given up"),
    ],
)
def test_a_failure_is_told_to_the_model_and_to_us(error: Exception, outcome: str, told: str) -> None:
    """The message of a ToolError is meant for the model; of any other exception it learns the class."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called()))
    failed, sent, end = machine.feed(Ran("c", error=error))

    assert isinstance(failed, ToolFailed)
    assert failed.exception is error
    assert output_of("c", [sent]) == told
    assert end == ToolEnded("c", "good", "r", outcome, told)  # type: ignore[arg-type]


def test_an_incomplete_call_is_never_run() -> None:
    """Its arguments are cut: no output, no next response, one report."""
    machine = Machine(TOOLS)
    cut = called("c", "weather", '{"city": "Os', "incomplete")

    (failed,) = machine.feed(item_ended(cut))
    assert isinstance(failed, ToolFailed)
    assert type(failed.exception) is ToolCancelledError
    assert machine.feed(ended(cut, status="incomplete")) == []


def test_an_item_in_progress_is_a_call_only_if_it_becomes_complete() -> None:
    """Until the end of the response it may still grow; then it counts as cut."""
    machine = Machine(TOOLS)

    assert machine.feed(item_ended(called("c", status="in_progress"))) == []
    assert _types(machine.feed(item_ended(called("c")))) == ["tool_started", "Run"]
    assert _types(machine.feed(ended(called("d", status="in_progress")))) == ["exception"]


def test_a_call_that_comes_again_is_not_run_again() -> None:
    """Neither while it runs nor afterwards, and an output that was sent is not sent again."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called()))

    assert machine.feed(item_ended(called()), item_ended(called(), "other")) == []
    machine.feed(Ran("c", error=ValueError()))
    assert machine.feed(item_ended(called()), ended(called(), response="other")) == []
    assert output_of("c", machine.given) is not None


@pytest.mark.parametrize("after", [(), (Ran("c", "x"),), (Ran("c", error=ValueError()),)])
def test_another_payload_under_a_known_id_is_refused(after: tuple[Any, ...]) -> None:
    """While the call is open and after it: nothing runs, and it is reported."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called()), *after)
    (failed,) = machine.feed(item_ended(called("c", "weather", '{"city": "CANARY"}')))

    assert isinstance(failed, ToolFailed)
    assert "another payload" in str(failed.exception)
    assert "CANARY" not in str(failed.exception)


def test_old_ids_are_forgotten_open_ones_never() -> None:
    """The last 1024 ids are remembered, and those of calls without an output."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called("waits", "delete")))
    for number in range(1030):
        machine.feed(item_ended(called(f"c{number}", "nothing")))

    assert len(machine.calls.known) == 1024
    assert machine.feed(item_ended(called("waits", "delete"))) == []
    assert machine.feed(item_ended(called("c1029", "nothing"))) == []
    assert machine.feed(item_ended(called("c0", "nothing"))) != []


def test_several_calls_share_one_next_response() -> None:
    """All outputs first, in any order, before and after the end of the response, then one create."""
    machine = Machine(TOOLS)
    machine.feed(began(), *(item_ended(called(f"c{n}")) for n in range(3)))

    assert ResponseCreate() not in machine.feed(Ran("c2", "2"), ended(*(called(f"c{n}") for n in range(3))))
    assert ResponseCreate() not in machine.feed(Ran("c0", "0"))
    assert machine.feed(Ran("c1", "1"))[-1] == ResponseCreate()


def test_calls_that_the_end_tells_of_are_all_answered_before_the_next_response() -> None:
    """Two calls that fail at once in one response.done: two outputs, then one create."""
    machine = Machine(TOOLS)
    outputs = machine.feed(ended(called("a", "nothing"), called("b", "nothing")))

    assert _types(outputs) == ["exception", "conversation.item.create", "tool_ended"] * 2 + ["response.create"]


def test_calls_of_several_responses_may_be_open() -> None:
    """Each response has its own next one."""
    machine = Machine(TOOLS)
    machine.feed(began("r"), item_ended(called("a"), "r"), ended(called("a"), response="r"))
    machine.feed(began("q"), item_ended(called("b"), "q"), ended(called("b"), response="q"))

    assert machine.feed(Ran("b", ""))[-1] == ResponseCreate()
    assert machine.feed(Ran("a", ""))[-1] == ResponseCreate()


def test_a_response_without_calls_has_nothing_to_go_on_with() -> None:
    """No create after an ordinary answer."""
    assert Machine(TOOLS).feed(began(), ended()) == []


@pytest.mark.parametrize("status", ["failed", "incomplete"])
def test_a_response_that_ended_badly_still_has_its_calls_answered(status: str) -> None:
    """Its complete calls are in the conversation: they run, and the model goes on after them."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called()), ended(called(), status=status))

    assert machine.feed(Ran("c", "x"))[-1] == ResponseCreate()


def test_a_cancelled_response_gives_its_calls_up() -> None:
    """Running, waiting and unseen ones get an output that says so; what was answered stays; nothing follows."""
    machine = Machine(TOOLS, Rules(max_concurrent=1))
    calls = (called("done"), called("runs"), called("waits"), called("asks", "delete"), called("vets", "shout"))
    machine.feed(item_ended(calls[0]), Ran("done", "x"), *(item_ended(call) for call in calls[1:]))
    outputs = machine.feed(ended(*calls, called("unseen"), status="cancelled"))

    told = {event.call_id: event.outcome for event in of(ToolEnded, outputs)}
    assert told == dict.fromkeys(("runs", "waits", "asks", "vets", "unseen"), "cancelled")
    assert set(of(Abort, outputs)) == {Abort("runs"), Abort("vets")}
    assert all(type(failed.exception) is ToolCancelledError for failed in of(ToolFailed, outputs))
    assert len(of(ToolFailed, outputs)) == 5
    assert machine.feed(Ran("runs", "late"), Vetted("vets"), Approval("asks")) == []
    assert of(ResponseCreate, machine.given) == []


def test_what_comes_late_for_an_ended_response_is_answered() -> None:
    """A call after response.done is run, and the model goes on, once; after a cancelled one it is given up."""
    machine = Machine(TOOLS)
    machine.feed(ended(response="r"), item_ended(called("a"), "r"))
    assert machine.feed(Ran("a", "x"))[-1] == ResponseCreate()
    machine.feed(item_ended(called("b"), "r"))
    assert _types(machine.feed(Ran("b", "x"))) == ["conversation.item.create", "tool_ended"]
    machine.feed(ended(response="q", status="cancelled"))
    assert of(ToolEnded, machine.feed(item_ended(called("d"), "q")))[0].outcome == "cancelled"


def test_a_response_that_does_not_name_itself_is_the_one_that_runs() -> None:
    """The id is optional in the schema."""
    machine = Machine(TOOLS)
    machine.feed(began("r"), item_ended(called("c", "nothing"), "r"))

    assert machine.feed(ResponseDone(response=Response(status="completed"))) == [ResponseCreate()]


def test_a_call_outside_of_the_conversation_is_not_run() -> None:
    """It belongs to whoever asked for the response; one of our tools is reported, another name is none of ours."""
    machine = Machine(TOOLS)
    machine.feed(began(conversation_id=None))

    (failed,) = machine.feed(item_ended(called("a", "good")))
    assert isinstance(failed, ToolFailed)
    assert "outside of the conversation" in str(failed.exception)
    assert machine.feed(item_ended(called("b", "classify"))) == []
    assert machine.feed(ended(called("a"), called("b", "classify"), conversation_id=None)) == []


def test_a_conversation_that_is_not_named_is_the_conversation() -> None:
    """xAI leaves conversation_id out (recorded): absent is not null here."""
    machine = Machine(TOOLS)

    assert of(Run, machine.feed(began(), item_ended(called()))) != []


def test_places_are_limited_and_given_in_order() -> None:
    """At most max_concurrent run; the others start in the order in which they came."""
    machine = Machine(TOOLS, Rules(max_concurrent=2))
    machine.feed(*(item_ended(called(f"c{n}")) for n in range(4)))

    assert [run.call.call_id for run in of(Run, machine.given)] == ["c0", "c1"]
    assert [run.call.call_id for run in of(Run, machine.feed(Ran("c1", "x")))] == ["c2"]
    assert [run.call.call_id for run in of(Run, machine.feed(Ran("c2", "x")))] == ["c3"]


def test_too_many_calls_are_refused() -> None:
    """Those that may neither run nor wait fail, and the model is told."""
    machine = Machine(TOOLS, Rules(max_concurrent=1, max_waiting=1))
    machine.feed(item_ended(called("a")), item_ended(called("b")))
    outputs = machine.feed(item_ended(called("c")))

    assert _types(outputs) == ["exception", "conversation.item.create", "tool_ended"]
    assert output_of("c", outputs) == "2 calls are open: 'good' was not run"


def test_an_approval_holds_up_one_call_and_takes_no_place() -> None:
    """The others run meanwhile; approved it runs."""
    machine = Machine(TOOLS, Rules(max_concurrent=1))
    assert machine.feed(item_ended(called("a", "delete"))) == [ApprovalRequested("a", "delete", "r", "{}")]
    assert of(Run, machine.feed(item_ended(called("b")))) != []
    machine.feed(Ran("b", "x"))

    assert _types(machine.feed(Approval("a"))) == ["tool_started", "Run"]
    assert machine.feed(Approval("a"), Approval("a", approved=False)) == []


@pytest.mark.parametrize(("reason", "told"), [("not today", "not today"), (None, "The call was not approved.")])
def test_a_rejection_is_the_output(reason: str | None, told: str) -> None:
    """The model is told, and nothing has run."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called("a", "delete")), ended())
    outputs = machine.feed(Approval("a", approved=False, reason=reason))

    assert outputs == [
        *commands.answer_call("a", told),
        ToolEnded("a", "delete", "r", "rejected", told),
        ResponseCreate(),
    ]
    assert machine.feed(Approval("a")) == []


def test_a_reason_that_no_frame_can_hold_is_made_one() -> None:
    """A lone surrogate could not be sent, and the call would have no output."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called("a", "delete")))

    assert output_of("a", machine.feed(Approval("a", approved=False, reason="no \ud800"))) == "no ?"


def test_an_approval_of_nothing_is_reported() -> None:
    """A mistaken id does not fail in silence."""
    (failed,) = Machine(TOOLS).feed(Approval("nothing"))

    assert isinstance(failed, ToolFailed)


def test_whether_to_ask_is_found_out_by_the_runner() -> None:
    """A predicate is not run by the machine; its verdict lets the call run, or wait."""
    machine = Machine(TOOLS)
    assert [type(output) for output in machine.feed(item_ended(called("a", "pay", '{"amount": 5}')))] == [Vet]
    assert _types(machine.feed(Vetted("a"))) == ["tool_started", "Run"]
    machine.feed(item_ended(called("b", "pay", '{"amount": 50}')))
    assert machine.feed(Vetted("b", needs_approval=True)) == [ApprovalRequested("b", "pay", "r", '{"amount": 50}')]
    machine.feed(item_ended(called("d", "pay", '{"amount": 50}')))
    assert of(ToolEnded, machine.feed(Vetted("d", error=ValueError())))[0].outcome == "error"
    assert [run.call.call_id for run in of(Run, machine.given)] == ["a"]


def test_a_call_that_a_guardrail_stops_is_rejected() -> None:
    """The guardrail's reason is for the application; the model learns that the call is not allowed."""
    machine = Machine(TOOLS)
    tripped = GuardrailTripped("no harm", "r", "CANARY", "a")
    failure = GuardrailFailed(ValueError())
    machine.feed(item_ended(called("a", "shout")))
    outputs = machine.feed(Vetted("a", tripped=tripped, failures=(failure,)))

    assert outputs[:2] == [failure, tripped]
    assert of(ToolEnded, outputs) == [ToolEnded("a", "shout", "r", "rejected", "The call is not allowed.")]
    assert output_of("a", outputs) == "The call is not allowed."
    assert of(ToolFailed, outputs) == []


def test_a_guardrail_for_all_calls_is_asked_before_every_tool() -> None:
    """Those of the operator, of the agent and of the tool, in this order."""
    agents = Guardrail("agent's", lambda text, context: None, on_error="pass")
    machine = Machine((), Rules(guardrails=(Guardrail("all", lambda text, context: None, on_error="pass"),)))
    machine.feed(AgentChanged(SimpleNamespace(tools=[shout], input_guardrails=[agents])))
    (vet,) = of(Vet, machine.feed(item_ended(called("a", "shout"))))

    assert [guardrail.name for guardrail in vet.call.guardrails] == ["all", "agent's", "no harm"]


def test_another_agent_brings_its_own_tools() -> None:
    """Its predecessor's are unknown from then on, open calls go on, and tools of MCP servers are not ours to run."""
    machine = Machine([good])
    machine.feed(item_ended(called("a")))
    mcp = ToolDefinition(type="mcp", server_label="files")
    assert machine.feed(AgentChanged(SimpleNamespace(tools=[weather, mcp]))) == []

    assert of(ToolEnded, machine.feed(Ran("a", "x")))[0].outcome == "ok"
    assert of(ToolEnded, machine.feed(item_ended(called("b"))))[0].outcome == "unknown_tool"
    assert of(Run, machine.feed(item_ended(called("c", "weather", '{"city": "Oslo"}')))) != []


def test_what_the_application_answered_is_not_answered_again() -> None:
    """A run is given up, and who gives the last output asks for the next response."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called()), ended(called()))
    outputs = machine.feed(*commands.answer_call("c", "mine"))

    assert outputs == [Abort("c"), ToolEnded("c", "good", "r", "ok", "mine")]
    assert machine.feed(Ran("c", "late")) == []


def test_the_last_output_is_ours_if_only_the_others_were_the_applications() -> None:
    """Then we ask for the next response."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called("a")), item_ended(called("b")), ended())
    machine.feed(*commands.answer_call("a", "mine"))

    assert machine.feed(Ran("b", "x"))[-1] == ResponseCreate()


def test_an_answer_of_the_application_may_come_before_the_call_is_complete() -> None:
    """The arguments are known before the item is done (recorded: an output sent in between)."""
    machine = Machine(TOOLS)

    assert machine.feed(*commands.answer_call("c", "mine"), item_ended(called()), ended(called())) == []


@pytest.mark.parametrize("kind", [ConversationItemAdded, ConversationItemCreated])
def test_what_another_client_answered_is_not_answered_again(kind: type[Any]) -> None:
    """A shared call has several clients: an output that is in the conversation counts."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called()), ended(called()))
    output = FunctionCallOutput(id="o", call_id="c", output="theirs")

    assert machine.feed(kind(item=output)) == [Abort("c"), ToolEnded("c", "good", "r", "ok", "theirs")]
    assert machine.feed(kind(item=output), Ran("c", "late")) == []


def test_our_own_output_in_the_conversation_is_nothing_new() -> None:
    """The server confirms it."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called()), Ran("c", "x"), ended(called()))

    assert machine.feed(ConversationItemAdded(item=FunctionCallOutput(call_id="c", output="x"))) == []


def test_what_is_kept_is_bounded() -> None:
    """B1: after thousands of responses and calls: the last ids, the last responses, nothing that is open."""
    machine = Machine(TOOLS)
    for number in range(1500):
        call, response = called(f"c{number}"), f"r{number}"
        machine.feed(
            began(response), item_ended(call, response), Ran(call.call_id, "x"), ended(call, response=response)
        )
        machine.feed(began(f"open{number}"))

    kept = machine.calls
    assert (len(kept.open), len(kept.known), len(kept.batches)) == (0, 1024, 64)
    assert len(of(ResponseCreate, machine.given)) == 1500


def _transfer(name: str) -> Any:
    return SimpleNamespace(agent=SimpleNamespace(name=name), config=SessionConfig(instructions="Sell."))


def test_a_handover_keeps_its_call_open_until_it_is_over() -> None:
    """The other agent is asked for; in force, the model learns who it is now."""
    machine = Machine(TOOLS)
    transfer = _transfer("sales")
    machine.feed(item_ended(called()), ended())

    assert machine.feed(Ran("c", transfer=transfer)) == [HandoffRequested("c", transfer.agent, transfer.config)]
    outputs = machine.feed(HandoffEnded("c"))
    assert json.loads(output_of("c", outputs) or "") == {"assistant": "sales"}
    assert outputs[-1] == ResponseCreate()
    assert machine.feed(HandoffEnded("c"), HandoffEnded("other")) == []


def test_a_handover_that_was_refused_is_an_error() -> None:
    """The model learns that it failed."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called()), Ran("c", transfer=_transfer("sales")))
    outputs = machine.feed(HandoffEnded("c", RequestTimeoutError("CANARY")))

    assert of(ToolEnded, outputs)[0].outcome == "error"
    assert output_of("c", outputs) == "the tool failed with RequestTimeoutError"


def test_a_handover_is_not_given_up_with_its_response() -> None:
    """The other agent may be in force already: the call ends when that is known, and nothing follows."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called()), Ran("c", transfer=_transfer("sales")))

    assert machine.feed(ended(called(), status="cancelled")) == []
    assert _types(machine.feed(HandoffEnded("c"))) == ["conversation.item.create", "tool_ended"]


def test_a_handover_takes_no_place() -> None:
    """The tool has run; others may."""
    machine = Machine(TOOLS, Rules(max_concurrent=1))
    machine.feed(item_ended(called("a")), item_ended(called("b")))

    assert of(Run, machine.feed(Ran("a", transfer=_transfer("sales")))) != []


def test_a_lost_connection_ends_all_calls() -> None:
    """No output can be sent any more; what runs is given up, each call is reported, and none runs again."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called("a")), item_ended(called("b", "delete")))
    outputs = machine.feed(ConnectionFailed(ConnectionLost()))

    assert _types(outputs) == ["exception", "Abort", "exception", "Abort"]
    assert machine.feed(Ran("a", "x"), Approval("b"), item_ended(called("a"))) == []


def test_a_call_that_cannot_be_answered_is_reported() -> None:
    """Without a call_id there is nothing to answer."""
    machine = Machine(TOOLS)
    lost = called("", "good")

    assert machine.feed(item_ended(lost)) == []
    assert _types(machine.feed(ended(lost))) == ["exception"]


def test_other_things_that_are_sent_mean_nothing_here() -> None:
    """A message of the user, and the output of a call that nobody knows."""
    machine = Machine(TOOLS)

    assert machine.feed(*commands.say("hi"), *commands.answer_call("never seen", "x")) == []
    assert of(ConversationItemCreate, machine.given) == []


def test_two_tools_of_one_name_are_refused() -> None:
    """And so is what is no tool."""
    with pytest.raises(ConfigurationError, match="'good'"):
        Machine([good, good])
    with pytest.raises(ConfigurationError, match="'print' is not a tool"):
        Machine([print])  # type: ignore[list-item]


def test_a_result_counts_only_for_what_was_asked_for() -> None:
    """A call that waits has no result, and one that runs was checked already."""
    machine = Machine(TOOLS)
    machine.feed(item_ended(called("a", "delete")), item_ended(called("b")))

    assert machine.feed(Ran("a", "x"), Vetted("b", needs_approval=True), HandoffEnded("b")) == []

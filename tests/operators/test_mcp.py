"""MCP calls: the server makes them, and the model goes on when all of them are over."""

from __future__ import annotations

from typing import Any

import pytest

from rxrealtime import commands
from rxrealtime.activity import ApprovalRequested
from rxrealtime.events import (
    ConversationItemAdded,
    ConversationItemDone,
    McpApprovalRequest,
    McpCall,
    ResponseCreate,
    ResponseMcpCallArgumentsDone,
    ResponseMcpCallCompleted,
    ResponseMcpCallFailed,
    ResponseMcpCallInProgress,
)
from rxrealtime.operators.calls import Ran
from rxrealtime.signals import Approval
from rxrealtime.tools import tool
from tests.operators.calling import Machine, began, called, ended, item_added, item_ended, of

CREATE = [ResponseCreate()]


def _call(item: str = "m", **more: Any) -> McpCall:
    return McpCall(id=item, server_label="files", name="list", arguments="{}", **more)


def _request(item: str = "q") -> McpApprovalRequest:
    return McpApprovalRequest(id=item, server_label="files", name="wipe", arguments='{"all": true}')


def _completed(item: str = "m") -> ResponseMcpCallCompleted:
    return ResponseMcpCallCompleted(item_id=item, output_index=0)


def _failed(item: str = "m") -> ResponseMcpCallFailed:
    return ResponseMcpCallFailed(item_id=item, output_index=0)


ASKED = ApprovalRequested("q", "wipe", "r", '{"all": true}', "files")


@pytest.mark.parametrize(
    "end", [_completed(), _failed(), item_ended(_call(output="[]")), ConversationItemDone(item=_call(output="[]"))]
)
def test_the_model_goes_on_when_a_call_ends_after_its_response(end: object) -> None:
    """Whatever tells of the end of the call: one create, then and not before."""
    machine = Machine()
    progress = ResponseMcpCallInProgress(item_id="m", output_index=0)

    assert machine.feed(began(), item_added(_call()), progress, ended(_call())) == []
    assert machine.feed(end) == CREATE
    assert machine.feed(end, _completed(), item_ended(_call(output="[]"))) == []


def test_the_model_goes_on_when_a_response_ends_after_its_calls() -> None:
    """The other order gives one create too."""
    machine = Machine()

    assert machine.feed(began(), item_added(_call()), _completed(), item_ended(_call(output="[]"))) == []
    assert machine.feed(ended(_call(output="[]"))) == CREATE


def test_a_call_may_be_known_by_its_arguments_only() -> None:
    """They name the response."""
    machine = Machine()
    arguments = ResponseMcpCallArgumentsDone(response_id="r", item_id="m", output_index=0, arguments="{}")

    assert machine.feed(arguments, ended()) == []
    assert machine.feed(_completed()) == CREATE


def test_a_call_that_only_the_end_of_the_response_tells_of_is_waited_for() -> None:
    """Without an output and an error it goes on; with one it is over."""
    machine = Machine()
    assert machine.feed(ended(_call())) == []
    assert machine.feed(_completed()) == CREATE
    assert machine.feed(ended(_call("n", error={"type": "http_error"}), response="s")) == CREATE


def test_a_call_that_ended_before_anybody_knew_whose_it_was_is_over() -> None:
    """`response.mcp_call.completed` names no response."""
    assert Machine().feed(_completed(), ended(_call())) == CREATE


def test_all_calls_of_a_response_count_ours_and_the_servers() -> None:
    """One create, after the last of them."""
    machine = Machine([tool(lambda: None, name="good")])
    machine.feed(began(), item_added(_call("m")), item_added(_call("n")), item_ended(called("c")), ended(called("c")))

    assert of(ResponseCreate, machine.feed(_completed("n"), Ran("c", "x"))) == []
    assert machine.feed(_failed("m")) == CREATE


def test_nothing_follows_a_cancelled_response() -> None:
    """Its MCP calls may end as they like."""
    machine = Machine()

    assert machine.feed(item_added(_call()), ended(_call(), status="cancelled"), _completed()) == []


def test_a_response_outside_of_the_conversation_is_not_gone_on_with() -> None:
    """Whoever asked for it decides."""
    machine = Machine()

    assert machine.feed(began(conversation_id=None), item_added(_call()), _completed(), ended()) == []


@pytest.mark.parametrize(
    "told",
    [
        [item_added(_request()), ConversationItemAdded(item=_request()), ConversationItemDone(item=_request())],
        [item_added(_request()), item_ended(_request())],
        [ConversationItemDone(item=_request())],
        [item_ended(_request()), ConversationItemDone(item=_request())],
    ],
)
def test_a_request_is_asked_once_and_holds_the_model_up(told: list[object]) -> None:
    """However the server tells of it; the response is the one that runs if none is named."""
    machine = Machine()

    assert machine.feed(began(), *told, ended(_request())) == [ASKED]
    assert machine.feed(*commands.approve_mcp("q")) == CREATE
    assert machine.feed(*commands.approve_mcp("q"), item_ended(_request())) == []


@pytest.mark.parametrize(
    ("approval", "sent"),
    [
        (Approval("q"), commands.approve_mcp("q")),
        (Approval("q", approved=False, reason="no"), commands.reject_mcp("q", "no")),
    ],
)
def test_an_approval_answers_a_request_too(approval: Approval, sent: tuple[Any, ...]) -> None:
    """The application need not know whose tool it is; a second answer is none."""
    machine = Machine()
    machine.feed(began(), item_ended(_request()), ended(_request()))

    assert machine.feed(approval) == [*sent, *CREATE]
    assert machine.feed(Approval("q"), approval) == []


def test_an_answer_before_the_end_of_the_response_waits_for_it() -> None:
    """Never a create before response.done."""
    machine = Machine()
    machine.feed(began(), item_ended(_request()))

    assert machine.feed(*commands.approve_mcp("q")) == []
    assert machine.feed(ended(_request())) == CREATE


def test_a_call_cannot_be_approved() -> None:
    """Only a request can; the item of a call is no question."""
    machine = Machine()
    machine.feed(item_added(_call()))

    assert machine.feed(Approval("m")) == []


def test_a_request_of_no_response_is_asked_all_the_same() -> None:
    """Nobody may be left waiting: asked, answered, gone on."""
    machine = Machine()

    assert machine.feed(ConversationItemDone(item=_request())) == [
        ApprovalRequested("q", "wipe", "", ASKED.arguments, "files")
    ]
    assert machine.feed(*commands.reject_mcp("q")) == CREATE

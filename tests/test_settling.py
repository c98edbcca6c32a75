"""Whether a conversation goes on by itself: from the first response to the last output."""

from __future__ import annotations

from functools import reduce
from typing import Any

from rxrealtime.commands import answer_call, approve_mcp
from rxrealtime.events import (
    ConnectionFailed,
    ConversationItemAdded,
    FunctionCall,
    McpApprovalRequest,
    McpCall,
    Response,
    ResponseCreated,
    ResponseDone,
    ResponseMcpCallFailed,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
)
from rxrealtime.settling import Settling, settle

CREATED = ResponseCreated(response=Response(id="r"))
DONE = ResponseDone(response=Response(id="r", status="completed"))
CALL = FunctionCall(id="f", call_id="call_1", name="look", arguments="{}", status="completed")
CALLED = ResponseOutputItemDone(response_id="r", output_index=0, item=CALL)
CUT = ResponseOutputItemDone(response_id="r", output_index=0, item=CALL.model_copy(update={"status": "incomplete"}))
MCP = ResponseOutputItemAdded(response_id="r", output_index=0, item=McpCall(id="m"))


def _settled(*values: Any) -> bool:
    return reduce(settle, values, Settling()).is_settled


def test_a_response_that_runs_is_not_over() -> None:
    """Whatever it says."""
    assert _settled()
    assert not _settled(CREATED)
    assert _settled(CREATED, DONE)


def test_a_call_without_an_output_is_not_over() -> None:
    """But one that was cut is never answered."""
    assert not _settled(CREATED, CALLED, DONE)
    assert _settled(CREATED, CALLED, DONE, *answer_call("call_1", "seen"))
    assert _settled(CREATED, CUT, DONE)


def test_mcp_calls_and_their_approvals_count() -> None:
    """They end after their response."""
    asked = ConversationItemAdded(item=McpApprovalRequest(id="q"))
    failed = ResponseMcpCallFailed(item_id="m", output_index=0)
    assert not _settled(CREATED, MCP, asked, DONE)
    assert not _settled(CREATED, MCP, asked, DONE, *approve_mcp("q"))
    assert _settled(CREATED, MCP, asked, DONE, *approve_mcp("q"), failed)


def test_nothing_goes_on_without_a_connection() -> None:
    """Whoever waited is told by its end."""
    assert _settled(CREATED, CALLED, ConnectionFailed(ValueError()))

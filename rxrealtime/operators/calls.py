"""The calls of tools as a pure machine: which run, which wait, what each ends with, and when the model goes on.

It runs nothing. `Vet`, `Run` and `Abort` say what is to be done, `Vetted` and `Ran` what came of it; the thin runner
between them is `rxrealtime.operators.tools`.

| in the traffic | here |
|---|---|
| a ``function_call`` item that is complete | it runs, or waits: for its check, an approval, a free place |
| one that is incomplete | it is never run and gets no output; that is reported |
| a call id that was there before | nothing; with another payload it is refused, and reported |
| ``response.done`` | its calls that nobody told of before; if cancelled, those without an output are given up |
| an output that the application, or another client of a shared call, sent | the call is answered, and not twice |
| the last output, after ``response.done`` | ``response.create``, once; none after a cancelled response |

Calls of a response outside of the conversation are for whoever asked for it: an output needs its call in the
conversation. They are not run; if it was one of our tools, that is reported.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from rxrealtime.activity import AgentChanged, HandoffEnded, HandoffRequested
from rxrealtime.errors import ToolCancelledError, ToolError
from rxrealtime.events import (
    ConnectionFailed,
    ConversationItemAdded,
    ConversationItemCreate,
    ConversationItemCreated,
    ConversationItemDone,
    FunctionCallOutput,
    McpApprovalResponse,
    ResponseCreated,
    ResponseDone,
    ResponseMcpCallArgumentsDone,
    ResponseMcpCallCompleted,
    ResponseMcpCallFailed,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
    ToolFailed,
)
from rxrealtime.operators._arrivals import ask, give_up, take_item
from rxrealtime.operators._batches import begun, current, ended
from rxrealtime.operators._calls import (
    Abort,
    Call,
    Calls,
    Output,
    Ran,
    Rules,
    Run,
    Stepped,
    Vet,
    Vetted,
    close_call,
    fail_call,
    move_call,
    remember,
    settle,
)
from rxrealtime.operators._mcp import answer_request, begin_mcp, end_mcp, hear_answer, take_mcp
from rxrealtime.operators._parts import Steps, by_class
from rxrealtime.signals import Approval
from rxrealtime.tools import Tool, tools_by_name

__all__ = ["HEARD", "Abort", "Call", "Calls", "Output", "Ran", "Rules", "Run", "Vet", "Vetted", "no_calls", "step"]

_Shown = ConversationItemCreate | ConversationItemAdded | ConversationItemCreated

_NOT_APPROVED: Final = "The call was not approved."
_NOT_ALLOWED: Final = "The call is not allowed."


def no_calls(tools: Iterable[Tool] = (), rules: Rules | None = None) -> Calls:
    """Give the state before the first event.

    Args:
        tools: The tools there are.
        rules: What does not change.

    Raises:
        ConfigurationError: Two tools have one name, or something is no tool.
    """
    return Calls(rules or Rules(), tools_by_name(tools))


def _began(state: Calls, event: ResponseCreated) -> Stepped:
    return replace(state, batches=begun(state.batches, event.response)), ()


def _item_began(state: Calls, event: ResponseOutputItemAdded) -> Stepped:
    return begin_mcp(state, event.response_id, event.item), ()


def _item_ended(state: Calls, event: ResponseOutputItemDone) -> Stepped:
    state, given = take_item(state, event.item, event.response_id)
    state, more = settle(state, event.response_id)
    return state, given + more


def _conversation_item(state: Calls, event: ConversationItemDone) -> Stepped:
    """Take what only the conversation tells of, which does not name the response."""
    return take_mcp(state, event.item, None)


def _done(state: Calls, event: ResponseDone) -> Stepped:
    response = event.response
    response_id = response.id or current(state.batches) or ""
    if response.status == "cancelled":
        state = replace(state, batches=ended(state.batches, response_id, response))
    given: tuple[Output, ...] = ()
    for item in response.output or ():
        state, more = take_item(state, item, response_id, final=True)
        given += more
    state = replace(state, batches=ended(state.batches, response_id, response))
    if response.status == "cancelled":
        state, more = give_up(state, response_id)
        given += more
    state, more = settle(state, response_id)
    return state, given + more


def _vetted(state: Calls, result: Vetted) -> Stepped:
    call = state.open.get(result.call_id)
    if call is None or call.phase != "checking":
        return state, ()
    call = replace(call, phase="new")
    given: tuple[Output, ...] = result.failures
    if result.error is not None:
        state, more = fail_call(state, call, result.error)
    elif result.tripped is not None:
        state, more = close_call(state, call, "rejected", _NOT_ALLOWED)
        more = (result.tripped, *more)
    elif result.needs_approval:
        state, more = ask(state, call)
    else:
        state, more = move_call(state, call, "ready"), ()
    state, then = settle(state, call.response_id)
    return state, given + more + then


def _approval(state: Calls, approval: Approval) -> Stepped:
    call = state.open.get(approval.call_id)
    if call is None:
        return _approval_elsewhere(state, approval)
    if call.phase != "asking":
        return state, ()
    given: tuple[Output, ...] = ()
    if approval.approved:
        state = move_call(state, call, "ready")
    else:
        state, given = close_call(state, call, "rejected", approval.reason or _NOT_APPROVED)
    state, then = settle(state, call.response_id)
    return state, given + then


def _approval_elsewhere(state: Calls, approval: Approval) -> Stepped:
    """Answer a request about an MCP call; a call that is over needs no answer, one that never was is a mistake."""
    if approval.call_id not in state.known:
        return state, (ToolFailed(ToolError(f"there is no call {approval.call_id!r} to approve or to reject")),)
    return answer_request(state, approval)


def _ran(state: Calls, result: Ran) -> Stepped:
    call = state.open.get(result.call_id)
    if call is None or call.phase not in ("running", "checking"):  # a check may be cancelled from elsewhere
        return state, ()
    call = replace(call, phase="new")
    given: tuple[Output, ...]
    if result.transfer is not None:
        heir = str(getattr(result.transfer.agent, "name", ""))
        state = move_call(state, replace(call, heir=heir), "handing over")
        given = (HandoffRequested(call.call_id, result.transfer.agent, result.transfer.config),)
    elif result.error is not None:
        state, given = fail_call(state, call, result.error)
    else:
        state, given = close_call(state, call, "ok", result.output)
    state, then = settle(state, call.response_id)
    return state, given + then


def _handed_over(state: Calls, event: HandoffEnded) -> Stepped:
    call = state.open.get(event.call_id)
    if call is None or call.phase != "handing over":
        return state, ()
    if event.error is not None:
        state, given = fail_call(state, call, event.error)
    else:
        state, given = close_call(state, call, "ok", json.dumps({"assistant": call.heir}, ensure_ascii=False))
    state, then = settle(state, call.response_id)
    return state, given + then


def _answer_seen(state: Calls, event: _Shown) -> Stepped:
    """See an answer that was sent, or is in the conversation: our own are nothing new, others end the call."""
    match event.item:
        case FunctionCallOutput(call_id=str(call_id), output=output):
            return _answered(state, call_id, output or "")
        case McpApprovalResponse(approval_request_id=str(request_id)):
            return hear_answer(state, request_id)
        case _:
            return state, ()


def _answered(state: Calls, call_id: str, output: str) -> Stepped:
    call = state.open.get(call_id)
    if call is None:
        return (state if call_id in state.known else remember(state, call_id)), ()
    state, given = close_call(state, call, "ok", output, by="them")
    state, then = settle(state, call.response_id)
    return state, given + then


def _mcp_began(state: Calls, event: ResponseMcpCallArgumentsDone) -> Stepped:
    return begin_mcp(state, event.response_id, event.item_id), ()


def _mcp_ended(state: Calls, event: ResponseMcpCallCompleted | ResponseMcpCallFailed) -> Stepped:
    return end_mcp(state, event.item_id, None)


def _agent_changed(state: Calls, event: AgentChanged) -> Stepped:
    tools = tools_by_name(state.rules.tools_of(event.agent))
    guardrails = tuple(getattr(event.agent, "input_guardrails", ()))
    return replace(state, tools=tools, guardrails=guardrails), ()


def _lost(state: Calls, _: ConnectionFailed) -> Stepped:
    """Give everything up: no output could be sent any more."""
    given: tuple[Output, ...] = ()
    for call in state.open.values():
        lost = ToolCancelledError(f"the connection was lost before {call.name!r} had its output")
        given += (ToolFailed(lost), Abort(call.call_id))
    return replace(state, open={}, batches={}), given


_STEPS: Final[Steps[Calls, Output]] = {
    ResponseCreated: _began,
    ResponseOutputItemAdded: _item_began,
    ResponseOutputItemDone: _item_ended,
    ResponseDone: _done,
    ResponseMcpCallArgumentsDone: _mcp_began,
    ResponseMcpCallCompleted: _mcp_ended,
    ResponseMcpCallFailed: _mcp_ended,
    ConversationItemDone: _conversation_item,
    ConversationItemCreate: _answer_seen,
    ConversationItemAdded: _answer_seen,
    ConversationItemCreated: _answer_seen,
    Approval: _approval,
    Vetted: _vetted,
    Ran: _ran,
    HandoffEnded: _handed_over,
    AgentChanged: _agent_changed,
    ConnectionFailed: _lost,
}

HEARD: Final = _STEPS.keys()
"""The classes of the values that `step` takes notice of."""

step = by_class(_STEPS)
"""``(calls, value) -> (calls, outputs)`` for one value of the traffic, or one result of the runner."""

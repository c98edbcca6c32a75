"""How calls come in: once each, complete, with arguments that fit a tool."""

from __future__ import annotations

from dataclasses import replace

from rxrealtime.activity import ApprovalRequested
from rxrealtime.errors import ToolArgumentsError, ToolCancelledError, ToolError, UnknownToolError
from rxrealtime.events import FunctionCall, Item, ToolFailed
from rxrealtime.operators._batches import Batch
from rxrealtime.operators._calls import Call, Calls, Output, Stepped, Vet, fail_call, move_call, remember
from rxrealtime.operators._mcp import take_mcp
from rxrealtime.tools import read_arguments

__all__ = ["ask", "give_up", "take_item"]


def _cancelled(name: str) -> ToolCancelledError:
    return ToolCancelledError(f"the call of {name!r} was given up, since its response was cancelled")


def take_item(state: Calls, item: Item, response_id: str, *, final: bool = False) -> Stepped:
    """Take an item of a response; when the response is done, no item grows any more."""
    if not isinstance(item, FunctionCall):
        return take_mcp(state, item, response_id, final=final)
    if not item.call_id:
        lost = ToolError(f"a call of {item.name!r} has no call_id: it cannot be answered")
        return state, (ToolFailed(lost),) if final else ()
    if item.status in (None, "completed"):
        return _arrive(state, item, response_id)
    if item.call_id in state.known or not (final or item.status == "incomplete"):
        return state, ()
    cut = ToolCancelledError(f"the call of {item.name!r} was cut off before its arguments were whole: it was not run")
    return remember(state, item.call_id, _mark(item)), (ToolFailed(cut),)


def _mark(item: FunctionCall) -> int:
    return hash((item.name, item.arguments))


def _arrive(state: Calls, item: FunctionCall, response_id: str) -> Stepped:
    """Let a call in, the first time that it comes."""
    call_id, name = item.call_id or "", item.name or ""
    if call_id in state.known:
        same = state.known[call_id] in (None, _mark(item))
        refused = ToolError(f"the call {call_id} came again with another payload: it was not run")
        return state, () if same else (ToolFailed(refused),)
    state = remember(state, call_id, _mark(item))
    batch = state.batches.get(response_id, Batch())
    call = Call(call_id, name, response_id, item.id, item.arguments or "", state.tools.get(name))
    if batch.out_of_band:
        outside = ToolError(f"{name!r} was called by a response outside of the conversation: it was not run")
        return state, (ToolFailed(outside),) if call.tool else ()
    return fail_call(state, call, _cancelled(name)) if batch.cancelled else _admit(state, call)


def _admit(state: Calls, call: Call) -> Stepped:
    """Find out what a call has to wait for."""
    rules, tool = state.rules, call.tool
    if tool is None:
        return fail_call(state, call, UnknownToolError(f"there is no tool {call.name!r}"))
    if len(state.open) >= rules.max_concurrent + rules.max_waiting:
        return fail_call(state, call, ToolError(f"{len(state.open)} calls are open: {call.name!r} was not run"))
    try:
        call = replace(call, values=read_arguments(tool, call.arguments))
    except ToolArgumentsError as error:
        return fail_call(state, call, error)
    call = replace(call, guardrails=(*rules.guardrails, *state.guardrails, *tool.guardrails))
    if call.guardrails or callable(tool.needs_approval):
        state = move_call(state, call, "checking")
        return state, (Vet(state.open[call.call_id]),)
    return ask(state, call) if tool.needs_approval else (move_call(state, call, "ready"), ())


def ask(state: Calls, call: Call) -> Stepped:
    """Let a call wait for the application."""
    asked = ApprovalRequested(call.call_id, call.name, call.response_id, call.arguments)
    return move_call(state, call, "asking"), (asked,)


def give_up(state: Calls, response_id: str) -> Stepped:
    """End the calls of a cancelled response; a handover that was begun cannot be taken back, it ends by itself."""
    given: tuple[Output, ...] = ()
    for call in tuple(state.open.values()):
        if call.response_id == response_id and call.phase != "handing over":
            state, more = fail_call(state, call, _cancelled(call.name))
            given += more
    return state, given

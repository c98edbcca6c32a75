"""Calls that the server makes itself: nothing is run here, but the model goes on only once they are over.

Source: openai-openapi f85dbe2 (2026-08-21): ``response.done`` may come before the MCP calls of its response are
complete, and the client has to ask for the next response when all of it is over. ``response.mcp_call.*`` carry no
``response_id``. Not in any recording.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rxrealtime.activity import ApprovalRequested
from rxrealtime.commands import approve_mcp, reject_mcp
from rxrealtime.events import Item, McpApprovalRequest, McpCall, Response
from rxrealtime.operators._batches import closed, current, ended, opened, owner
from rxrealtime.operators._calls import Calls, Stepped, remember, settle
from rxrealtime.signals import Approval

__all__ = ["answer_request", "begin_mcp", "end_mcp", "hear_answer", "take_mcp"]

_ASKED: Final = 1
"""The mark of a request that the application was asked about."""


def begin_mcp(state: Calls, response_id: str, item: Item | str) -> Calls:
    """Note a call, or the request for an approval, that a response has to wait for."""
    item_id = item if isinstance(item, str) else item.id if isinstance(item, McpCall | McpApprovalRequest) else None
    if item_id is None or item_id in state.known:
        return state
    state = replace(state, batches=opened(state.batches, response_id, item_id))
    return remember(state, item_id)


def end_mcp(state: Calls, item_id: str, response_id: str | None) -> Stepped:
    """Note that a call is over; its response may be known from before."""
    found = owner(state.batches, item_id) or response_id
    state = state if item_id in state.known else remember(state, item_id)
    if found is None:
        return state, ()
    state = replace(state, batches=closed(state.batches, found, item_id))
    return settle(state, found)


def take_mcp(state: Calls, item: Item, response_id: str | None, *, final: bool = False) -> Stepped:
    """Take an MCP item that is final, or one that is listed at the end of its response, final or not."""
    if isinstance(item, McpApprovalRequest) and item.id is not None:
        return _request(state, item, response_id)
    if not isinstance(item, McpCall) or item.id is None:
        return state, ()
    if final and item.output is None and item.error is None and response_id is not None:
        return _listed(state, item.id, response_id), ()
    return end_mcp(state, item.id, response_id)


def _listed(state: Calls, item_id: str, response_id: str) -> Calls:
    """Take a call that goes on after its response, or that ended before anybody knew whose it was."""
    if item_id not in state.known:
        return begin_mcp(state, response_id, item_id)
    if owner(state.batches, item_id) is not None:
        return state
    return replace(state, batches=closed(state.batches, response_id, item_id))


def _request(state: Calls, item: McpApprovalRequest, response_id: str | None) -> Stepped:
    """Ask the application, once."""
    request_id = item.id or ""
    found = owner(state.batches, request_id)
    if state.known.get(request_id) == _ASKED or (found is None and request_id in state.known):
        return state, ()
    found = found or response_id or current(state.batches)
    if found is None:  # nobody said which response it belongs to: it is one of its own, which is over
        state = replace(state, batches=ended(state.batches, request_id, Response(id=request_id)))
    state = remember(begin_mcp(state, found or request_id, item), request_id, _ASKED)
    return state, (_asked(item, found or ""),)


def _asked(item: McpApprovalRequest, response_id: str) -> ApprovalRequested:
    name, arguments, label = (said or "" for said in (item.name, item.arguments, item.server_label))
    return ApprovalRequested(item.id or "", name, response_id, arguments, label)


def answer_request(state: Calls, approval: Approval) -> Stepped:
    """Send the application's answer to a request that waits for it."""
    request_id = approval.call_id
    if state.known.get(request_id) != _ASKED or owner(state.batches, request_id) is None:
        return state, ()
    answer = approve_mcp(request_id) if approval.approved else reject_mcp(request_id, approval.reason)
    state, then = hear_answer(state, request_id)
    return state, (*answer, *then)


def hear_answer(state: Calls, request_id: str) -> Stepped:
    """Note that a request was answered, here or by the application itself."""
    return end_mcp(state, request_id, None)

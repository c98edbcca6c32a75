"""Whether a conversation goes on by itself, without the application: a pure fold over its traffic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from rxrealtime.events import (
    ConnectionFailed,
    ConversationItemAdded,
    ConversationItemCreate,
    FunctionCall,
    FunctionCallOutput,
    Item,
    McpApprovalRequest,
    McpApprovalResponse,
    McpCall,
    ResponseCreated,
    ResponseDone,
    ResponseMcpCallCompleted,
    ResponseMcpCallFailed,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
)

__all__ = ["Settling", "settle"]


@dataclass(frozen=True, slots=True)
class Settling:
    """What is not over.

    Args:
        responses: Ids of the responses that were created and are not done.
        calls: Ids of the calls that have no output; for MCP, of items that are not done or not answered.
    """

    responses: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()

    @property
    def is_settled(self) -> bool:
        """Whether nothing runs."""
        return not self.responses and not self.calls


def settle(state: Settling, value: object) -> Settling:
    """Take in one value of the traffic.

    Args:
        state: What was not over.
        value: What came, or was sent.

    Returns:
        What is not over now.
    """
    change = _CHANGES.get(type(value))
    return change(state, value) if change else state


def _created(state: Settling, event: ResponseCreated) -> Settling:
    return replace(state, responses=state.responses | {event.response.id or ""})


def _done(state: Settling, event: ResponseDone) -> Settling:
    return replace(state, responses=state.responses - {event.response.id or ""})


def _item_added(state: Settling, event: ResponseOutputItemAdded | ConversationItemAdded) -> Settling:
    if isinstance(event.item, McpCall | McpApprovalRequest) and event.item.id:
        return replace(state, calls=state.calls | {event.item.id})
    return state


def _item_done(state: Settling, event: ResponseOutputItemDone) -> Settling:
    over = {event.item.id} if isinstance(event.item, McpCall) else frozenset[str]()
    return replace(state, calls=(state.calls | _called(event.item)) - over)


def _mcp_ended(state: Settling, event: ResponseMcpCallCompleted | ResponseMcpCallFailed) -> Settling:
    return replace(state, calls=state.calls - {event.item_id})


def _called(item: Item) -> frozenset[str]:
    if isinstance(item, FunctionCall) and item.call_id and item.status in (None, "completed"):
        return frozenset((item.call_id,))
    return frozenset()


def _sent(state: Settling, event: ConversationItemCreate) -> Settling:
    match event.item:
        case FunctionCallOutput(call_id=answered) | McpApprovalResponse(approval_request_id=answered):
            return replace(state, calls=state.calls - {answered or ""})
        case _:
            return state


def _lost(_: Settling, __: ConnectionFailed) -> Settling:
    return Settling()


_CHANGES: Final[Mapping[type, Callable[[Settling, Any], Settling]]] = {
    ResponseCreated: _created,
    ResponseDone: _done,
    ResponseOutputItemAdded: _item_added,
    ResponseOutputItemDone: _item_done,
    ConversationItemAdded: _item_added,
    ResponseMcpCallCompleted: _mcp_ended,
    ResponseMcpCallFailed: _mcp_ended,
    ConversationItemCreate: _sent,
    ConnectionFailed: _lost,
}

"""MCP: the import of a server's tools, and the calls that the Realtime server makes by itself.

Source: openai-openapi f85dbe2 (2026-08-21); no recording has it, so the fine order is unproven: ``mcp_list_tools``
after the item's ``added``, the approval request beside the response, and ``response.done`` before a call that takes
time has ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from rxrealtime.events import (
    ConversationItemAdded,
    ConversationItemCreate,
    ConversationItemDone,
    McpApprovalRequest,
    McpApprovalResponse,
    McpCall,
    McpListTools,
    McpListToolsCompleted,
    McpListToolsFailed,
    McpListToolsInProgress,
    ResponseMcpCallArgumentsDone,
    ResponseMcpCallCompleted,
    ResponseMcpCallFailed,
    ResponseMcpCallInProgress,
    ResponseOutputItemDone,
    ServerEvent,
    ToolDefinition,
)
from rxrealtime.server.beats import Due, Finish, ListTools
from rxrealtime.server.conversation import append_item, create_item
from rxrealtime.server.drafts import place_of
from rxrealtime.server.mcp_servers import McpServer, McpTool, needs_approval
from rxrealtime.server.refusals import invalid_value
from rxrealtime.server.state import (
    Change,
    Running,
    State,
    Stored,
    chain,
    find_item,
    mint,
    replaced_item,
    running_of,
    scheduled,
    with_draft,
)

__all__ = ["add_item", "finish", "import_tools", "invoke", "list_tools"]

_LIST_SECONDS = 0.1
_UNREACHABLE = {"type": "http_error", "code": 404, "message": "The MCP server cannot be reached."}
_REFUSED = {"type": "tool_execution_error", "message": "The call was not approved."}


def import_tools(state: State, tools: Iterable[ToolDefinition]) -> Change:
    """Begin to import the tools of MCP servers that are new to the session."""
    labels = dict.fromkeys(tool.server_label for tool in tools if tool.type == "mcp" and tool.server_label)
    new = [label for label in labels if label not in state.imported]
    return chain(state, *(lambda state, label=label: _importing(state, label) for label in new))


def _importing(state: State, label: str) -> Change:
    state, item_id = mint(state, "mcpl")
    item = McpListTools(id=item_id, server_label=label, tools=())
    previous = state.items[-1].id if state.items else None
    pace = state.mind.scenario.pace
    due = Due(state.clock.at + (_LIST_SECONDS / pace if pace else 0.0), ListTools(label, previous), item_id)
    state = state._replace(items=(*state.items, Stored(item)), imported=(*state.imported, label))
    added = ConversationItemAdded(previous_item_id=previous, item=item)
    return scheduled(state, due), (added, McpListToolsInProgress(item_id=item_id))


def list_tools(state: State, due: Due) -> Change:
    """End the import of a server's tools; see `import_tools`."""
    beat: Any = due.beat
    server = _server(state, beat.label)
    tools = tuple(map(_listed, server.tools)) if server else ()
    item = McpListTools(id=due.owner, server_label=beat.label, tools=tools)
    told = McpListToolsCompleted(item_id=due.owner) if server else McpListToolsFailed(item_id=due.owner)
    done = ConversationItemDone(previous_item_id=beat.previous, item=item)
    return replaced_item(state, Stored(item)), (told, done)


def _listed(tool: McpTool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": dict(tool.schema)}


def _server(state: State, label: str) -> McpServer | None:
    return next((server for server in state.mind.scenario.mcp if server.label == label), None)


def invoke(state: State, due: Due) -> Change:
    """Make a call whose arguments are complete, or ask the client whether it may be made."""
    running = running_of(state, due.owner)
    beat: Any = due.beat
    draft = running.drafts[beat.index]
    plan = draft.plan
    if plan is None:
        return state, ()
    done = ResponseMcpCallArgumentsDone(**place_of(running, beat.index), arguments=draft.said)
    state = with_draft(state, running, beat.index, draft._replace(status="calling"))
    item = McpCall(id=draft.id, server_label=plan.server, name=plan.name, arguments=draft.said)
    planned = _carried_out(state, Finish(running.id, beat.index, item, draft.previous, bool(running.conversation_id)))
    asks = running.conversation_id and planned.item.error != _UNREACHABLE and _asks(running, plan.server, plan.name)
    state, outputs = _request(state, planned) if asks else _start(state, planned)
    return state, (done, *outputs)


def _asks(running: Running, label: str, name: str) -> bool:
    found = (tool for tool in running.settings.tools if tool.type == "mcp" and tool.server_label == label)
    tool = next(found, None)
    required: Any = tool.require_approval if tool else "never"
    return needs_approval(required, name)


def _carried_out(state: State, planned: Finish) -> Finish:
    """Return the end of a call with what it gives, and how long that takes."""
    server = _server(state, planned.item.server_label or "")
    tool = server.tool(planned.item.name or "") if server else None
    if tool is None:
        return replace(planned, item=planned.item.model_copy(update={"error": _UNREACHABLE}))
    failed = None if tool.error is None else {"type": "tool_execution_error", "message": tool.error}
    update = {"error": failed} if failed else {"output": tool.output}
    pace = state.mind.scenario.pace
    seconds = tool.seconds / pace if pace else 0.0
    return replace(planned, item=planned.item.model_copy(update=update), seconds=seconds)


def _request(state: State, planned: Finish) -> Change:
    state, request_id = mint(state, "mcpr")
    call = planned.item
    asked = McpApprovalRequest(id=request_id, server_label=call.server_label, name=call.name, arguments=call.arguments)
    item = planned.item.model_copy(update={"approval_request_id": request_id})
    state = state._replace(approvals=(*state.approvals, (request_id, replace(planned, item=item))))
    return append_item(state, Stored(asked))


def _start(state: State, planned: Finish) -> Change:
    told = ResponseMcpCallInProgress(item_id=planned.item.id or "", output_index=planned.index)
    due = Due(state.clock.at + planned.seconds, planned, planned.item.id or "")
    if planned.seconds:
        return scheduled(state, due), (told,)
    state, outputs = finish(state, due)
    return state, (told, *outputs)


def finish(state: State, due: Due) -> Change:
    """End a call; its response may be done already."""
    beat: Any = due.beat
    item = beat.item
    ended = ResponseMcpCallFailed if item.error else ResponseMcpCallCompleted
    events: list[ServerEvent] = [ended(item_id=item.id, output_index=beat.index)]
    if beat.in_conversation:
        unplaced = state.mind.scenario.quirks.unplaced_done
        events.append(ConversationItemDone(previous_item_id=None if unplaced else beat.previous, item=item))
        state = replaced_item(state, Stored(item))
    events.append(ResponseOutputItemDone(response_id=beat.response_id, output_index=beat.index, item=item))
    running = next((running for running in state.responses if running.id == beat.response_id), None)
    if running is not None:
        draft = running.drafts[beat.index]._replace(status="completed", called=item)
        state = with_draft(state, running, beat.index, draft)
    return state, tuple(events)


def add_item(state: State, event: ConversationItemCreate) -> Change:
    """Add a client's item; an approval sets off the call that waits for it.

    Raises:
        Refused: The item is not allowed, or it approves what nobody asked for.
    """
    item = event.item
    if not isinstance(item, McpApprovalResponse) or not item.approval_request_id:
        return create_item(state, event)
    planned = dict(state.approvals).get(item.approval_request_id)
    if planned is None or find_item(state, planned.item.id or "") is None:
        message = f"No approval request with ID '{item.approval_request_id[:64]}' is open."
        raise invalid_value("item.approval_request_id", message)
    state, outputs = create_item(state, event)
    state = state._replace(approvals=tuple(a for a in state.approvals if a[0] != item.approval_request_id))
    if not item.approve:
        refused = planned.item.model_copy(update={"output": None, "error": _REFUSED})
        planned = replace(planned, item=refused)
    begin = _start if item.approve else _refuse
    state, more = begin(state, planned)
    return state, (*outputs, *more)


def _refuse(state: State, planned: Finish) -> Change:
    return finish(state, Due(state.clock.at, planned, planned.item.id or ""))

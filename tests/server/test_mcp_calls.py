"""MCP of the embedded server: the import of tools, calls, approvals, and calls that end after their response."""

from __future__ import annotations

from typing import Any

import pytest

from rxrealtime.server.mcp_servers import McpServer, McpTool, needs_approval
from rxrealtime.server.scenarios import Call, Rule, Scenario
from tests.server.driving import Client, items_of, text_item, types_of

_TOOLS = (McpTool("lookup", "59.9 N"), McpTool("slow", "at last", seconds=5.0), McpTool("broken", error="It broke."))
_RULES = tuple(Rule(tool.name, call=(Call(tool.name, {"q": 1}, "maps"),)) for tool in _TOOLS)
_UNKNOWN = (Rule("nowhere", call=(Call("lookup", {}, "gone"),)),)
_DONE = "response.output_item.done"


def _client(approval: Any = "never", *, pace: float = 0, label: str = "maps") -> Client:
    client = Client(Scenario((*_RULES, *_UNKNOWN), pace=pace, mcp=(McpServer("maps", _TOOLS),)))
    tool = {"type": "mcp", "server_label": label, "server_url": "https://x.example", "require_approval": approval}
    client.send({"type": "session.update", "session": {"type": "realtime", "tools": [tool]}})
    client.wait()
    return client


def _short(events: list[Any]) -> list[str]:
    return [kind for kind in types_of(events) if not kind.endswith("delta") and kind != "rate_limits.updated"]


def test_import() -> None:
    """A session that names an MCP server gets its tools: added, in_progress, completed, done with the tools."""
    client = _client()
    assert types_of(client.got)[1:] == [
        "session.updated",
        "conversation.item.added",
        "mcp_list_tools.in_progress",
        "mcp_list_tools.completed",
        "conversation.item.done",
    ]
    assert [tool["name"] for tool in client.got[-1]["item"]["tools"]] == ["lookup", "slow", "broken"]


def test_import_happens_once() -> None:
    """A server that was imported is not imported again, neither by an update nor by a response."""
    client = _client()
    tool = {"type": "mcp", "server_label": "maps", "require_approval": "never"}
    got = client.send({"type": "session.update", "session": {"type": "realtime", "tools": [tool]}})
    assert types_of(got) == ["session.updated"]
    assert not items_of(client.ask("hi", tools=[tool]), "mcp_list_tools.in_progress")


def test_a_response_may_name_a_server() -> None:
    """response.create imports what it names, after response.created."""
    client = Client(Scenario(pace=0, mcp=(McpServer("maps", _TOOLS),)))
    kinds = types_of(client.ask("hi", tools=[{"type": "mcp", "server_label": "maps"}]))
    assert kinds.index("response.created") < kinds.index("mcp_list_tools.in_progress")


def test_import_fails_where_nobody_declared_the_server() -> None:
    """A server that the scenario does not declare cannot be reached."""
    assert items_of(_client(label="gone").got, "mcp_list_tools.failed")


@pytest.mark.parametrize(
    ("tool", "ended"), [("lookup", "response.mcp_call.completed"), ("broken", "response.mcp_call.failed")]
)
def test_call(tool: str, ended: str) -> None:
    """A call gives its arguments, in_progress, how it ended, and its item with output or error."""
    got = _client().ask(tool)
    assert _short(got)[2:] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.mcp_call_arguments.done",
        "response.mcp_call.in_progress",
        ended,
        "conversation.item.done",
        _DONE,
        "response.done",
    ]
    item = items_of(got, _DONE)[0]["item"]
    assert item["arguments"] == '{"q": 1}'
    assert (item.get("output"), (item.get("error") or {}).get("message")) in (("59.9 N", None), (None, "It broke."))


def test_call_of_an_unknown_server_fails() -> None:
    """A call of a server that nobody declared fails with an http_error."""
    assert items_of(_client().ask("nowhere"), _DONE)[0]["item"]["error"]["type"] == "http_error"


def test_response_is_done_before_a_slow_call() -> None:
    """A response does not wait for a call that takes time; asked again, the model reports."""
    client = _client(pace=1)
    kinds = _short(client.ask("slow"))
    assert kinds[-4:] == ["response.done", "response.mcp_call.completed", "conversation.item.done", _DONE]
    assert kinds.count("response.created") == 1
    client.send({"type": "response.create"})
    told = items_of(client.wait(), "response.output_audio_transcript.done")
    assert told[0]["transcript"] == "slow says: at last"


@pytest.mark.parametrize("approve", [True, False])
def test_approval(approve: bool) -> None:
    """A call that needs approval is asked for, and is made or fails once the client has answered."""
    client = _client("always")
    asked = client.ask("lookup")
    assert "response.mcp_call.in_progress" not in types_of(asked)
    requests = [e["item"] for e in items_of(asked, "conversation.item.added") if "request" in e["item"]["type"]]
    answer = {"type": "mcp_approval_response", "approval_request_id": requests[0]["id"], "approve": approve}
    got = client.send({"type": "conversation.item.create", "item": answer})
    assert ("response.mcp_call.completed" in types_of(got)) == approve
    assert ("response.mcp_call.failed" in types_of(got)) != approve
    assert items_of(got, _DONE)[0]["item"]["approval_request_id"] == requests[0]["id"]
    assert types_of(client.send({"type": "conversation.item.create", "item": answer})) == ["error"]


def test_approval_of_nothing_is_refused() -> None:
    """An approval that nobody asked for is refused, and adds nothing."""
    answer = {"type": "mcp_approval_response", "approval_request_id": "mcpr_no", "approve": True}
    (error,) = _client().send({"type": "conversation.item.create", "item": answer})
    assert error["error"]["param"] == "item.approval_request_id"


def test_cancel_ends_a_call() -> None:
    """A call whose response is cancelled has failed, before response.done, and nothing comes after."""
    rule = Rule("go", call=(Call("slow", {}, "maps"), Call("lookup", {"much": "x" * 2000})))
    client = Client(Scenario((rule,), pace=1, mcp=(McpServer("maps", _TOOLS),)))
    client.send(text_item("go"), {"type": "response.create"})
    client.wait(0.5)
    kinds = types_of(client.send({"type": "response.cancel"}))
    assert kinds[:3] == ["response.mcp_call.failed", "conversation.item.done", _DONE]
    assert client.wait() == []


def test_cancel_withdraws_what_was_asked_for() -> None:
    """An approval that comes after its response was cancelled is one that nobody waits for: the call is not made."""
    rule = Rule("go", call=(Call("lookup", {}, "maps"), Call("lookup", {"much": "x" * 2000})))
    client = Client(Scenario((rule,), pace=1, mcp=(McpServer("maps", _TOOLS),)))
    tool = {"type": "mcp", "server_label": "maps", "server_url": "https://x.example", "require_approval": "always"}
    client.send({"type": "session.update", "session": {"type": "realtime", "tools": [tool]}})
    client.send(text_item("go"), {"type": "response.create"})
    asked = client.wait(0.5)
    (request,) = [e["item"] for e in items_of(asked, "conversation.item.added") if "request" in e["item"]["type"]]
    client.send({"type": "response.cancel"})
    answer = {"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": True}
    assert types_of(client.send({"type": "conversation.item.create", "item": answer})) == ["error"]
    assert client.wait() == []


@pytest.mark.parametrize(
    ("required", "asks"),
    [
        (None, True),
        ("always", True),
        ("never", False),
        ({"never": {"tool_names": ["a"]}}, False),
        ({"never": {"tool_names": ["b"]}}, True),
        ({"always": {"tool_names": ["b"]}}, True),
    ],
)
def test_needs_approval(required: Any, asks: bool) -> None:
    """Approval is needed unless it is never, or never for this tool."""
    assert needs_approval(required, "a") == asks

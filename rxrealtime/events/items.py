"""Items of a conversation and the parts of their content.

Source: openai-openapi f85dbe2 (2026-08-21), recorded traffic of 2026-08. ``object`` is absent on GA items,
``status`` on ``function_call_output`` and ``mcp_*`` items; assistant content is ``output_text`` / ``output_audio`` in
an item and ``text`` / ``audio`` in ``response.content_part.*``.
"""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from rxrealtime.events.base import Audio, Model, Tagged, many

__all__ = [
    "ContentPart",
    "FunctionCall",
    "FunctionCallOutput",
    "Item",
    "ItemReference",
    "McpApprovalRequest",
    "McpApprovalResponse",
    "McpCall",
    "McpListTools",
    "Message",
    "UnknownItem",
]


class ContentPart(Model):
    """One part of a message: ``input_text``, ``input_audio``, ``input_image``, ``output_text``, ``output_audio``.

    In ``response.content_part.*`` the types are ``text`` and ``audio``. ``audio`` is present only in
    ``conversation.item.retrieved`` and in what a client creates.
    """

    type: str | None = None
    text: str | None = None
    audio: Audio | None = None
    transcript: str | None = None
    image_url: str | None = None
    detail: str | None = None


class Message(Tagged):
    """What somebody said. ``phase`` is ``commentary`` or ``final_answer`` on recorded gpt-realtime-2 traffic."""

    type: Literal["message"] = "message"
    id: str | None = None
    object: str | None = None
    status: str | None = None
    role: str | None = None
    content: tuple[ContentPart, ...] | None = many()
    phase: str | None = None


class FunctionCall(Tagged):
    """A call of one of the client's tools; ``arguments`` is a string that ought to be JSON, "" while in progress."""

    type: Literal["function_call"] = "function_call"
    id: str | None = None
    object: str | None = None
    status: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


class FunctionCallOutput(Tagged):
    """The answer to a call, a free string."""

    type: Literal["function_call_output"] = "function_call_output"
    id: str | None = None
    object: str | None = None
    status: str | None = None
    call_id: str | None = None
    output: str | None = None


class McpListTools(Tagged):
    """The tools that an MCP server offers, as imported by the Realtime server."""

    type: Literal["mcp_list_tools"] = "mcp_list_tools"
    id: str | None = None
    server_label: str | None = None
    tools: tuple[dict[str, Any], ...] | None = many()


class McpCall(Tagged):
    """A call of an MCP tool, carried out by the Realtime server."""

    type: Literal["mcp_call"] = "mcp_call"
    id: str | None = None
    server_label: str | None = None
    name: str | None = None
    arguments: str | None = None
    approval_request_id: str | None = None
    output: str | None = None
    error: dict[str, Any] | str | None = None


class McpApprovalRequest(Tagged):
    """The server asks whether it may carry out an MCP call."""

    type: Literal["mcp_approval_request"] = "mcp_approval_request"
    id: str | None = None
    server_label: str | None = None
    name: str | None = None
    arguments: str | None = None


class McpApprovalResponse(Tagged):
    """The client's answer to an ``mcp_approval_request``."""

    type: Literal["mcp_approval_response"] = "mcp_approval_response"
    id: str | None = None
    approval_request_id: str | None = None
    approve: bool | None = None
    reason: str | None = None


class ItemReference(Tagged):
    """An item named by its id, only in ``response.create.response.input``."""

    type: Literal["item_reference"] = "item_reference"
    id: str | None = None


class UnknownItem(Model):
    """An item of a type that is not listed here: an ordinary value, everything of it kept as extra fields."""

    type: str | None = None
    id: str | None = None


_TAGS = frozenset(
    {
        "message",
        "function_call",
        "function_call_output",
        "mcp_list_tools",
        "mcp_call",
        "mcp_approval_request",
        "mcp_approval_response",
        "item_reference",
    }
)


def _tag(value: Any) -> str:
    found = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return found if isinstance(found, str) and found in _TAGS else "unknown"


Item = Annotated[
    Annotated[Message, Tag("message")]
    | Annotated[FunctionCall, Tag("function_call")]
    | Annotated[FunctionCallOutput, Tag("function_call_output")]
    | Annotated[McpListTools, Tag("mcp_list_tools")]
    | Annotated[McpCall, Tag("mcp_call")]
    | Annotated[McpApprovalRequest, Tag("mcp_approval_request")]
    | Annotated[McpApprovalResponse, Tag("mcp_approval_response")]
    | Annotated[ItemReference, Tag("item_reference")]
    | Annotated[UnknownItem, Tag("unknown")],
    Discriminator(_tag),
]
"""Any item. The type decides the model; one that is not listed becomes an `UnknownItem`, never a failure."""

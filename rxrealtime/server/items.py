"""Items as they are stored, shown and checked.

Source: openai-openapi f85dbe2 (2026-08-21); recorded traffic of 2026-08: no ``object``, no ``status`` on outputs of
calls, and no audio in ``conversation.item.added`` and ``.done``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from rxrealtime.events import ContentPart, FunctionCall, FunctionCallOutput, Item, McpApprovalResponse, Message
from rxrealtime.server.refusals import Refused, invalid_value, missing_parameter, one_of

__all__ = ["as_stored", "check_item", "shown"]

_ID: Final = re.compile(r"[a-zA-Z0-9_-]+")
_MAX_ID: Final = 32
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "system": ("input_text",),
    "user": ("input_text", "input_audio", "input_image"),
    "assistant": ("output_text", "output_audio"),
}
_CARRIER: Final[Mapping[str, str]] = {
    "input_text": "text",
    "input_audio": "audio",
    "input_image": "image_url",
    "output_text": "text",
    "output_audio": "audio",
}
_TYPES: Final = ("message", "function_call", "function_call_output", "mcp_approval_response")


def shown(item: Item) -> Item:
    """Return an item without its audio, as every event but ``conversation.item.retrieved`` shows it."""
    if not isinstance(item, Message) or not item.content:
        return item
    return item.model_copy(update={"content": tuple(map(_silent, item.content))})


def _silent(part: ContentPart) -> ContentPart:
    if part.audio is None:
        return part
    kept = part.model_dump(exclude_unset=True, exclude={"audio"})
    return ContentPart(**({"transcript": None} | kept if part.type == "input_audio" else kept))


def as_stored(item: Item, item_id: str) -> Item:
    """Return a client's item as the conversation holds it: with an id, and complete."""
    update: dict[str, Any] = {"id": item_id}
    if isinstance(item, Message | FunctionCall):
        update["status"] = "incomplete" if item.status == "incomplete" else "completed"
    return item.model_copy(update=update)


def check_item(item: Item, path: str = "item") -> None:
    """Refuse an item that a client may not add.

    Args:
        item: The item.
        path: Where it is in the event.

    Raises:
        Refused: Its type, role, content or one of its ids is not allowed.
    """
    if item.id is not None:
        _check_id(f"{path}.id", item.id)
    match item:
        case Message():
            _check_message(item, path)
        case FunctionCall() | FunctionCallOutput():
            _check_call(item, path)
        case McpApprovalResponse():
            _require(f"{path}.approval_request_id", item.approval_request_id)
        case _:
            raise one_of(f"{path}.type", item.type, _TYPES)


def _check_id(path: str, value: str) -> None:
    if len(value) > _MAX_ID:
        message = f"Invalid '{path}': string too long. Expected at most {_MAX_ID} characters, but got {len(value)}."
        raise Refused("string_above_max_length", message, path)
    if not _ID.fullmatch(value):
        message = f"Invalid '{path}': expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        raise invalid_value(path, message)


def _check_call(item: FunctionCall | FunctionCallOutput, path: str) -> None:
    _require(f"{path}.call_id", item.call_id)
    _check_id(f"{path}.call_id", item.call_id or "")
    if isinstance(item, FunctionCall):
        _require(f"{path}.name", item.name)
        _require(f"{path}.arguments", item.arguments)
    else:
        _require(f"{path}.output", item.output)


def _check_message(item: Message, path: str) -> None:
    _require(f"{path}.role", item.role)
    allowed = _PARTS.get(item.role or "")
    if allowed is None:
        raise one_of(f"{path}.role", item.role, _PARTS)
    _require(f"{path}.content", item.content)
    for index, part in enumerate(item.content or ()):
        _check_part(part, allowed, f"{path}.content[{index}]")


def _check_part(part: ContentPart, allowed: tuple[str, ...], path: str) -> None:
    _require(f"{path}.type", part.type)
    if part.type not in allowed:
        raise one_of(f"{path}.type", part.type, allowed)
    carrier = _CARRIER[part.type]
    _require(f"{path}.{carrier}", getattr(part, carrier))


def _require(path: str, value: object) -> None:
    if value is None:
        raise missing_parameter(path)

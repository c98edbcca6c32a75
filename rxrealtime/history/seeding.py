"""What a new session is told of an earlier conversation.

Source: recorded traffic of 2026-08, in which OpenAI, Azure and xAI took a user's ``input_text`` and an assistant's
``output_text`` without ids; openai-openapi f85dbe2 for the rest: ids of calls have at most 32 characters of
``[a-zA-Z0-9_-]``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

from rxrealtime.events import ContentPart, FunctionCall, FunctionCallOutput, Item, Message
from rxrealtime.history.entry import said_in
from rxrealtime.history.values import History

__all__ = ["seed_items"]

_CALL_ID: Final = re.compile(r"[a-zA-Z0-9_-]{1,32}")
_MAX_ID: Final = 32


def seed_items(history: History) -> tuple[Item, ...]:
    """Give the items of a history as a client may create them.

    Args:
        history: The conversation.

    Returns:
        Messages as text (of what was spoken the transcript, of what was interrupted the part that was heard) and
        images, without ids; calls that are complete, and the outputs of those, with ids that are short enough.
        Messages that say nothing, and what only a server can make (MCP), are left out.
    """
    calls = frozenset(_whole_calls(history))
    found = (_seed(entry.item, calls) for entry in history)
    return tuple(item for item in found if item is not None)


def _whole_calls(history: History) -> Iterator[str]:
    """Give the ids of the calls that can be told again: their arguments are not cut off."""
    for entry in history:
        match entry.item:
            case FunctionCall(status=None | "completed", call_id=str() as call_id, name=str()):
                yield call_id


def _seed(item: Item, calls: frozenset[str]) -> Item | None:
    match item:
        case Message():
            return _message(item)
        case FunctionCall(call_id=str() as call_id) if call_id in calls:
            return FunctionCall(call_id=_short(call_id), name=item.name, arguments=item.arguments or "")
        case FunctionCallOutput(call_id=str() as call_id) if call_id in calls:
            return FunctionCallOutput(call_id=_short(call_id), output=item.output or "")
        case _:
            return None


def _message(message: Message) -> Message | None:
    kind = "output_text" if message.role == "assistant" else "input_text"
    parts = tuple(_parts(message, kind))
    return Message(role=message.role, content=parts) if parts and message.role else None


def _parts(message: Message, kind: str) -> Iterator[ContentPart]:
    for part in message.content or ():
        if said_in(part).strip():
            yield ContentPart(type=kind, text=said_in(part))
        elif part.image_url and message.role == "user":
            image = ContentPart(type="input_image", image_url=part.image_url)
            yield image.model_copy(update={"detail": part.detail}) if part.detail else image


def _short(call_id: str) -> str:
    """Keep an id that every server takes, and make one of each other, always the same."""
    return call_id if _CALL_ID.fullmatch(call_id) else hashlib.sha256(call_id.encode()).hexdigest()[:_MAX_ID]

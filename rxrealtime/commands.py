"""What to say to a server: pure functions that give client events, to be sent with ``session.send(*...)``.

Every command gives a tuple, so that commands compose: ``session.send(*configure(...), *say("hello"))``.
"""

from collections.abc import Sequence
from typing import Any, Unpack

from rxrealtime.errors import ConfigurationError
from rxrealtime.events import (
    ContentPart,
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemRetrieve,
    ConversationItemTruncate,
    FunctionCallOutput,
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCommit,
    McpApprovalResponse,
    Message,
    ResponseCancel,
    ResponseCreate,
    ResponseParams,
    SessionConfig,
    SessionUpdate,
)
from rxrealtime.history import History, seed_items
from rxrealtime.settings import SessionSettings, session_config

__all__ = [
    "answer_call",
    "append_audio",
    "approve_mcp",
    "cancel",
    "clear_audio",
    "commit_audio",
    "configure",
    "delete",
    "reject_mcp",
    "respond",
    "retrieve",
    "say",
    "seed",
    "truncate",
]


def say(content: str | Sequence[ContentPart]) -> tuple[ConversationItemCreate, ResponseCreate]:
    """Say something as the user and ask for a response.

    Args:
        content: A text, or the parts of a message (texts, images, audio).

    Returns:
        ``conversation.item.create`` and ``response.create``.

    Example:
        >>> [event.type for event in say("Hello")]
        ['conversation.item.create', 'response.create']
    """
    parts = (ContentPart(type="input_text", text=content),) if isinstance(content, str) else tuple(content)
    return ConversationItemCreate(item=Message(role="user", content=parts)), ResponseCreate()


def configure(config: SessionConfig | None = None, /, **settings: Unpack[SessionSettings]) -> tuple[SessionUpdate]:
    """Change the session; only what is named changes, None clears what can be cleared.

    Args:
        config: The settings as a value, taken as it is; with it a provider's own fields can be set.
        settings: Or settings by name, see `session_config`: the fields of `SessionConfig`, and flat names such as
            ``voice`` and ``turn_detection``.

    Returns:
        ``session.update``.

    Raises:
        ConfigurationError: A name is unknown, a value is none that a session can have, or both ways are used at once.

    Example:
        >>> configure(instructions="Be brief.")[0].session.instructions
        'Be brief.'
    """
    if config is not None and settings:
        raise ConfigurationError(f"{', '.join(settings)}: give a configuration or settings by name, not both")
    return (SessionUpdate(session=session_config(**settings) if config is None else config),)


def append_audio(audio: bytes) -> tuple[InputAudioBufferAppend]:
    """Add audio to the input buffer.

    Args:
        audio: Bytes in the session's input format (by default PCM16, mono, 24 kHz), at most 15 MiB.

    Returns:
        ``input_audio_buffer.append``.
    """
    return (InputAudioBufferAppend(audio=audio),)


def commit_audio() -> tuple[InputAudioBufferCommit]:
    """Make a user item of the input buffer, for sessions without turn detection.

    Returns:
        ``input_audio_buffer.commit``.
    """
    return (InputAudioBufferCommit(),)


def clear_audio() -> tuple[InputAudioBufferClear]:
    """Empty the input buffer.

    Returns:
        ``input_audio_buffer.clear``.
    """
    return (InputAudioBufferClear(),)


def respond(params: ResponseParams | None = None, /, **settings: Any) -> tuple[ResponseCreate]:
    """Ask for a response.

    Args:
        params: What is different from the session for this response, as a value.
        settings: Or fields of `ResponseParams` by name; ``conversation="none"`` keeps it out of the conversation.

    Returns:
        ``response.create``.

    Raises:
        pydantic.ValidationError: A setting is of the wrong kind.
    """
    chosen = params or (ResponseParams(**settings) if settings else None)
    return (ResponseCreate(response=chosen) if chosen else ResponseCreate(),)


def cancel(response_id: str | None = None) -> tuple[ResponseCancel]:
    """Stop a response.

    Args:
        response_id: Which one; the active one of the default conversation if None.

    Returns:
        ``response.cancel``.
    """
    return (ResponseCancel(response_id=response_id) if response_id else ResponseCancel(),)


def truncate(item_id: str, audio_end_ms: int, *, content_index: int = 0) -> tuple[ConversationItemTruncate]:
    """Cut an assistant's audio to what was heard.

    Args:
        item_id: The assistant's item.
        audio_end_ms: How much was heard, in milliseconds.
        content_index: Which part.

    Returns:
        ``conversation.item.truncate``.
    """
    return (ConversationItemTruncate(item_id=item_id, content_index=content_index, audio_end_ms=audio_end_ms),)


def answer_call(call_id: str, output: str) -> tuple[ConversationItemCreate]:
    """Give the output of a function call; ask for a response once all calls of a response are answered.

    Args:
        call_id: The id of the call.
        output: A free string, often JSON.

    Returns:
        ``conversation.item.create``.
    """
    return (ConversationItemCreate(item=FunctionCallOutput(call_id=call_id, output=output)),)


def approve_mcp(request_id: str) -> tuple[ConversationItemCreate]:
    """Allow an MCP call that the server asked about.

    Args:
        request_id: The id of the ``mcp_approval_request`` item.

    Returns:
        ``conversation.item.create``.
    """
    return _mcp_answer(request_id, True, None)


def reject_mcp(request_id: str, reason: str | None = None) -> tuple[ConversationItemCreate]:
    """Refuse an MCP call that the server asked about.

    Args:
        request_id: The id of the ``mcp_approval_request`` item.
        reason: What the model is told about it.

    Returns:
        ``conversation.item.create``.
    """
    return _mcp_answer(request_id, False, reason)


def _mcp_answer(request_id: str, approve: bool, reason: str | None) -> tuple[ConversationItemCreate]:
    answer = McpApprovalResponse(approval_request_id=request_id, approve=approve)
    return (ConversationItemCreate(item=answer.model_copy(update={"reason": reason}) if reason else answer),)


def delete(item_id: str) -> tuple[ConversationItemDelete]:
    """Remove an item from the conversation.

    Args:
        item_id: Which one.

    Returns:
        ``conversation.item.delete``.
    """
    return (ConversationItemDelete(item_id=item_id),)


def retrieve(item_id: str) -> tuple[ConversationItemRetrieve]:
    """Ask for an item as the server has it, with its audio.

    Args:
        item_id: Which one.

    Returns:
        ``conversation.item.retrieve``.
    """
    return (ConversationItemRetrieve(item_id=item_id),)


def seed(history: History) -> tuple[ConversationItemCreate, ...]:
    """Tell a new session what was said before.

    What was spoken is told as text, since no server takes an assistant's audio; what was interrupted as far as it was
    heard. Empty messages, calls that are not complete and MCP items are left out. Ask for a response when there is
    something to answer.

    Args:
        history: The conversation, from `ops.history` or `history_from_json`.

    Returns:
        A ``conversation.item.create`` for each item, in order.
    """
    return tuple(ConversationItemCreate(item=item) for item in seed_items(history))

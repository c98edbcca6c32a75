"""What a client sends: the union of all 11 GA events and the table by type."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from rxrealtime.events.base import Event
from rxrealtime.events.conversation import (
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemRetrieve,
    ConversationItemTruncate,
)
from rxrealtime.events.input_audio import (
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCommit,
    OutputAudioBufferClear,
)
from rxrealtime.events.response import (
    ResponseCancel,
    ResponseCreate,
)
from rxrealtime.events.session import (
    SessionUpdate,
)

__all__ = ["CLIENT_EVENTS", "ClientEvent"]

ClientEvent = (
    SessionUpdate
    | ConversationItemCreate
    | ConversationItemDelete
    | ConversationItemRetrieve
    | ConversationItemTruncate
    | InputAudioBufferAppend
    | InputAudioBufferClear
    | InputAudioBufferCommit
    | OutputAudioBufferClear
    | ResponseCreate
    | ResponseCancel
)
"""Any event that a GA server accepts (openai-openapi f85dbe2, 2026-08-21)."""

CLIENT_EVENTS: Mapping[str, type[Event]] = MappingProxyType(
    {model.model_fields["type"].default: model for model in get_args(ClientEvent)}
)
"""The model of each client event, by its ``type``."""

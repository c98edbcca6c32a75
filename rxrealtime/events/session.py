"""Events about the session itself.

Source: openai-openapi f85dbe2 (2026-08-21). ``session.created`` is the first event of a connection, except on one
that attaches to an existing call.
"""

from typing import Literal

from rxrealtime.events.base import Event
from rxrealtime.events.config import SessionConfig

__all__ = ["SessionCreated", "SessionUpdate", "SessionUpdated"]


class SessionCreated(Event):
    """The session exists; ``session`` is what is in force."""

    type: Literal["session.created"] = "session.created"
    session: SessionConfig


class SessionUpdated(Event):
    """The whole effective configuration after a ``session.update``; it does not name the client's event."""

    type: Literal["session.updated"] = "session.updated"
    session: SessionConfig


class SessionUpdate(Event):
    """Change the session: only what is present changes; "" , [] and null clear."""

    type: Literal["session.update"] = "session.update"
    session: SessionConfig

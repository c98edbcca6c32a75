"""What an application tells a session beside the wire: values that go into the traffic, for the policies.

Like `ExceptionEvent` they have a ``type``, so that every value of a stream has one; no event of the wire has these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rxrealtime.errors import ConfigurationError

__all__ = ["Approval", "Interrupt", "Played", "Signal"]


@dataclass(frozen=True, slots=True)
class Approval:
    """The application allows a call that waits for it, or does not.

    Args:
        call_id: The call.
        approved: Whether it may run.
        reason: What the model is told if it may not.
    """

    call_id: str
    approved: bool = True
    reason: str | None = None

    type: ClassVar[str] = "approval"


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Somebody wants the model to be quiet.

    Args:
        response_id: The response that is meant; default None, whatever is being said or played.
        generation: Whether the response is to be cancelled.
        playback: Whether its playback is to stop, and the conversation to be cut to what was heard.

    Raises:
        ConfigurationError: Neither is wanted.
    """

    response_id: str | None = None
    generation: bool = True
    playback: bool = True

    type: ClassVar[str] = "interrupt"

    def __post_init__(self) -> None:
        if not (self.generation or self.playback):
            raise ConfigurationError("an interruption stops generation, playback, or both: neither is asked for")


@dataclass(frozen=True, slots=True)
class Played:
    """More of the model's audio was played.

    Args:
        item_id: The item it belongs to.
        size_bytes: How much more, in bytes of the output format.
        ms: Or how much more, in milliseconds; both add up.
        content_index: The part of that item.

    Raises:
        ConfigurationError: A number is negative.
    """

    item_id: str
    size_bytes: int = 0
    ms: int = 0
    content_index: int = 0

    type: ClassVar[str] = "played"

    def __post_init__(self) -> None:
        if self.size_bytes < 0 or self.ms < 0:
            raise ConfigurationError(f"size_bytes={self.size_bytes}, ms={self.ms}: neither can be negative")


Signal = Approval | Interrupt | Played
"""What an application tells the policies."""

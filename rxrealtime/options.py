"""What can be chosen about a session beside its transport and its agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from reactivex import Observable

from rxrealtime.activity import Played
from rxrealtime.conduct import Policy
from rxrealtime.course import FailurePolicy
from rxrealtime.errors import ConfigurationError
from rxrealtime.operators.buffering import BufferLimits
from rxrealtime.operators.scheduling import ResponseMode
from rxrealtime.operators.speaking import Speaker

__all__ = ["Options", "SessionOptions"]


class SessionOptions(TypedDict, total=False):
    """The keyword arguments of a session; their meaning and defaults are in `Session`."""

    on_failure: FailurePolicy
    responses: ResponseMode
    policies: Sequence[Policy]
    speaker: Speaker | None
    playback: Observable[Played] | None
    hold_audio: bool
    limits: BufferLimits
    max_concurrent: int
    tool_timeout: float
    config_timeout: float
    response_timeout: float
    close_timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The same, with the defaults; see `Session`.

    Raises:
        ConfigurationError: A time-out or a number is not positive.
    """

    on_failure: FailurePolicy = "emit"
    responses: ResponseMode = "coalesce"
    policies: Sequence[Policy] = ()
    speaker: Speaker | None = None
    playback: Observable[Played] | None = None
    hold_audio: bool = False
    limits: BufferLimits = field(default_factory=BufferLimits)
    max_concurrent: int = 8
    tool_timeout: float = 60.0
    config_timeout: float = 10.0
    response_timeout: float = 30.0
    close_timeout: float = 5.0

    def __post_init__(self) -> None:
        for name in ("max_concurrent", "tool_timeout", "config_timeout", "response_timeout"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"{name} is {getattr(self, name)}: it must be positive")
        if self.speaker is not None and self.playback is not None:
            raise ConfigurationError("give a speaker or a playback, not both: a speaker says itself what it played")

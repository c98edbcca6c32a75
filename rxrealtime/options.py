"""What can be chosen about a session beside its transport and its agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from reactivex import Observable

from rxrealtime.conduct import Policy
from rxrealtime.course import FailurePolicy
from rxrealtime.errors import ConfigurationError
from rxrealtime.operators.buffering import BufferLimits
from rxrealtime.operators.scheduling import ResponseMode
from rxrealtime.operators.speaking import Speaker
from rxrealtime.signals import Played

__all__ = ["Options", "SessionOptions"]


class SessionOptions(TypedDict, total=False):
    """The keyword arguments of a `Session`, all of them optional.

    Args:
        on_failure: What becomes of a frame that is not an event. "emit" (default): an `ExceptionEvent` in its place,
            the session lives. "fail": the first one is the last value of the session, which closes and then raises its
            exception to everybody. "drop": it is only counted, see `Outcome.dropped`.
        responses: What becomes of a ``response.create`` while a response runs: "coalesce" (default), "queue",
            "replace", "drop" or "direct"; see `ops.schedule_responses`.
        policies: More policies: operators over the traffic (events, sent events, activity) that give client events, to
            be sent, and values for `Session.activity`.
        speaker: What plays the model's audio, and says how much of it was played.
        playback: Or a stream that says what the application played. Without both it is assumed that audio is played
            at real time, from when it came.
        hold_audio: Whether `Session.audio`, and the speaker, wait until the guardrails have passed what is said;
            default False.
        limits: How much an ``async for`` may lag behind before deltas are dropped (and marked).
        max_concurrent: How many tools may run at once; default 8.
        tool_timeout: Seconds that a tool may take, if it does not say itself; default 60.
        config_timeout: Seconds to wait until the agent's configuration is confirmed; default 10.
        response_timeout: Seconds after which a ``response.create`` without any answer does not hold up the next one;
            default 30.
        close_timeout: Seconds that closing may take, whatever the peer does; default 5.
    """

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
    """The same, with the defaults; see `SessionOptions`.

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

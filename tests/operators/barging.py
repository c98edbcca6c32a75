"""A conversation in virtual time, told event by event: what `interruption` makes of it, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reactivex import Observable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxrealtime import operators as ops
from rxrealtime.activity import Interrupted
from rxrealtime.events import (
    ConversationItemTruncate,
    InputAudioBufferSpeechStarted,
    Response,
    ResponseCreated,
    SessionConfig,
    SessionUpdated,
)

__all__ = ["SECOND", "SPEECH", "Talk", "aside", "cut", "in_force", "interrupted"]

SECOND = 48_000
"""One second of PCM16 at 24 kHz, in bytes."""
SPEECH = InputAudioBufferSpeechStarted(audio_start_ms=0, item_id="u")


class Talk:
    """A stream that is fed by hand, on a clock that is set by hand.

    Args:
        operator: What listens; default the policy as it is.
        options: Of the policy.
    """

    def __init__(self, operator: Callable[[Observable[Any]], Observable[Any]] | None = None, **options: Any) -> None:
        self.clock: VirtualTimeScheduler = VirtualTimeScheduler()
        self.source: Subject[Any] = Subject()
        self._got: list[Any] = []
        chosen = operator or ops.interruption(**options)
        self.source.pipe(chosen).subscribe(self._got.append, self._got.append, scheduler=self.clock)

    @property
    def now(self) -> float:
        """The time in seconds."""
        return VirtualTimeScheduler.to_seconds(self.clock.now)

    def at(self, seconds: float, *values: object) -> list[Any]:
        """Let it be that late, let the values come, and return what came of them."""
        self.clock.advance_to(seconds)
        before = len(self._got)
        for value in values:
            self.source.on_next(value)
        return self._got[before:]


def interrupted(heard_ms: int, received_ms: int, item: str = "a", index: int = 0, response: str = "r") -> Interrupted:
    """An item was interrupted."""
    return Interrupted(response, item, index, heard_ms, received_ms)


def cut(audio_end_ms: int, item: str = "a", index: int = 0) -> ConversationItemTruncate:
    """An item is to be cut."""
    return ConversationItemTruncate(item_id=item, content_index=index, audio_end_ms=audio_end_ms)


def aside(response: str = "o", **more: Any) -> ResponseCreated:
    """An out-of-band response began."""
    return ResponseCreated(response=Response(id=response, status="in_progress", conversation_id=None, **more))


def in_force(output: Any = None, **turn_detection: Any) -> SessionUpdated:
    """A configuration is in force: the output format, and how turns are detected."""
    input = {"turn_detection": turn_detection} if turn_detection else {}
    audio = {"input": input, "output": {"format": output} if output else {}}
    return SessionUpdated(session=SessionConfig.model_validate({"type": "realtime", "audio": audio}))

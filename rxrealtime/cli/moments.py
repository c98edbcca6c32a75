"""What can be shown: everything a session receives, sends and does, and what the conversation tells of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import reactivex
from reactivex import Observable
from reactivex import operators as rx

from rxrealtime import Session, ops
from rxrealtime.outcome import Outcome

__all__ = ["Chapter", "Direction", "Ended", "Heard", "Moment", "Note", "moments"]

Direction = Literal["received", "sent", "done", "told", "noted"]


@dataclass(frozen=True, slots=True)
class Chapter:
    """Another part of the conversation begins."""

    title: str

    type: ClassVar[str] = "chapter"


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of an answer before it was interrupted, read from the audio that the server kept.

    Args:
        item_id: The answer.
        text: What the audio says.
        audio_end_ms: How long the audio is, in milliseconds.
    """

    item_id: str
    text: str
    audio_end_ms: int

    type: ClassVar[str] = "heard"


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over.

    Args:
        outcome: How it ended; None if it never began.
        unmet: What was expected and did not happen.
    """

    outcome: Outcome | None
    unmet: tuple[str, ...] = ()

    type: ClassVar[str] = "ended"


Note = Chapter | Heard | Ended


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened.

    Args:
        at: When, in seconds since the demonstration began.
        direction: "received" and "sent" are events, "done" is activity, "told" a `Transcript` or a `Latency` made of
            them, "noted" a `Note`.
        value: What.
    """

    at: float
    direction: Direction
    value: Any


def moments(session: Session, notes: Observable[Note], clock: Callable[[], float]) -> Observable[Moment]:
    """Give everything that happens in a session as one stream.

    Args:
        session: The session; subscribe before it is entered.
        notes: What the conversation tells about itself.
        clock: Gives the time in seconds.

    Returns:
        A stream that completes with the notes, however the session ends.
    """

    def stamped(source: Observable[Any], direction: Direction) -> Observable[Moment]:
        # a handler, since in reactivex 5.0 catch with a stream works for the first subscriber only
        told = source.pipe(rx.catch(lambda *_: reactivex.empty()))
        return told.pipe(rx.map(lambda value: Moment(clock(), direction, value)))

    traffic = reactivex.merge(session.events, session.sent, session.activity)
    return reactivex.merge(
        stamped(session.events, "received"),
        stamped(session.sent, "sent"),
        stamped(session.activity, "done"),
        stamped(session.events.pipe(ops.transcripts(partial=True)), "told"),
        stamped(session.events.pipe(ops.text(partial=True)), "told"),
        stamped(traffic.pipe(ops.latencies()), "told"),
        stamped(notes, "noted"),
    )

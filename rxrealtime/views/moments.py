"""What happened, and when: the events of a recording, decoded by who sent them, with the marks between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import reactivex
from reactivex import Observable, abc
from reactivex import operators as rx
from reactivex.scheduler import TimeoutScheduler

from rxrealtime.codec import decode_client, decode_frame
from rxrealtime.events import ClientEvent, ConnectionFailed, ExceptionEvent, ServerEvent, UnknownEvent
from rxrealtime.frames import Direction, Frame
from rxrealtime.recording import Entry, Mark, Recording, open_recording
from rxrealtime.session import Session

__all__ = ["Moment", "event_of", "is_failure", "moments", "session_moments", "stream_moments"]


class Moment(NamedTuple):
    """Something that happened in a session.

    Args:
        at: When, in seconds since the connection was opened.
        direction: "received" or "sent", seen from the client; None for what is no frame.
        event: The event, an `UnknownEvent`, an `ExceptionEvent` in place of what failed, or a `Mark`.
    """

    at: float
    direction: Direction | None
    event: Any


def moments(source: Recording | str | Path | Iterable[Entry | Moment]) -> Iterator[Moment]:
    """Give what happened, in order. Nothing that is malformed is lost: it is an `ExceptionEvent` in its place.

    Args:
        source: A recording or its file, or frames and marks, or moments, which pass as they are.

    Returns:
        The moments, one for each entry.

    Raises:
        RecordingError: A file is no recording; a line that is none, when it is reached.
    """
    if isinstance(source, str | Path):
        source = open_recording(source)
    return map(_moment, source.entries() if isinstance(source, Recording) else source)


def event_of(frame: Frame) -> ServerEvent | ClientEvent | UnknownEvent | ExceptionEvent:
    """Decode a frame by who sent it.

    Args:
        frame: A frame of either direction.

    Returns:
        The event, or what is wrong with it; nothing is raised.
    """
    return decode_frame(frame) if frame.direction == "received" else decode_client(frame.data)


def session_moments(session: Session) -> Observable[Moment]:
    """Give what a session receives and sends, and what fails in it, as one stream that ends as its events do.

    Args:
        session: Which session; subscribe before it is entered to have all of it.
    """

    def received(event: object) -> Moment:
        return Moment(session.elapsed, "received", event)

    failed = session.activity.pipe(rx.filter(lambda value: isinstance(value, ExceptionEvent)))
    sent = session.sent.pipe(rx.map(lambda event: Moment(session.elapsed, "sent", event)))
    return reactivex.merge(session.events.pipe(rx.map(received)), failed.pipe(rx.map(received)), sent)


def stream_moments(source: Observable[Any]) -> Observable[Moment]:
    """Give the values of a stream as moments, each in its place.

    Args:
        source: A stream of moments, frames and marks, which have their time, or of events or any other values, which
            get that of the scheduler, in seconds since the subscription.
    """

    def begun(scheduler: abc.SchedulerBase | None = None) -> Observable[Moment]:
        clock = scheduler or TimeoutScheduler.singleton()
        began = clock.now

        def moment(value: Any) -> Moment:
            if isinstance(value, Moment | Frame | Mark):
                return _moment(value)
            return Moment((clock.now - began).total_seconds(), _direction(value), value)

        return source.pipe(rx.map(moment))

    return reactivex.defer(begun)


def _direction(value: object) -> Direction | None:
    if isinstance(value, ClientEvent):
        return "sent"
    return "received" if isinstance(value, ServerEvent | UnknownEvent | ExceptionEvent) else None


def is_failure(event: object) -> bool:
    """Tell whether a value says that something went wrong, or is an exception: an orderly end did not."""
    if isinstance(event, Mark):
        return event.kind != "end"
    return isinstance(event, ExceptionEvent | Exception) and not isinstance(event, ConnectionFailed)


def _moment(entry: Entry | Moment) -> Moment:
    if isinstance(entry, Moment):
        return entry
    if isinstance(entry, Mark):
        return Moment(entry.at, None, entry)
    return Moment(entry.at, entry.direction, event_of(entry))

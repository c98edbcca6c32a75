"""The hot streams of a session."""

from __future__ import annotations

from dataclasses import dataclass

from rxrealtime.activity import Activity
from rxrealtime.codec import Decoded
from rxrealtime.events import ClientEvent, ExceptionEvent
from rxrealtime.faults import Fault, log_fault
from rxrealtime.frames import Frame
from rxrealtime.multicast import Multicast, Report
from rxrealtime.operators.audio import AudioChunk

__all__ = ["Streams", "streams"]


@dataclass(frozen=True, slots=True)
class Streams:
    """What a session gives to its observers.

    Args:
        frames: What goes over the wire, both ways, before anybody looked into it.
        events: Everything the server sends.
        sent: Everything that was sent to it.
        activity: What the session did by itself.
        audio: The model's audio as it may be played.
        faults: What observers of the others raised, and what failed while closing.
        report: Reports a fault: to the log and to ``faults``.
    """

    frames: Multicast[Frame]
    events: Multicast[Decoded]
    sent: Multicast[ClientEvent]
    activity: Multicast[Activity | ExceptionEvent]
    audio: Multicast[AudioChunk]
    faults: Multicast[Fault]
    report: Report

    def end(self, cause: Exception | None) -> None:
        """Give the observers their terminal, but for those of the faults; only the first one counts.

        Args:
            cause: Why the session ends, or None if we closed it.
        """
        if cause is None:
            self.events.on_completed()
        else:
            self.events.on_error(cause)
        self.frames.on_completed()
        self.sent.on_completed()
        self.activity.on_completed()
        self.audio.on_completed()


def streams() -> Streams:
    """Make the streams of one session.

    Returns:
        Streams whose observers cannot hurt each other; what an observer of the faults raises is only logged.
    """
    faults: Multicast[Fault] = Multicast(lambda error, value: log_fault(Fault(error, value)))

    def report(error: Exception, value: object) -> None:
        fault = Fault(error, value)
        log_fault(fault)
        faults.on_next(fault)

    return Streams(
        Multicast(report), Multicast(report), Multicast(report), Multicast(report), Multicast(report), faults, report
    )

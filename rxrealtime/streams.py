"""The three hot streams of a session."""

from __future__ import annotations

from dataclasses import dataclass

from rxrealtime.codec import Decoded
from rxrealtime.events import ClientEvent
from rxrealtime.faults import Fault, log_fault
from rxrealtime.multicast import Multicast, Report

__all__ = ["Streams", "streams"]


@dataclass(frozen=True, slots=True)
class Streams:
    """What a session gives to its observers.

    Args:
        events: Everything the server sends.
        sent: Everything that was sent to it.
        faults: What observers of the other two raised, and what failed while closing.
        report: Reports a fault: to the log and to ``faults``.
    """

    events: Multicast[Decoded]
    sent: Multicast[ClientEvent]
    faults: Multicast[Fault]
    report: Report

    def end(self, cause: Exception | None) -> None:
        """Give the observers of events and sent their terminal; only the first one counts.

        Args:
            cause: Why the session ends, or None if we closed it.
        """
        if cause is None:
            self.events.on_completed()
        else:
            self.events.on_error(cause)
        self.sent.on_completed()


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

    return Streams(Multicast(report), Multicast(report), faults, report)

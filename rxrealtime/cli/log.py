"""The log of a session's events: one entry for each, but for runs of deltas, which are one for each type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from rxrealtime.cli.moments import Moment
from rxrealtime.cli.printable import one_line
from rxrealtime.events import Error, ExceptionEvent

__all__ = ["Entry", "Log", "logged"]

_KEPT: Final = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log.

    Args:
        number: Its place among all lines, from 1.
        at: When, in seconds; of the first event, if it stands for several.
        kind: Sent, received, or failed.
        name: The type of the event; for a failure that of the frame, as far as it could be read.
        count: How many events it stands for.
        audio_bytes: How much audio they carry.
        failure: The kind of failure, empty if it is none.
        detail: Why it failed.
    """

    number: int
    at: float
    kind: Literal["received", "sent", "failed"]
    name: str
    count: int = 1
    audio_bytes: int = 0
    failure: str = ""
    detail: str = ""

    @property
    def joins(self) -> bool:
        """Whether more events of the type may join it."""
        return self.kind != "failed" and self.name.endswith((".delta", ".append"))


@dataclass(frozen=True, slots=True)
class Log:
    """What the view knows of the events.

    Args:
        entries: The last entries, in order.
        received: How many events came.
        sent: How many were sent.
        failures: How much failed: frames that are no events, what was not sent, and what the session did.
    """

    entries: tuple[Entry, ...] = ()
    received: int = 0
    sent: int = 0
    failures: int = 0

    @property
    def closed(self) -> tuple[Entry, ...]:
        """The entries that will not change any more: all but the run of deltas at the end."""
        return self.entries[: len(self.entries) - _run_length(self.entries)]


def logged(log: Log, moment: Moment) -> Log:
    """Return the log with one more moment; only what was sent and received is logged, and what failed."""
    failed = isinstance(moment.value, ExceptionEvent)
    if not failed and moment.direction not in ("received", "sent"):
        return log
    number = log.entries[-1].number + 1 if log.entries else 1
    return replace(
        log,
        entries=_entered(log.entries, _entry(number, moment))[-_KEPT:],
        received=log.received + (moment.direction == "received" and not failed),
        sent=log.sent + (moment.direction == "sent"),
        failures=log.failures + failed,
    )


def _entry(number: int, moment: Moment) -> Entry:
    value = moment.value
    match value:
        case ExceptionEvent():
            name = one_line(value.event_type or "")
            why = one_line(str(value.exception)).removeprefix(f"{name}: ")
            return Entry(number, moment.at, "failed", name, failure=value.kind.value, detail=why)
        case Error():
            why = one_line(value.detail.message or "")
            return Entry(number, moment.at, "failed", value.type, failure="server", detail=why)
        case _:
            name = one_line(value.type)
            kind: Literal["received", "sent"] = "sent" if moment.direction == "sent" else "received"
            return Entry(number, moment.at, kind, name, audio_bytes=_audio_bytes(value))


def _audio_bytes(value: Any) -> int:
    carried = getattr(value, "delta", None) or getattr(value, "audio", None)
    return len(carried) if isinstance(carried, bytes) else 0


def _run_length(entries: tuple[Entry, ...]) -> int:
    length = 0
    while length < len(entries) and entries[-1 - length].joins:
        length += 1
    return length


def _entered(entries: tuple[Entry, ...], entry: Entry) -> tuple[Entry, ...]:
    """Let a delta join the one of its type in the run at the end, if there is one."""
    for place in range(len(entries) - _run_length(entries), len(entries)) if entry.joins else ():
        other = entries[place]
        if (other.kind, other.name) == (entry.kind, entry.name):
            joined = replace(other, count=other.count + 1, audio_bytes=other.audio_bytes + entry.audio_bytes)
            return (*entries[:place], joined, *entries[place + 1 :])
    return (*entries, entry)

"""Faults of the wire as data: what the embedded server does to a connection instead of behaving.

A `Fault` strikes a connection that was accepted, a `Refusal` and a `Stall` its handshake. They are values: the socket
edge asks which are due and carries them out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from rxrealtime.codec import encode
from rxrealtime.errors import ConfigurationError
from rxrealtime.events.base import with_event_id
from rxrealtime.server.ids import make_id
from rxrealtime.server.outputs import Disconnect, GoSilent, RawFrame, Strike
from rxrealtime.server.refusals import Refused, error_event

__all__ = [
    "BETA_REFUSED",
    "Fault",
    "Misbehaviour",
    "Refusal",
    "Stall",
    "abort",
    "close",
    "due_faults",
    "go_silent",
    "inject",
    "of_connection",
    "redirect",
    "refuse_session",
    "session_expired",
]

_EVENT_ID: Final = make_id("event", 0, 0)
"""The sessions count their events from 1."""
_EXPIRED: Final = "Your session hit the maximum duration of 60 minutes."


@dataclass(frozen=True, slots=True)
class Fault:
    """Strike a connection once.

    Args:
        strike: What is done.
        after: When: after so many events of the server, 0 being before ``session.created``, or after the first event
            of this type.
        connection: Which connection of the server, counted from 0; None for every one.
    """

    strike: Strike
    after: int | str = 0
    connection: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Answer the handshake with an HTTP status instead of 101.

    Args:
        status: The status, 300 to 599.
        message: What the JSON body says.
        code: The code in the JSON body.
        headers: More headers of the response.
        connection: Which connection, counted from 0; None for every one.

    Raises:
        ConfigurationError: The status is not one of a refusal.
    """

    status: int
    message: str = "The scenario refuses this connection."
    code: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    connection: int | None = None

    def __post_init__(self) -> None:
        if not 300 <= self.status <= 599:
            raise ConfigurationError(f"a refusal has a status from 300 to 599, not {self.status}")

    @property
    def body(self) -> str:
        """The error as OpenAI writes it in answers over HTTP."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return json.dumps({"error": {"message": self.message, "type": kind, "param": None, "code": self.code}})


@dataclass(frozen=True, slots=True)
class Stall:
    """Answer the handshake late.

    Args:
        seconds: How late.
        connection: Which connection, counted from 0; None for every one.
    """

    seconds: float = field(default=3600.0)
    connection: int | None = None


Misbehaviour = Fault | Refusal | Stall


def of_connection(faults: Iterable[Misbehaviour], number: int) -> tuple[Misbehaviour, ...]:
    """Return the faults that are for the connection of this number."""
    return tuple(fault for fault in faults if fault.connection in (None, number))


def due_faults(
    faults: tuple[Fault, ...], sent: int, seen: Mapping[str, int]
) -> tuple[tuple[Strike, ...], tuple[Fault, ...]]:
    """Tell which faults are due.

    Args:
        faults: Those that have not struck yet.
        sent: How many events were sent.
        seen: How many of each type.

    Returns:
        What is to be done now, in the order of the faults, and the faults that are left.
    """
    due = [_is_due(fault, sent, seen) for fault in faults]
    strikes = tuple(fault.strike for fault, now in zip(faults, due, strict=True) if now)
    return strikes, tuple(fault for fault, now in zip(faults, due, strict=True) if not now)


def _is_due(fault: Fault, sent: int, seen: Mapping[str, int]) -> bool:
    return sent >= fault.after if isinstance(fault.after, int) else fault.after in seen


def close(code: int, reason: str = "", *, after: int | str = 0) -> tuple[Fault, ...]:
    """Close with a code; see `Fault` for ``after``."""
    return (Fault(Disconnect(code, reason), after),)


def abort(*, after: int | str = 0) -> tuple[Fault, ...]:
    """End the connection without a close frame."""
    return (Fault(Disconnect(), after),)


def go_silent(*, after: int | str = 0) -> tuple[Fault, ...]:
    """Neither read nor write any more, and answer no close frame."""
    return (Fault(GoSilent(), after),)


def inject(*frames: bytes | str, after: int | str = 0) -> tuple[Fault, ...]:
    """Send frames as they are: ``str`` as text, ``bytes`` as binary."""
    return tuple(Fault(RawFrame(frame), after) for frame in frames)


def refuse_session(
    code: str | None,
    message: str,
    *,
    close_code: int = 1008,
    reason: str = "",
    event_id: str | None = _EVENT_ID,
) -> tuple[Fault, ...]:
    """Accept the websocket, send one ``error``, and close it without ever a ``session.created``.

    Args:
        code: The code of the error.
        message: Its message.
        close_code: The code of the close frame.
        reason: The reason in it.
        event_id: The id of the event; None leaves it out, as proxies in front of providers do.

    Source: the ``event_id`` is required by the schema of the event, openai-openapi f85dbe2 (2026-08-21); the order of
        events, and errors without id and code, are those of proxies in front of providers, measured in 2026-11.
    """
    return (*inject(_error(code, message, event_id)), *close(close_code, reason))


def session_expired(*, after: int | str, error: bool = True) -> tuple[Fault, ...]:
    """End the session as OpenAI does after 60 minutes: close 1001, and the ``error`` before it unless told not to.

    Source: the ``error`` has an ``event_id`` of its own, and null for that of the client's event, in a session recorded
        in public (developer.mamezou-tech.com, 2024-12-27).
    """
    told = inject(_error("session_expired", _EXPIRED), after=after) if error else ()
    return (*told, *close(1001, _EXPIRED, after=after))


def redirect(location: str, status: int = 302) -> tuple[Refusal, ...]:
    """Answer the handshake with a redirect to another url."""
    return (Refusal(status, "The resource is elsewhere.", headers=(("Location", location),)),)


def _error(code: str | None, message: str, event_id: str | None = _EVENT_ID) -> str:
    event = error_event(Refused(code, message), None)
    return encode(event if event_id is None else with_event_id(event, event_id))


BETA_REFUSED: Final[tuple[Fault, ...]] = (
    *inject(
        _error(
            "beta_api_shape_disabled",
            "The Realtime Beta API is no longer supported. Please use /v1/realtime without the OpenAI-Beta header.",
        )
    ),
    *close(4000, "invalid_request_error.beta_api_shape_disabled"),
)
"""What a GA server does to a client that asks for the beta: one error and close 4000 (measured in 2026-11)."""

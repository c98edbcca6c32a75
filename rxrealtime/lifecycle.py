"""What a session must remember of its events to say how it ended: a pure fold.

The states of a response are those of the protocol; here only whether it was created and is not done yet matters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rxrealtime.errors import (
    ClosedBeforeSession,
    ConnectionLost,
    FrameTooLarge,
    KeepaliveLost,
    ServerClosed,
    SessionExpired,
)
from rxrealtime.events import Error, ErrorDetail, Event, ResponseCreated, ResponseDone, UnknownEvent
from rxrealtime.redaction import redacted

__all__ = ["Lifecycle", "advance", "classify"]

_EXPIRED_CODE = "session_expired"
_EXPIRED_REASON = "maximum duration"
_NO_CLOSE_FRAME = 1006  # RFC 6455, section 7.1.5


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The life of one connection, as far as its events told.

    Args:
        started: Whether the server sent anything but errors.
        in_flight: Ids of the responses that were created and are not done.
        last_error: The last error of the server.
    """

    started: bool = False
    in_flight: tuple[str, ...] = ()
    last_error: ErrorDetail | None = None


def advance(state: Lifecycle, event: Event | UnknownEvent) -> Lifecycle:
    """Fold one event of the server into the state.

    Args:
        state: What was known.
        event: The next event, in order.

    Returns:
        What is known now.
    """
    match event:
        case Error():
            return replace(state, last_error=event.detail)
        case ResponseCreated(response=response) if response.id:
            others = tuple(found for found in state.in_flight if found != response.id)
            return replace(state, started=True, in_flight=(*others, response.id))
        case ResponseDone(response=response):
            remaining = tuple(found for found in state.in_flight if found != response.id)
            return replace(state, started=True, in_flight=remaining)
        case _:
            return state if state.started else replace(state, started=True)


def classify(cause: ConnectionLost, state: Lifecycle) -> ConnectionLost:
    """Tell what the end of a connection means, from what the transport saw and what the session went through.

    Args:
        cause: The end as the transport saw it, without any knowledge of events.
        state: The life of the connection until then.

    Returns:
        The same end under its most telling name, with the responses that were in flight.

    Source:
        Expiry comes as close 1001 with the reason "Your session hit the maximum duration of 60 minutes.", as an error
        ``session_expired``, or both (public reports). A refusal after the 101, with or without an error first, is what
        proxies do.
    """
    error = state.last_error
    flight = state.in_flight
    match cause:
        case ServerClosed(code=code, reason=reason) if not state.started:
            return _refused(code, reason, error)
        case ServerClosed(code=code, reason=reason) if _expired(reason, error):
            return SessionExpired(code, redacted(reason), in_flight=flight)
        case ServerClosed(code=code, reason=reason):
            return ServerClosed(code, redacted(reason), in_flight=flight)
        case KeepaliveLost(why=why, blocked=blocked):
            return KeepaliveLost(why, blocked, in_flight=flight)
        case FrameTooLarge(limit=limit):
            return FrameTooLarge(limit, in_flight=flight)
        case _ if type(cause) is ConnectionLost and not state.started:
            return _refused(_NO_CLOSE_FRAME, "", error)
        case _:
            return ConnectionLost(*cause.args, in_flight=flight)


def _refused(code: int, reason: str, error: ErrorDetail | None) -> ClosedBeforeSession:
    message = redacted(error.message or "") if error else ""
    return ClosedBeforeSession(
        code, redacted(reason), error_code=error.code if error else None, error_message=message or None
    )


def _expired(reason: str, error: ErrorDetail | None) -> bool:
    return _EXPIRED_REASON in reason or (error is not None and error.code == _EXPIRED_CODE)

"""One end of a session: what it wants, what it is told, and what comes out; and short ways to make what it is told."""

from __future__ import annotations

from typing import Any

from rxrealtime.errors import SchemaError
from rxrealtime.events import (
    Error,
    ErrorDetail,
    Response,
    ResponseCreate,
    ResponseCreated,
    ResponseDone,
    ResponseParams,
    SendFailed,
)
from rxrealtime.operators import Wanted
from rxrealtime.operators.scheduling import ResponseMode, Scheduling, schedule

__all__ = ["Seat", "already_active", "create", "error", "out_of_band", "unsent"]


class Seat:
    """A client: it wants things, is told things, and keeps what it gave out."""

    def __init__(self, mode: ResponseMode = "coalesce", max_waiting: int = 1024) -> None:
        self.state = Scheduling(mode, max_waiting)
        self.out: list[Any] = []

    def want(self, *events: Any) -> list[Any]:
        """Want to send events; gives what comes out."""
        return self.tell(*map(Wanted, events))

    def tell(self, *values: object) -> list[Any]:
        """Tell of something; gives what comes out."""
        before = len(self.out)
        for value in values:
            self.state, outputs = schedule(self.state, value)
            self.out.extend(outputs)
        return self.out[before:]


def create(event_id: str | None = None, **params: Any) -> ResponseCreate:
    """A create, with parameters or without."""
    given: dict[str, Any] = {"event_id": event_id} if event_id else {}
    return ResponseCreate(**given, response=ResponseParams(**params)) if params else ResponseCreate(**given)


def error(about: str | None, code: str | None = "bad", event_id: str = "event_1", **more: Any) -> Error:
    """An error of the server about an event, or about none."""
    return Error(event_id=event_id, error=ErrorDetail(code=code, event_id=about, **more))


def already_active(about: str | None, event_id: str = "event_1") -> Error:
    """A create came while another response was active."""
    return error(about, "conversation_already_has_active_response", event_id)


def unsent(kind: str) -> SendFailed:
    """An event of a type could not be sent."""
    return SendFailed(SchemaError("no"), event_type=kind)


def out_of_band(response: str) -> tuple[ResponseCreated, ResponseDone]:
    """A response outside the conversation, created and done."""
    beside = Response(id=response, conversation_id=None)
    return ResponseCreated(response=beside), ResponseDone(response=beside)

"""Faults as data: for which connection, and when they are due."""

from __future__ import annotations

import json

import pytest

from rxrealtime.errors import ConfigurationError
from rxrealtime.server.faults import (
    BETA_REFUSED,
    Fault,
    Refusal,
    Stall,
    close,
    due_faults,
    inject,
    of_connection,
    refuse_session,
    session_expired,
)
from rxrealtime.server.outputs import Disconnect, RawFrame

_A, _B, _C = RawFrame("a"), RawFrame("b"), RawFrame("c")


def test_due_by_count() -> None:
    """A fault after n events is due when n were sent, 0 before the first; each strikes once, in their order."""
    faults = (Fault(_A, 2), Fault(_B), Fault(_C, 2))
    strikes, left = due_faults(faults, 0, {})
    assert (strikes, left) == ((_B,), (Fault(_A, 2), Fault(_C, 2)))
    assert due_faults(left, 1, {}) == ((), left)
    assert due_faults(left, 2, {}) == ((_A, _C), ())


def test_due_by_type() -> None:
    """A fault after a type is due when an event of the type was sent."""
    faults = (Fault(_A, "response.created"),)
    assert due_faults(faults, 3, {"session.created": 1}) == ((), faults)
    assert due_faults(faults, 4, {"response.created": 1}) == ((_A,), ())


def test_for_one_connection() -> None:
    """A fault may be for one connection of a server alone."""
    faults = (Refusal(503, connection=0), Stall(1.0), Fault(_A, connection=1))
    assert of_connection(faults, 0) == faults[:2]
    assert of_connection(faults, 1) == faults[1:]


def test_refusals_have_a_status_of_refusal() -> None:
    """A refusal answers with 300 to 599; its body is an error as OpenAI writes it."""
    with pytest.raises(ConfigurationError):
        Refusal(200)
    body = json.loads(Refusal(503, "later", "busy").body)["error"]
    assert body == {"message": "later", "type": "server_error", "param": None, "code": "busy"}


def test_makers() -> None:
    """The makers give faults in the order in which they strike."""
    assert inject("a", b"b", after=3) == (Fault(RawFrame("a"), 3), Fault(RawFrame(b"b"), 3))
    told, closed = refuse_session("no_quota", "None left.", close_code=1011, reason="why")
    assert json.loads(getattr(told.strike, "data", ""))["error"]["code"] == "no_quota"
    assert closed == Fault(Disconnect(1011, "why"))
    assert session_expired(after=2, error=False) == close(1001, _EXPIRED, after=2)
    assert len(session_expired(after=2)) == 2


def test_an_error_that_answers_nobody_has_an_id_of_its_own() -> None:
    """As recorded and as the schema requires; a proxy may leave it out."""
    for fault, *_ in (refuse_session(None, "no"), session_expired(after=1), BETA_REFUSED):
        event = json.loads(getattr(fault.strike, "data", ""))
        assert event["event_id"].startswith("event_")
        assert event["error"]["event_id"] is None
    bare, _ = refuse_session(None, "no", event_id=None)
    assert "event_id" not in json.loads(getattr(bare.strike, "data", ""))


_EXPIRED = "Your session hit the maximum duration of 60 minutes."

"""R5: a response that failed is told with code and message; one that was cancelled or is incomplete did not fail."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rxrealtime import operators as ops
from rxrealtime.codec import decode
from rxrealtime.errors import ResponseFailedError
from rxrealtime.events import FailureKind, ResponseFailed
from rxrealtime.server.scenarios import Failure, Rule, Scenario
from tests.operators.streams import results
from tests.operators.wire import created, done
from tests.server.driving import Client, text_item


def _ended(status: str | None, details: Any = None, **more: Any) -> Any:
    response = {"id": "resp_1", "status": status, "status_details": details} | more
    return decode(json.dumps({"type": "response.done", "event_id": "event_1", "response": response}))


def _told(*values: object) -> list[tuple[str, str | None, str | None]]:
    """Give the message, the code and the response of each failure."""
    failures = results(ops.response_failures(), values)
    errors = [failure.exception for failure in failures]
    return [(str(e), e.code, e.response_id) for e in errors if isinstance(e, ResponseFailedError)]


@pytest.mark.parametrize(
    ("details", "message", "code"),
    [
        (
            {"type": "failed", "error": {"type": "t", "code": "inference_rate_limit_exceeded", "message": "Too fast."}},
            "the response failed [inference_rate_limit_exceeded]: Too fast.",
            "inference_rate_limit_exceeded",
        ),
        ({"error": {"type": "server_error", "code": None}}, "the response failed: server_error", None),
        ({"error": {"message": "It broke."}}, "the response failed: It broke.", None),
        ({"error": None, "reason": None}, "the response failed: the server does not say why", None),
        ("unimplemented", "the response failed: unimplemented", None),
        ("", "the response failed: the server does not say why", None),
        (None, "the response failed: the server does not say why", None),
    ],
)
def test_r5_a_failed_response_is_told_with_code_and_message(details: Any, message: str, code: str | None) -> None:
    """R5, B497: whatever shape the details have, a plain string included."""
    assert _told(_ended("failed", details)) == [(message, code, "resp_1")]


def test_r5_details_that_are_left_out_are_none() -> None:
    """D4: absent is null."""
    assert _told(done(status="failed")) == [("the response failed: the server does not say why", None, "r")]


@pytest.mark.parametrize("status", ["completed", "cancelled", "incomplete", "in_progress", "new", None])
@pytest.mark.parametrize("details", ["unimplemented", {"reason": "turn_detected"}, {"error": {"code": "odd"}}, None])
def test_r5_any_other_end_is_no_failure(status: str | None, details: Any) -> None:
    """R5: cancelled and incomplete neither, whatever the details say."""
    assert _told(created(), _ended(status, details)) == []


def test_r5_the_failure_is_a_value_of_its_kind_in_the_place_of_the_end() -> None:
    """R5: it says of what event it is, and its text shows nothing of the server's."""
    failure = results(ops.response_failures(), [_ended("failed", "canary")])[0]

    assert isinstance(failure, ResponseFailed)
    assert (failure.kind, failure.event_type, failure.frame) == (FailureKind.RESPONSE, "response.done", None)
    assert "canary" not in repr(failure) + str(failure)


@pytest.mark.parametrize("key", ["sk-proj-1234567890", "ek_68af296e8e408191a1120ab6383263c2"])
def test_r5_no_credential_of_a_message_is_shown(key: str) -> None:
    """S5: servers quote the key that they refuse."""
    said = [_ended("failed", f"Wrong key: {key}"), _ended("failed", {"error": {"message": f"Wrong key: {key}."}})]

    assert len(_told(*said)) == 2
    assert all(key not in message for message, _, _ in _told(*said))


def test_r5_the_failure_of_a_session_is_found() -> None:
    """R5: against the embedded server: of three responses one fails, one is incomplete and one is cancelled."""
    fail = Rule("fail", say="Well.", fail=Failure("server_error", "It broke."))
    client = Client(Scenario((fail, Rule("cut", fail=Failure(status="incomplete")))))
    client.ask("fail")
    client.ask("cut")
    client.send(text_item("hello"), {"type": "response.create"}, {"type": "response.cancel"})

    events = [decode(json.dumps(event)) for event in client.got]

    statuses = [event.response.status for event in events if event.type == "response.done"]
    assert statuses == ["failed", "incomplete", "cancelled"]
    assert [told[:2] for told in _told(*events)] == [("the response failed [server_error]: It broke.", "server_error")]

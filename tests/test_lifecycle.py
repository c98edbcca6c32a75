"""The fold that says how a session ended."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rxrealtime import ClosedBeforeSession, ConnectionLost, ServerClosed, SessionExpired, UnknownEvent
from rxrealtime.events import Error, ErrorDetail, Response, ResponseCreated, ResponseDone
from rxrealtime.lifecycle import Lifecycle, advance, classify

IDS = st.sampled_from(["r1", "r2", "r3"])
EVENTS = st.one_of(
    IDS.map(lambda found: ResponseCreated(response=Response(id=found))),
    IDS.map(lambda found: ResponseDone(response=Response(id=found))),
    st.builds(Error, error=st.builds(ErrorDetail, code=st.sampled_from([None, "x", "session_expired"]))),
    st.just(UnknownEvent("zork", {})),
)


def _fold(events: list[Any]) -> Lifecycle:
    state = Lifecycle()
    for event in events:
        state = advance(state, event)
    return state


@given(st.lists(EVENTS))
def test_in_flight_is_what_was_created_and_is_not_done(events: list[Any]) -> None:
    """Also with duplicates, and with a done that nobody created (recorded during interruptions)."""
    expected: list[str] = []
    for event in events:
        if isinstance(event, ResponseCreated | ResponseDone):
            expected = [found for found in expected if found != event.response.id]
        if isinstance(event, ResponseCreated):
            expected.append(str(event.response.id))
    assert _fold(events).in_flight == tuple(expected)


@given(st.lists(EVENTS))
def test_started_means_anything_but_errors(events: list[Any]) -> None:
    """A session that only ever saw errors was refused."""
    assert _fold(events).started == any(not isinstance(event, Error) for event in events)


@given(st.lists(EVENTS), st.sampled_from([ServerClosed(1000), ServerClosed(1001, "bye"), ConnectionLost("reset")]))
def test_classifying_keeps_what_the_transport_said(events: list[Any], cause: ConnectionLost) -> None:
    """Code and reason stay, whatever name the end gets."""
    state = _fold(events)
    found = classify(cause, state)
    if isinstance(cause, ServerClosed):
        assert isinstance(found, ServerClosed)
        assert (found.code, found.reason) == (cause.code, cause.reason)
    assert isinstance(found, ClosedBeforeSession) == (not state.started)
    if state.started:
        assert found.in_flight == state.in_flight
        expired = state.last_error is not None and state.last_error.code == "session_expired"
        assert isinstance(found, SessionExpired) == (expired and isinstance(cause, ServerClosed))

"""The strategies: everything is drawn, legal is legal, broken is broken as stated, and examples are small."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from rxrealtime.codec import decode, decode_client, encode
from rxrealtime.events import CLIENT_EVENTS, SERVER_EVENTS, ClientEvent, ExceptionEvent, ServerEvent, UnknownEvent
from rxrealtime.testing.strategies import (
    MUTATIONS,
    FaultyTrace,
    Malformation,
    client_events,
    conversations,
    frames,
    malformations,
    multiplied,
    server_events,
    traces_with_faults,
    wire_events,
)
from rxrealtime.testing.strategies.conversations import TURNS
from tests.server.invariants import Checker

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
_some = settings(max_examples=6, deadline=None, suppress_health_check=_SLOW)
_many = settings(max_examples=200, deadline=None, suppress_health_check=_SLOW)


@pytest.mark.parametrize("tag", sorted(SERVER_EVENTS))
@given(st.data())
@_some
def test_every_server_event_is_drawn_and_legal_on_the_wire(tag: str, data: st.DataObject) -> None:
    """An event of each type; its frame, text or bytes, is that event; nothing of it is lost."""
    assert isinstance(data.draw(server_events([tag])), SERVER_EVENTS[tag])
    frame = data.draw(frames([tag]))
    event = decode(frame)
    assert type(event) is SERVER_EVENTS[tag], (frame, getattr(event, "exception", None))
    if tag != "error":  # numbers that are codes become strings there
        assert _plain(json.loads(encode(event))) == _plain(json.loads(frame))


def _plain(value: Any) -> Any:
    """Take off what differs without a difference: 1 and 1.0 are equal in Python, the default type of a session."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if key != "type"}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("tag", sorted(CLIENT_EVENTS))
@given(st.data())
@_some
def test_every_client_event_is_drawn_and_decodes(tag: str, data: st.DataObject) -> None:
    """What is drawn survives the wire."""
    event: ClientEvent = data.draw(client_events([tag]))
    assert decode_client(encode(event)) == event


@pytest.mark.parametrize(
    "wanted",
    [
        lambda wire: "x_a" in wire,
        lambda wire: wire["type"] == "response.done" and "id" in wire["response"],
        lambda wire: "event_id" not in wire,
        lambda wire: wire.get("event_id", "") is None,
        lambda wire: isinstance(wire.get("item"), dict) and wire["item"].get("type") == "mcp_call",
    ],
    ids=["unknown field", "nested object", "absent", "null", "item of some type"],
)
def test_events_have_unknown_fields_nulls_absences_and_depth(wanted: Any) -> None:
    """Each of these is found within the examples of an ordinary run."""
    types = ["response.done", "conversation.item.added"]
    assert find(
        wire_events(types), wanted, settings=settings(max_examples=3000, database=None, phases=[Phase.generate])
    )


@given(conversations())
@settings(_some, max_examples=25)
def test_a_conversation_holds_the_invariants_of_a_conformant_server(events: list[ServerEvent]) -> None:
    """I2 to I27 for every trace, I1 first of all, and every response ends."""
    assert events[0].type == "session.created"
    checker = Checker()
    checker.saw(json.loads(encode(event)) for event in events)
    assert all(response.status != "in_progress" for response in checker.responses.values())


def _types(events: Iterable[Any]) -> set[str]:
    return {event.type for event in events}


@pytest.mark.parametrize(
    ("what", "turn"),
    [
        ("response.output_text.delta", "read"),
        ("response.output_audio.delta", "write"),
        ("response.function_call_arguments.done", "call"),
        ("input_audio_buffer.speech_started", "speak"),
        ("conversation.item.truncated", "barge in"),
        ("conversation.item.deleted", "edit"),
        ("error", "refused"),
    ],
)
def test_a_conversation_shrinks_to_the_turn_that_matters(what: str, turn: str) -> None:
    """Whatever the first example was, the last one has as few turns as can be."""
    options = settings(max_examples=300, database=None, deadline=None, suppress_health_check=_SLOW)
    found = find(conversations(), lambda events: what in _types(events), settings=options)
    created = sum(event.type == "response.created" for event in found)
    assert (turn in TURNS, created <= 2) == (True, True)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("status", ["completed", "cancelled", "failed", "incomplete"])
def test_responses_end_in_each_way(status: str) -> None:
    """Turns that are cut and turns that fail are drawn too."""
    options = settings(max_examples=300, database=None, phases=[Phase.generate], suppress_health_check=_SLOW)
    assert find(
        conversations(),
        lambda events: any(event.type == "response.done" and event.response.status == status for event in events),
        settings=options,
    )


@pytest.mark.parametrize("mutation", MUTATIONS)
@given(st.data())
@settings(_many, max_examples=25)
def test_a_malformed_frame_is_the_failure_that_it_says(mutation: str, data: st.DataObject) -> None:
    """Every mutation really breaks its frame, in the way that was known beforehand."""
    drawn = data.draw(malformations([mutation]))
    failure = decode(drawn.frame)
    assert isinstance(failure, ExceptionEvent), (drawn, failure)
    assert (drawn.mutation, failure.kind) == (mutation, drawn.kind), (drawn, failure.exception)


def test_a_json_loads_that_is_tested_shrinks_to_its_defect() -> None:
    """The example of the documentation: what json.loads takes and RFC 8259 does not have."""

    def is_taken(drawn: Malformation) -> bool:
        try:
            return isinstance(json.loads(drawn.frame), dict) and drawn.kind.value == "json"
        except (ValueError, RecursionError):
            return False

    options = settings(max_examples=1000, database=None, deadline=None, suppress_health_check=_SLOW)
    found = find(malformations(), is_taken, settings=options)
    assert found.mutation in ("lone surrogate", "not a number", "deep nesting")
    assert len(found.frame) < 1500


@given(traces_with_faults())
@settings(_some, max_examples=50)
def test_a_trace_says_where_its_faults_are(trace: FaultyTrace) -> None:
    """Those places and no others."""
    values = [decode(frame) for frame in trace.frames]
    failed = {place: value.kind for place, value in enumerate(values) if isinstance(value, ExceptionEvent)}
    assert failed == {place: fault.kind for place, fault in trace.faults.items()}
    assert not any(isinstance(value, UnknownEvent) for value in values)


@given(traces_with_faults(), st.integers(0, 2**32))
@settings(_some, max_examples=10)
def test_a_trace_is_multiplied_in_order_and_the_same_way_each_time(trace: FaultyTrace, seed: int) -> None:
    """As many frames as asked, unique ids in order, and nothing but the arguments decides."""
    made = list(multiplied(trace, count=300, seed=seed))
    ids = [one.event_id for one in made if one.kind is None]
    assert (len(made), ids) == (300, [f"event_{number}" for number in range(len(ids))])
    assert made == list(multiplied(trace, count=300, seed=seed))
    assert 20 < sum(one.kind is not None for one in made) < 120


def test_the_example_of_the_documentation_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """As it stands in docs/strategies.md."""
    text = (Path(__file__).parents[2] / "docs/strategies.md").read_text("utf-8")
    program = text.partition("```python\n")[2].partition("```")[0]
    exec(compile(program, "strategies.md", "exec"), {})  # noqa: S102  # the document's own program
    printed = capsys.readouterr().out
    assert "NaN" in printed and "ud83d" in printed

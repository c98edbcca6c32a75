"""JSON lines: type and time first, the fields of the event, audio as its size."""

from __future__ import annotations

import json
from typing import Any

from rxrealtime import Agent
from rxrealtime.activity import AgentChanged, ToolStarted
from rxrealtime.cli.jsonlines import has_line, json_line
from rxrealtime.cli.moments import Moment
from rxrealtime.events import UnknownEvent
from rxrealtime.outcome import Outcome
from tests.cli import telling
from tests.cli.telling import Chapter, Ended, Heard, done, noted, received, told, waited


def _lines(*moments: Moment) -> list[dict[str, Any]]:
    return [json.loads(line) for line in map(json_line, filter(has_line, moments))]


def test_events_have_their_fields_and_audio_its_size() -> None:
    """The type on the wire and the time come first; bytes become their number."""
    (line,) = _lines(received(telling.audio(4800), 0.25))
    assert list(line)[:3] == ["type", "at", "direction"]
    assert (line["type"], line["at"], line["direction"]) == ("response.output_audio.delta", 0.25, "received")
    assert line["delta"] == {"bytes": 4800}
    assert line["item_id"] == "item_1"


def test_failures_say_what_and_why_without_the_frame() -> None:
    """A failure has its kind, the type of the event and the size of the frame, not the frame."""
    (line,) = _lines(received(telling.failure()))
    expected = {"type": "exception", "kind": "json", "event_type": "response.output_text.delta", "frame_bytes": 1}
    assert expected.items() <= line.items()
    assert line["exception"] == "JsonError"


def test_unknown_events_keep_their_fields_but_not_ours() -> None:
    """A field of an unknown event that is named like one of ours does not take its place."""
    (line,) = _lines(received(UnknownEvent("new.thing", {"type": "new.thing", "at": "never", "x": [1, None]}), 1.0))
    assert line == {"type": "new.thing", "at": 1.0, "direction": "received", "x": [1, None]}


def test_what_is_not_of_the_wire_has_a_type_of_its_own() -> None:
    """What was noted, done and measured is told apart from events, with its fields; transcripts are not repeated."""
    lines = _lines(
        noted(Chapter("one")),
        done(ToolStarted("call_1", "look", "resp_1", "{}")),
        done(AgentChanged(Agent("guide", "Be secret."))),
        told("a"),
        waited("first_text", 0.5),
        noted(Heard("item_1", "On", 80)),
        noted(Ended(Outcome(), ("it rained",))),
    )
    assert [line["type"] for line in lines] == [
        "rxrealtime.chapter",
        "rxrealtime.tool_started",
        "rxrealtime.agent_changed",
        "rxrealtime.latency",
        "rxrealtime.heard",
        "rxrealtime.ended",
    ]
    assert (lines[1]["name"], lines[1]["arguments"], lines[2]["agent"]) == ("look", "{}", "guide")
    assert (lines[3]["kind"], lines[3]["seconds"]) == ("first_text", 0.5)
    assert (lines[-1]["outcome"], lines[-1]["unmet"]) == ("closed by us", ["it rained"])

"""A script made from a trace accepts that trace, and no other."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rxrealtime.server.matching import fits, side_by_side
from rxrealtime.server.scripts import AnyOrder, Expect, Script
from tests.server.scripted import Played

_SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", max_size=2), inner, max_size=3)
)
_EVENTS = st.builds(
    lambda kind, rest: {"type": kind, **rest},
    st.sampled_from(["session.update", "response.create", "input_audio_buffer.append", "custom"]),
    st.dictionaries(st.sampled_from(["item", "session", "audio"]), _VALUES, max_size=2),
)
_TRACES = st.lists(_EVENTS, max_size=6)


def _script(trace: list[dict[str, Any]]) -> Script:
    return Script(tuple(_expect(event) for event in trace), bare=True, ignored=())


def _expect(event: dict[str, Any]) -> Expect:
    return Expect(event["type"], {name: part for name, part in event.items() if name != "type"})


def _follows(script: Script, trace: list[dict[str, Any]]) -> bool:
    played = Played(script)
    played.send(*trace)
    return played.leave() is None


@settings(max_examples=60)
@given(_TRACES)
def test_a_script_accepts_the_trace_it_was_made_from(trace: list[dict[str, Any]]) -> None:
    """As it is, and with more fields in each event than were expected."""
    script = _script(trace)
    assert _follows(script, trace)
    assert _follows(script, [{**event, "event_id": "event_1"} for event in trace])


@settings(max_examples=60)
@given(_TRACES.filter(bool), st.data())
def test_a_dropped_or_a_doubled_event_is_noticed(trace: list[dict[str, Any]], data: st.DataObject) -> None:
    """Whichever it is, at the beginning, in the middle or at the end."""
    place = data.draw(st.integers(0, len(trace) - 1))
    script = _script(trace)
    assert not _follows(script, trace[:place] + trace[place + 1 :])
    assert not _follows(script, trace[: place + 1] + trace[place:])


@settings(max_examples=60)
@given(_TRACES.filter(bool), st.data())
def test_a_changed_event_is_noticed(trace: list[dict[str, Any]], data: st.DataObject) -> None:
    """Another type, another value of a field that is expected, a field that is gone."""
    place = data.draw(st.integers(0, len(trace) - 1))
    event = trace[place]
    name = data.draw(st.sampled_from(sorted(event)))
    other = data.draw(_VALUES.filter(lambda value: not fits(event[name], value)), label="other")
    changed = {**event, name: other}
    assert not _follows(_script(trace), [*trace[:place], changed, *trace[place + 1 :]])


@given(st.permutations([{"type": "a"}, {"type": "b"}, {"type": "c", "x": 1}]))
def test_any_order_accepts_every_order(trace: list[dict[str, Any]]) -> None:
    """And none with an event dropped or doubled."""
    script = Script((AnyOrder((Expect("a"), Expect("b"), Expect("c", {"x": 1}))),), bare=True)
    assert _follows(script, trace)
    assert not _follows(script, trace[1:])
    assert not _follows(script, [*trace, trace[0]])


@given(_VALUES)
def test_every_value_fits_itself(value: Any) -> None:
    """A match is reflexive, and an object fits one that holds more."""
    assert fits(value, value)
    assert fits({"a": value}, {"a": value, "b": 1})
    assert not fits({"a": value, "b": 1}, {"a": value})


@given(_VALUES, _VALUES)
def test_a_mark_is_where_something_differs(expected: Any, actual: Any) -> None:
    """Both columns are shown, and a line is marked if and only if the values do not fit."""
    left, right = {"a": expected}, {"a": actual}
    shown = side_by_side(left, right).splitlines()
    assert shown[0].split() == ["expected", "actual"]
    assert any("  !" in line for line in shown) is not fits(left, right)


def test_numbers_and_booleans_are_told_apart() -> None:
    """1 is 1.0, true is not 1, and None is null or absent."""
    assert fits({"a": 1}, {"a": 1.0})
    assert not fits({"a": 1}, {"a": True})
    assert not fits({"a": False}, {"a": 0})
    assert fits({"a": None}, {}) and fits({"a": None}, {"a": None})
    assert not fits({"a": None}, {"a": 0})


def test_long_strings_are_cut() -> None:
    """Audio does not fill the terminal."""
    shown = side_by_side({"audio": "A" * 4000}, {"audio": "B" * 4000})
    assert "(4000 characters)" in shown
    assert max(map(len, shown.splitlines())) < 200


def test_one_side_may_be_empty() -> None:
    """Where nothing came, or nothing was expected, the other column is."""
    event = {"type": "a", "item": {"content": [1]}}
    right = [line[12:] for line in side_by_side(None, event).splitlines()[1:]]
    assert [line.strip() for line in right] == [
        line.strip().rstrip(",") for line in json.dumps(event, indent=1).splitlines()
    ]
    assert side_by_side(event, None).splitlines()[1].endswith("!")

"""Which expectation an event counts for: no order in which each could have its own is refused."""

from __future__ import annotations

import json
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxrealtime.server.meeting import rearranged
from rxrealtime.server.scripts import AnyOrder, Expect, Script, Send, Wait
from tests.server.scripted import Played

_CREATE = "conversation.item.create"
_KEYS = ("a", "b")


def _item(**fields: Any) -> dict[str, Any]:
    return {"type": _CREATE, **fields}


def _expect(optional: bool = False, names: dict[str, str] | None = None, /, **fields: Any) -> Expect:
    return Expect(_CREATE, fields, optional, answered=False, names=names or {})


def _all_placed(fits: list[list[int]]) -> bool:
    """Tell by trying everything whether each event can have a place of its own."""
    return any(len(set(chosen)) == len(fits) for chosen in product(*fits))


@given(st.lists(st.lists(st.integers(0, 4), unique=True, max_size=4), max_size=5), st.sets(st.integers(0, 4)))
def test_an_event_has_a_place_exactly_if_all_can_have_one(fits: list[list[int]], preferred: set[int]) -> None:
    """By brute force; a place that was taken stays taken, and no two are at one."""
    placed: list[list[int]] = []
    places: tuple[int, ...] = ()
    for options in fits:
        free = set(range(5)) - set(places)
        found = rearranged(places, [*placed, options], free & preferred) or rearranged(
            places, [*placed, options], free - preferred
        )
        assert (found is not None) == _all_placed([*placed, options])
        if found is None:
            continue
        placed.append(options)
        assert set(places) < set(found) and len(set(found)) == len(placed)
        assert all(place in options for place, options in zip(found, placed, strict=True))
        places = found
        best = max(len(preferred & set(chosen)) for chosen in product(*placed) if len(set(chosen)) == len(placed))
        assert len(preferred & set(places)) == best


_patterns = st.dictionaries(st.sampled_from(_KEYS), st.integers(0, 1), max_size=2)
_events = st.fixed_dictionaries({key: st.integers(0, 1) for key in _KEYS})


@given(st.lists(_patterns, min_size=1, max_size=4), st.lists(_events, max_size=4))
def test_any_order_takes_exactly_what_brute_force_takes(patterns: list[Any], events: list[Any]) -> None:
    """The client has followed the script if some assignment meets each expectation by one event."""
    played = Played(Script((AnyOrder(tuple(_expect(**pattern) for pattern in patterns)),), bare=True))
    played.send(*(_item(**event) for event in events))
    fine = len(events) == len(patterns) and any(
        all(pattern.items() <= event.items() for pattern, event in zip(patterns, order, strict=True))
        for order in permutations(events)
    )
    assert (played.leave() is None) is fine


@pytest.mark.parametrize("order", [*permutations((_item(role="user"), _item(role="system")))])
def test_a_general_expectation_leaves_the_special_one_to_the_event_that_has_no_other(order: Any) -> None:
    """The first event fits both; which it was is known by the second alone."""
    played = Played(Script((AnyOrder((_expect(), _expect(role="user"))), Send({"type": "over"})), bare=True))
    played.send(*order)
    assert (played.got, played.leave()) == ([{"type": "over"}], None)


def test_what_must_come_is_met_before_what_may() -> None:
    """The step is over with one event that could have been the optional one; that may still come, as either."""
    step = AnyOrder((_expect(True, role="user"), _expect()))
    for second in ("user", "system"):
        played = Played(Script((step, Send({"type": "over"})), bare=True))
        assert played.send(_item(role="user")) == [{"type": "over"}]
        played.send(_item(role=second))
        assert played.leave() is None


def test_an_optional_event_before_one_that_must_come_of_the_same_type() -> None:
    """One is enough, two are fine, in the only order that they fit; three are not."""
    steps = (_expect(True), _expect(role="user"))
    for roles, fine in ((["user"], True), (["system", "user"], True), (["user", "user"], True)):
        played = Played(Script(steps, bare=True))
        played.send(*(_item(role=role) for role in roles))
        assert (played.leave() is None) is fine
    for roles in (["user", "system"], ["system"], ["user", "user", "user"]):
        played = Played(Script(steps, bare=True))
        played.send(*(_item(role=role) for role in roles))
        assert played.leave() is not None


def test_an_event_that_could_be_what_must_come_waits_for_it() -> None:
    """While the server is busy it does not count for what need not come."""
    script = Script((Expect("a", optional=True), Wait(1), Expect("a")), bare=True)
    for count, fine in ((1, True), (2, True), (3, False)):
        played = Played(script)
        played.send(*[{"type": "a"}] * count)
        played.wait()
        assert (played.leave() is None) is fine


def test_the_ids_of_an_event_that_was_moved_move_with_it() -> None:
    """What is sent later has the id of the event that counts for the expectation in the end."""
    step = AnyOrder((_expect(False, {"item.id": "FIRST"}), _expect(False, {"item.id": "SECOND"}, role="user")))
    played = Played(Script((step, Send({"ids": ["FIRST", "SECOND"]})), bare=True))
    played.send(_item(role="user", item={"id": "mine"}), _item(role="system", item={"id": "other"}))
    assert json.dumps(played.got) == '[{"ids": ["other", "mine"]}]'

"""R1: what becomes of a create that cannot go out yet, in each mode, and what bounds it."""

from __future__ import annotations

from typing import Any

import pytest
from reactivex import Observable
from reactivex.subject import Subject

from rxrealtime import commands
from rxrealtime import operators as ops
from rxrealtime.activity import ResponseDropped
from rxrealtime.errors import ConfigurationError
from rxrealtime.events import (
    InputAudioBufferClear,
    ResponseCancel,
    ResponseCreate,
    ResponseParams,
)
from rxrealtime.operators import Hold, Release, Wanted
from rxrealtime.operators.scheduling import ResponseMode
from rxrealtime.operators.wanted import RaceLost
from tests.contracts.seat import Seat, already_active, create
from tests.operators.wire import created, done

_TOOL_OUTPUT = (*commands.answer_call("call_1", "42"), *commands.respond())
_INPUT = commands.say("Hello")
_BRIEF = ResponseParams(instructions="Be brief.")


def test_r1_queue_gives_each_its_turn() -> None:
    """R1: in order, also if they ask for the same."""
    seat = Seat("queue")
    out = seat.want(*[create(name) for name in "abc"])
    for response in "rst":
        out += seat.tell(created(response), done(response=response))

    assert out == [create(name) for name in "abc"]


def test_r1_queue_merges_nothing_into_a_create_that_lost_a_race() -> None:
    """R1: it goes out once more, and the others after it."""
    seat = Seat("queue")
    seat.want(create("a"), create("b"))

    assert seat.tell(created("vad"), already_active("a")) == [RaceLost("a")]
    assert seat.tell(done(response="vad"), created("r"), done()) == [create("a"), create("b")]


def test_r1_coalesce_keeps_apart_what_asks_for_something_else() -> None:
    """R1: parameters that set nothing are none; metadata counts."""
    seat = Seat()
    seat.tell(created())
    wishes = [
        ResponseCreate(event_id="a"),
        ResponseCreate(event_id="b", response=ResponseParams()),
        ResponseCreate(event_id="c", response=_BRIEF),
        ResponseCreate(event_id="d", response=ResponseParams(metadata={"topic": "x"})),
        ResponseCreate(event_id="e", response=_BRIEF),
        ResponseCreate.model_validate({"event_id": "f", "vendor": 1}),
    ]

    assert seat.want(*wishes) == [ResponseDropped("b", "a"), ResponseDropped("e", "c")]
    assert [create.event_id for create in seat.state.waiting] == ["a", "c", "d", "f"]


def test_r1_replace_cancels_what_runs_and_drops_what_waits() -> None:
    """R1: the newest takes the place of all, and cancels once."""
    seat = Seat("replace")
    seat.tell(created())

    assert seat.want(create("a"), create("b")) == [
        ResponseCancel(event_id="rxr_cancel_1", response_id="r"),
        ResponseDropped("a"),
    ]
    assert seat.tell(done(status="cancelled")) == [create("b")]


def test_r1_replace_cancels_a_response_as_soon_as_it_is_known() -> None:
    """R1: one that was only asked for; a create that lost a race meanwhile is replaced too."""
    seat = Seat("replace")
    seat.want(create("a"))

    assert seat.want(create("b")) == []
    assert seat.tell(created("vad")) == [ResponseCancel(event_id="rxr_cancel_1", response_id="vad")]
    assert seat.tell(already_active("a")) == [RaceLost("a"), ResponseDropped("a")]
    assert seat.tell(done(response="vad", status="cancelled")) == [create("b")]


def test_r1_replace_takes_the_place_of_a_create_that_lost_a_race() -> None:
    """R1: and one that nothing replaces takes that of the response that was faster."""
    replaced, last = Seat("replace"), Seat("replace")
    replaced.want(create("a"), create("b"))
    last.want(create("a"))

    assert replaced.tell(already_active("a")) == [RaceLost("a"), ResponseDropped("a"), create("b")]
    assert last.tell(created("vad"), already_active("a")) == [
        RaceLost("a"),
        ResponseCancel(event_id="rxr_cancel_1", response_id="vad"),
    ]
    assert last.tell(done(response="vad", status="cancelled")) == [create("a")]


def test_r1_replace_keeps_the_newest_of_those_that_lost_a_race() -> None:
    """R1: two creates may be on their way if a response of the server was over in between."""
    seat = Seat("replace")
    seat.want(create("a"))
    seat.tell(created("vad"), done(response="vad"))
    seat.want(create("b"))

    assert seat.tell(created("more"), already_active("a"), already_active("b", "event_2")) == [
        RaceLost("a"),
        ResponseDropped("a"),
        RaceLost("b"),
        ResponseCancel(event_id="rxr_cancel_1", response_id="more"),
    ]
    assert seat.tell(done(response="more", status="cancelled")) == [create("b")]


def test_r1_replace_drops_a_create_that_lost_a_race_while_the_newest_is_under_way() -> None:
    """R1: the response that the newest cancelled is not the reason: it is that there is a newer one."""
    seat = Seat("replace")
    seat.want(create("a"))
    seat.tell(created("vad"))
    seat.want(create("b"))

    assert seat.tell(done(response="vad"), already_active("a"))[1:] == [RaceLost("a"), ResponseDropped("a")]
    assert seat.tell(created("more"), already_active("b", "event_2"), done(response="more")) == [
        RaceLost("b"),
        ResponseCancel(event_id="rxr_cancel_2", response_id="more"),
        create("b"),
    ]


def test_r1_replace_cancels_nothing_for_a_create_that_is_held() -> None:
    """R1: it may be long until that may go out."""
    seat = Seat("replace")
    seat.tell(Hold("setup"), created())

    assert seat.want(create("a")) == []
    assert seat.tell(Release("setup")) == [ResponseCancel(event_id="rxr_cancel_1", response_id="r")]
    assert seat.tell(done()) == [create("a")]


def test_r1_drop_drops_while_anything_runs_or_waits() -> None:
    """R1: while one is unanswered, active, or held."""
    seat = Seat("drop")

    assert seat.want(create("a"), create("b")) == [create("a"), ResponseDropped("b")]
    assert (seat.tell(created()), seat.want(create("c"))) == ([], [ResponseDropped("c")])
    assert (seat.tell(done(), Hold("setup")), seat.want(create("d"), create("e"))) == ([], [ResponseDropped("e")])
    assert seat.tell(Release("setup")) == [create("d")]


def test_r1_direct_lets_everything_pass_as_it_is() -> None:
    """R1: for those who schedule by themselves."""
    events = [create(), create(), *commands.cancel(), *commands.cancel(), *_INPUT]
    seat = Seat("direct")

    assert seat.want(*events) == events
    assert seat.tell(created(), Hold("setup"), already_active("a")) == []


def test_r1_creates_are_held_until_everybody_releases_them() -> None:
    """R1: other events pass meanwhile."""
    seat = Seat()
    seat.tell(Hold("a"), Hold("b"), Hold("a"))

    assert seat.want(*_INPUT, InputAudioBufferClear()) == [_INPUT[0], InputAudioBufferClear()]
    assert seat.tell(Release("a"), Release("c")) == []
    assert seat.tell(Release("b")) == [create("rxr_response_1")]


@pytest.mark.parametrize("mode", ["coalesce", "queue"])
def test_r1_what_waits_is_bounded(mode: ResponseMode) -> None:
    """B1: what is beyond the bound is dropped."""
    seat = Seat(mode, max_waiting=2)
    seat.tell(created())

    out = seat.want(*[create(str(n), metadata={"n": str(n)}) for n in range(4)])

    assert out == [ResponseDropped("2"), ResponseDropped("3")]


def test_r1_what_is_remembered_is_bounded() -> None:
    """B1: after hundreds of turns the state is no larger than after a few."""
    seat = Seat()
    for turn in range(300):
        seat.want(create(f"rxr_response_{turn}"), *commands.cancel(f"other {turn}"))
        seat.tell(created(str(turn)))
        seat.want(*commands.cancel())
        seat.tell(done(response=str(turn)))

    kept = seat.state
    assert (len(kept.asked), len(kept.responses.over), len(kept.responses.cancels)) == (16, 64, 63)
    assert len(kept.ids.given) == 256


def test_r1_ids_given_are_not_those_of_the_application() -> None:
    """R1: an id that it used before is left out; an empty one is none."""
    seat = Seat("queue")

    out = seat.want(create("rxr_response_1"), create("rxr_cancel_3", conversation="none"), ResponseCreate(event_id=""))
    out += seat.tell(created(), done(), created("s"))
    out += seat.want(*commands.cancel())

    assert [event.event_id for event in out] == ["rxr_response_1", "rxr_cancel_3", "rxr_response_2", "rxr_cancel_4"]


@pytest.mark.parametrize("wrong", [{"mode": "queued"}, {"max_waiting": 0}])
def test_r1_a_mode_that_there_is_not_is_refused_by_name(wrong: dict[str, Any]) -> None:
    """R1: when the operator is built."""
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        ops.schedule_responses(**wrong)


def test_r1_the_operator_gives_what_is_sent_and_what_was_dropped() -> None:
    """R1: and nothing else; each subscription begins anew."""
    traffic: Subject[object] = Subject()
    scheduled: Observable[Any] = traffic.pipe(ops.schedule_responses())
    first: list[Any] = []
    second: list[Any] = []
    scheduled.subscribe(first.append)
    for value in (Wanted(create("a")), created("vad"), already_active("a")):
        traffic.on_next(value)
    scheduled.subscribe(second.append)
    for value in (Wanted(*commands.cancel("gone")), Wanted(*commands.cancel("gone")), done(response="vad")):
        traffic.on_next(value)

    cancel = ResponseCancel(event_id="rxr_cancel_1", response_id="gone")
    assert (first, second) == ([create("a"), cancel, create("a")], [cancel])


def test_r1_what_is_wanted_and_what_waits_says_nothing_in_its_repr() -> None:
    """D7: payload is in no repr."""
    seat = Seat()
    seat.want(create(instructions="canary"), create(instructions="canary!"))

    assert "canary" not in repr(seat.state) + repr(Wanted(create(instructions="canary")))

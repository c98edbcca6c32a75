"""R1, example by example: what peers' tests assert of the order of responses."""

from __future__ import annotations

from typing import Any

import pytest

from rxrealtime import commands
from rxrealtime import operators as ops
from rxrealtime.activity import ResponseDropped
from rxrealtime.errors import ConnectionLost, SchemaError
from rxrealtime.events import (
    ConnectionFailed,
    Error,
    ErrorDetail,
    JsonFailed,
    Response,
    ResponseCancel,
    ResponseCreated,
    ResponseDone,
    ResponseParams,
    SchemaFailed,
)
from rxrealtime.operators import Hold, Release, Unanswered, Wanted
from rxrealtime.operators.scheduling import abandon
from rxrealtime.operators.wanted import CancelDropped, RaceLost
from tests.contracts.seat import Seat, already_active, create, error, out_of_band, unsent
from tests.operators.streams import results
from tests.operators.wire import created, done

_TOOL_OUTPUT = (*commands.answer_call("call_1", "42"), *commands.respond())
_INPUT = commands.say("Hello")
_BRIEF = ResponseParams(instructions="Be brief.")


@pytest.mark.parametrize("wanted", [_INPUT, _TOOL_OUTPUT], ids=["input", "tool output"])
def test_r1_what_is_said_during_a_response_goes_at_once_and_is_answered_after_it(wanted: tuple[Any, ...]) -> None:
    """B196, B197, B211, B212: the item at once, the create at response.done, and nobody waits for it."""
    seat = Seat()
    seat.tell(created())

    assert seat.want(*wanted) == [wanted[0]]
    assert seat.tell(done()) == [create("rxr_response_1")]


@pytest.mark.parametrize("wanted", [_INPUT, _TOOL_OUTPUT], ids=["input", "tool output"])
def test_r1_what_is_said_during_one_response_shares_the_next(wanted: tuple[Any, ...]) -> None:
    """B198, B213: one create stands for all, and the others learn for which."""
    seat = Seat()
    seat.tell(created())

    seat.want(*wanted, *wanted, *wanted)

    dropped = [ResponseDropped(f"rxr_response_{n}", "rxr_response_1") for n in (2, 3)]
    assert seat.out == [wanted[0], wanted[0], dropped[0], wanted[0], dropped[1]]
    assert seat.tell(done()) == [create("rxr_response_1")]
    assert seat.tell(created("s"), done(response="s")) == []


def test_r1_what_is_said_after_a_create_went_out_is_answered_in_a_further_turn() -> None:
    """B199, B200: also if that create is not answered yet."""
    seat = Seat()
    seat.want(*_INPUT)

    assert seat.want(*_INPUT) == [_INPUT[0]]
    assert seat.tell(created()) == []
    assert seat.tell(done()) == [create("rxr_response_2")]


@pytest.mark.parametrize("later", [_INPUT, _TOOL_OUTPUT], ids=["input", "tool output"])
def test_r1_a_create_by_hand_takes_its_turn_like_any_other(later: tuple[Any, ...]) -> None:
    """B214, B215: before an input, and before a tool output."""
    seat = Seat()

    assert seat.want(create("mine", instructions="Be brief."), *later) == [
        create("mine", instructions="Be brief."),
        later[0],
    ]
    assert seat.tell(created(), done()) == [create("rxr_response_1")]


def test_r1_a_create_that_was_not_sent_frees_the_next() -> None:
    """B201: unless it is known to have been sent, so that the failure is about another one."""
    seat = Seat()
    seat.want(create(), create())
    sent = Seat()
    sent.want(create())
    sent.tell(create("rxr_response_1"))
    sent.want(create())

    seat.tell(create("beside", conversation="none"))
    assert seat.tell(unsent("response.create")) == [create("rxr_response_2")]
    assert sent.tell(unsent("response.create")) == []


def test_r1_only_an_error_that_names_our_create_frees_it() -> None:
    """B202, B485: not one about another event, nor about an out-of-band create."""
    seat = Seat()
    seat.want(create(), create("beside", conversation="none"), create(instructions="Be brief."))

    assert seat.tell(error("item_1"), error("beside"), already_active("beside"), error("unknown")) == []
    assert seat.tell(error("rxr_response_1")) == [create("rxr_response_2", instructions="Be brief.")]


@pytest.mark.parametrize(
    ("detail", "frees"),
    [
        ({"code": "bad_item", "message": "bad item"}, False),
        ({"message": "response.cancel: no such response"}, False),
        ({"param": "session.type"}, False),
        ({}, False),
        ({"code": "conversation_already_has_active_response"}, True),
        ({"code": "bad_response_create", "message": "bad response.create"}, True),
        ({"param": "response.max_output_tokens", "message": "too few"}, True),
    ],
)
def test_r1_an_error_that_names_nothing_frees_a_create_only_if_it_looks_like_its_failure(
    detail: dict[str, Any], frees: bool
) -> None:
    """B203, B204."""
    seat = Seat()
    seat.want(create(), create())

    out = seat.tell(Error(event_id="event_1", error=ErrorDetail(**detail)))

    assert out == ([create("rxr_response_2")] if frees else [])


def test_r1_whether_a_create_is_pending_can_be_asked_before_wanting_one_more() -> None:
    """B205, B206: an input on condition is a question and a wish in the same turn, with nothing between them."""
    seat = Seat()
    assert not seat.state.is_pending
    seat.tell(created())
    assert not seat.state.is_pending
    seat.want(create())
    assert seat.state.is_pending
    seat.tell(done())
    assert seat.state.is_pending
    seat.tell(created("s"))
    assert not seat.state.is_pending


def test_r1_a_lost_connection_drops_what_waits() -> None:
    """B207, B209: nothing of it goes anywhere, and a next connection begins with nothing."""
    seat = Seat()
    seat.tell(created(), Hold("setup"))
    seat.want(create("a"), create("b", instructions="Be brief."), create(conversation="none"))

    assert seat.tell(ConnectionFailed(ConnectionLost("gone"))) == [ResponseDropped("a"), ResponseDropped("b")]
    assert seat.tell(done(), Release("setup")) == []
    assert seat.want(create()) == [create("rxr_response_2")]


def test_r1_the_end_of_the_stream_drops_what_waits() -> None:
    """B209, B210: also a clean end."""
    values = [created(), Wanted(create("a")), Wanted(create("b", instructions="Be brief."))]

    assert results(ops.schedule_responses(), values) == [ResponseDropped("a"), ResponseDropped("b")]
    seat = Seat()
    seat.tell(*values)
    assert abandon(seat.state)[1] == (ResponseDropped("a"), ResponseDropped("b"))


def test_r1_a_cancel_names_the_response_it_is_for() -> None:
    """B222: the active one if it names none; nothing else is touched."""
    seat = Seat()
    seat.tell(created())

    assert seat.want(*commands.cancel()) == [ResponseCancel(event_id="rxr_cancel_1", response_id="r")]


def test_r1_a_response_is_cancelled_once() -> None:
    """B223, B224: until its response.done; then the next one can be, and a late done of the old one changes nothing."""
    seat = Seat()
    seat.tell(created())
    seat.want(ResponseCancel(event_id="c", response_id="r"))

    assert seat.want(ResponseCancel(event_id="d"), *commands.cancel("r")) == [
        CancelDropped("d", "r"),
        CancelDropped(None, "r"),
    ]
    seat.tell(done(status="cancelled"), created("s"))
    assert seat.want(*commands.cancel()) == [ResponseCancel(event_id="rxr_cancel_1", response_id="s")]
    before = seat.state
    assert (seat.tell(done(status="cancelled")), seat.state) == ([], before)


@pytest.mark.parametrize("failure", [unsent("response.cancel"), error("rxr_cancel_1")], ids=["not sent", "refused"])
def test_r1_a_cancel_that_failed_may_be_tried_again(failure: Any) -> None:
    """B225, B226: of a response that is known, and of one that was only asked for."""
    known, asked = Seat(), Seat()
    known.tell(created())
    asked.want(create("a"))
    for seat in (known, asked):
        seat.want(*commands.cancel())
        seat.tell(failure)

        assert [type(out) for out in seat.want(*commands.cancel())] == [ResponseCancel]


def test_r1_a_cancel_that_was_refused_says_nothing_of_another() -> None:
    """B225: the response that the other one is for is still being cancelled."""
    seat = Seat()
    seat.tell(created())
    seat.want(ResponseCancel(event_id="a", response_id="beside"), ResponseCancel(event_id="b"))

    assert seat.tell(error("b")) == []
    assert seat.want(*commands.cancel("beside")) == [CancelDropped(None, "beside")]


def test_r1_a_response_that_is_over_is_not_cancelled() -> None:
    """B227: also one beside the conversation. One that is not known may be cancelled, once."""
    seat = Seat()
    seat.tell(created(), done(), *out_of_band("beside"))

    assert seat.want(*commands.cancel("r"), *commands.cancel("beside")) == [
        CancelDropped(None, "r", over=True),
        CancelDropped(None, "beside", over=True),
    ]
    assert [type(out) for out in seat.want(*commands.cancel("other"), *commands.cancel("other"))] == [
        ResponseCancel,
        CancelDropped,
    ]
    assert seat.want(*commands.cancel()) == [ResponseCancel(event_id="rxr_cancel_2")]


def test_r1_a_late_cancel_of_an_old_response_does_not_use_up_that_of_a_new_one() -> None:
    """B232."""
    seat = Seat()
    seat.tell(created(), done(), created("s"))

    assert seat.want(*commands.cancel("r")) == [CancelDropped(None, "r", over=True)]
    assert seat.want(*commands.cancel()) == [ResponseCancel(event_id="rxr_cancel_1", response_id="s")]


def test_r1_after_a_cancel_the_next_create_waits_for_the_end() -> None:
    """R1: also if the response was not known yet when it was cancelled."""
    seat = Seat()

    assert seat.want(create(), *commands.cancel(), *commands.cancel(), create()) == [
        create("rxr_response_1"),
        ResponseCancel(event_id="rxr_cancel_2"),
        CancelDropped(None, None),
    ]
    assert seat.tell(created()) == []
    assert seat.want(*commands.cancel()) == [CancelDropped(None, "r")]
    assert seat.tell(done(status="cancelled")) == [create("rxr_response_3")]


def test_r1_a_cancel_refused_because_nothing_runs_frees_what_was_thought_to_run() -> None:
    """B474: a response whose end was missed blocks nothing any more once the server says so."""
    seat = Seat()
    seat.tell(created())
    seat.want(*commands.cancel(), create())

    assert seat.tell(error("rxr_cancel_1", "bad")) == []
    seat.want(*commands.cancel())
    assert seat.tell(error("rxr_cancel_3", "response_cancel_not_active")) == [create("rxr_response_2")]


def test_r1_a_lost_race_is_retried_once_and_not_surfaced() -> None:
    """B484: it waits for the response that was faster; told twice it is lost once; a second loss is final."""
    seat = Seat()
    seat.want(create("mine"))

    assert seat.tell(created("vad"), already_active("mine")) == [RaceLost("mine")]
    assert seat.tell(done(response="vad")) == [create("mine")]
    assert seat.tell(already_active("mine")) == [RaceLost("mine")]
    assert seat.want(create("next"), create("next", conversation="none")) == [create("next", conversation="none")]
    assert seat.tell(created("faster"), already_active("mine", "event_2")) == []
    assert seat.tell(done(response="faster")) == [create("next")]


def test_r1_a_lost_race_is_retried_at_once_if_nothing_runs_any_more() -> None:
    """R1: the error may be all that is known of the other response, or come after its end."""
    early, late = Seat(), Seat()
    for seat in (early, late):
        seat.want(create("mine"))
    late.tell(created("vad"), done(response="vad"))

    for seat in (early, late):
        assert seat.tell(already_active("mine")) == [RaceLost("mine"), create("mine")]


def test_r1_a_race_may_turn_out_to_be_lost_when_the_next_create_is_under_way() -> None:
    """R1: the response of the server was over before our create arrived there, and then it began another one."""
    seat = Seat("queue")
    seat.want(create("a"))
    seat.tell(created("vad"))
    seat.want(create("b"))

    assert seat.tell(done(response="vad"), created("more"), already_active("a")) == [create("b"), RaceLost("a")]
    assert seat.tell(already_active("b", "event_2")) == [RaceLost("b")]
    assert seat.tell(done(response="more"), created(), done()) == [create("a"), create("b")]


def test_r1_a_create_that_is_retried_may_fail_to_be_sent() -> None:
    """R1: that it was sent the first time says nothing of the second."""
    seat = Seat()
    seat.want(create("a"))
    seat.tell(create("a"), created("vad"), already_active("a"), done(response="vad"))
    seat.want(create("b"))

    assert seat.tell(unsent("response.create")) == [create("b")]


def test_r1_what_asks_for_the_same_as_a_create_that_lost_is_merged_into_it() -> None:
    """R1: it is before them again, and its response will have heard what they were about."""
    seat = Seat()
    seat.want(create("a"), create("b", instructions="Be brief."), create("c"))

    assert seat.tell(created("vad"), already_active("a")) == [RaceLost("a"), ResponseDropped("c", "a")]
    assert seat.tell(done(response="vad"), created("s"), done(response="s")) == [
        create("a"),
        create("b", instructions="Be brief."),
    ]


def test_r1_a_create_that_was_cancelled_and_lost_a_race_is_not_retried() -> None:
    """R1: nobody wants it any more, whether it was cancelled before or after the other response was seen."""
    before, after = Seat(), Seat()
    before.want(create("mine"), *commands.cancel())
    before.tell(created("vad"))
    after.want(create("mine"))
    after.tell(created("vad"))
    after.want(*commands.cancel())

    for seat in (before, after):
        assert seat.tell(already_active("mine")) == [RaceLost("mine"), ResponseDropped("mine")]
        assert seat.tell(done(response="vad", status="cancelled")) == []


def test_r1_out_of_band_responses_run_beside_it() -> None:
    """R1: their creates pass, and their events block and free nothing."""
    seat = Seat()
    seat.want(create())

    assert seat.want(create(conversation="none"), create()) == [create("rxr_response_2", conversation="none")]
    assert seat.tell(*out_of_band("beside")) == []
    assert seat.tell(created()) == []
    assert seat.want(create("more", conversation="none")) == [create("more", conversation="none")]
    assert seat.tell(done()) == [create("rxr_response_3")]


def test_r1_a_response_may_be_done_without_having_been_created() -> None:
    """R1: then it is the answer to the create that has none; what comes late about it changes nothing."""
    seat = Seat()
    seat.want(create(), create())

    assert seat.tell(done()) == [create("rxr_response_2")]
    before = seat.state
    assert (seat.tell(created(), done()), seat.state) == ([], before)


def test_r1_a_response_that_is_told_twice_begins_and_ends_once() -> None:
    """R1: duplicates change nothing."""
    seat = Seat()
    seat.want(create("a"))

    assert seat.tell(created(), created()) == []
    seat.want(create("b"))
    assert seat.tell(done(), done(), created()) == [create("b")]
    seat.want(create("c"))
    assert seat.tell(done()) == []


@pytest.mark.parametrize(
    "freeing",
    [
        done(),
        SchemaFailed(SchemaError("no"), event_type="response.done"),
        JsonFailed(SchemaError("no"), event_type="response.done"),
    ],
    ids=["done", "not an event", "not JSON"],
)
def test_r1_an_active_response_ends_also_if_its_end_cannot_be_read(freeing: Any) -> None:
    """R1: nothing is ever stuck."""
    seat = Seat()
    seat.tell(created(), SchemaFailed(SchemaError("no"), event_type="response.output_item.done"))
    seat.want(create())

    assert seat.tell(freeing) == [create("rxr_response_1")]


def test_r1_an_active_response_whose_end_was_missed_is_over_when_another_begins() -> None:
    """R1: the default conversation has one at a time."""
    seat = Seat()
    seat.tell(created(), created("s"), created())
    seat.want(create())

    assert seat.tell(done()) == []
    assert seat.tell(done(response="s")) == [create("rxr_response_1")]
    before = seat.state
    assert (seat.tell(created(), done()), seat.state) == ([], before)


def test_r1_responses_without_ids_are_scheduled_too() -> None:
    """R1: every field of a response is optional."""
    seat = Seat()
    seat.want(create(), create())
    nameless = Response()

    assert seat.tell(ResponseCreated(response=nameless)) == []
    assert seat.want(*commands.cancel()) == [ResponseCancel(event_id="rxr_cancel_3")]
    assert seat.tell(ResponseDone(response=nameless)) == [create("rxr_response_2")]
    assert seat.tell(ResponseCreated(response=nameless)) == []
    seat.want(create())
    assert seat.tell(done(response="named")) == [create("rxr_response_4")]
    assert seat.tell(ResponseCreated(response=nameless)) == []
    seat.want(create())
    assert seat.tell(ResponseDone(response=nameless)) == [create("rxr_response_5")]
    assert seat.tell(created("named, too")) == []
    seat.want(create())
    assert seat.tell(ResponseDone(response=nameless)) == [create("rxr_response_6")]


def test_r1_a_create_without_an_answer_is_given_up_when_its_time_is_over() -> None:
    """R1: nothing is ever stuck; a time that is over late changes nothing."""
    seat = Seat()
    seat.want(create("a"), create("b"))

    assert seat.tell(Unanswered("b")) == []
    assert seat.tell(Unanswered("a")) == [create("b")]
    assert seat.tell(created(), Unanswered("b")) == []
    assert seat.want(create("c")) == []

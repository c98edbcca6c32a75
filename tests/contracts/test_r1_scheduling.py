"""R1: never two of our responses in flight in the default conversation, whatever comes in between.

The pure step against the pure engine of the embedded server, with frames on their way in both directions.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rxrealtime import commands
from rxrealtime.events import Error, ResponseCreate, ResponseParams
from rxrealtime.operators import Hold, Release
from rxrealtime.operators.scheduling import ResponseMode
from rxrealtime.operators.wanted import RaceLost
from tests.contracts.line import Line

_PARAMS: list[dict[str, Any] | None] = [
    None,
    None,
    {},
    {"instructions": "Be brief."},
    {"metadata": {"a": "b"}},
    {"conversation": "none"},
    {"max_output_tokens": 0},
]
_IDS = ["mine", "rxr_response_1", "rxr_response_3", "rxr_cancel_2"]


class Races(RuleBasedStateMachine):
    """Everybody wants something at once: the application, tools, the user who speaks, and frames take their time."""

    mode: ResponseMode = "coalesce"

    @initialize(interrupt=st.booleans())
    def begin(self, interrupt: bool) -> None:
        self.line = Line(self.mode, interrupt)
        self.wanted = 0

    @rule(params=st.sampled_from(_PARAMS), name=st.sampled_from([None, None, *_IDS]))
    def create(self, params: dict[str, Any] | None, name: str | None) -> None:
        waiting = [create.event_id for create in self.line.client.waiting]
        used = {None, *waiting, *self.line.names, *self.line.fates}
        given = {} if name in used else {"event_id": name}
        wish = {} if params is None else {"response": ResponseParams(**params)}
        self.wanted += 1
        self.line.want(ResponseCreate(**given, **wish))

    @rule()
    def say(self) -> None:
        self.wanted += 1
        self.line.want(*commands.say("Hello"))

    @rule()
    def answer_a_call(self) -> None:
        self.wanted += 1
        self.line.want(*commands.answer_call("call_1", "done"), *commands.respond())

    @rule()
    def talk(self) -> None:
        self.line.talk()

    @rule()
    def talk_just_before_the_application_asks(self) -> None:
        """The server has heard the user, and the client does not know yet."""
        self.line.talk()
        self.line.hear()
        self.say()

    @rule(place=st.integers(-3, 0))
    def cancel(self, place: int) -> None:
        known = [response for response, birth in self.line.births.items() if birth.told]
        self.line.want(*(commands.cancel(known[place]) if place and len(known) >= -place else commands.cancel()))

    @rule(by=st.sampled_from("ab"))
    def hold(self, by: str) -> None:
        self.line.tell(Hold(by))

    @rule(by=st.sampled_from("ab"))
    def release(self, by: str) -> None:
        self.line.tell(Release(by))

    @rule(kind=st.sampled_from(["response.create", "response.cancel"]))
    def fail_to_send(self, kind: str) -> None:
        self.line.failing = kind

    @precondition(lambda self: self.line.up)
    @rule(count=st.integers(1, 4))
    def deliver(self, count: int) -> None:
        for _ in range(min(count, len(self.line.up))):
            self.line.deliver()

    @precondition(lambda self: self.line.down)
    @rule(count=st.integers(1, 12))
    def receive(self, count: int) -> None:
        for _ in range(min(count, len(self.line.down))):
            self.line.receive()

    @rule(seconds=st.sampled_from([0.01, 0.05, 1.0]))
    def wait(self, seconds: float) -> None:
        self.line.wait(seconds)

    @rule()
    def catch_up(self) -> None:
        """All that is on its way arrives."""
        self.line.catch_up()

    @precondition(lambda self: self.line.client.unanswered in self._on_the_way())
    @rule(really=st.sampled_from([False, False, True]))
    def ignore_a_create(self, really: bool) -> None:
        if really:
            self.line.ignore()

    @precondition(lambda self: self.line.told)
    @rule(place=st.integers(-4, -1))
    def repeat(self, place: int) -> None:
        """What was told comes a second time, or late: nothing changes."""
        told = self.line.told[max(place, -len(self.line.told))]
        if isinstance(told, Error) and told.detail.event_id is None:
            return
        before = self.line.client
        said = self.line.tell(told)
        assert self.line.client == before
        assert [value for value in said if not isinstance(value, RaceLost)] == []

    def _on_the_way(self) -> list[Any]:
        ids = [sent.event_id for sent in self.line.up]
        return [create for create in self.line.client.asked if create.event_id in ids]

    @invariant()
    def one_at_a_time(self) -> None:
        client = self.line.client
        assert not client.unanswered or client.responses.active is None
        if client.is_free:
            assert client.waiting == ()
        for fates in self.line.fates.values():
            assert len(fates) == 1

    @invariant()
    def what_waits_is_what_the_mode_lets_wait(self) -> None:
        waiting = self.line.client.waiting
        limit = {"coalesce": 3, "queue": 3, "replace": 1, "drop": 1}[self.mode]
        lost = [create for create in waiting if create.lost is not None]
        assert len(waiting) - len(lost) <= limit
        assert waiting[: len(lost)] == tuple(lost)
        assert self.mode != "replace" or len(waiting) <= limit
        if self.mode == "coalesce":
            assert not any(a.asks_the_same(b) for a in waiting for b in waiting if a is not b)

    def teardown(self) -> None:
        """Once everything has arrived nothing waits, and each create had one fate."""
        self.line.tell(Release("a"), Release("b"))
        self.line.drain()
        assert (self.line.client.waiting, self.line.client.unanswered) == ((), None)
        assert (self.line.client.responses.active, self.line.server.active) == (None, None)
        assert [len(fates) for fates in self.line.fates.values()] == [1] * self.wanted
        for fates in self.line.fates.values():
            event(fates[0])
        event("race" if self.line.races else "no race")


def _machine(mode: ResponseMode) -> type[RuleBasedStateMachine]:
    machine = type(f"Races_{mode}", (Races,), {"mode": mode})
    return machine


@pytest.mark.parametrize("mode", ["coalesce", "queue", "replace", "drop"])
def test_r1_no_two_in_flight_every_create_has_one_fate_and_nothing_is_stuck(mode: ResponseMode) -> None:
    """R1: for any interleaving, in each mode."""
    case = _machine(mode).TestCase
    case.settings = settings(
        max_examples=25,
        stateful_step_count=30,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    case("runTest").runTest()


@pytest.mark.parametrize("mode", ["coalesce", "queue", "replace", "drop"])
def test_r1_a_race_lost_to_the_server_is_retried_once_and_then_succeeds(mode: ResponseMode) -> None:
    """R1: the user spoke, the server answers, and our create is on its way meanwhile."""
    line = Line(mode)
    _server_is_faster(line)

    line.drain()

    assert (line.races, line.fates) == ({"rxr_response_1": 1}, {"rxr_response_1": ["created"]})


def test_r1_a_second_loss_is_surfaced() -> None:
    """R1: the user speaks again just as the create goes out a second time."""
    line = Line("coalesce")
    _server_is_faster(line)
    line.catch_up()
    line.wait(1.0)
    _server_is_faster(line)

    line.drain()

    assert line.races == {"rxr_response_1": 1}
    assert line.fates["rxr_response_1"] == ["rejected"]


def test_r1_a_response_that_is_over_before_our_create_arrives_costs_the_next_one_a_race_not_its_answer() -> None:
    """R1: a response of the server is taken for the answer to our create; when it is over, the next create goes out."""
    line = Line("queue")
    _server_is_faster(line)
    line.wait(1.0)
    line.want(*commands.say("And?"))
    while line.down:
        line.receive()

    line.drain()

    assert line.races == {"rxr_response_2": 1}
    assert line.fates == {"rxr_response_1": ["created"], "rxr_response_2": ["created"]}


def test_r1_many_turns_of_the_user_cost_each_create_one_race_and_no_place() -> None:
    """R1: the server answered seven turns, each until the next one, before our creates arrived there."""
    line = Line("queue")
    for _ in range(7):
        line.talk()
        line.hear()
        line.wait(0.01)
    line.want(*commands.say("Hello"))
    while line.down:
        line.want(*commands.respond()) if len(line.client.waiting) < 3 else None
        line.receive()

    line.drain()

    names = [f"rxr_response_{n}" for n in range(1, 11)]
    assert line.races == dict.fromkeys(names[:7], 1)
    assert [*line.fates.items()] == [(name, ["created"]) for name in names]


def _server_is_faster(line: Line) -> None:
    """Let the server begin a response of its own that the client learns of after it asked for one."""
    line.talk()
    line.hear()
    line.want(*commands.say("Hello"))

"""What guardrails look at, when, and what follows from their verdicts, without running any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from rxrealtime.activity import AgentChanged, GuardrailPassed, GuardrailTripped
from rxrealtime.errors import ConfigurationError, RealtimeError
from rxrealtime.events import (
    ConnectionFailed,
    ContentPart,
    ConversationItemCreate,
    GuardrailFailed,
    Message,
    Response,
    ResponseCancel,
    ResponseCreate,
    ResponseCreated,
    ResponseDone,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
)
from rxrealtime.guardrails import Guardrail
from rxrealtime.operators.checking import Checked, RunCheck, Watch, advance, watching
from rxrealtime.signals import Interrupt
from tests.operators.wire import created, done, said, say, text_item, write, wrote

_LOST = ConnectionFailed(OSError("gone"))
_BROKEN = RealtimeError("no verdict")


def _never(text: str, context: Any) -> bool:
    raise AssertionError("the pure steps run no check")


def _guardrail(name: str, every: int = 5, on_error: Any = "block", instruction: str | None = "Say no.") -> Guardrail:
    return Guardrail(name, _never, on_error=on_error, every_chars=every, instruction=instruction)


def _run(watch: Watch, *events: object) -> tuple[Watch, list[Any]]:
    effects: list[Any] = []
    for event in events:
        watch, more = advance(watch, event)
        effects += more
    return watch, effects


def _follow_up(guardrail: Guardrail) -> list[Any]:
    told = Message(role="system", content=(ContentPart(type="input_text", text=guardrail.instruction),))
    return [ConversationItemCreate(item=told), ResponseCreate()]


def _piece(text: str, output: int = 0, content: int = 0, item: str = "a", response: str = "r") -> Any:
    return ResponseOutputTextDelta(
        response_id=response, item_id=item, output_index=output, content_index=content, delta=text
    )


_A = _guardrail("a")
_B = _guardrail("b", every=100)


def test_a_check_is_due_when_the_text_grew_enough() -> None:
    """The first check and each one after it wait for every_chars; text and transcript count alike."""
    watch, effects = _run(watching([_A]), created(), write("1234"), write("5"))
    assert effects == [RunCheck("r", _A, "12345")]

    watch, effects = _run(watch, Checked("r", _A), write("6789"))
    assert effects == [GuardrailPassed("a", "r", 5)]
    _, effects = _run(watch, say("."))
    assert effects == [RunCheck("r", _A, "123456789.")]


def test_one_check_at_a_time_then_the_newest_text() -> None:
    """While a guardrail looks it is not asked again; when it is over it sees all that came meanwhile, if it is due."""
    watch, effects = _run(watching([_A]), created(), write("12345"), write("67890"), write("abcde"))
    assert effects == [RunCheck("r", _A, "12345")]

    watch, effects = _run(watch, Checked("r", _A))
    assert effects == [GuardrailPassed("a", "r", 5), RunCheck("r", _A, "1234567890abcde")]
    _, effects = _run(watch, write("f"), Checked("r", _A))
    assert effects == [GuardrailPassed("a", "r", 15)]


def test_each_guardrail_has_its_own_pace() -> None:
    """A slow guardrail does not hold up another one, on the same text."""
    _, effects = _run(watching([_A, _B]), created(), write("12345"), done())

    assert effects == [RunCheck("r", _A, "12345"), RunCheck("r", _B, "12345")]


def test_the_end_of_a_part_and_of_the_response_is_checked() -> None:
    """However short: at .done of a part, and at response.done what is not checked by then; nothing twice."""
    watch, effects = _run(watching([_A]), created(), write("No"), wrote("No"))
    assert effects == [RunCheck("r", _A, "No")]
    watch, effects = _run(watch, Checked("r", _A), done(text_item("a", "No", "assistant")))
    assert (effects, watch.responses) == ([GuardrailPassed("a", "r", 2)], {})

    for end in (said("Hm."), done(text_item("a", "Hm.", "assistant"))):
        assert _run(watching([_A]), created(), end)[1] == [RunCheck("r", _A, "Hm.")]


def test_the_text_at_the_end_counts_where_it_is_more() -> None:
    """Whole texts fill in what the deltas lacked, and take nothing away."""
    for end, whole in ((wrote("Hello!"), "Hello!"), (wrote("H"), "Hel"), (done(text_item("a", "H")), "Hel")):
        assert _run(watching([_A]), created(), write("Hel"), end)[1] == [RunCheck("r", _A, whole)]
    other_index = done(text_item("x", "?"), text_item("a", "Hello!"))
    assert _run(watching([_B]), created(), _piece("Hel", output=3), other_index)[1][0].text == "?\nHello!"


def test_parts_are_joined_in_the_order_of_their_indexes() -> None:
    """Items interleave: what was said is read in the order of the output, whatever came first (R6)."""
    pieces = [_piece("c", 1, 0, "b"), _piece("b", 0, 1), _piece("A", 0, 0), _piece("C", 1, 0, "b")]

    _, effects = _run(watching([_B]), created(), *pieces, done())

    assert effects == [RunCheck("r", _B, "A\nb\ncC")]


def test_a_response_that_says_nothing_is_not_checked() -> None:
    """There is nothing to look at, and nothing is kept."""
    watch, effects = _run(watching([_A]), created(), write(""), done())

    assert (watch.responses, effects) == ({}, [])


def test_a_response_that_is_tripped_is_stopped_and_followed_up() -> None:
    """The event, the interruption and the cancel at once; the instruction when it is done (once)."""
    watch, effects = _run(watching([_A]), created(), write("12345"), Checked("r", _A, "rude"))
    assert effects[1:] == [GuardrailTripped("a", "r", "rude"), Interrupt("r"), ResponseCancel(response_id="r")]

    watch, effects = _run(watch, write("67890"), wrote("1234567890"), done(status="cancelled"), done(), write("late!"))
    assert (effects, watch.responses) == (_follow_up(_A), {})


def test_the_first_guardrail_that_trips_wins() -> None:
    """Other verdicts on a stopped response count no more, but their failures are told."""
    watch, _ = _run(watching([_A, _B]), created(), wrote("12345"), Checked("r", _B, ""))

    assert _run(watch, Checked("r", _A, "too")) == (watch, [])
    assert _run(watch, Checked("r", _A)) == (watch, [])
    (failed,) = _run(watch, Checked("r", _A, error=_BROKEN))[1]
    assert (type(failed), failed.exception) == (GuardrailFailed, _BROKEN)


def test_a_late_verdict_stops_only_what_is_played() -> None:
    """When the response is done there is nothing to cancel: the playback is cut, and the instruction comes at once."""
    watch, _ = _run(watching([_A]), created(), write("12345"), done(), created("newer"))

    watch, effects = _run(watch, Checked("r", _A, "rude"))

    tripped = [GuardrailTripped("a", "r", "rude"), Interrupt("r", generation=False)]
    assert effects == [*tripped, *_follow_up(_A)]
    assert list(watch.responses) == ["newer"]


def test_without_an_instruction_nothing_follows() -> None:
    """The model is not asked for anything."""
    quiet = _guardrail("quiet", instruction=None)

    _, effects = _run(watching([quiet]), created(), write("12345"), Checked("r", quiet, ""), done(status="cancelled"))

    assert effects[-1] == ResponseCancel(response_id="r")


def test_an_out_of_band_response_is_stopped_but_not_followed_up() -> None:
    """Nobody heard it: the conversation is not told. A server that says nothing about conversations means its own."""
    for event in (ResponseCreated, ResponseDone):
        begun = created() if event is ResponseDone else ResponseCreated(response=Response(id="r", conversation_id=None))
        end = ResponseDone(response=Response(id="r", conversation_id=None)) if event is ResponseDone else done()
        watch, _ = _run(watching([_A]), begun, write("12345"), end)
        _, effects = _run(watch, Checked("r", _A, ""))
        assert effects == [GuardrailTripped("a", "r"), Interrupt("r", generation=False)]


def _trip(watch: Watch, response: str, guardrail: Guardrail) -> tuple[Watch, list[Any]]:
    """Let a response begin, say something, be stopped and end; give what follows that."""
    watch, _ = _run(watch, created(response), write("12345", response=response), wrote("12345", response=response))
    watch, _ = _run(watch, Checked(response, guardrail, ""))
    return _run(watch, done(response=response, status="cancelled"))


def test_a_follow_up_that_is_not_heeded_is_not_repeated() -> None:
    """The answer to a follow-up is checked too, but its own guardrail gives no second one in a row; others may."""
    watch, effects = _trip(watching([_A, _B]), "first", _A)
    assert effects == _follow_up(_A)
    assert _trip(watch, "second", _A)[1] == []
    watch, effects = _trip(watch, "second", _B)
    assert effects == _follow_up(_B)
    assert (_trip(watch, "third", _A)[1], _trip(watch, "third", _B)[1]) == ([], [])


def test_after_an_answer_that_was_not_heeded_all_is_as_before() -> None:
    """Only the answer to the follow-up is bound by it: what the user asks next may have one again."""
    watch, _ = _trip(watching([_A]), "first", _A)
    watch, _ = _trip(watch, "second", _A)

    assert _trip(watch, "third", _A)[1] == _follow_up(_A)


@forall(st.data(), st.integers(1, 4))
def test_guardrails_and_their_follow_ups_never_go_on_for_ever(data: st.DataObject, count: int) -> None:
    """A model that never heeds gets, for one answer, at most one instruction of each guardrail."""
    guardrails = [_guardrail(str(number)) for number in range(count)]
    watch, effects = _trip(watching(guardrails), "0", data.draw(st.sampled_from(guardrails)))
    answers = 0
    while effects:
        answers += 1
        watch, effects = _trip(watch, str(answers), data.draw(st.sampled_from(guardrails)))

    assert 1 <= answers <= count


@pytest.mark.parametrize("on_error", ["block", "pass"])
def test_a_guardrail_that_fails_blocks_or_passes_as_declared(on_error: str) -> None:
    """The failure is told first; then it counts as tripped, with the failure as reason, or as passed."""
    guardrail = _guardrail("g", on_error=on_error)

    _, effects = _run(watching([guardrail]), created(), write("12345"), Checked("r", guardrail, error=_BROKEN))

    failed, verdict = effects[1:3]
    assert (type(failed), failed.exception) == (GuardrailFailed, _BROKEN)
    expected = {"block": GuardrailTripped("g", "r", "no verdict"), "pass": GuardrailPassed("g", "r", 5)}
    assert verdict == expected[on_error]


def test_another_agent_brings_its_guardrails_for_the_responses_to_come() -> None:
    """A response is checked by what was in force when it began; an agent without guardrails has none."""
    other = AgentChanged(SimpleNamespace(output_guardrails=[_B]))
    events = [created("old"), other, created("new"), write("12345", response="old"), wrote("67890", response="new")]

    watch, effects = _run(watching([_A]), *events)

    assert effects == [RunCheck("old", _A, "12345"), RunCheck("new", _B, "67890")]
    _, effects = _run(watch, AgentChanged(object()), created("free"), wrote("12345", response="free"))
    assert effects == []


def test_what_was_said_when_the_connection_is_lost_is_checked() -> None:
    """It may still be playing: it is cut if it trips, but there is nobody to cancel or to instruct (B208)."""
    watch, effects = _run(watching([_A, _B]), created(), write("12345"), created("empty"), _LOST)
    assert effects == [RunCheck("r", _A, "12345"), RunCheck("r", _B, "12345")]
    watch, effects = _run(watch, Checked("r", _A), Checked("r", _B, "rude"), created("next"))
    assert effects == [GuardrailPassed("a", "r", 5), GuardrailTripped("b", "r", "rude"), Interrupt("r", False)]

    watch, _ = _run(watching([_A]), created(), write("12345"), Checked("r", _A, ""), _LOST)
    assert watch.responses == {}
    assert _run(watch, done())[1] == []


def test_a_follow_up_is_lost_with_the_connection() -> None:
    """The first response after it is not its answer."""
    watch, effects = _trip(watching([_A]), "first", _A)
    assert effects == _follow_up(_A)

    watch, _ = _run(watch, _LOST)

    assert _trip(watch, "second", _A)[1] == _follow_up(_A)


def test_a_response_whose_beginning_was_not_seen_is_checked() -> None:
    """response.done and deltas may come without response.created; what has no id is nobody's."""
    assert _run(watching([_A]), write("12345"))[1] == [RunCheck("r", _A, "12345")]
    assert _run(watching([_A]), done(text_item("a", "Hm.")))[1] == [RunCheck("r", _A, "Hm.")]
    nameless = ResponseDone(response=Response(output=(text_item("a", "Hm."),)))
    assert _run(watching([_A]), ResponseCreated(response=Response()), nameless) == (watching([_A]), [])


def test_what_comes_twice_or_late_changes_nothing() -> None:
    """A second response.created forgets nothing, and what is said after the end is not a part of the response."""
    watch, effects = _run(watching([_A]), created(), write("123"), created(), write("45"), done())
    assert effects == [RunCheck("r", _A, "12345")]
    assert _run(watch, write("67890"), wrote("1234567890"), done(), created()) == (watch, [])
    assert _run(watch, write("67890"), Checked("r", _A))[1] == [GuardrailPassed("a", "r", 5)]


def test_the_state_stays_small() -> None:
    """A thousand responses that are over leave the ids of the last ones."""
    watch = watching([_A])
    for number in range(1000):
        watch, _ = _trip(watch, f"r{number}", _A)

    assert (len(watch.responses), watch.over[-1]) == (0, "r999")
    assert len(watch.over) < 100 > len(watch.followed)


def test_two_guardrails_of_one_name_are_refused() -> None:
    """Nobody could tell their verdicts apart; the name is named."""
    with pytest.raises(ConfigurationError, match="'a'"):
        watching([_A, _B, _guardrail("a")])


def test_neither_text_nor_reason_is_shown() -> None:
    """A repr holds ids and names, never what was said (D7)."""
    shown = f"{RunCheck('r', _A, 'canary')} {Checked('r', _A, 'canary')}"
    watch, _ = _run(watching([_A]), created(), write("canary"))

    assert "canary" not in shown + repr(watch)


_GUARDRAILS = (_guardrail("a", 1), _guardrail("b", 4, "pass"), _guardrail("c", 9, instruction=None))
_PLACES = ((0, 0, "x"), (0, 1, "x"), (1, 0, "y"))


@dataclass
class _Told:
    """One response, as the test knows it."""

    guardrails: tuple[Guardrail, ...]
    parts: dict[tuple[int, int, str], str] = field(default_factory=dict)
    passed: dict[str, int] = field(default_factory=dict)
    stage: str = "running"
    tripped: str | None = None
    followed: bool = False

    @property
    def text(self) -> str:
        return "\n".join(text for _, text in sorted(self.parts.items()))


class _Responses(RuleBasedStateMachine):
    """Several responses say things in any order, verdicts come in any order and late."""

    def __init__(self) -> None:
        super().__init__()
        self.watch = watching(_GUARDRAILS)
        self.in_force: tuple[Guardrail, ...] = _GUARDRAILS
        self.responses: dict[str, _Told] = {}
        self.checks: list[RunCheck] = []
        self.ended: list[RunCheck] = []

    def step(self, event: object, about: str | None = None) -> None:
        self.watch, effects = advance(self.watch, event)
        for effect in effects:
            self.note(effect, about)

    def note(self, effect: Any, about: str | None) -> None:
        match effect:
            case RunCheck():
                self.note_check(effect)
            case GuardrailPassed(guardrail=name, response_id=key, checked=checked):
                assert (key, self.responses[key].tripped) == (about, None)
                assert checked > self.responses[key].passed.get(name, 0)
                self.responses[key].passed[name] = checked
            case GuardrailTripped(response_id=key):
                assert (key, self.responses[key].tripped) == (about, None), "at most once, and none but its own"
                self.responses[key].tripped = effect.guardrail
            case Interrupt(response_id=key):
                assert key == about
                assert effect.generation == (self.responses[key].stage == "running")
            case ResponseCancel(response_id=key):
                assert (key, self.responses[key].stage) == (about, "running"), (
                    "never another one, never one that is done"
                )
            case ConversationItemCreate():
                response = self.responses[about or ""]
                assert (response.stage, response.followed) == ("done", False)
                assert response.tripped in ("a", "b")
                response.followed = True

    def note_check(self, check: RunCheck) -> None:
        response = self.responses[check.response_id]
        assert check.guardrail in response.guardrails
        assert (response.tripped, check.text) == (None, response.text), "the newest text, of a response that goes on"
        others = [(other.response_id, other.guardrail) for other in self.checks]
        assert (check.response_id, check.guardrail) not in others, "one at a time"
        self.checks.append(check)

    def running(self) -> list[str]:
        return [key for key, response in self.responses.items() if response.stage == "running"]

    @precondition(lambda self: len(self.responses) < 8)
    @rule()
    def create(self) -> None:
        key = f"r{len(self.responses)}"
        self.responses[key] = _Told(self.in_force)
        self.step(created(key))

    @precondition(lambda self: self.running())
    @rule(data=st.data(), place=st.sampled_from(_PLACES), piece=st.text("ab ", max_size=6))
    def say(self, data: st.DataObject, place: tuple[int, int, str], piece: str) -> None:
        key = data.draw(st.sampled_from(self.running()))
        if piece:
            self.responses[key].parts[place] = self.responses[key].parts.get(place, "") + piece
        self.step(_piece(piece, *place, response=key), key)

    @precondition(lambda self: self.running())
    @rule(data=st.data())
    def end_part(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(self.running()))
        for (output, content, item), text in list(self.responses[key].parts.items())[:1]:
            at = {"response_id": key, "item_id": item, "output_index": output, "content_index": content}
            self.step(ResponseOutputTextDone(**at, text=text), key)

    @precondition(lambda self: self.running())
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        self.finish(data.draw(st.sampled_from(self.running())))

    def finish(self, key: str) -> None:
        self.responses[key].stage = "done"
        self.step(done(response=key), key)

    @precondition(lambda self: self.checks)
    @rule(data=st.data(), reason=st.sampled_from([None, None, None, "", "rude"]), fails=st.sampled_from([0, 0, 0, 1]))
    def verdict(self, data: st.DataObject, reason: str | None, fails: int) -> None:
        check = self.checks.pop(data.draw(st.integers(0, len(self.checks) - 1)))
        self.ended.append(check)
        self.answer(Checked(check.response_id, check.guardrail, reason, _BROKEN if fails else None))

    def answer(self, checked: Checked) -> None:
        self.step(checked, checked.response_id)

    @precondition(lambda self: self.ended)
    @rule(data=st.data(), late=st.sampled_from(["done", "delta", "created"]))
    def repeat(self, data: st.DataObject, late: str) -> None:
        """What comes of a response that is over changes nothing."""
        over = [key for key, response in self.responses.items() if response.stage != "running" and not self.open(key)]
        if over:
            key = data.draw(st.sampled_from(over))
            events = {"done": done(response=key), "delta": write("later", response=key), "created": created(key)}
            before = self.watch
            self.step(events[late], key)
            assert self.watch == before

    def open(self, key: str) -> bool:
        return any(check.response_id == key for check in self.checks)

    @rule(guardrails=st.lists(st.sampled_from(_GUARDRAILS), unique=True))
    def change(self, guardrails: Iterable[Guardrail]) -> None:
        self.in_force = tuple(guardrails)
        self.step(AgentChanged(SimpleNamespace(output_guardrails=self.in_force)))

    @rule()
    def lose(self) -> None:
        for key in self.running():
            self.responses[key].stage = "lost"
        self.step(_LOST)

    def teardown(self) -> None:
        """In the end each text was checked as a whole by each guardrail, or the response was stopped."""
        for key in self.running():
            self.finish(key)
        while self.checks:
            check = self.checks.pop()
            self.answer(Checked(check.response_id, check.guardrail))
        for response in self.responses.values():
            for guardrail in response.guardrails:
                assert response.tripped or response.passed.get(guardrail.name, 0) == len(response.text)
            instructed = response.tripped in ("a", "b") and response.stage == "done"
            assert instructed or not response.followed
        assert self.watch.responses == {}, "nothing is kept of what is over"


TestResponses = _Responses.TestCase
TestResponses.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)

"""L: L1 and L2 hold for any order of calls, results, approvals, ends, duplicates and late events."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Literal

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rxrealtime import commands
from rxrealtime.activity import ApprovalRequested, GuardrailTripped, HandoffEnded, HandoffRequested
from rxrealtime.errors import ToolCancelledError, ToolTimeoutError
from rxrealtime.events import (
    ConversationItemCreate,
    FunctionCallOutput,
    ResponseCreate,
    SessionConfig,
    ToolFailed,
)
from rxrealtime.guardrails import Guardrail
from rxrealtime.operators.calls import Abort, Ran, Rules, Run, Vet, Vetted
from rxrealtime.signals import Approval
from rxrealtime.tools import tool
from tests.operators.calling import Machine, began, called, ended, item_ended

MAX_CONCURRENT = 2
MAX_WAITING = 3
_GUARDRAIL = Guardrail("checked", lambda text, context: None, on_error="block")
TOOLS = [
    tool(lambda: None, name="good"),
    tool(lambda: None, name="asks", needs_approval=True),
    tool(lambda: None, name="checked", guardrails=[_GUARDRAIL]),
]
_KINDS = st.sampled_from([("good", "{}"), ("asks", "{}"), ("checked", "{}"), ("good", "[]"), ("unknown", "{}")])
_MORE = st.lists(_KINDS, min_size=1, max_size=3)
_STATUSES = st.sampled_from(["completed", "cancelled", "failed", "incomplete"])


@dataclass
class _Answered:
    """What a reader of the promises would write down about one response."""

    status: str = "in_progress"
    out_of_band: bool = False
    calls: list[Any] = field(default_factory=list)
    unseen: list[Any] = field(default_factory=list)
    answers: list[Literal["us", "them"]] = field(default_factory=list)
    creates: int = 0

    def is_due(self, open_calls: set[str]) -> bool:
        """Whether the next response is to be asked for now."""
        waits = any(call.call_id in open_calls for call in self.calls)
        over = self.status not in ("in_progress", "cancelled") and not self.out_of_band
        return over and not waits and self.answers[-1:] == ["us"] and self.creates == 0


class CallsMachine(RuleBasedStateMachine):
    """A server that does as it likes, a runner that takes its time, and an application that meddles."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = Machine(TOOLS, Rules(MAX_CONCURRENT, MAX_WAITING))
        self.wrote: dict[str, _Answered] = {}
        self.owner: dict[str, str] = {}
        self.open: set[str] = set()
        self.outputs: dict[str, int] = {}
        self.running: dict[str, None] = {}
        self.checking: dict[str, None] = {}
        self.asking: dict[str, None] = {}
        self.handing: dict[str, None] = {}
        self.old: list[object] = []
        self.reports = 0

    def feed(self, *values: object) -> None:
        """Put values in and hold what comes out against what was written down."""
        for output in self.machine.feed(*values):
            match output:
                case Run(call):
                    assert call.arguments == "{}"
                    self.running[call.call_id] = None
                case Vet(call):
                    self.checking[call.call_id] = None
                case Abort(call_id):
                    self.running.pop(call_id, None)
                    self.checking.pop(call_id, None)
                case ApprovalRequested(call_id=call_id):
                    self.asking[call_id] = None
                case HandoffRequested(call_id=call_id):
                    self.handing[call_id] = None
                case ConversationItemCreate(item=FunctionCallOutput(call_id=str(call_id))):
                    self.answered(call_id, "us")
                case ResponseCreate():
                    (due,) = [wrote for wrote in self.wrote.values() if wrote.is_due(self.open)]
                    due.creates += 1
                case ToolFailed():
                    self.reports += 1

    def answered(self, call_id: str, who: Literal["us", "them"]) -> None:
        """Write an output down; there is exactly one for a call, and only for one that is open."""
        assert call_id in self.open
        self.open.remove(call_id)
        self.outputs[call_id] = self.outputs.get(call_id, 0) + 1
        self.wrote[self.owner[call_id]].answers.append(who)
        for waiting in (self.running, self.checking, self.asking, self.handing):
            waiting.pop(call_id, None)

    def opened(self, response: str, call: Any) -> None:
        """Write down that a call came to be known."""
        wrote = self.wrote[response]
        wrote.calls.append(call)
        self.owner[call.call_id] = response
        if not wrote.out_of_band and call.status != "incomplete":
            self.open.add(call.call_id)

    @precondition(lambda self: len(self.in_progress) < 3)
    @rule(data=st.data(), out_of_band=st.sampled_from([False, False, False, False, True]), more=_MORE)
    def begin(self, data: st.DataObject, out_of_band: bool, more: list[tuple[str, str]]) -> None:
        """A response begins, and calls."""
        response = f"r{len(self.wrote)}"
        self.wrote[response] = _Answered(out_of_band=out_of_band)
        event = began(response, conversation_id=None if out_of_band else "conv")
        self.old.append(event)
        self.feed(event)
        self.calls(data, response, more)

    @property
    def in_progress(self) -> list[str]:
        """The responses that have not ended."""
        return [response for response, wrote in self.wrote.items() if wrote.status == "in_progress"]

    @precondition(lambda self: self.wrote)
    @rule(data=st.data(), more=_MORE)
    def call(self, data: st.DataObject, more: list[tuple[str, str]]) -> None:
        """A response calls, while it runs or too late."""
        self.calls(data, data.draw(st.sampled_from(list(self.wrote)[-4:])), more)

    def calls(self, data: st.DataObject, response: str, more: list[tuple[str, str]]) -> None:
        """Calls are complete, or cut; perhaps only response.done will tell of them."""
        told = data.draw(st.sampled_from([True, True, False])) or self.wrote[response].status != "in_progress"
        for name, arguments in more:
            complete = data.draw(st.sampled_from([True, True, True, True, False]))
            call_id = f"c{len(self.owner) + sum(len(wrote.unseen) for wrote in self.wrote.values())}"
            item = called(call_id, name, arguments, "completed" if complete else "incomplete")
            if told:
                self.tell(response, item)
            else:
                self.wrote[response].unseen.append(item)

    def tell(self, response: str, item: Any) -> None:
        """The server tells of a call."""
        self.opened(response, item)
        event = item_ended(item, response)
        self.old.append(event)
        self.feed(event)

    @precondition(lambda self: self.in_progress)
    @rule(data=st.data(), status=_STATUSES)
    def end(self, data: st.DataObject, status: str) -> None:
        """A response ends."""
        self.ends(data.draw(st.sampled_from(self.in_progress)), status)

    def ends(self, response: str, status: str) -> None:
        wrote = self.wrote[response]
        told, wrote.unseen = wrote.unseen, []
        for item in told:
            self.opened(response, item)
        wrote.status = status
        handing = set(self.handing)
        conversation = None if wrote.out_of_band else "conv"
        event = ended(*wrote.calls, response=response, status=status, conversation_id=conversation)
        self.old.append(event)
        self.feed(event)
        if status == "cancelled":
            assert {call.call_id for call in wrote.calls} & self.open == {
                call_id for call_id in handing if self.owner[call_id] == response
            }

    @precondition(lambda self: self.open)
    @rule(data=st.data(), choice=st.integers(0, 11))
    def advance(self, data: st.DataObject, choice: int) -> None:
        """Something that an open call waits for comes; what does not run yet cannot be hurried, only answered."""
        call_id = data.draw(st.sampled_from(sorted(self.open)))
        if choice == 11:
            self.answered(call_id, "them")
            self.feed(*commands.answer_call(call_id, "mine"))
        elif call_id in self.running:
            self.ran(call_id, ("ok", "ok", "raise", "timeout", "cancelled", "transfer")[choice % 6])
        elif call_id in self.checking:
            self.vetted(call_id, ("fine", "asks", "trips", "fails")[choice % 4])
        elif call_id in self.asking:
            del self.asking[call_id]
            self.feed(Approval(call_id, choice % 3 > 0))
        elif call_id in self.handing:
            self.feed(HandoffEnded(call_id, ValueError() if choice % 2 else None))
            assert call_id not in self.open

    def ran(self, call_id: str, result: str) -> None:
        """A tool is done, one way or another."""
        del self.running[call_id]
        transfer: Any = SimpleNamespace(agent=SimpleNamespace(name="sales"), config=SessionConfig())
        errors = {"raise": ValueError(), "timeout": ToolTimeoutError(), "cancelled": ToolCancelledError()}
        given = Ran(call_id, "output", error=errors.get(result))
        self.feed(Ran(call_id, transfer=transfer) if result == "transfer" else given)
        assert (call_id in self.open) == (result == "transfer")

    def vetted(self, call_id: str, verdict: str) -> None:
        """The arguments of a call were looked at."""
        del self.checking[call_id]
        tripped = GuardrailTripped("checked", self.owner[call_id], "", call_id) if verdict == "trips" else None
        self.feed(Vetted(call_id, verdict == "asks", tripped, error=ValueError() if verdict == "fails" else None))

    @precondition(lambda self: self.owner)
    @rule(data=st.data(), changed=st.booleans())
    def disturb(self, data: st.DataObject, changed: bool) -> None:
        """Something comes again, what is over or does not run ends, a known call comes with another payload."""
        before, reports = len(self.machine.given), self.reports
        self.feed(data.draw(st.sampled_from(self.old)))
        over = sorted(set(self.owner) - self.open)
        if over:
            call_id = data.draw(st.sampled_from(over))
            self.feed(Ran(call_id, "late"), Vetted(call_id), HandoffEnded(call_id), Approval(call_id))
            self.feed(*commands.answer_call(call_id, "late"))
        idle = [*self.asking, *self.handing]
        if idle:
            self.feed(Ran(data.draw(st.sampled_from(idle)), "late"))
        assert self.machine.given[before:] == []
        if changed:
            call_id = data.draw(st.sampled_from(sorted(self.owner)))
            self.feed(item_ended(called(call_id, "good", '{"other": 1}'), self.owner[call_id]))
            assert (self.reports, len(self.machine.given)) == (reports + 1, before + 1)

    @invariant()
    def no_call_has_two_outputs(self) -> None:
        """L1, one half."""
        assert set(self.outputs.values()) <= {1}
        assert set(self.machine.calls.open) == self.open

    @invariant()
    def nobody_waits_for_a_create(self) -> None:
        """L2: where it is time for the next response, it was asked for, once, and nowhere else."""
        for wrote in self.wrote.values():
            assert not wrote.is_due(self.open)
            assert wrote.creates <= (wrote.status not in ("in_progress", "cancelled") and not wrote.out_of_band)

    @invariant()
    def places_are_limited(self) -> None:
        """L3: and no place is free while a call is ready."""
        assert len(self.running) <= MAX_CONCURRENT
        elsewhere = {*self.running, *self.checking, *self.asking, *self.handing}
        assert self.open <= elsewhere or len(self.running) == MAX_CONCURRENT
        assert len(self.open) <= MAX_CONCURRENT + MAX_WAITING

    def teardown(self) -> None:
        """Whatever happened, nothing is stuck: if everything comes to its end, every call has its output."""
        for response in self.in_progress:
            self.ends(response, "completed")
        for _ in range(len(self.open) + 1):
            for call_id in list(self.checking):
                self.vetted(call_id, "fine")
            for call_id in list(self.asking):
                del self.asking[call_id]
                self.feed(Approval(call_id))
            for call_id in list(self.running):
                self.ran(call_id, "ok")
            for call_id in list(self.handing):
                self.feed(HandoffEnded(call_id))
        assert self.open == set()
        for wrote in self.wrote.values():
            owed = [call.call_id for call in wrote.calls if call.status != "incomplete" and not wrote.out_of_band]
            assert [self.outputs.get(call_id) for call_id in owed] == [1] * len(owed)
        self.nobody_waits_for_a_create()


TestL1L2Calls = CallsMachine.TestCase
TestL1L2Calls.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    phases=[phase for phase in Phase if phase is not Phase.explain],  # which takes longer than a test may
)

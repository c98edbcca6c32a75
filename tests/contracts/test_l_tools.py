"""L: tools, end to end over a websocket to the embedded server, wired by hand."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from reactivex.subject import Subject

from rxrealtime import MemoryTransport, Session, WebSocketTransport, commands
from rxrealtime import operators as ops
from rxrealtime.activity import (
    AgentChanged,
    ApprovalRequested,
    GuardrailTripped,
    HandoffEnded,
    HandoffRequested,
    ToolEnded,
    ToolStarted,
)
from rxrealtime.errors import ToolArgumentsError, ToolCancelledError, ToolTimeoutError, UnknownToolError
from rxrealtime.events import (
    ConversationItemCreate,
    Error,
    Event,
    FunctionCallOutput,
    GuardrailFailed,
    ResponseCreate,
    ResponseDone,
    ResponseOutputAudioDelta,
    SessionConfig,
    ToolFailed,
)
from rxrealtime.guardrails import Guardrail
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.scenarios import Call, Rule, Scenario
from rxrealtime.signals import Approval
from rxrealtime.tools import Tool, tool
from tests.leaks import run_clean
from tests.operators.calling import called, ended, item_ended, of, output_of
from tests.operators.marbles import virtual_run

_NEVER = 1000.0


class Wired:
    """A session whose events, sent events and activities are one traffic, with `run_tools` on it."""

    def __init__(self, session: Session, *tools: Tool, **settings: Any) -> None:
        self.session = session
        self.traffic: Subject[object] = Subject()
        self.seen: list[Any] = []
        self._waiting: list[tuple[Callable[[Any], bool], asyncio.Future[Any]]] = []
        self._outbox: asyncio.Queue[Any] = asyncio.Queue()
        self.traffic.subscribe(self._note)
        session.events.subscribe(self.traffic.on_next, lambda error: None)
        session.sent.subscribe(self.traffic.on_next)
        self.subscription = self.traffic.pipe(ops.run_tools(tools, **settings)).subscribe(self._route)

    def _route(self, value: Any) -> None:
        if isinstance(value, Event):
            self._outbox.put_nowait(value)
        else:
            asyncio.get_running_loop().call_soon(self.traffic.on_next, value)

    def _note(self, value: Any) -> None:
        self.seen.append(value)
        for wanted, future in self._waiting:
            if not future.done() and wanted(value):
                future.set_result(value)

    async def pump(self) -> None:
        """Send what the policy gives."""
        while True:
            await self.session.send(await self._outbox.get())

    async def until(self, kind: type, **fields: Any) -> Any:
        """Wait for a value that was not there yet when this was called, or give the one that was."""

        def wanted(value: Any) -> bool:
            return isinstance(value, kind) and all(getattr(value, name) == of for name, of in fields.items())

        for value in self.seen:
            if wanted(value):
                return value
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        return await future

    async def ask(self, text: str) -> None:
        """Say something as the user, and ask for a response."""
        await self.session.send(*commands.say(text))

    async def answers(self, count: int) -> None:
        """Wait until that many responses are done."""
        while len(of(ResponseDone, self.seen)) < count:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append((lambda value: isinstance(value, ResponseDone), future))
            await future

    def order(self) -> list[str]:
        """The outputs that were sent, by the ids of their tools, the ends of responses, and the creates."""
        names = {end.call_id: end.name for end in of(ToolEnded, self.seen)}
        found: list[str] = []
        for value in self.seen:
            match value:
                case ConversationItemCreate(item=FunctionCallOutput(call_id=str(call_id))):
                    found.append(names.get(call_id, call_id))
                case ResponseCreate():
                    found.append("create")
                case ResponseDone(response=response):
                    found.append(str(response.status))
        return found

    def outcomes(self) -> dict[str, str]:
        """How the calls ended, by their tools; no call ends twice."""
        ends = of(ToolEnded, self.seen)
        assert len({end.call_id for end in ends}) == len(ends)
        return {end.name: end.outcome for end in ends}


@asynccontextmanager
async def _talking(scenario: Scenario, *tools: Tool, **settings: Any) -> AsyncIterator[Wired]:
    """Open a session with the embedded server, for texts, with its tools configured."""
    async with LoopbackServer(scenario) as server:
        session = Session(WebSocketTransport(server.url))
        wired = Wired(session, *tools, **settings)
        async with session:
            pumping = asyncio.create_task(wired.pump())
            definitions = tuple(made.definition for made in tools)
            await session.request(commands.configure(output_modalities=("text",), tools=definitions)[0])
            yield wired
            pumping.cancel()
            await asyncio.wait([pumping])
            wired.subscription.dispose()


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"Rain in {city}."


@tool
def broken() -> None:
    """Break."""
    raise ValueError("CANARY")


@tool(timeout=0.05)
async def slow() -> None:
    """Take too long."""
    await asyncio.sleep(_NEVER)


@tool(needs_approval=True)
async def delete() -> str:
    """Delete everything."""
    return "gone"


@tool(guardrails=[Guardrail("never", lambda text, context: "CANARY", on_error="block")])
async def launch() -> None:
    """Be stopped."""


ALL = (weather, broken, slow, delete, launch)
_CALLS = (
    Call("weather", {"city": "Oslo"}),
    Call("broken", {}),
    Call("slow", {}),
    Call("nothing", {}),
    Call("weather", '{"city": 5}'),
    Call("delete", {}),
    Call("launch", {}),
)
_SCENARIO = Scenario((Rule("output", say="Here you are."), Rule("everything", call=_CALLS)), pace=0)


def test_l1_l2_every_call_has_one_output_and_the_model_goes_on_once() -> None:
    """L1, L2: a good tool, one that raises, times out, is unknown, invalid, rejected, stopped: in one response."""

    async def main() -> None:
        async with _talking(_SCENARIO, *ALL) as wired:
            await wired.ask("everything")
            asked = await wired.until(ApprovalRequested)
            wired.traffic.on_next(Approval(asked.call_id, approved=False, reason="not today"))
            await wired.answers(2)
            ends = of(ToolEnded, wired.seen)
            assert sorted((end.name, end.outcome) for end in ends) == [
                ("broken", "error"),
                ("delete", "rejected"),
                ("launch", "rejected"),
                ("nothing", "unknown_tool"),
                ("slow", "timeout"),
                ("weather", "error"),
                ("weather", "ok"),
            ]
            order = wired.order()
            assert order[0] == "create"
            assert sorted(order[1:-1]) == sorted(["completed", "create", *(end.name for end in ends)])
            assert order[-2:] == ["create", "completed"]
            assert of(Error, wired.seen) == []
            outputs = {end.name: output_of(end.call_id, wired.seen) for end in ends if end.outcome != "ok"}
            assert outputs["broken"] == "the tool failed with ValueError"
            assert outputs["delete"] == "not today"
            assert "timed out" in (outputs["slow"] or "")
            assert "CANARY" not in json.dumps(outputs)

    run_clean(main)


def test_l1_the_local_error_is_observable() -> None:
    """L1: what the model is not told is in the stream, as the exception that it was."""

    async def main() -> None:
        async with _talking(_SCENARIO, *ALL) as wired:
            await wired.ask("everything")
            asked = await wired.until(ApprovalRequested)
            wired.traffic.on_next(Approval(asked.call_id))
            await wired.answers(2)
            failed = of(ToolFailed, wired.seen)
            kinds = (ValueError, ToolTimeoutError, UnknownToolError, ToolArgumentsError)
            assert {type(one.exception) for one in failed} == set(kinds)
            assert of(GuardrailTripped, wired.seen)[0].reason == "CANARY"
            assert wired.outcomes()["delete"] == "ok"
            assert not any("CANARY" in repr(value) for value in (*failed, *of(GuardrailTripped, wired.seen)))

    run_clean(main)


@pytest.mark.parametrize(
    "arguments", ["", "{}", "[]", "5", '{"city": 5}', '{"city": "Oslo"', '{"city": "a", "city": "b"}', '{"x": 1}']
)
def test_l1_arguments_that_do_not_fit_are_never_run(arguments: str) -> None:
    """L1: whatever the server sends, a function gets what its signature says or nothing."""

    async def main() -> None:
        runs: list[str] = []

        @tool
        async def weather(city: str) -> None:
            runs.append(city)

        rules = Rule("output", say="Sorry."), Rule("weather", call=(Call("weather", arguments),))
        async with _talking(Scenario(rules, pace=0), weather) as wired:
            await wired.ask("weather")
            await wired.answers(2)
            assert (runs, wired.outcomes()) == ([], {"weather": "error"})

    run_clean(main)


def test_l1_l2_a_cancelled_response_is_answered_and_not_gone_on_with() -> None:
    """L1, L2: cancelled while its first tool runs and its second call is still being written."""
    words = " ".join(["word"] * 2000)
    calls = (Call("forever", {}), Call("weather", {"city": words}))
    scenario = Scenario((Rule("output", say="Hello."), Rule("*", call=calls)), pace=4)

    async def main() -> None:
        cancelled = asyncio.Event()

        @tool
        async def forever() -> None:
            try:
                await asyncio.sleep(_NEVER)
            finally:
                cancelled.set()

        async with _talking(scenario, forever, weather) as wired:
            await wired.ask("go")
            started = await wired.until(ToolStarted)
            await wired.session.send(*commands.cancel())
            await wired.answers(1)
            await cancelled.wait()
            await wired.until(ToolEnded, call_id=started.call_id)
            assert wired.outcomes() == {"forever": "cancelled"}
            assert output_of(started.call_id, wired.seen) is not None
            assert {type(failed.exception) for failed in of(ToolFailed, wired.seen)} == {ToolCancelledError}
            await wired.ask("hello")
            await wired.answers(2)
            assert wired.order() == ["create", "cancelled", "forever", "create", "completed"]
            assert of(Error, wired.seen) == []

    run_clean(main)


def test_l2_a_response_outside_of_the_conversation_has_no_next_one() -> None:
    """L2: its calls belong to whoever asked for it; nothing is sent about them."""
    scenario = Scenario((Rule("*", call=(Call("weather", {"city": "Oslo"}),)),), pace=0)

    async def main() -> None:
        async with _talking(scenario, weather) as wired:
            await wired.session.send(*commands.respond(conversation="none"))
            await wired.until(ToolFailed)
            await wired.answers(1)
            await wired.session.request(commands.configure(instructions="Be brief.")[0])
            assert (wired.order(), of(ToolStarted, wired.seen)) == (["create", "completed"], [])

    run_clean(main)


def test_l2_an_answer_of_the_application_is_the_only_one() -> None:
    """L2: it answers by hand and asks for the response itself."""
    rules = Rule("output:mine", say="Thanks."), Rule("delete", call=(Call("delete", {}),))

    async def main() -> None:
        async with _talking(Scenario(rules, pace=0), delete) as wired:
            await wired.ask("delete")
            asked = await wired.until(ApprovalRequested)
            await wired.answers(1)
            await wired.session.send(*commands.answer_call(asked.call_id, "mine"), *commands.respond())
            await wired.answers(2)
            assert wired.order() == ["create", "completed", "delete", "create", "completed"]
            assert wired.outcomes() == {"delete": "ok"}

    run_clean(main)


def test_l3_a_blocking_tool_does_not_hold_up_the_events() -> None:
    """L3: a sync tool blocks its thread until hundreds of events have been read."""
    rules = Rule("output", say="Done."), Rule("block", call=(Call("block", {}),)), Rule("*", say="word " * 300)

    async def main() -> None:
        free = threading.Event()

        @tool
        def block() -> str:
            assert free.wait(10)
            return "free"

        async with _talking(Scenario(rules, pace=0), block) as wired:
            await wired.ask("block")
            await wired.until(ToolStarted)
            await wired.answers(1)
            before = len(wired.seen)
            await wired.ask("talk")
            await wired.answers(2)
            assert len(wired.seen) - before > 300
            assert of(ToolEnded, wired.seen) == []
            free.set()
            await wired.answers(3)
            assert wired.outcomes() == {"block": "ok"}

    run_clean(main)


def test_l3_the_latency_of_events_is_that_of_no_tool() -> None:
    """L3: during 5 seconds of a tool every event is delivered at the time at which it came."""

    async def delivered(*calls: Any) -> list[float]:
        loop = asyncio.get_running_loop()
        source: Subject[object] = Subject()
        times: list[float] = []
        nap = tool(_sleep, name="nap")
        policy = source.pipe(ops.run_tools([nap])).subscribe()
        source.pipe(ops.of_type(ResponseOutputAudioDelta)).subscribe(lambda event: times.append(loop.time()))
        for call in calls:
            source.on_next(item_ended(call))
        delta = ResponseOutputAudioDelta(response_id="r", item_id="i", output_index=0, content_index=0, delta=b"")
        for tenth in range(1, 60):
            loop.call_at(tenth / 10, source.on_next, delta)
        await asyncio.sleep(6)
        policy.dispose()
        return times

    quiet = virtual_run(delivered)
    assert virtual_run(lambda: delivered(called("a", "nap"), called("b", "nap"))) == quiet
    assert quiet == [tenth / 10 for tenth in range(1, 60)]


async def _sleep() -> None:
    await asyncio.sleep(5)


def test_l3_places_are_limited_and_all_calls_end() -> None:
    """L3: never more than asked for at a time, in the order of the calls."""

    async def main() -> None:
        running: list[int] = []
        peaks: list[int] = []
        order: list[int] = []

        @tool
        async def work(number: int) -> int:
            running.append(number)
            order.append(number)
            peaks.append(len(running))
            await asyncio.sleep(number % 3)
            running.remove(number)
            return number

        source: Subject[object] = Subject()
        given: list[Any] = []
        done = asyncio.Event()

        def note(value: Any) -> None:
            given.append(value)
            if isinstance(value, ResponseCreate):
                done.set()

        source.pipe(ops.run_tools([work], max_concurrent=3)).subscribe(note)
        calls = [called(f"c{number}", "work", f'{{"number": {number}}}') for number in range(12)]
        source.on_next(ended(*calls))
        await done.wait()
        assert (max(peaks), order) == (3, list(range(12)))
        assert [end.outcome for end in of(ToolEnded, given)] == ["ok"] * 12

    virtual_run(main)


@pytest.mark.parametrize("own", [None, 2.0])
def test_l3_a_call_has_a_deadline(own: float | None) -> None:
    """L3: that of its tool, or else the common one; what is not done by then is given up and answered."""

    async def main() -> tuple[float, list[Any]]:
        source: Subject[object] = Subject()
        given: list[Any] = []
        cancelled, answered = asyncio.Event(), asyncio.Event()

        async def forever() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        def note(value: Any) -> None:
            given.append(value)
            if isinstance(value, ResponseCreate):
                answered.set()

        source.pipe(ops.run_tools([tool(forever, name="forever", timeout=own)], timeout=7.0)).subscribe(note)
        source.on_next(ended(called("a", "forever")))
        await answered.wait()
        await cancelled.wait()
        return asyncio.get_running_loop().time(), of(ToolEnded, given)

    at, ends = virtual_run(main)
    assert (at, [end.outcome for end in ends]) == (own or 7.0, ["timeout"])


def test_l3_an_approval_suspends_one_call_and_not_the_session() -> None:
    """L3: other calls are answered and other turns go on; approved, the call ends its round."""
    rules = (
        Rule("output", say="Done."),
        Rule("both", call=(Call("delete", {}), Call("weather", {"city": "Oslo"}))),
        Rule("hello", say="Hello."),
    )

    async def main() -> None:
        async with _talking(Scenario(rules, pace=0), delete, weather, max_concurrent=1) as wired:
            await wired.ask("both")
            asked = await wired.until(ApprovalRequested)
            await wired.until(ToolEnded, name="weather")
            await wired.answers(1)
            await wired.ask("hello")
            await wired.answers(2)
            assert wired.outcomes() == {"weather": "ok"}
            wired.traffic.on_next(Approval(asked.call_id))
            await wired.answers(3)
            assert wired.outcomes() == {"weather": "ok", "delete": "ok"}
            assert wired.order().count("create") == 3

    run_clean(main)


def test_l3_the_end_of_the_session_ends_its_tools() -> None:
    """L3: a connection that is lost cancels what runs; nothing is sent any more and no task is left."""

    async def main() -> None:
        cancelled = asyncio.Event()

        @tool
        async def forever() -> None:
            try:
                await asyncio.sleep(_NEVER)
            finally:
                cancelled.set()

        transport = MemoryTransport()
        session = Session(transport)
        wired = Wired(session, forever)
        async with session:
            transport.peer.send(item_ended(called("a", "forever")).model_dump_json())
            await wired.until(ToolStarted)
            transport.peer.vanish()
            await cancelled.wait()
        assert {type(failed.exception) for failed in of(ToolFailed, wired.seen)} == {ToolCancelledError}
        assert of(ConversationItemCreate, wired.seen) == []
        wired.subscription.dispose()

    run_clean(main)


def test_l1_a_handover_is_answered_when_the_other_agent_is_in_force() -> None:
    """L1: the call stays open until then; the next response is the other agent's, with its tools."""
    rules = (
        Rule("output:assistant", say="I am sales.", call=(Call("offer", {}), Call("hand_over", {}))),
        Rule("output", say="Deal."),
        Rule("buy", call=(Call("hand_over", {}),)),
    )

    async def main() -> None:
        @tool
        async def offer() -> str:
            return "cheap"

        transfer = SimpleNamespace(agent=SimpleNamespace(name="sales", tools=[offer]), config=SessionConfig())

        @tool
        async def hand_over() -> Any:
            return transfer

        async with _talking(Scenario(rules, pace=0), hand_over) as wired:
            await wired.ask("buy")
            asked = await wired.until(HandoffRequested)
            await wired.answers(1)
            assert wired.order() == ["create", "completed"]
            wired.traffic.on_next(AgentChanged(asked.agent, call_id=asked.call_id))
            wired.traffic.on_next(HandoffEnded(asked.call_id))
            await wired.answers(3)
            assert json.loads(output_of(asked.call_id, wired.seen) or "") == {"assistant": "sales"}
            ends = [(end.name, end.outcome) for end in of(ToolEnded, wired.seen)]
            assert sorted(ends) == [("hand_over", "ok"), ("hand_over", "unknown_tool"), ("offer", "ok")]

    run_clean(main)


def test_l1_a_check_that_fails_is_told_apart_from_one_that_trips() -> None:
    """L1: its failure is in the stream, and what it means was declared."""
    rules = Rule("output", say="Done."), Rule("go", call=(Call("weather", {"city": "Oslo"}),))

    def fail(text: str, context: Any) -> bool:
        raise KeyError(text)

    async def main(on_error: Any) -> tuple[dict[str, str], int, int]:
        guardrail = Guardrail("fails", fail, on_error=on_error)
        async with _talking(Scenario(rules, pace=0), weather, guardrails=[guardrail]) as wired:
            await wired.ask("go")
            await wired.answers(2)
            return wired.outcomes(), len(of(GuardrailFailed, wired.seen)), len(of(GuardrailTripped, wired.seen))

    assert run_clean(lambda: main("block")) == ({"weather": "rejected"}, 1, 1)
    assert run_clean(lambda: main("pass")) == ({"weather": "ok"}, 1, 0)

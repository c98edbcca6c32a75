"""Running tools: off the read path, within their time, and nothing left behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
import reactivex
from reactivex.disposable import SerialDisposable
from reactivex.subject import Subject

from rxrealtime import operators as ops
from rxrealtime.activity import (
    AgentChanged,
    ApprovalRequested,
    GuardrailTripped,
    HandoffRequested,
    ToolEnded,
    ToolStarted,
)
from rxrealtime.errors import ConfigurationError, ToolCancelledError, ToolError, ToolTimeoutError
from rxrealtime.events import GuardrailFailed, InputAudioBufferCleared, ResponseCreate, SessionConfig, ToolFailed
from rxrealtime.guardrails import Guardrail, OnError
from rxrealtime.signals import Approval
from rxrealtime.tools import Tool, ToolContext, tool
from tests.operators.calling import called, ended, item_ended, of, output_of
from tests.operators.marbles import virtual_run
from tests.operators.streams import other_tasks, reported, run, settle, terminal


class Talk:
    """One subscription to `run_tools`, and what it gave when."""

    def __init__(self, *tools: Tool, **settings: Any) -> None:
        self.source: Subject[object] = Subject()
        self.given: list[Any] = []
        self.times: list[float] = []
        self.ends: list[Exception | str] = []
        self.waiting: list[tuple[Callable[[Any], bool], asyncio.Future[None]]] = []
        pipeline = self.source.pipe(ops.run_tools(tools, **settings))
        self.subscription = pipeline.subscribe(self._note, self.ends.append, lambda: self.ends.append("completed"))

    def _note(self, value: Any) -> None:
        self.given.append(value)
        self.times.append(asyncio.get_running_loop().time())
        for wanted, future in self.waiting:
            if wanted(value) and not future.done():
                future.set_result(None)

    def call(self, name: str, arguments: str = "{}", call_id: str = "c") -> None:
        """The model calls a tool."""
        self.source.on_next(item_ended(called(call_id, name, arguments)))

    async def until(self, wanted: Callable[[Any], bool]) -> None:
        """Wait for a value, unless it was given already."""
        if not any(wanted(value) for value in self.given):
            future = asyncio.get_running_loop().create_future()
            self.waiting.append((wanted, future))
            await future

    async def end_of(self, call_id: str = "c") -> ToolEnded:
        """Wait until a call has its output."""
        await self.until(lambda value: isinstance(value, ToolEnded) and value.call_id == call_id)
        return next(end for end in of(ToolEnded, self.given) if end.call_id == call_id)


async def _answer(made: Tool, arguments: str = "{}", **settings: Any) -> tuple[ToolEnded, list[Any]]:
    """Call a tool once, and give how it ended and all that was given."""
    talk = Talk(made, **settings)
    talk.call(made.name, arguments)
    end = await talk.end_of()
    talk.subscription.dispose()
    return end, talk.given


@tool
async def echo(text: str) -> str:
    """Say it again."""
    return text


def test_an_async_tool_runs_on_the_loop() -> None:
    """Started, run, answered."""
    end, given = run(lambda: _answer(echo, '{"text": "hi"}'))

    assert end == ToolEnded("c", "echo", "r", "ok", "hi")
    assert given[0] == ToolStarted("c", "echo", "r", '{"text": "hi"}')
    assert output_of("c", given) == "hi"


def test_a_sync_tool_runs_in_a_thread() -> None:
    """The loop goes on meanwhile: what a blocking tool waits for is only done there."""

    async def main() -> None:
        entered, leave = threading.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        @tool
        def blocking() -> str:
            entered.set()
            loop.call_soon_threadsafe(talk.source.on_next, InputAudioBufferCleared())
            loop.call_soon_threadsafe(leave.set)
            assert leave.wait(5)
            return threading.current_thread().name

        talk = Talk(blocking)
        talk.call("blocking")
        end = await talk.end_of()
        assert (end.outcome, end.output == threading.current_thread().name) == ("ok", False)
        assert entered.is_set()

    run(main)


def test_a_sync_tool_may_return_an_awaitable() -> None:
    """It is awaited on the loop."""
    end, _ = run(lambda: _answer(tool(lambda: asyncio.sleep(0, "later"), name="f")))

    assert end.output == "later"


def test_a_tool_learns_of_its_call() -> None:
    """And gets the application's object."""
    seen: list[ToolContext] = []

    @tool
    async def curious(context: ToolContext) -> None:
        seen.append(context)

    thing = object()
    run(lambda: _answer(curious, context=thing))
    assert seen == [ToolContext("c", "curious", "r", "item_c", thing)]


def test_a_tool_made_by_hand_runs_like_any_other() -> None:
    """It is called with what is known of the call, and with the arguments as they are."""

    async def call(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {"by": context.call_id, **arguments}

    end, _ = run(lambda: _answer(Tool("by_hand", "", {"type": "object"}, call), '{"a": 1}'))
    assert end.output == '{"by":"c","a":1}'


@pytest.mark.parametrize("error", [ValueError("CANARY"), ToolError("CANARY"), StopIteration(), TimeoutError()])
@pytest.mark.parametrize("is_async", [True, False])
def test_a_tool_that_raises_is_answered_and_reported(error: Exception, is_async: bool) -> None:
    """The exception itself is in the stream, in front of the output."""

    def fail() -> NoReturn:
        raise error

    async def fail_later() -> NoReturn:
        raise error

    end, given = run(lambda: _answer(tool(fail_later if is_async else fail, name="f")))
    (failed,) = of(ToolFailed, given)
    assert end.outcome == "error"
    assert failed.exception is error or isinstance(error, StopIteration)
    assert [type(value) for value in given[1:3]] == [ToolFailed, type(given[2])]
    assert "CANARY" not in repr(failed)


def test_a_result_that_cannot_be_told_is_an_error() -> None:
    """And the call is not run again, though it comes again."""

    async def main() -> None:
        runs: list[int] = []

        @tool
        async def odd() -> Any:
            runs.append(1)
            return {"a": object()}

        talk = Talk(odd)
        talk.call("odd")
        assert (await talk.end_of()).outcome == "error"
        talk.call("odd")
        await settle()
        assert (runs, len(of(ToolEnded, talk.given))) == ([1], 1)

    run(main)


def test_a_tool_has_its_time() -> None:
    """Its own, or that of all; then the model is told, and the tool is cancelled."""

    async def main() -> None:
        cancelled: list[str] = []

        async def wait(name: str) -> None:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                cancelled.append(name)
                raise

        talk = Talk(
            _named("short", lambda: wait("short"), timeout=2.5),
            _named("long", lambda: wait("long")),
            timeout=10,
        )
        talk.call("short", call_id="s")
        talk.call("long", call_id="l")
        assert (await talk.end_of("s")).outcome == (await talk.end_of("l")).outcome == "timeout"
        ends = {value.call_id: at for value, at in zip(talk.given, talk.times, strict=True) if type(value) is ToolEnded}
        assert ends == {"s": 2.5, "l": 10}
        assert output_of("s", talk.given) == "the call of 'short' timed out: it was not done within 2.5 s"
        assert [type(failed.exception) for failed in of(ToolFailed, talk.given)] == [ToolTimeoutError] * 2
        await settle()
        assert (cancelled, other_tasks()) == (["short", "long"], set())

    virtual_run(main)


def _named(name: str, function: Callable[..., Awaitable[Any]], **settings: Any) -> Tool:
    return Tool(name, "", {"type": "object"}, _async(lambda context, arguments: function()), **settings)


def _async(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def call(*args: Any) -> Any:
        return await function(*args)

    return call


async def _stubborn(free: asyncio.Event) -> str:
    """Do not let oneself be cancelled."""
    while not free.is_set():
        try:
            await free.wait()
        except asyncio.CancelledError:
            continue
    return "late"


def test_a_tool_that_cannot_be_cancelled_is_not_waited_for() -> None:
    """Its time is over all the same, its place is free, and what it gives later does not count."""

    async def main() -> None:
        free = asyncio.Event()
        talk = Talk(_named("stubborn", lambda: _stubborn(free)), echo, max_concurrent=1, timeout=3)
        talk.call("stubborn", call_id="s")
        talk.call("echo", '{"text": "hi"}', call_id="e")
        assert (await talk.end_of("s")).outcome == "timeout"
        assert (await talk.end_of("e")).outcome == "ok"
        given = len(talk.given)
        free.set()
        await settle()
        assert (len(talk.given), other_tasks()) == (given, set())

    virtual_run(main)


@pytest.mark.parametrize("how", ["dispose", "complete", "fail"])
def test_nothing_comes_after_the_end(how: str) -> None:
    """Disposed, completed, failed: what runs is cancelled, what is stubborn gives nothing, no task is left."""

    async def main() -> None:
        free, cancelled = asyncio.Event(), asyncio.Event()

        @tool
        async def slow() -> None:
            try:
                await asyncio.sleep(1000)
            finally:
                cancelled.set()

        talk = Talk(slow, _named("stubborn", lambda: _stubborn(free)))
        talk.call("slow", call_id="a")
        talk.call("stubborn", call_id="b")
        await settle()
        given = list(talk.given)
        error = ValueError()
        ends = {"dispose": talk.subscription.dispose, "complete": talk.source.on_completed}
        ends.get(how, lambda: talk.source.on_error(error))()
        talk.call("slow", call_id="late")
        await cancelled.wait()
        free.set()
        await settle()
        assert (talk.given, other_tasks()) == (given, set())
        assert talk.ends == {"dispose": [], "complete": ["completed"], "fail": [error]}[how]

    run(main)


def test_a_cancelled_response_cancels_its_tools() -> None:
    """Their calls get an output that says so, and nothing is asked for."""

    async def main() -> None:
        cancelled = asyncio.Event()

        @tool
        async def slow() -> None:
            try:
                await asyncio.sleep(1000)
            finally:
                cancelled.set()

        talk = Talk(slow)
        talk.call("slow")
        await settle()
        talk.source.on_next(ended(called("c", "slow"), status="cancelled"))
        await cancelled.wait()
        assert (await talk.end_of()).outcome == "cancelled"
        assert of(ResponseCreate, talk.given) == []
        await settle()
        assert other_tasks() == set()

    run(main)


@pytest.mark.parametrize("is_checked", [True, False])
def test_a_tool_that_is_cancelled_from_elsewhere_is_answered(is_checked: bool) -> None:
    """Whoever cancels its task, the call does not wait for ever."""

    async def main() -> None:
        guardrail = Guardrail("g", _async(lambda text, context: asyncio.sleep(1000)), on_error="pass", timeout=1000)
        slow = _named("slow", lambda: asyncio.sleep(1000), guardrails=(guardrail,) if is_checked else ())
        talk = Talk(slow)
        talk.call("slow")
        await settle()
        for task in other_tasks():
            task.cancel()
        assert (await talk.end_of()).outcome == "cancelled"

    run(main)


def test_a_tool_that_cancels_itself_is_answered() -> None:
    """Its CancelledError is not ours."""

    @tool
    async def odd() -> None:
        raise asyncio.CancelledError

    end, given = run(lambda: _answer(odd))
    assert end.outcome == "cancelled"
    assert type(of(ToolFailed, given)[0].exception) is ToolCancelledError


def test_what_a_subscriber_pushes_meanwhile_waits_for_its_turn() -> None:
    """One order: nothing is given while something else is being given."""

    async def main() -> None:
        source: Subject[object] = Subject()
        depth = 0
        given: list[Any] = []
        done = asyncio.Event()

        def note(value: Any) -> None:
            nonlocal depth
            assert depth == 0
            depth += 1
            given.append(value)
            if isinstance(value, ToolStarted):
                source.on_next(ended(called("c", "unknown"), called("d", "unknown")))
            if isinstance(value, ResponseCreate):
                done.set()
            depth -= 1

        source.pipe(ops.run_tools([echo])).subscribe(note)
        source.on_next(item_ended(called("a", "echo", '{"text": "hi"}')))
        await done.wait()
        assert [value.type for value in given if not isinstance(value, ToolFailed)] == [
            "tool_started",
            *["conversation.item.create", "tool_ended"] * 3,
            "response.create",
        ]

    run(main)


def test_a_subscriber_that_leaves_when_a_tool_starts_lets_none_run() -> None:
    """What is given and what is done have one order: after the end nothing is begun."""

    async def main() -> None:
        subscription = SerialDisposable()
        source: Subject[object] = Subject()
        subscription.disposable = source.pipe(ops.run_tools([echo])).subscribe(lambda value: subscription.dispose())
        source.on_next(item_ended(called("a", "echo", '{"text": "hi"}')))
        assert other_tasks() == set()

    run(main)


def test_a_subscriber_that_raises_is_reported_and_goes_on() -> None:
    """T6: its bug stops neither the tool nor what it is given next."""

    async def main() -> None:
        reports = reported()
        source: Subject[object] = Subject()
        got: list[Any] = []
        done = asyncio.Event()

        def note(value: Any) -> None:
            got.append(value)
            if isinstance(value, ToolEnded):
                done.set()
            raise RuntimeError

        source.pipe(ops.run_tools([echo])).subscribe(note)
        source.on_next(item_ended(called("a", "echo", '{"text": "hi"}')))
        await done.wait()
        assert [value.type for value in got] == ["tool_started", "conversation.item.create", "tool_ended"]
        assert [type(report) for report in reports] == [RuntimeError] * 3

    run(main)


def test_a_transfer_asks_for_the_other_agent() -> None:
    """What a tool returns to hand over is no output."""

    async def main() -> None:
        transfer = SimpleNamespace(agent=SimpleNamespace(name="sales"), config=SessionConfig())

        @tool
        async def hand_over() -> Any:
            return transfer

        talk = Talk(hand_over)
        talk.call("hand_over")
        await talk.until(lambda value: isinstance(value, HandoffRequested))
        assert talk.given[1:] == [HandoffRequested("c", transfer.agent, transfer.config)]

    run(main)


def test_data_that_look_like_a_transfer_are_a_result() -> None:
    """Only a configuration can be put in force."""

    @tool
    async def look() -> Any:
        return Looks(agent="smith", config="none")

    end, _ = run(lambda: _answer(look))
    assert (end.outcome, end.output) == ("ok", '{"agent":"smith","config":"none"}')


@dataclass
class Looks:
    """Somebody's data."""

    agent: str
    config: str


def _checks(verdict: object, *, on_error: OnError = "block", is_async: bool = False, **settings: Any) -> Guardrail:
    async def check_later(text: str, context: Any) -> Any:
        return check(text, context)

    def check(text: str, context: Any) -> Any:
        assert (text, context) == ("{}", "mine")
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    return Guardrail("g", check_later if is_async else check, on_error=on_error, **settings)


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize(
    ("verdict", "on_error", "outcome", "given"),
    [
        (None, "block", "ok", []),
        (False, "block", "ok", []),
        ("", "block", "ok", []),
        (True, "block", "rejected", [GuardrailTripped("g", "r", "", "c")]),
        ("no", "pass", "rejected", [GuardrailTripped("g", "r", "no", "c")]),
        (ValueError(), "pass", "ok", [GuardrailFailed]),
        (
            ValueError(),
            "block",
            "rejected",
            [GuardrailFailed, GuardrailTripped("g", "r", "the check failed with ValueError", "c")],
        ),
    ],
)
def test_a_guardrail_looks_at_the_arguments_first(
    verdict: object, on_error: OnError, outcome: str, given: list[Any], is_async: bool
) -> None:
    """What it does not allow is not run; what its own failure means, it said itself."""
    runs: list[int] = []

    @tool(guardrails=[_checks(verdict, on_error=on_error, is_async=is_async)])
    async def act() -> None:
        runs.append(1)

    end, all_given = run(lambda: _answer(act, context="mine"))
    assert (end.outcome, runs) == (outcome, [1] if outcome == "ok" else [])
    about = [value for value in all_given if isinstance(value, GuardrailTripped | GuardrailFailed)]
    assert [type(value) if isinstance(value, GuardrailFailed) else value for value in about] == given
    assert of(ToolFailed, all_given) == []


def test_a_check_that_cancels_itself_has_failed() -> None:
    """Its CancelledError is not ours: what it means was declared."""

    async def check(text: str, context: Any) -> None:
        raise asyncio.CancelledError

    guardrail = Guardrail("g", check, on_error="pass")
    end, given = run(lambda: _answer(echo, '{"text": "hi"}', guardrails=[guardrail]))
    assert (end.outcome, len(of(GuardrailFailed, given))) == ("ok", 1)


def test_a_guardrail_has_its_time() -> None:
    """A check that takes too long has failed; the next one is not asked if the call is stopped."""

    async def main() -> None:
        asked: list[str] = []
        slow = Guardrail("slow", _async(lambda *_: asyncio.sleep(1000)), on_error="block", timeout=4)
        next_one = Guardrail("next", lambda text, context: asked.append(text), on_error="block")
        talk = Talk(echo, guardrails=[slow, next_one])
        talk.call("echo", '{"text": "hi"}')
        assert (await talk.end_of()).outcome == "rejected"
        assert (talk.times[-1], asked) == (4, [])
        assert type(of(GuardrailFailed, talk.given)[0].exception) is TimeoutError

    virtual_run(main)


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("amount", [5, 50])
def test_a_predicate_says_whether_to_ask(amount: int, is_async: bool) -> None:
    """It is given what is known of the call and the arguments by name."""

    def ask(context: ToolContext, arguments: Mapping[str, Any]) -> bool:
        return context.name == "pay" and bool(arguments["amount"] > context.context)

    async def ask_later(context: ToolContext, arguments: Mapping[str, Any]) -> bool:
        return ask(context, arguments)

    @tool(needs_approval=ask_later if is_async else ask)
    async def pay(amount: int) -> None: ...

    async def main() -> None:
        talk = Talk(pay, context=10)
        talk.call("pay", f'{{"amount": {amount}}}')
        if amount == 50:
            await talk.until(lambda value: isinstance(value, ApprovalRequested))
            assert of(ToolStarted, talk.given) == []
            talk.source.on_next(Approval("c"))
        assert (await talk.end_of()).outcome == "ok"

    run(main)


def test_a_guardrail_comes_before_the_question() -> None:
    """Nobody is asked about what is not allowed anyway; what is, still needs its approval."""

    async def main() -> None:
        fine = tool(echo.function, name="fine", guardrails=[_fine], needs_approval=True)
        stopped = tool(echo.function, name="stopped", guardrails=[_trips], needs_approval=True)
        talk = Talk(fine, stopped)
        talk.call("stopped", '{"text": "hi"}', "s")
        talk.call("fine", '{"text": "hi"}', "f")
        assert (await talk.end_of("s")).outcome == "rejected"
        await talk.until(lambda value: isinstance(value, ApprovalRequested))
        assert [asked.call_id for asked in of(ApprovalRequested, talk.given)] == ["f"]

    run(main)


_fine = Guardrail("fine", lambda text, context: None, on_error="block")
_trips = Guardrail("trips", lambda text, context: True, on_error="block")


@pytest.mark.parametrize("seconds", [0, 1000])
def test_a_predicate_that_fails_lets_nothing_run(seconds: float) -> None:
    """Raising or too slow: the call is an error."""

    async def ask(context: ToolContext, arguments: Mapping[str, Any]) -> bool:
        await asyncio.sleep(seconds)
        raise ValueError

    async def main() -> None:
        talk = Talk(tool(echo.function, name="f", needs_approval=ask))
        talk.call("f", '{"text": "hi"}')
        assert (await talk.end_of()).outcome == "error"
        assert of(ToolStarted, talk.given) == []

    virtual_run(main)


def test_tools_may_come_with_the_agent() -> None:
    """A function gives those of an agent; without one they are its tools."""

    async def main() -> None:
        agent = SimpleNamespace(tools=[], more=[echo])
        source: Subject[object] = Subject()
        given: list[Any] = []
        source.pipe(ops.run_tools(lambda agent: agent.more)).subscribe(given.append)
        source.on_next(AgentChanged(agent))
        source.on_next(item_ended(called("a", "echo", '{"text": "hi"}')))
        assert of(ToolStarted, given) != []

    run(main)


def test_an_agent_whose_tools_are_none_ends_the_policy() -> None:
    """A bug of the application is the error of the stream."""
    agent = AgentChanged(SimpleNamespace(tools=[print]))
    got, end = terminal(reactivex.of(agent, agent).pipe(ops.run_tools()))

    assert (got, type(end)) == ([], ConfigurationError)


def test_without_a_loop_a_call_is_the_error_of_the_stream() -> None:
    """There is no task outside of an event loop; calls that need none are answered all the same."""
    got, end = terminal(reactivex.of(ended(called("a", "unknown"))).pipe(ops.run_tools([echo])))
    assert (got[-1], end) == (ResponseCreate(), "completed")
    got, end = terminal(reactivex.of(item_ended(called("a", "echo", '{"text": ""}'))).pipe(ops.run_tools([echo])))
    assert type(end) is RuntimeError


@pytest.mark.parametrize(
    "settings",
    [
        {"max_concurrent": 0},
        {"max_waiting": -1},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"guardrails": [len]},
        {"tools": echo},
        {"tools": [echo, echo]},
        {"tools": [len]},
    ],
)
def test_what_cannot_be_is_refused(settings: dict[str, Any]) -> None:
    """When the operator is made."""
    with pytest.raises(ConfigurationError):
        ops.run_tools(**settings)

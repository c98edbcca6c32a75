"""Guardrails at work, on a real event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as rx
from reactivex.subject import Subject

from rxrealtime import operators as ops
from rxrealtime.activity import GuardrailPassed, GuardrailTripped
from rxrealtime.errors import ConfigurationError, RealtimeError
from rxrealtime.events import GuardrailFailed, ResponseCancel
from rxrealtime.guardrails import Guardrail, OnError
from tests.leaks import run_clean
from tests.operators.marbles import virtual_run
from tests.operators.streams import other_tasks, reported, run, settle, terminal
from tests.operators.wire import created, done, write, wrote

_PASSED = GuardrailPassed("g", "r", 5)


class _Checks:
    """A check whose calls end when the test says so."""

    def __init__(self) -> None:
        self.futures: dict[str, asyncio.Future[Any]] = {}
        self.cancelled: list[str] = []

    async def __call__(self, text: str, context: Any) -> Any:
        self.futures[text] = asyncio.get_running_loop().create_future()
        try:
            return await self.futures[text]
        except asyncio.CancelledError:
            self.cancelled.append(text)
            raise

    async def end(self, text: str, verdict: Any = None) -> None:
        """End one check and let that sink in."""
        self.futures.pop(text).set_result(verdict)
        await settle()


def _guardrail(check: Callable[..., Any], on_error: OnError = "block", name: str = "g", **more: Any) -> Guardrail:
    return Guardrail(name, check, on_error=on_error, every_chars=5, **more)


def _watch(stream: Observable[Any]) -> tuple[list[Any], reactivex.abc.DisposableBase]:
    got: list[Any] = []
    return got, stream.subscribe(got.append, lambda error: got.append(type(error)), lambda: got.append("completed"))


def _verdict(check: Callable[..., Any], on_error: OnError = "block") -> list[Any]:
    """Give what a guardrail tells about a response that says five characters and completes."""

    async def main() -> list[Any]:
        source = reactivex.of(created(), wrote("12345")).pipe(ops.guardrails([_guardrail(check, on_error)]))
        return await source.pipe(rx.to_list())

    return run_clean(main)


@pytest.mark.parametrize("verdict", [None, False, "", 0])
def test_what_is_fine(verdict: Any) -> None:
    """None, False, "" and anything else that is not true passes."""
    assert _verdict(lambda text, context: verdict) == [_PASSED]


@pytest.mark.parametrize(("verdict", "reason"), [(True, ""), ("rude", "rude"), (1, "")])
def test_what_trips(verdict: Any, reason: str) -> None:
    """True trips without a reason, a text is the reason."""
    told = _verdict(lambda text, context: verdict)

    assert (told[0], told[-1]) == (GuardrailTripped("g", "r", reason), ResponseCancel(response_id="r"))


def test_checks_of_every_kind() -> None:
    """A function, one that is async, one that returns an awaitable, an object with either: all are asked the same."""

    async def asynchronous(text: str, context: Any) -> str:
        return f"{text} {context}"

    def returning(text: str, context: Any) -> Any:
        return asynchronous(text, context)

    class Asynchronous:
        async def __call__(self, text: str, context: Any) -> str:
            return f"{text} {context}"

    async def main(check: Any) -> Any:
        traffic = reactivex.of(created(), wrote("12345"))
        return await traffic.pipe(ops.guardrails([_guardrail(check)], context=7), rx.first())

    for check in (asynchronous, returning, Asynchronous(), lambda text, context: f"{text} {context}"):
        assert run(lambda check=check: main(check)) == GuardrailTripped("g", "r", "12345 7")  # type: ignore[misc]


def test_a_function_that_blocks_does_not_block_the_loop() -> None:
    """It runs in a thread: the loop turns while it waits."""

    async def main() -> None:
        release = threading.Event()
        threads: list[int] = []

        def block(text: str, context: Any) -> bool:
            threads.append(threading.get_ident())
            return not release.wait(5)

        traffic = reactivex.of(created(), wrote("12345")).pipe(ops.guardrails([_guardrail(block)]), rx.to_list())
        told = asyncio.ensure_future(_last(traffic))
        await settle()
        release.set()
        assert await told == [_PASSED]
        assert threads != [threading.get_ident()]

    run_clean(main)


async def _last(stream: Observable[Any]) -> Any:
    return await stream


def test_one_check_a_guardrail_and_response() -> None:
    """While a check is under way another response can be checked, the same one only after it, with the newest text."""

    async def main() -> None:
        checks = _Checks()
        source: Subject[Any] = Subject()
        got, _ = _watch(source.pipe(ops.guardrails([_guardrail(checks)])))
        for event in (created(), write("12345"), write("67890"), created("s"), write("other", response="s")):
            source.on_next(event)
        await settle()
        assert list(checks.futures) == ["12345", "other"]
        await checks.end("12345")
        assert (got, list(checks.futures)) == ([_PASSED], ["other", "1234567890"])
        await checks.end("other", "rude")
        assert got[1] == GuardrailTripped("g", "s", "rude")
        source.on_completed()
        await checks.end("1234567890")
        assert got[-2:] == [GuardrailPassed("g", "r", 10), "completed"]

    run_clean(main)


@pytest.mark.parametrize("on_error", ["block", "pass"])
def test_a_check_that_raises_counts_as_declared(on_error: OnError) -> None:
    """The failure names the guardrail, not what it looked at, with what was raised as its cause (B162)."""

    def broken(text: str, context: Any) -> bool:
        raise KeyError(text)

    failed, verdict, *_ = _verdict(broken, on_error)

    assert (type(failed), type(failed.exception.__cause__)) == (GuardrailFailed, KeyError)
    assert isinstance(failed.exception, RealtimeError)
    assert "'g'" in str(failed.exception) and "KeyError" in str(failed.exception)
    assert "12345" not in f"{failed} {failed.exception} {verdict!r}"
    assert type(verdict) is {"block": GuardrailTripped, "pass": GuardrailPassed}[on_error]


@pytest.mark.parametrize("on_error", ["block", "pass"])
def test_a_check_that_takes_too_long_counts_as_declared(on_error: OnError) -> None:
    """After its timeout, whether or not it lets itself be cancelled; its own verdict is not wanted any more."""

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        got: list[Any] = []

        async def stubborn(text: str, context: Any) -> bool:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.sleep(1)
            return on_error == "pass"

        guardrail = _guardrail(stubborn, on_error, timeout=2.5)
        traffic = reactivex.concat(reactivex.of(created(), write("12345")), reactivex.never())
        traffic.pipe(ops.guardrails([guardrail])).subscribe(lambda value: got.append((loop.time(), value)))
        await asyncio.sleep(30)
        assert other_tasks() == set()
        return got

    (at, failed), (_, verdict), *_ = got = virtual_run(main)

    assert (at, type(failed), type(failed.exception.__cause__)) == (2.5, GuardrailFailed, TimeoutError)
    assert "'g'" in str(failed.exception) and "2.5 s" in str(failed.exception)
    assert type(verdict) is {"block": GuardrailTripped, "pass": GuardrailPassed}[on_error]
    assert {at for at, _ in got} == {2.5}


def test_a_check_that_is_cancelled_from_elsewhere_has_failed() -> None:
    """It gave no verdict either; a TimeoutError of its own is not ours."""

    async def main() -> None:
        source: Subject[Any] = Subject()
        got, subscription = _watch(source.pipe(ops.guardrails([_guardrail(_Checks(), "pass")])))
        source.on_next(write("12345"))
        await settle()
        (task,) = other_tasks()
        task.cancel()
        await settle()
        assert [type(value) for value in got] == [GuardrailFailed, GuardrailPassed]
        assert "CancelledError" in str(got[0].exception)
        subscription.dispose()

    run_clean(main)


def test_disposing_cancels_the_checks() -> None:
    """Those under way are cancelled, those that are over are left alone, and nothing is left (B146)."""

    async def main() -> None:
        reports = reported()
        checks = _Checks()
        source: Subject[Any] = Subject()
        got, subscription = _watch(source.pipe(ops.guardrails([_guardrail(checks)])))
        for response in ("r", "s"):
            source.on_next(write(f"{response}2345", response=response))
        await settle()
        await checks.end("r2345")
        subscription.dispose()
        await settle()
        assert (got, checks.cancelled, source.observers) == ([_PASSED], ["s2345"], [])
        assert (other_tasks(), reports) == (set(), [])

    run_clean(main)


def test_the_sources_error_comes_at_once() -> None:
    """The checks under way are cancelled: nobody would act on their verdicts any more (B146)."""

    async def main() -> None:
        checks = _Checks()
        source: Subject[Any] = Subject()
        got, _ = _watch(source.pipe(ops.guardrails([_guardrail(checks)])))
        source.on_next(write("12345"))
        await settle()
        source.on_error(OSError("gone"))
        assert got == [OSError]
        await settle()
        assert (checks.cancelled, other_tasks()) == (["12345"], set())

    run_clean(main)


def test_a_completed_source_waits_for_the_verdicts() -> None:
    """A recording is over before its checks are: each of them counts, the follow-up too, and then comes the end."""

    async def main() -> None:
        checks = _Checks()
        traffic = reactivex.of(created(), write("12345"), wrote("1234567890"), done())
        got, _ = _watch(traffic.pipe(ops.guardrails([_guardrail(checks)])))
        await settle()
        await checks.end("12345")
        assert got == [_PASSED]
        await checks.end("1234567890", True)
        kinds = [getattr(value, "type", value) for value in got[1:]]
        assert kinds == [
            "guardrail_tripped",
            "interrupt",
            "conversation.item.create",
            "response.create",
            "completed",
        ]

    run_clean(main)


def test_what_a_subscriber_pushes_comes_after_what_is_being_told() -> None:
    """The traffic is a loop: what is told goes back into it, and keeps one order for all."""

    async def main() -> None:
        source: Subject[Any] = Subject()
        got: list[Any] = []

        def loop_back(value: Any) -> None:
            got.append(value.type)
            if value.type == "guardrail_tripped":
                source.on_next(done(status="cancelled"))
                source.on_completed()

        tripping = _guardrail(lambda text, context: True)
        ended = asyncio.Event()
        source.pipe(ops.guardrails([tripping]), rx.finally_action(ended.set)).subscribe(loop_back)
        source.on_next(write("12345"))
        await ended.wait()
        assert got == [
            "guardrail_tripped",
            "interrupt",
            "response.cancel",
            "conversation.item.create",
            "response.create",
        ]

    run_clean(main)


def test_a_subscriber_that_raises_does_not_save_the_response() -> None:
    """Its bug reaches the loop's exception handler (T6); the cancel comes all the same."""

    async def main() -> None:
        reports = reported()
        got: list[Any] = []

        def subscriber(value: Any) -> None:
            got.append(value.type)
            raise RuntimeError(value.type)

        ended = asyncio.Event()
        traffic = reactivex.of(created(), wrote("12345"))
        traffic.pipe(ops.guardrails([_guardrail(lambda text, context: True)])).subscribe(subscriber, None, ended.set)
        await ended.wait()
        assert got == ["guardrail_tripped", "interrupt", "response.cancel"]
        assert [str(report) for report in reports] == got

    run(main)


def test_a_subscriber_that_has_enough_ends_the_checks() -> None:
    """take() disposes of the subscription within on_next: no further check is begun."""

    async def main() -> None:
        asked: list[str] = []

        async def look(text: str, context: Any) -> None:
            asked.append(text)

        source: Subject[Any] = Subject()
        got, _ = _watch(source.pipe(ops.guardrails([_guardrail(look)]), rx.take(1)))
        source.on_next(write("12345"))
        source.on_next(write("67890"))
        await settle()
        assert (got, asked, other_tasks()) == ([_PASSED, "completed"], ["12345"], set())

    run_clean(main)


def test_without_a_loop_the_first_check_is_the_end() -> None:
    """There are no tasks outside of an event loop: an error, not an exception in the emitter, and never a free pass."""
    source: Subject[Any] = Subject()
    two = [_guardrail(_Checks()), _guardrail(_Checks(), name="h")]
    got, _ = _watch(source.pipe(ops.guardrails(two)))

    source.on_next(created())
    source.on_next(write("12345"))

    assert (got, source.observers) == ([RuntimeError], [])
    assert terminal(reactivex.empty().pipe(ops.guardrails())) == ([], "completed")


def test_each_subscription_begins_anew() -> None:
    """Two subscribers have their own state and their own checks."""

    async def main() -> None:
        operator = ops.guardrails([_guardrail(lambda text, context: None)])
        traffic = reactivex.of(created(), wrote("12345"))
        for _ in range(2):
            assert await traffic.pipe(operator, rx.to_list()) == [_PASSED]

    run_clean(main)


def test_two_guardrails_of_one_name_are_refused() -> None:
    """When the pipeline is made, with the name."""
    with pytest.raises(ConfigurationError, match="'g'"):
        ops.guardrails([_guardrail(_Checks()), _guardrail(_Checks())])

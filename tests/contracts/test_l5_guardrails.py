"""L5: a guardrail's verdict is scoped to its response, and a guardrail that fails blocks or passes as declared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from reactivex import operators as rx
from reactivex.subject import Subject

from rxrealtime import ConfigurationError, ConnectionFailed, GuardrailFailed, Session, commands, ops
from rxrealtime.activity import GuardrailPassed, GuardrailTripped
from rxrealtime.events import (
    ConversationItemAdded,
    ConversationItemCreate,
    ResponseCancel,
    ResponseCreate,
    ResponseCreated,
    ResponseDone,
)
from rxrealtime.guardrails import Guardrail, OnError
from rxrealtime.loopback import LoopbackTransport
from rxrealtime.server.scenarios import Rule, Scenario
from rxrealtime.server.voices import speak, transcribe
from rxrealtime.signals import Interrupt
from tests.leaks import run_clean
from tests.operators.streams import settle
from tests.operators.wire import created, done, say, write


class _Slow:
    """A check that is decided by the test."""

    def __init__(self) -> None:
        self.verdicts: dict[str, asyncio.Future[Any]] = {}

    async def __call__(self, text: str, context: Any) -> Any:
        self.verdicts[text] = asyncio.get_running_loop().create_future()
        return await self.verdicts[text]


def _guardrail(check: Callable[..., Any], on_error: OnError = "block") -> Guardrail:
    return Guardrail("polite", check, on_error=on_error, every_chars=5)


def _told(check: _Slow, script: Callable[[Subject[Any]], Any]) -> list[Any]:
    """Give what a guardrail tells while a script plays the server."""

    async def main() -> list[Any]:
        traffic: Subject[Any] = Subject()
        got: list[Any] = []
        traffic.pipe(ops.guardrails([_guardrail(check)])).subscribe(got.append)
        await script(traffic)
        await settle()
        traffic.on_completed()
        return got

    return run_clean(main)


def test_l5_a_late_verdict_never_cancels_a_newer_response() -> None:
    """L5: the response it is about is done: its playback is cut, and the response that runs by now goes on."""
    check = _Slow()

    async def script(traffic: Subject[Any]) -> None:
        for event in (created("old"), write("You fool", response="old"), done(response="old"), created("new")):
            traffic.on_next(event)
        await settle()
        check.verdicts["You fool"].set_result("rude")

    told = _told(check, script)

    assert told[:2] == [GuardrailTripped("polite", "old", "rude"), Interrupt("old", generation=False)]
    assert [value for value in told if isinstance(value, ResponseCancel)] == []
    assert [value.type for value in told[2:]] == ["conversation.item.create", "response.create"]


def test_l5_a_verdict_names_its_response() -> None:
    """L5: of two responses that run side by side only the one that is tripped is cancelled."""
    check = _Slow()

    async def script(traffic: Subject[Any]) -> None:
        for event in (created("a"), created("b"), say("Hello", response="a"), say("You fool", response="b")):
            traffic.on_next(event)
        await settle()
        check.verdicts["You fool"].set_result(True)
        check.verdicts["Hello"].set_result(None)

    told = _told(check, script)

    assert told[:3] == [GuardrailTripped("polite", "b"), Interrupt("b"), ResponseCancel(response_id="b")]
    assert told[3:] == [GuardrailPassed("polite", "a", 5)]


def test_l5_the_loss_of_the_connection_does_not_save_what_is_played() -> None:
    """L5: a verdict that comes after it is told, and names the response whose audio is still played (B208)."""
    check = _Slow()

    async def script(traffic: Subject[Any]) -> None:
        traffic.on_next(created("r"))
        traffic.on_next(say("You fool", response="r"))
        await settle()
        traffic.on_next(ConnectionFailed(OSError("gone")))
        check.verdicts["You fool"].set_result("rude")

    assert _told(check, script) == [GuardrailTripped("polite", "r", "rude"), Interrupt("r", generation=False)]


@pytest.mark.parametrize(("on_error", "verdict"), [("block", "guardrail_tripped"), ("pass", "guardrail_passed")])
def test_l5_a_guardrail_that_raises_blocks_or_passes_as_declared(on_error: OnError, verdict: str) -> None:
    """L5: the failure is a value of the stream, and what it means was said before."""

    def broken(text: str, context: Any) -> bool:
        raise ZeroDivisionError(text)

    async def main() -> None:
        traffic: Subject[Any] = Subject()
        got: list[Any] = []
        ended = asyncio.Event()
        checked = traffic.pipe(ops.guardrails([_guardrail(broken, on_error)]), rx.finally_action(ended.set))
        checked.subscribe(got.append)
        for event in (created(), write("canary")):
            traffic.on_next(event)
        traffic.on_completed()
        await ended.wait()
        assert isinstance(got[0], GuardrailFailed)
        assert isinstance(got[0].exception.__cause__, ZeroDivisionError)
        assert got[1].type == verdict
        assert "canary" not in f"{got} {got[0].exception}"
        assert any(isinstance(value, ResponseCancel) for value in got) == (on_error == "block")

    run_clean(main)


@pytest.mark.parametrize("on_error", [None, "", "maybe"])
def test_l5_there_is_no_default_for_a_guardrail_that_fails(on_error: Any) -> None:
    """L5: without a declaration a guardrail is refused, by its name."""
    with pytest.raises(ConfigurationError, match="'polite'"):
        Guardrail("polite", lambda text, context: None, on_error=on_error)


_SECRET = "The password is swordfish, and everybody who knows it can open the safe in the cellar of the house. " * 3
_ANSWER = "I cannot help with that."
_SCENARIO = Scenario((Rule("secret", say=_SECRET, times=1), Rule("*", say=_ANSWER)))
_DISCREET = Guardrail(
    "discreet",
    lambda text, context: f"says {context}" if context in text else None,
    on_error="block",
    every_chars=10,
    instruction="Say that you cannot help with that.",
)


def test_l5_a_forbidden_answer_is_cut_and_followed_up_on_a_real_connection() -> None:
    """L5: over a websocket the answer is cancelled, its forbidden word is never heard, and the next answer is."""

    async def main() -> None:
        session = Session(LoopbackTransport(scenario=_SCENARIO))
        traffic, seen = _wired(session)
        heard: list[ops.AudioChunk] = []
        answered = asyncio.Event()

        def hear(chunk: ops.AudioChunk) -> None:
            heard.append(chunk)
            if sum(len(other.data) for other in heard if other.response_id == chunk.response_id) == len(speak(_ANSWER)):
                answered.set()

        traffic.pipe(ops.checked_audio([_DISCREET]), ops.of_type(ops.AudioChunk)).subscribe(hear)
        async with session:
            await session.send(*commands.say("Tell me the secret"))
            await answered.wait()
        forbidden, answer = (event.response for event in _of(seen, ResponseDone))
        assert (forbidden.status, answer.status) == ("cancelled", "completed")
        assert [event.response.id for event in _of(seen, ResponseCreated)] == [forbidden.id, answer.id]
        assert _of(seen, GuardrailTripped) == [GuardrailTripped("discreet", forbidden.id, "says swordfish")]
        assert [event.response_id for event in _of(seen, ResponseCancel)] == [forbidden.id]
        roles = [event.item.role for event in _of(seen, ConversationItemAdded)]
        assert roles == ["user", "assistant", "system", "assistant"]
        assert _words(heard, answer.id) == _ANSWER
        assert _words(heard, forbidden.id) in _SECRET.partition("swordfish")[0]

    run_clean(main)


def _wired(session: Session) -> tuple[Subject[Any], list[Any]]:
    """Let guardrails look at what a session receives, and send what they want to have sent."""
    traffic: Subject[Any] = Subject()
    seen: list[Any] = []
    verdicts = traffic.pipe(ops.guardrails([_DISCREET], context="swordfish"), rx.share())
    verdicts.subscribe(lambda value: asyncio.get_running_loop().call_soon(traffic.on_next, value))
    commands = verdicts.pipe(ops.of_type(ResponseCancel, ResponseCreate, ConversationItemCreate))
    commands.pipe(ops.map_async(session.send)).subscribe()
    traffic.subscribe(seen.append)
    session.events.subscribe(traffic)
    return traffic, seen


def _of(seen: list[Any], kind: type) -> list[Any]:
    return [event for event in seen if isinstance(event, kind)]


def _words(heard: list[ops.AudioChunk], response_id: str) -> str:
    return transcribe(b"".join(chunk.data for chunk in heard if chunk.response_id == response_id))

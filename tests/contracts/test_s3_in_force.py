"""S3: nothing is sent before the configuration is in force. L4: a handoff is one more, and loses nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rxrealtime import (
    Agent,
    AgentChanged,
    ConfigMismatch,
    ConfigurationError,
    ConnectionLost,
    MemoryTransport,
    RequestRejectedError,
    RequestTimeoutError,
    SendFailed,
    ServerClosed,
    Session,
    SessionClosedError,
    SessionOptions,
    ToolEnded,
    commands,
    session_config,
    tool,
)
from tests.conversing import Provider
from tests.leaks import run_clean
from tests.operators.streams import settle

SILENCE = bytes(4800)
AGENT = Agent("clerk", "Be brief.", settings=session_config(turn_detection=None))


async def _enter(agent: Agent = AGENT, **options: Any) -> tuple[Provider, Session, list[Any], list[Any]]:
    """Open a session with an agent; give what it did and what failed, too."""
    provider = Provider()
    chosen: SessionOptions = {**options}  # type: ignore[typeddict-item]  # whatever the test chooses
    session = Session(provider.transport, agent=agent, **chosen)
    done: list[Any] = []
    failed: list[Any] = []
    session.activity.subscribe(done.append)
    session.failures.subscribe(failed.append, lambda _: None)
    await session.open()
    return provider, session, done, failed


def test_s3_sends_wait_until_the_configuration_is_in_force() -> None:
    """S3: in their order, whatever they are; requests too."""

    async def main() -> None:
        provider, session, _, _ = await _enter()
        sends = [asyncio.ensure_future(session.send(*commands.append_audio(bytes([n]) * 4800))) for n in range(3)]
        asking = asyncio.ensure_future(session.request(commands.commit_audio()[0]))
        await provider.until(1)
        await settle(30)
        assert provider.types() == ["session.update"]
        await provider.confirm()
        await asyncio.gather(*sends)
        await provider.until(5)
        assert provider.types() == ["session.update", *["input_audio_buffer.append"] * 3, "input_audio_buffer.commit"]
        assert [event["audio"][:4] for event in provider.got[1:4]] == ["AAAA", "AQEB", "AgIC"]
        await provider.say({"type": "input_audio_buffer.committed", "event_id": "e", "item_id": "u"})
        await asking
        await session.close()

    run_clean(main)


def test_s3_without_an_agent_nothing_waits() -> None:
    """S3: there is no configuration to wait for."""

    async def main() -> list[str]:
        provider = Provider()
        async with Session(provider.transport) as session:
            await session.send(*commands.clear_audio())
        return provider.types()

    assert run_clean(main) == ["input_audio_buffer.clear"]


def test_s3_a_refused_configuration_fails_every_send_by_its_name() -> None:
    """S3: with the server's error, and it is a failure of the session too; nothing else is sent."""

    async def main() -> None:
        provider, session, _, failed = await _enter()
        waiting = asyncio.ensure_future(session.send(*commands.clear_audio()))
        await provider.refuse((await provider.until(1))["event_id"])
        for send in (waiting, session.send(*commands.clear_audio()), session.request(commands.clear_audio()[0])):
            with pytest.raises(RequestRejectedError, match=r"session.update \[invalid_value\]"):
                await send
        assert [(type(failure), failure.event_type) for failure in failed] == [(SendFailed, "session.update")]
        assert provider.types() == ["session.update"]
        await session.close()

    run_clean(main)


def test_s3_a_configuration_without_an_answer_fails_by_a_timeout() -> None:
    """S3: nobody waits for ever."""

    async def main() -> None:
        provider, session, _, failed = await _enter(config_timeout=0.01)
        with pytest.raises(RequestTimeoutError, match=r"did not answer session.update within 0.01 s"):
            await session.send(*commands.clear_audio())
        assert isinstance(failed[0].exception, RequestTimeoutError)
        assert provider.types() == ["session.update"]
        await session.close()

    run_clean(main)


@pytest.mark.parametrize("end", ["we close", "the server closes"])
def test_s3_the_end_of_the_session_ends_the_wait(end: str) -> None:
    """S3, T1: a send that waits for the configuration ends with the session, whoever ends it."""

    async def main() -> Exception:
        provider, session, _, _ = await _enter()
        waiting = asyncio.ensure_future(session.send(*commands.clear_audio()))
        await provider.until(1)
        if end == "we close":
            await session.close()
        else:
            await provider.say({"type": "session.created", "event_id": "e", "session": {}})
            provider.transport.peer.close(1011, "gone")
            await session.closed
        with pytest.raises((SessionClosedError, ServerClosed)) as ended:
            await waiting
        return ended.value

    run_clean(main)


def test_s3_a_difference_is_told_and_named() -> None:
    """S3: what was asked for and is not in force is `ConfigMismatch`, with the paths; the session goes on."""

    async def main() -> None:
        provider, session, _, failed = await _enter()
        await provider.confirm(instructions="Be long.", audio={"input": {"turn_detection": {"type": "server_vad"}}})
        await session.send(*commands.clear_audio())
        (failure,) = failed
        assert isinstance(failure.exception, ConfigMismatch)
        assert failure.exception.paths == ("instructions",)
        assert "Be" not in str(failure.exception)
        await session.close()

    run_clean(main)


def test_s3_what_is_in_force_is_at_hand() -> None:
    """S3: as the server last said it."""

    async def main() -> None:
        provider, session, _, failed = await _enter()
        assert session.config is None
        await provider.confirm(model="gpt-realtime", expires_at=7)
        await session.send(*commands.clear_audio())
        assert session.config is not None
        assert (session.config.instructions, session.config.model) == ("Be brief.", "gpt-realtime")
        assert failed == []
        await session.close()

    run_clean(main)


def test_s3_instructions_that_cannot_be_made_are_refused_before_anything_is_opened() -> None:
    """S3: the name of the agent, and nothing is left; what it raised is the cause, not the message."""

    def instructions(context: object) -> str:
        raise KeyError("secret")

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport, agent=Agent("clerk", instructions))
        with pytest.raises(ConfigurationError, match="agent 'clerk'") as refused:
            await session.open()
        assert "secret" not in str(refused.value)
        assert (await session.closed).cause is refused.value

    run_clean(main)


def test_s3_closing_calls_off_instructions_that_take_for_ever() -> None:
    """S3, T2: before anything was opened, and nothing is opened any more."""

    async def instructions(context: object) -> str:
        await asyncio.Event().wait()
        return "never"

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport, agent=Agent("clerk", instructions))
        opening = asyncio.ensure_future(session.open())
        await settle()
        await session.close()
        with pytest.raises(SessionClosedError):
            await opening
        assert (await session.closed).by == "us"
        with pytest.raises(ConnectionLost, match="nobody has connected"):
            transport.peer.send("{}")

    run_clean(main)


@tool
def look_up(name: str) -> str:
    """Look somebody up."""
    return f"{name} is not there"


DESK = Agent("desk", "You look people up.", tools=(look_up,), voice="marin")
FRONT = Agent("front", "Find out who can help.", handoffs=(DESK,), settings=session_config(turn_detection=None))


async def _handing_over(**options: Any) -> tuple[Provider, Session, list[Any], list[Any]]:
    """Bring a session to where it has asked for the configuration of the other agent."""
    provider, session, done, failed = await _enter(FRONT, **options)
    await provider.confirm()
    await provider.call("transfer_to_desk")
    await provider.until(2)
    return provider, session, done, failed


def test_l4_a_handoff_is_one_update_of_instructions_tools_and_voice() -> None:
    """L4: and of nothing else; the call is answered when it is in force, then the new agent is asked to respond."""

    async def main() -> None:
        provider, session, done, failed = await _handing_over()
        update = provider.got[1]["session"]
        assert (update["instructions"], update["audio"]) == ("You look people up.", {"output": {"voice": "marin"}})
        assert [offered["name"] for offered in update["tools"]] == ["look_up"]
        assert set(update) == {"type", "instructions", "tools", "audio"}
        assert session.agent is FRONT
        await settle(20)
        assert provider.types() == ["session.update"] * 2
        await provider.confirm(2)
        await provider.until(4)
        assert provider.types()[2:] == ["conversation.item.create", "response.create"]
        assert [found.agent for found in done if isinstance(found, AgentChanged)] == [FRONT, DESK]
        assert (session.agent, failed) == (DESK, [])
        await provider.call("look_up", '{"name": "Ada"}', call_id="call_2", response_id="r2")
        assert (await provider.until(5))["item"]["output"] == "Ada is not there"
        await session.close()

    run_clean(main)


def test_l4_no_input_is_lost_while_it_happens() -> None:
    """L4: what the user says goes on to the server, and a response that is asked for waits for no one."""

    async def main() -> None:
        provider, session, _, _ = await _handing_over()
        await session.send(*commands.append_audio(SILENCE))
        await session.send(*commands.say("Are you there?"))
        assert provider.types()[2:] == ["input_audio_buffer.append", "conversation.item.create", "response.create"]
        await session.close()

    run_clean(main)


def test_l4_a_refused_handoff_leaves_the_agent_in_charge() -> None:
    """L4, L1: the call fails, with its one output, and the failure is told."""

    async def main() -> None:
        provider, session, done, failed = await _handing_over()
        await provider.refuse(provider.got[1]["event_id"])
        await provider.until(4)
        assert provider.types()[2:] == ["conversation.item.create", "response.create"]
        assert session.agent is FRONT
        assert [ended.outcome for ended in done if isinstance(ended, ToolEnded)] == ["error"]
        assert [failure.kind.value for failure in failed] == ["tool"]
        await session.close()

    run_clean(main)


def test_l4_a_voice_that_cannot_change_any_more_does_not_stop_the_handoff() -> None:
    """L4: the rest is put in force without it, and the difference is told."""

    async def main() -> None:
        provider, session, _, failed = await _handing_over()
        await provider.refuse(provider.got[1]["event_id"], "cannot_update_voice")
        again = (await provider.until(3))["session"]
        assert "audio" not in again or "voice" not in again["audio"].get("output", {})
        assert again["instructions"] == "You look people up."
        await provider.confirm(3, audio={"output": {"voice": "alloy"}})
        await provider.until(5)
        assert session.agent is DESK
        assert [failure.exception.paths for failure in failed] == [("audio.output.voice",)]
        await session.close()

    run_clean(main)


def test_l4_agents_that_cannot_work_are_refused_when_the_session_is_built() -> None:
    """L4: those that are given by a function, too."""
    lost = Agent("lost", handoffs=(lambda: Agent("lost"),))
    with pytest.raises(ConfigurationError, match="lost"):
        Session(MemoryTransport(), agent=lost)

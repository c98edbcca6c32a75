"""R1, R3, R5, S4 and T in a session with an agent: what the pure steps promise holds over a connection, too."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from rxrealtime import (
    Agent,
    Approval,
    ApprovalRequested,
    CommitTooShortError,
    Interrupt,
    Interrupted,
    Played,
    RequestRejectedError,
    ResponseDroppedError,
    ResponseFailed,
    ServerClosed,
    Session,
    SessionClosedError,
    SessionStateError,
    commands,
    ops,
    session_config,
    tool,
)
from rxrealtime.events import ResponseOutputAudioDelta, ResponseOutputTextDelta, ToolDefinition
from rxrealtime.loopback import LoopbackTransport
from rxrealtime.server.mcp_servers import McpServer, McpTool
from rxrealtime.server.scenarios import Call, Rule, Scenario
from tests.conversing import Provider
from tests.leaks import run_clean
from tests.operators.streams import settle

AGENT = Agent("clerk", "Be brief.", settings=session_config(turn_detection=None))
AT = {"item_id": "i", "output_index": 0, "content_index": 0}


def _creates(provider: Provider) -> int:
    return provider.types().count("response.create")


def test_r1_the_second_create_waits_for_the_end_of_the_first_response() -> None:
    """R1: items go at once, `send` does not wait, and the create follows by itself."""

    async def main() -> None:
        provider = Provider()
        async with Session(provider.transport) as session:
            await session.send(*commands.say("one"))
            await provider.begin("r1")
            await session.send(*commands.say("two"))
            assert provider.types() == ["conversation.item.create", "response.create", "conversation.item.create"]
            await provider.end("r1")
            assert (await provider.until(4))["type"] == "response.create"

    run_clean(main)


def test_r1_a_request_that_waits_for_its_turn_is_not_settled_by_the_response_before_it() -> None:
    """R1, S2: and its time runs from when it is sent."""

    async def main() -> None:
        provider = Provider()
        async with Session(provider.transport, responses="queue") as session:
            await session.send(*commands.respond())
            asking = asyncio.ensure_future(session.request(commands.respond()[0], timeout=0.5))
            await provider.begin("r1")
            await settle()
            assert not asking.done()
            await provider.end("r1")
            await provider.until(2)
            await provider.begin("r2")
            created: Any = await asking
            assert created.response.id == "r2"

    run_clean(main)


def test_r1_requests_that_were_merged_end_together() -> None:
    """R1, S2: one response stands for all of them, and one refusal."""

    async def main() -> None:
        provider = Provider()
        async with Session(provider.transport) as session:
            await session.send(*commands.respond())
            await provider.begin("r1")
            pairs = [asyncio.ensure_future(session.request(commands.respond()[0])) for _ in range(3)]
            await settle()
            await provider.end("r1")
            await provider.until(2)
            await provider.begin("r2")
            found = {created.response.id for created in await asyncio.gather(*pairs)}  # type: ignore[union-attr]
            assert found == {"r2"}
            assert _creates(provider) == 2
            refused = [asyncio.ensure_future(session.request(commands.respond()[0])) for _ in range(2)]
            await settle()
            await provider.end("r2")
            await provider.refuse((await provider.until(3))["event_id"])
            for asking in refused:
                with pytest.raises(RequestRejectedError):
                    await asking

    run_clean(main)


def test_r1_a_dropped_request_ends_by_name() -> None:
    """R1, S2: the policy drops it, and who asked learns it at once."""

    async def main() -> None:
        provider = Provider()
        async with Session(provider.transport, responses="drop") as session:
            await session.send(*commands.respond())
            with pytest.raises(ResponseDroppedError):
                await session.request(commands.respond()[0])
            assert _creates(provider) == 1

    run_clean(main)


def test_r1_a_lost_race_is_nobodys_news() -> None:
    """R1: the server had begun a response of its own: the request is not rejected, but sent again after that one."""

    async def main() -> None:
        provider = Provider()
        async with Session(provider.transport) as session:
            asking = asyncio.ensure_future(session.request(commands.respond()[0]))
            event_id = (await provider.until(1))["event_id"]
            await provider.begin("theirs")
            await provider.refuse(event_id, "conversation_already_has_active_response")
            await settle()
            await provider.end("theirs")
            assert (await provider.until(2))["event_id"] == event_id
            await provider.begin("ours")
            await asking

    run_clean(main)


def test_r1_a_create_without_any_answer_holds_nobody_up_for_ever() -> None:
    """R1: after the response time-out the next one goes."""

    async def main() -> None:
        provider = Provider()
        async with Session(provider.transport, responses="queue", response_timeout=0.01) as session:
            await session.send(*commands.respond(), *commands.respond())
            await provider.until(2)

    run_clean(main)


@pytest.mark.parametrize("cancelled", ["before its turn", "with another one behind"])
def test_r1_a_send_that_is_cancelled_gives_its_turn_back(cancelled: str) -> None:
    """R1: a create that was decided on and never sent does not block the next one."""

    async def main() -> None:
        provider = Provider()
        session = Session(provider.transport, agent=AGENT)
        async with session:
            sending = asyncio.ensure_future(session.send(*commands.respond()))
            await settle()
            sending.cancel()
            if cancelled == "with another one behind":
                behind = asyncio.ensure_future(session.send(*commands.respond()))
            await provider.confirm()
            if cancelled == "with another one behind":
                await behind
            else:
                await session.send(*commands.respond())
            await provider.until(2)
            assert _creates(provider) == 1

    run_clean(main)


def test_r1_the_end_of_the_connection_ends_what_waits_for_its_turn() -> None:
    """R1, T1: with the cause."""

    async def main() -> None:
        provider = Provider()
        session = Session(provider.transport, responses="queue")
        async with session:
            await session.send(*commands.respond())
            await provider.begin()
            asking = asyncio.ensure_future(session.request(commands.respond()[0], timeout=None))
            await settle()
            provider.transport.peer.close(1011, "gone")
            with pytest.raises((ServerClosed, ResponseDroppedError)):
                await asking
            await session.closed
        assert _creates(provider) == 1

    run_clean(main)


def test_r1_direct_sends_everything_as_it_comes() -> None:
    """R1: for those who test what a server does."""

    async def main() -> int:
        provider = Provider()
        async with Session(provider.transport, responses="direct") as session:
            await session.send(*commands.respond(), *commands.respond())
        return _creates(provider)

    assert run_clean(main) == 2


def test_r3_after_an_interruption_nothing_of_that_response_is_delivered_but_its_end() -> None:
    """R3, R4: the conversation is cut to what was played, the response is cancelled, other responses go on."""

    async def main() -> None:
        provider = Provider()
        session = Session(provider.transport, agent=AGENT)
        events: list[Any] = []
        done: list[Any] = []
        session.events.subscribe(events.append)
        session.activity.subscribe(done.append)
        async with session:
            await provider.confirm()
            await session.send(*commands.respond())
            await provider.begin("r1")
            await provider.say(ResponseOutputAudioDelta(response_id="r1", **AT, delta=bytes(48_000)))
            session.tell(Played("i", ms=400))
            await session.interrupt()
            late = ResponseOutputAudioDelta(response_id="r1", **AT, delta=bytes(48_000))
            other = ResponseOutputTextDelta(response_id="r2", **AT, delta="Hi")
            await provider.say(late, other)
            await provider.end("r1", "cancelled")
            cut, cancel = provider.got[-2:]
            assert (cut["type"], cut["item_id"], cut["audio_end_ms"]) == ("conversation.item.truncate", "i", 400)
            assert (cancel["type"], cancel["response_id"]) == ("response.cancel", "r1")
        assert [event.type for event in events][-2:] == ["response.output_text.delta", "response.done"]
        assert sum(event.type == "response.output_audio.delta" for event in events) == 1
        assert [(found.heard_ms, found.received_ms) for found in done if isinstance(found, Interrupted)] == [
            (400, 1000)
        ]

    run_clean(main)


def test_r3_without_an_agent_there_is_nobody_to_interrupt() -> None:
    """R3: said by name; a cancel can always be sent."""

    async def main() -> None:
        provider = Provider()
        async with Session(provider.transport) as session:
            with pytest.raises(SessionStateError, match="interrupt: give the session an agent"):
                await session.interrupt()
            await session.send(*commands.cancel("r1"))
        assert provider.types() == ["response.cancel"]
        with pytest.raises(SessionClosedError):
            session.tell(Interrupt())

    run_clean(main)


def test_r5_a_failed_response_is_among_the_failures_with_its_code() -> None:
    """R5: of every session, at its time; the events keep the server's own words."""

    async def main() -> None:
        provider = Provider()
        session = Session(provider.transport)
        failed: list[Any] = []
        session.failures.subscribe(failed.append)
        async with session:
            broken = {"type": "failed", "error": {"code": "inference_rate_limit_exceeded", "message": "Slow down."}}
            await provider.say(
                {"type": "response.done", "response": {"id": "r", "status": "failed", "status_details": broken}},
                {"type": "response.done", "response": {"id": "s", "status": "cancelled"}},
            )
        (failure,) = failed
        assert isinstance(failure, ResponseFailed)
        assert (failure.exception.code, failure.exception.response_id) == ("inference_rate_limit_exceeded", "r")
        assert failure.at > 0

    run_clean(main)


def test_s4_a_short_commit_is_refused_and_nothing_of_that_send_goes_out() -> None:
    """S4: 99 ms are too short, 100 are not; what was appended before counts."""

    async def main() -> None:
        provider = Provider()
        async with Session(provider.transport) as session:
            with pytest.raises(CommitTooShortError, match="99 ms"):
                await session.send(*commands.append_audio(bytes(99 * 48)), *commands.commit_audio())
            assert provider.types() == []
            await session.send(*commands.append_audio(bytes(99 * 48)))
            with pytest.raises(CommitTooShortError, match="99 ms"):
                await session.request(commands.commit_audio()[0])
            await session.send(*commands.append_audio(bytes(48)), *commands.commit_audio())
        assert provider.types()[-1] == "input_audio_buffer.commit"

    run_clean(main)


def test_t_closing_cancels_the_tools_that_run_and_waits_for_them() -> None:
    """T2, T3, L3: their clean-up is over when close returns, nothing of theirs is sent, and none is left."""

    async def main() -> list[str]:
        provider = Provider()
        steps: list[str] = []

        @tool
        async def wait() -> str:
            """Wait."""
            steps.append("started")
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                steps.append("cleaned up")
            return "never"

        session = Session(provider.transport, agent=Agent("clerk", tools=(wait,)))
        async with session:
            await provider.confirm()
            await provider.call("wait")
            await settle()
        assert provider.types() == ["session.update"]
        return steps

    assert run_clean(main) == ["started", "cleaned up"]


def test_t_a_tool_that_does_not_let_itself_be_cancelled_does_not_hold_up_the_end() -> None:
    """T2: closing stays within its time, and the culprit is a fault."""

    async def main() -> None:
        provider = Provider()
        release = asyncio.Event()

        @tool
        async def resist() -> str:
            """Resist."""
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue
            return "late"

        session = Session(provider.transport, agent=Agent("clerk", tools=(resist,)), close_timeout=0.05)
        faults: list[Any] = []
        session.faults.subscribe(faults.append)
        async with session:
            await provider.confirm()
            await provider.call("resist")
            await settle()
        assert [type(fault.exception) for fault in faults] == [TimeoutError]
        assert provider.types() == ["session.update"]
        release.set()
        await settle()

    run_clean(main)


def test_l3_a_tool_in_a_thread_does_not_hold_up_the_events() -> None:
    """L3: while a sync function waits, events are delivered as ever."""

    async def main() -> None:
        provider = Provider()
        release = threading.Event()

        @tool
        def wait() -> str:
            """Wait."""
            return "done" if release.wait(5) else "nobody came"

        session = Session(provider.transport, agent=Agent("clerk", tools=(wait,)))
        heard: list[str] = []
        session.events.subscribe(lambda event: heard.append(event.type))
        async with session:
            await provider.confirm()
            await provider.call("wait")
            for _ in range(100):
                await provider.say(ResponseOutputTextDelta(response_id="r2", **AT, delta="x"))
            assert heard.count("response.output_text.delta") == 100
            assert provider.types() == ["session.update"]
            release.set()
            assert (await provider.until(2))["item"]["output"] == "done"

    run_clean(main)


def test_l2_an_mcp_call_that_ends_after_its_response_leads_to_one_more_create() -> None:
    """L2: over a websocket, with an approval between; the session has settled when the answer is there."""
    scenario = Scenario(
        (Rule("find", call=(Call("search", {"q": "x"}, server="docs"),)), Rule("*", say="Found it.")),
        pace=0,
        mcp=(McpServer("docs", (McpTool("search", output="42", seconds=0.02),)),),
    )
    docs = ToolDefinition(type="mcp", server_label="docs", server_url="https://docs.invalid")

    async def main() -> None:
        session = Session(LoopbackTransport(scenario=scenario), agent=Agent("clerk", tools=(docs,)))
        asked = session.activity.pipe(ops.of_type(ApprovalRequested))
        asked.subscribe(lambda request: session.tell(Approval(request.call_id)))
        sent: list[str] = []
        session.sent.subscribe(lambda event: sent.append(event.type))
        async with session:
            await session.send(*commands.say("find it"))
            await session.settled()
            assert session.history.value.items[-1].text == "Found it."
        assert sent.count("response.create") == 2

    run_clean(main)

"""S: sending keeps its order, ends in one way, and gives no secret away (S3 and S4 belong to the conversation)."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from rxrealtime import (
    ConfigurationError,
    ConnectionLost,
    HandshakeRejected,
    InputAudioBufferAppend,
    MemoryFaults,
    MemoryTransport,
    MissingKeyError,
    RedirectRefused,
    RequestRejectedError,
    RequestTimeoutError,
    ResponseCreate,
    SchemaError,
    SendFailed,
    ServerClosed,
    Session,
    SessionClosedError,
    SessionStateError,
    SessionUpdate,
    SessionUpdated,
    WebSocketTransport,
    commands,
)
from rxrealtime.events import ClientEvent, SessionConfig
from rxrealtime.server.faults import Refusal, redirect, refuse_session
from rxrealtime.server.loopback import LoopbackServer
from tests.leaks import run_clean

CREATED = b'{"type": "session.created", "event_id": "e", "session": {}}'
UPDATED = b'{"type": "session.updated", "event_id": "e", "session": {"instructions": "Be brief."}}'
UPDATE = SessionUpdate(session=SessionConfig(instructions="Be brief."))
KEY = "sk-canary-5d1f0c"


def _sent(transport: MemoryTransport) -> list[Any]:
    return [json.loads(frame.data) for frame in transport.peer.received]


def _turn(number: int) -> tuple[ClientEvent, ...]:
    """A turn of 100 ms, the shortest that there is."""
    return (*commands.append_audio(bytes([number]) * 4800), *commands.commit_audio())


def test_s1_sends_keep_their_order_and_calls_do_not_mix() -> None:
    """S1: concurrent calls come one after the other, each whole."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport)
        told: list[Any] = []
        session.sent.subscribe(told.append)
        async with session:
            calls = [
                session.send(*commands.append_audio(bytes([n]) * 4800), *commands.commit_audio()) for n in range(20)
            ]
            await asyncio.gather(*calls)
        types = [event["type"] for event in _sent(transport)]
        assert types == ["input_audio_buffer.append", "input_audio_buffer.commit"] * 20
        assert [event.type for event in told] == types
        audio = [event.audio for event in told if isinstance(event, InputAudioBufferAppend)]
        assert audio == [bytes([n]) * 4800 for n in range(20)]

    run_clean(main)


class _Slow(MemoryTransport):
    """A transport whose sends take a turn, as those of a network do."""

    async def connect(self) -> Any:
        connection: Any = await super().connect()
        send = connection.send

        async def later(data: bytes) -> Any:
            await asyncio.sleep(0)
            return await send(data)

        connection.send = later
        return connection


def test_s1_calls_do_not_mix_while_the_network_makes_them_wait() -> None:
    """S1: what one call sends stays together, whatever the others do meanwhile."""

    async def main() -> list[str]:
        transport = _Slow()
        async with Session(transport) as session:
            calls = [
                session.send(*commands.append_audio(bytes([n]) * 4800), *commands.commit_audio()) for n in range(5)
            ]
            await asyncio.gather(*calls)
        return [event["type"] for event in _sent(transport)]

    assert run_clean(main) == ["input_audio_buffer.append", "input_audio_buffer.commit"] * 5


def test_s1_a_send_that_waits_behind_another_when_the_session_ends_is_not_sent() -> None:
    """S1: its turn comes after the end, and it is refused by the same name as one that is called after the end."""

    async def main() -> list[str]:
        transport = _Slow()
        async with Session(transport) as session:
            first = asyncio.ensure_future(session.send(*commands.append_audio(bytes(4800))))
            second = asyncio.ensure_future(session.send(*commands.clear_audio()))
            await asyncio.sleep(0)
            await session.close()
            await first
            with pytest.raises(SessionClosedError):
                await second
        return [event["type"] for event in _sent(transport)]

    assert run_clean(main) == ["input_audio_buffer.append"]


def test_s1_a_send_before_the_start_or_after_the_end_raises_one_named_error() -> None:
    """S1: and sends nothing."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport)
        with pytest.raises(SessionStateError, match="enter it first"):
            await session.send(UPDATE)
        async with session:
            pass
        for _ in range(2):
            with pytest.raises(SessionClosedError):
                await session.send(UPDATE)
            with pytest.raises(SessionClosedError):
                await session.request(UPDATE)
        assert transport.peer.received == []

    run_clean(main)


def test_s1_a_send_that_fails_raises_to_its_caller_and_appears_in_the_stream() -> None:
    """S1: as SendFailed, naming the event; the session lives."""
    broken = ConnectionLost("broken pipe")

    async def main() -> None:
        session = Session(MemoryTransport(faults=MemoryFaults(send=broken)))
        failed: list[Any] = []
        sent: list[Any] = []
        session.failures.subscribe(failed.append)
        session.sent.subscribe(sent.append)
        async with session:
            with pytest.raises(ConnectionLost) as raised:
                await session.send(UPDATE)
            assert raised.value is broken
        (failure,) = failed
        assert isinstance(failure, SendFailed)
        assert (failure.exception, failure.event_type, sent) == (broken, "session.update", [])

    run_clean(main)


def test_s1_an_event_that_cannot_be_written_is_refused_by_name() -> None:
    """S1: a lone surrogate never reaches the wire, and the message does not quote it."""

    async def main() -> None:
        transport = MemoryTransport()
        text = f"{KEY} \ud83d"
        async with Session(transport) as session:
            with pytest.raises(SchemaError, match="ConversationItemCreate") as raised:
                await session.send(*commands.say(text))
            assert KEY not in "".join(traceback.format_exception(raised.value))
        assert transport.peer.received == []

    run_clean(main)


async def _requesting(transport: MemoryTransport, *answers: bytes, timeout: float | None = None) -> Any:
    async with Session(transport) as session:
        asking = asyncio.ensure_future(session.request(UPDATE, timeout=timeout))
        (frame,) = await transport.peer.until_received(1)
        event_id = json.loads(frame.data)["event_id"]
        for answer in answers:
            transport.peer.send(answer.replace(b"$ID", event_id.encode()))
        return await asking


def _refusal(event_id: str) -> bytes:
    return json.dumps(
        {"type": "error", "error": {"code": "invalid_value", "message": "no", "event_id": event_id}}
    ).encode()


def test_s2_a_request_is_confirmed() -> None:
    """S2: by the event that the protocol has for it; it was given an event_id."""
    answer = run_clean(lambda: _requesting(MemoryTransport(), CREATED, UPDATED))
    assert isinstance(answer, SessionUpdated)


def test_s2_a_request_is_rejected_by_the_error_that_names_it_and_no_other() -> None:
    """S2: correlation is by event_id alone."""
    with pytest.raises(RequestRejectedError, match="invalid_value") as raised:
        run_clean(lambda: _requesting(MemoryTransport(), _refusal("another"), _refusal("$ID"), UPDATED))
    assert raised.value.code == "invalid_value"
    assert isinstance(run_clean(lambda: _requesting(MemoryTransport(), _refusal("another"), UPDATED)), SessionUpdated)


def test_s2_a_request_times_out() -> None:
    """S2: the message names the event and the time."""
    with pytest.raises(RequestTimeoutError, match=r"session\.update within 0\.01 s"):
        run_clean(lambda: _requesting(MemoryTransport(), timeout=0.01))


@pytest.mark.parametrize("how", ["lost", "closed by us"])
def test_s2_a_request_ends_with_the_session(how: str) -> None:
    """S2: connection lost, or closed by us."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport)
        await session.open()
        transport.peer.send(CREATED)
        asking = asyncio.ensure_future(session.request(UPDATE, timeout=None))
        await transport.peer.until_received(1)
        if how == "lost":
            transport.peer.close(1011, "oops")
        else:
            await session.close()
        with pytest.raises(ServerClosed if how == "lost" else SessionClosedError):
            await asking
        await session.closed

    run_clean(main)


def test_s2_what_is_never_confirmed_cannot_be_requested() -> None:
    """S2: a request that could never end is refused at once."""

    async def main() -> None:
        async with Session(MemoryTransport()) as session:
            with pytest.raises(ConfigurationError, match="never confirmed"):
                await session.request(InputAudioBufferAppend(audio=b""))

    run_clean(main)


def test_s2_two_requests_of_one_kind_are_settled_in_their_order() -> None:
    """S2: the server answers in order; each confirmation settles one request."""

    async def main() -> None:
        transport = MemoryTransport()
        async with Session(transport) as session:
            first = asyncio.ensure_future(session.request(UPDATE))
            second = asyncio.ensure_future(session.request(UPDATE))
            await transport.peer.until_received(2)
            transport.peer.send(UPDATED.replace(b"brief", b"first"))
            transport.peer.send(UPDATED.replace(b"brief", b"second"))
            answers = [await first, await second]
            said = [answer.session.instructions for answer in answers]  # type: ignore[union-attr]  # both are updates
            assert said == ["Be first.", "Be second."]

    run_clean(main)


def test_s2_a_response_is_told_by_its_metadata() -> None:
    """S2: another response that begins first, such as one the server makes after speech, does not settle it."""

    async def main() -> None:
        transport = MemoryTransport()
        async with Session(transport) as session:
            wanted = commands.respond(metadata={"topic": "mine"})[0]
            asking = asyncio.ensure_future(session.request(wanted))
            await transport.peer.until_received(1)
            for response in ({"id": "r1"}, {"id": "r2", "metadata": {"topic": "mine"}}):
                event = {"type": "response.created", "event_id": "e", "response": response}
                transport.peer.send(json.dumps(event))
            created = await asking
            assert created.response.id == "r2"  # type: ignore[union-attr]  # it is a response.created

    run_clean(main)


def test_s2_an_event_id_of_the_caller_is_kept_and_two_of_one_id_are_refused() -> None:
    """S2: their answers could not be told apart."""

    async def main() -> None:
        transport = MemoryTransport()
        mine = ResponseCreate(event_id="mine")
        async with Session(transport) as session:
            asking = asyncio.ensure_future(session.request(mine))
            (frame,) = await transport.peer.until_received(1)
            assert json.loads(frame.data)["event_id"] == "mine"
            with pytest.raises(ConfigurationError, match="mine"):
                await session.request(mine)
            asking.cancel()
            await asyncio.wait([asking])

    run_clean(main)


def _everything_said(error: BaseException, *values: object) -> str:
    return "\n".join([*map(repr, values), *map(str, values), repr(error), *traceback.format_exception(error)])


PLAIN_KEY = "canary5d1f0c"  # nothing about it looks like a key

TRANSPORTS: dict[str, Callable[[str, str], WebSocketTransport]] = {
    "key": lambda url, key: WebSocketTransport(url, api_key=key),
    "function": lambda url, key: WebSocketTransport(url, api_key=lambda: key),
    "header": lambda url, key: WebSocketTransport(url, headers={"api-key": key}),
    "subprotocol": lambda url, key: WebSocketTransport(
        url, subprotocols=("realtime", f"openai-insecure-api-key.{key}")
    ),
}


@pytest.mark.parametrize("key", [KEY, PLAIN_KEY])
@pytest.mark.parametrize("way", TRANSPORTS)
def test_s5_credentials_are_in_no_repr_log_or_exception(way: str, key: str, caplog: pytest.LogCaptureFixture) -> None:
    """S5: even if the server echoes the key in its refusal, and even with debug logs on."""

    async def main() -> str:
        refusal = Refusal(401, f"Incorrect API key provided: {key}", "invalid_api_key")
        async with LoopbackServer(faults=[refusal]) as server:
            transport = TRANSPORTS[way](server.url, key)
            session = Session(transport)
            with pytest.raises(HandshakeRejected) as raised:
                await session.open()
            assert raised.value.status == 401
            assert "Incorrect API key provided: ***" in raised.value.body
            return _everything_said(raised.value, transport, session, await session.closed)

    with caplog.at_level(logging.DEBUG):
        said = run_clean(main)
    assert key not in said
    assert key not in caplog.text


def test_s5_a_session_that_works_says_nothing_of_its_key_either(caplog: pytest.LogCaptureFixture) -> None:
    """S5: a whole conversation with debug logs on."""

    async def main() -> str:
        async with LoopbackServer(token=KEY) as server:
            session = Session(WebSocketTransport(server.url, api_key=KEY))
            async with session:
                await session.request(UPDATE)
            return repr(session) + repr(await session.closed)

    with caplog.at_level(logging.DEBUG):
        said = run_clean(main)
    assert KEY not in said + caplog.text
    assert "Be brief" not in caplog.text


def test_s5_the_providers_key_is_never_sent_to_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """S5: OPENAI_API_KEY is for the provider's own url only."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    async def main() -> None:
        async with LoopbackServer(token=KEY) as server:
            with pytest.raises(HandshakeRejected):
                await WebSocketTransport(server.url).connect()

    run_clean(main)


def test_s5_without_a_key_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """S5: a usage error before any socket."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    async def main() -> None:
        with pytest.raises(MissingKeyError, match="OPENAI_API_KEY"):
            await Session("wss://api.openai.com/v1/realtime?model=gpt-realtime").open()

    run_clean(main)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_s6_no_redirect_to_another_origin_is_followed(status: int) -> None:
    """S6: the credentials stay; the other server never sees a connection."""

    async def main() -> None:
        visits: list[Any] = []
        async with await asyncio.start_server(lambda reader, writer: visits.append(writer), "127.0.0.1", 0) as other:
            port = other.sockets[0].getsockname()[1]
            elsewhere = f"ws://127.0.0.1:{port}/v1/realtime?model=m"
            async with LoopbackServer(faults=redirect(elsewhere, status)) as server:
                with pytest.raises(RedirectRefused) as raised:
                    await WebSocketTransport(server.url, api_key=KEY).connect()
        assert raised.value.origin == f"ws://127.0.0.1:{port}"
        assert visits == []

    run_clean(main)


def test_s5_a_key_that_a_server_quotes_after_the_handshake_is_masked() -> None:
    """S5: in the refusal of a session and of a request."""
    quoted = f"Incorrect API key provided: {KEY}"

    async def refused() -> str:
        async with LoopbackServer(faults=refuse_session("invalid_api_key", quoted)) as server:
            async with Session(server.url) as session:
                return str((await session.closed).cause)

    said = run_clean(refused)
    assert (KEY in said, "Incorrect API key provided: ***" in said) == (False, True)
    refusal = {"type": "error", "error": {"code": "invalid_api_key", "message": quoted, "event_id": "$ID"}}
    with pytest.raises(RequestRejectedError) as raised:
        run_clean(lambda: _requesting(MemoryTransport(), json.dumps(refusal).encode()))
    assert KEY not in str(raised.value)


def test_s1_a_send_after_the_end_names_why_it_ended() -> None:
    """S1: the cause is attached, so that a tired user need not look for it."""

    async def main() -> None:
        transport = MemoryTransport()
        async with Session(transport) as session:
            transport.peer.send(CREATED)
            transport.peer.close(1011, "oops")
            outcome = await session.closed
            with pytest.raises(SessionClosedError, match="ServerClosed") as raised:
                await session.send(UPDATE)
            assert raised.value.__cause__ is outcome.cause

    run_clean(main)

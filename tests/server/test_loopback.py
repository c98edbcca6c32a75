"""The embedded server over a real websocket, with a bare client."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from rxrealtime.errors import ConfigurationError
from rxrealtime.server.clocks import TurnedClock
from rxrealtime.server.faults import (
    Misbehaviour,
    Refusal,
    Stall,
    abort,
    close,
    go_silent,
    inject,
    redirect,
    refuse_session,
    session_expired,
)
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.quirks import OPENAI
from rxrealtime.server.scenarios import Expiry, Rule, Scenario
from tests.clocks import TurnedLoop
from tests.leaks import run_clean
from tests.server.driving import text_item, types_of

_CREATE = {"type": "response.create"}
_EXPIRED = "Your session hit the maximum duration of 60 minutes."


async def _send(connection: ClientConnection, *messages: Any) -> None:
    for message in messages:
        await connection.send(message if isinstance(message, bytes | str) else json.dumps(message))


async def _until(connection: ClientConnection, kind: str) -> list[Any]:
    """Receive up to an event of this type."""
    got: list[Any] = []
    while not got or got[-1]["type"] != kind:
        got.append(json.loads(await connection.recv()))
    return got


async def _drained(connection: ClientConnection) -> tuple[list[bytes | str], ConnectionClosed]:
    """Receive until the end, and return everything and how it ended."""
    got: list[bytes | str] = []
    while True:
        try:
            got.append(await connection.recv())
        except ConnectionClosed as ended:
            return got, ended


def _ending(*faults: Misbehaviour, ask: bool = False) -> tuple[list[str], ConnectionClosed]:
    """Connect to a server with faults, perhaps ask for something, and return what came and how it ended."""

    async def main() -> tuple[list[bytes | str], ConnectionClosed]:
        async with LoopbackServer(pace=0, faults=faults) as server, connect(server.url) as connection:
            if ask:
                await _send(connection, text_item("hello"), _CREATE)
            return await _drained(connection)

    got, ended = run_clean(main)
    return [frame for frame in got if isinstance(frame, str)], ended


def _types(frames: list[str]) -> list[str]:
    return types_of(json.loads(frame) for frame in frames)


def test_conversation() -> None:
    """A client that sends before it reads anything gets session.created, session.updated and its answer, in order."""

    async def main() -> None:
        async with LoopbackServer(pace=0) as server, connect(server.url) as connection:
            update = {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}}
            await _send(connection, update, text_item("hello"), _CREATE)
            got = await _until(connection, "response.done")
            assert types_of(got)[:2] == ["session.created", "session.updated"]
            assert got[-1]["response"]["output"][0]["content"][0]["text"] == "Hello! How can I help?"

    run_clean(main)


def test_pace_leaves_time_to_cancel() -> None:
    """Audio comes over time: a client that cancels at the first delta gets a cancelled response."""

    async def main() -> None:
        async with LoopbackServer() as server, connect(server.url) as connection:
            await _send(connection, text_item("who are you"), _CREATE)
            await _until(connection, "response.output_audio.delta")
            await _send(connection, {"type": "response.cancel"})
            got = await _until(connection, "response.done")
            assert got[-1]["response"]["status"] == "cancelled"

    run_clean(main)


def test_bad_frames_do_not_end_the_session() -> None:
    """Truncated JSON and binary garbage of a client give one error each; JSON in a binary frame counts as JSON."""

    async def main() -> None:
        async with LoopbackServer(pace=0) as server, connect(server.url) as connection:
            await _send(connection, '{"type": "resp', b"\xff\xfe", b'{"type": "input_audio_buffer.clear"}')
            got = await _until(connection, "input_audio_buffer.cleared")
            assert types_of(got) == ["session.created", "error", "error", "input_audio_buffer.cleared"]

    run_clean(main)


def test_two_connections_are_two_sessions() -> None:
    """Each connection has a session of its own, with other ids, and the model its url names."""

    async def main() -> None:
        async with (
            LoopbackServer(pace=0) as server,
            connect(server.url) as one,
            connect(server.url.replace("gpt-realtime", "m")) as two,
        ):
            first, second = [json.loads(await connection.recv())["session"] for connection in (one, two)]
            assert first["id"] != second["id"]
            assert (first["model"], second["model"]) == ("gpt-realtime", "m")

    run_clean(main)


def test_browsers_get_their_subprotocol() -> None:
    """The server selects `realtime` where it is offered, and takes the key that is offered beside it."""

    async def main() -> None:
        offered = [Subprotocol("realtime"), Subprotocol("openai-insecure-api-key.k")]
        async with (
            LoopbackServer(token="k") as server,  # noqa: S106  # a token for this test
            connect(server.url, subprotocols=offered) as connection,
        ):
            assert connection.subprotocol == "realtime"
            assert types_of([json.loads(await connection.recv())]) == ["session.created"]

    run_clean(main)


def test_token() -> None:
    """With a token a right key comes in; a wrong or missing one gets HTTP 401 with an error in JSON."""

    async def main() -> None:
        async with LoopbackServer(token="right") as server:  # noqa: S106  # a token for this test
            async with connect(server.url, additional_headers={"Authorization": "Bearer right"}) as connection:
                await connection.recv()
            for headers in ({}, {"Authorization": "Bearer wrong"}):
                with pytest.raises(InvalidStatus) as refused:
                    await connect(server.url, additional_headers=headers)
                response = refused.value.response
                assert response.status_code == 401
                assert response.headers["Content-Type"] == "application/json"
                assert json.loads(response.body or b"")["error"]["code"] == "invalid_api_key"

    run_clean(main)


def test_other_hosts_need_a_token() -> None:
    """Listening where other machines can reach it is refused without a token."""
    with pytest.raises(ConfigurationError, match="token"):
        LoopbackServer(host="0.0.0.0")  # noqa: S104  # the address in question
    LoopbackServer(host="0.0.0.0", token="t")  # noqa: S104, S106  # the address in question


def test_address_in_use() -> None:
    """A port that is taken is one clear error, and a server that is not running has no url."""

    async def main() -> None:
        async with LoopbackServer() as server:
            with pytest.raises(ConfigurationError, match="cannot listen"):
                await LoopbackServer(port=server.port).start()
        with pytest.raises(ConfigurationError, match="not running"):
            _ = server.url
        await server.close()

    run_clean(main)


def test_unknown_path() -> None:
    """Another path is HTTP 404 with an error in JSON."""

    async def main() -> None:
        async with LoopbackServer() as server:
            with pytest.raises(InvalidStatus) as refused:
                await connect(server.url.replace("/v1/realtime", "/v1/other"))
            assert refused.value.response.status_code == 404
            assert "error" in json.loads(refused.value.response.body or b"")

    run_clean(main)


def test_beta_is_refused_after_the_upgrade() -> None:
    """A client that asks for the beta shape gets 101, one error, and close 4000."""

    async def main() -> None:
        beta = {"OpenAI-Beta": "realtime=v1"}
        async with LoopbackServer() as server, connect(server.url, additional_headers=beta) as connection:
            got, ended = await _drained(connection)
            assert [json.loads(frame)["error"]["code"] for frame in got] == ["beta_api_shape_disabled"]
            assert ended.rcvd is not None
            assert (ended.rcvd.code, ended.rcvd.reason) == (4000, "invalid_request_error.beta_api_shape_disabled")

    run_clean(main)


def test_append_of_15_mib() -> None:
    """An append of 15 MiB of audio, a frame of 20 MiB, is accepted."""

    async def main() -> None:
        async with LoopbackServer() as server, connect(server.url) as connection:
            off = {"type": "session.update", "session": {"type": "realtime", "audio": {"input": _NO_TURNS}}}
            audio = "A" * (20 * 1024 * 1024)
            await _send(connection, off, {"type": "input_audio_buffer.append", "audio": audio}, {"type": _CLEAR})
            assert "error" not in types_of(await _until(connection, "input_audio_buffer.cleared"))

    run_clean(main)


def test_frame_beyond_the_limit() -> None:
    """A frame of more than 24 MiB ends the connection, with 1009 if the close frame gets through."""

    async def main() -> None:
        async with LoopbackServer() as server:
            connection = await connect(server.url)
            with suppress(ConnectionClosed):  # the server may close before all of it was written
                await connection.send(" " * (24 * 1024 * 1024 + 1))
            _, ended = await _drained(connection)
            assert ended.rcvd is None or ended.rcvd.code == 1009
            await connection.wait_closed()

    run_clean(main)


_NO_TURNS = {"turn_detection": None}
_CLEAR = "input_audio_buffer.clear"


def test_server_close_ends_its_connections() -> None:
    """Closing the server closes its connections with 1001, and a second close does nothing."""

    async def main() -> None:
        server = LoopbackServer()
        await server.start()
        async with connect(server.url) as connection:
            await connection.recv()
            await server.close()
            await server.close()
            _, ended = await _drained(connection)
            assert ended.rcvd is not None
            assert ended.rcvd.code == 1001

    run_clean(main)


def test_client_that_vanishes() -> None:
    """A client that aborts in the middle of a response leaves nothing behind in the server, which serves the next."""

    async def main() -> None:
        async with LoopbackServer() as server:
            connection = await connect(server.url)
            await _send(connection, text_item("who are you"), _CREATE)
            await _until(connection, "response.output_audio.delta")
            connection.transport.abort()
            await connection.wait_closed()
            async with connect(server.url) as second:
                assert types_of([json.loads(await second.recv())]) == ["session.created"]

    run_clean(main)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 4000])
def test_close_codes(code: int) -> None:
    """A close strikes with its code and reason, after the event it is set to."""
    frames, ended = _ending(*close(code, _EXPIRED, after="session.created"))
    assert _types(frames) == ["session.created"]
    assert ended.rcvd is not None
    assert (ended.rcvd.code, ended.rcvd.reason) == (code, _EXPIRED)


_HANDSHAKE = (
    b"GET /v1/realtime?model=m HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_CLOSE_1000 = b"\x88\x82\0\0\0\0\x03\xe8"


def test_client_that_closes_and_reads_to_the_end(caplog: pytest.LogCaptureFixture) -> None:
    """The server writes what it had and is over; that it had more to say is no fault."""

    async def main() -> int:
        async with LoopbackServer(faults=inject("x" * 2**25, "{}", after=1)) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(_HANDSHAKE)
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(2**20)  # more than was said before: the large frame is on its way
            writer.write(_CLOSE_1000)
            writer.write_eof()
            rest = len(await reader.read())
            writer.close()
            await writer.wait_closed()
            return rest

    with caplog.at_level(logging.ERROR, logger="rxrealtime.wire"):
        assert run_clean(main) > 2**24
    assert caplog.records == []


def test_closed_before_session_created() -> None:
    """A refusal after the upgrade is one error and a close, and never a session.created."""
    frames, ended = _ending(*refuse_session("insufficient_quota", "None left.", close_code=1011, reason="quota"))
    assert [json.loads(frame)["error"]["code"] for frame in frames] == ["insufficient_quota"]
    assert ended.rcvd is not None
    assert (ended.rcvd.code, ended.rcvd.reason) == (1011, "quota")


@pytest.mark.parametrize("error", [True, False])
def test_session_expiry(error: bool) -> None:
    """An expired session ends with close 1001 and its reason, with or without the error before it."""
    frames, ended = _ending(*session_expired(after=1, error=error))
    assert _types(frames) == ["session.created", "error"][: 1 + error]
    assert ended.rcvd is not None
    assert (ended.rcvd.code, ended.rcvd.reason) == (1001, _EXPIRED)


def test_abort_in_the_middle() -> None:
    """An abort ends the connection without a close frame, in the middle of a response."""
    frames, ended = _ending(*abort(after="response.output_audio.delta"), ask=True)
    assert _types(frames)[-1] == "response.output_audio.delta"
    assert ended.rcvd is None


def test_injected_frames_arrive_as_they_are() -> None:
    """Garbage text, garbage binary and an oversize frame go out unchanged, in their places."""

    async def main() -> None:
        faults = inject('{"type": "resp', b"\xff\xfe", "x" * 2_000_000, after=1)
        async with LoopbackServer(pace=0, faults=faults) as server, connect(server.url, max_size=None) as connection:
            await connection.recv()
            assert [await connection.recv() for _ in range(3)] == ['{"type": "resp', b"\xff\xfe", "x" * 2_000_000]
            await _send(connection, {"type": _CLEAR})
            assert types_of([json.loads(await connection.recv())]) == ["input_audio_buffer.cleared"]

    run_clean(main)


def test_silence() -> None:
    """A server that went silent answers neither events nor the close frame; closing the server ends it all the same."""
    silent = [replace(fault, connection=number) for number in (0, 1) for fault in go_silent(after="session.created")]

    async def main() -> None:
        async with LoopbackServer(pace=0, faults=silent) as server:
            connection, other, talker = [await connect(server.url, close_timeout=5) for _ in range(3)]
            for each in (connection, talker):
                await _until(each, "session.created")
                await _send(each, text_item("hello"), _CREATE)
            await _until(talker, "response.done")  # asked later, and answered
            await talker.close()
            waiting, closing = asyncio.ensure_future(connection.recv()), asyncio.ensure_future(connection.close())
            await loop.turn_until(closing, 6)
            with pytest.raises(ConnectionClosed):
                await waiting
            assert connection.close_code == 1006
            await other.recv()
            ended = asyncio.ensure_future(_drained(other))
        await ended

    loop = TurnedLoop()
    run_clean(main, loop_factory=lambda: loop)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_refused_handshakes(status: int) -> None:
    """A refusal answers the handshake with its status and a JSON body that holds its message."""

    async def main() -> None:
        async with LoopbackServer(faults=[Refusal(status, "The reason.", "code")]) as server:
            with pytest.raises(InvalidStatus) as refused:
                await connect(server.url)
            assert refused.value.response.status_code == status
            assert json.loads(refused.value.response.body or b"")["error"]["message"] == "The reason."

    run_clean(main)


def test_redirect() -> None:
    """A redirect answers the handshake with 302 and the place."""

    async def main() -> None:
        async with (
            LoopbackServer() as target,
            LoopbackServer(faults=redirect(target.url)) as server,
            connect(server.url) as connection,
        ):
            await connection.recv()
            assert connection.remote_address[1] == target.port

    run_clean(main)


def test_slow_handshake() -> None:
    """A stalled handshake outlasts the patience of a client."""

    async def main() -> None:
        async with LoopbackServer(faults=[Stall()]) as server:
            with pytest.raises(TimeoutError):
                await connect(server.url, open_timeout=0.1)

    run_clean(main)


def test_faults_of_one_connection() -> None:
    """A fault for the first connection leaves the second alone."""

    async def main() -> None:
        async with LoopbackServer(faults=[Refusal(503, connection=0)]) as server:
            with pytest.raises(InvalidStatus):
                await connect(server.url)
            async with connect(server.url) as connection:
                assert types_of([json.loads(await connection.recv())]) == ["session.created"]

    run_clean(main)


def test_scenario_closes() -> None:
    """A rule may close after its response, and the client has everything before it."""

    async def main() -> None:
        scenario = Scenario((Rule("bye", say="Good bye.", close=(1000, "over")),), pace=0)
        async with LoopbackServer(scenario) as server, connect(server.url) as connection:
            await _send(connection, text_item("bye"), _CREATE)
            got, ended = await _drained(connection)
            assert types_of(json.loads(frame) for frame in got)[-2:] == ["response.done", "rate_limits.updated"]
            assert ended.rcvd is not None
            assert (ended.rcvd.code, ended.rcvd.reason) == (1000, "over")

    run_clean(main)


class _Broken(tuple[Rule, ...]):
    """Rules that fail when they are asked."""

    def __iter__(self) -> Iterator[Rule]:
        raise RuntimeError("canary")


def test_fault_of_the_engine_is_not_silent(caplog: pytest.LogCaptureFixture) -> None:
    """An exception in the engine is a server_error, a line in the log without its message, and close 1011."""

    async def main() -> None:
        async with LoopbackServer(Scenario(_Broken())) as server, connect(server.url) as connection:
            got, ended = await _drained(connection)
            (error,) = [json.loads(frame) for frame in got]
            assert (error["type"], error["error"]["type"]) == ("error", "server_error")
            assert error["event_id"]
            assert ended.rcvd is not None
            assert ended.rcvd.code == 1011

    with caplog.at_level(logging.ERROR, "rxrealtime.server"):
        run_clean(main)
    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text


def test_clock_that_is_turned() -> None:
    """With a clock that a test turns nothing is due until it is turned, and then at once; an hour takes no time."""

    async def main() -> tuple[list[str], list[bytes | str], ConnectionClosed]:
        clock = TurnedClock()
        scenario = Scenario(pace=1, expiry=Expiry(3600))
        async with LoopbackServer(scenario, clock=clock) as server, connect(server.url) as connection:
            await _send(connection, text_item("hello"), _CREATE)
            begun = await _until(connection, "response.content_part.added")
            clock.advance(60)
            await _until(connection, "response.done")
            clock.advance(3540)
            rest, ended = await _drained(connection)
            return types_of(begun), rest, ended

    begun, rest, ended = run_clean(main)
    assert begun[-1] == "response.content_part.added"
    assert _types([frame for frame in rest if isinstance(frame, str)]) == ["rate_limits.updated", "error"]
    assert ended.rcvd is not None
    assert ended.rcvd.code == 1001


def test_quirks_of_the_server_go_before_those_of_the_scenario() -> None:
    """LoopbackServer(quirks=...) takes the place of what the scenario says."""

    async def main() -> list[Any]:
        async with LoopbackServer(pace=0, quirks=OPENAI) as server, connect(server.url) as connection:
            await _send(connection, text_item("hello"), _CREATE)
            return await _until(connection, "response.done")

    done = [event for event in run_clean(main) if event["type"] == "conversation.item.done"]
    assert done[-1]["item"]["role"] == "assistant"
    assert done[-1]["previous_item_id"] is None

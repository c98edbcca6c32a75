"""The websocket edge, against the embedded server and against listeners that misbehave on the level of TCP."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import trustme
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from rxrealtime import (
    ConnectError,
    ConnectionLost,
    HandshakeRejected,
    KeepaliveLost,
    OpenTimeoutError,
    ServerClosed,
    Session,
    SessionClosedError,
    TlsError,
    UnreachableError,
    WebSocketTransport,
    commands,
)
from rxrealtime.server.faults import Refusal, Stall, abort, close, go_silent, redirect, refuse_session
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.transport.intake import IntakeConnection
from tests.clocks import TurnedLoop
from tests.leaks import run_clean

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listener(handle: Handle) -> AsyncIterator[str]:
    """Listen with a handler of raw TCP; give the url."""
    writers: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await handle(reader, writer)

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime?model=m"
        for writer in writers:
            writer.transport.abort()
    await asyncio.sleep(0)


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.close()


async def _speak_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"220 smtp.example.org ESMTP\r\n\r\n")
    writer.close()


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize(("handle", "error"), [(_hang_up, ConnectError), (_speak_http, ConnectError)])
def test_t3_a_peer_that_is_no_websocket_server_is_one_named_error(handle: Handle, error: type[Exception]) -> None:
    """T3: nothing is left of the attempt."""

    async def main() -> None:
        async with listener(handle) as url:
            with pytest.raises(error, match=r"127\.0\.0\.1"):
                await WebSocketTransport(url).connect()

    run_clean(main)


def test_t3_a_refused_connection_names_the_host() -> None:
    """T3: the port is free again, so nobody listens."""

    async def main() -> None:
        async with LoopbackServer() as server:
            url = server.url
        with pytest.raises(UnreachableError, match=r"cannot reach 127\.0\.0\.1:\d+: .*refused"):
            await WebSocketTransport(url).connect()

    run_clean(main)


def test_t3_a_handshake_that_takes_too_long_is_a_time_out() -> None:
    """T3: also from a peer that accepts and says nothing."""

    async def main() -> None:
        async with listener(_say_nothing) as url:
            with pytest.raises(OpenTimeoutError, match="open_timeout"):
                await WebSocketTransport(url, open_timeout=0.05).connect()
        async with LoopbackServer(faults=[Stall(30)]) as server:
            with pytest.raises(OpenTimeoutError):
                await WebSocketTransport(server.url, open_timeout=0.05).connect()

    run_clean(main)


def test_t3_tls_is_verified() -> None:
    """A certificate that nobody vouches for ends the attempt, by name; one of a trusted authority carries a session."""
    authority = trustme.CA()
    ours, theirs = ssl.create_default_context(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.configure_trust(ours)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)

    async def main() -> list[Any]:
        async with talking(*("x" * 100_000 for _ in range(20)), tls=theirs) as url:
            with pytest.raises(TlsError, match="certificate"):
                await WebSocketTransport(url).connect()
            connection = await WebSocketTransport(url, ssl_context=ours).connect()
            seen: list[Any] = []
            enough = asyncio.Event()
            connection.frames.subscribe(lambda frame: (seen.append(frame.data), len(seen) == 20 and enough.set()))
            await enough.wait()
            await connection.close()
            return seen

    assert run_clean(main) == [b"x" * 100_000] * 20


def test_t3_a_peer_without_tls_is_hinted_at() -> None:
    """wss:// to a plain server: what the system says depends on who hangs up first."""

    async def main() -> None:
        async with LoopbackServer() as server:
            with pytest.raises((TlsError, UnreachableError), match=r"TLS|SSL|version"):
                await WebSocketTransport(server.url.replace("ws:", "wss:")).connect()

    run_clean(main)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_t4_a_refusal_shows_the_status_and_what_the_server_said(status: int) -> None:
    """T4: HandshakeRejected(status, body)."""

    async def main() -> None:
        async with LoopbackServer(faults=[Refusal(status, "no seat left", "full")]) as server:
            with pytest.raises(HandshakeRejected, match="no seat left") as raised:
                await Session(server.url).open()
            assert (raised.value.status, raised.value.body) == (status, "no seat left")

    run_clean(main)


def test_a_redirect_within_the_origin_is_followed() -> None:
    """S6: the credentials stay where they are."""

    async def main() -> None:
        async with LoopbackServer() as server:
            target = server.url
            async with LoopbackServer(faults=redirect("/v1/realtime?model=other")) as moved:
                assert target != moved.url
                with pytest.raises(ConnectError):  # every connection of it is redirected, for ever
                    await WebSocketTransport(moved.url).connect()
            first = redirect("/v1/realtime?model=other")[0]
            once = Refusal(first.status, first.message, headers=first.headers, connection=0)
            async with LoopbackServer(faults=[once]) as moved, Session(moved.url) as session:
                created = await anext(aiter(session))
                assert created.session.model == "other"  # type: ignore[union-attr]  # session.created

    run_clean(main)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 4001])
def test_t4_every_close_code_over_a_real_socket(code: int) -> None:
    """T4: websockets ends its own iteration in silence on 1000 and 1001; a session does not."""

    async def main() -> Any:
        async with LoopbackServer(faults=close(code, "bye", after=1)) as server, Session(server.url) as session:
            return (await session.closed).cause

    cause = run_clean(main)
    assert type(cause) is ServerClosed
    assert (cause.code, cause.reason) == (code, "bye")


def test_t4_an_abort_without_a_close_frame_over_a_real_socket() -> None:
    """T4: both close codes are missing then."""

    async def main() -> Any:
        async with LoopbackServer(faults=abort(after=1)) as server, Session(server.url) as session:
            return (await session.closed).cause

    assert type(run_clean(main)) is ConnectionLost


def test_t4_a_refusal_after_the_101_over_a_real_socket() -> None:
    """T4: an error, then a close, and never a session.created."""

    async def main() -> Any:
        faults = refuse_session("no_seat", "all seats taken")
        async with LoopbackServer(faults=faults) as server, Session(server.url) as session:
            return (await session.closed).cause

    assert "all seats taken" in str(run_clean(main))


def test_t2_a_peer_that_never_answers_the_close_frame_costs_close_timeout_and_no_more() -> None:
    """T2: the socket is cut, also if the library would wait much longer."""

    async def main() -> None:
        async with LoopbackServer(faults=go_silent(after=1)) as server:
            session = await Session(WebSocketTransport(server.url, close_timeout=3600), close_timeout=0.1).open()
            faults: list[Any] = []
            session.faults.subscribe(faults.append)
            await anext(aiter(session))
            await session.close()
            assert faults == [], "the transport itself keeps to the time; nobody has to cut it off"

    run_clean(main)


def test_t7_a_silent_peer_is_found_out_by_keepalive() -> None:
    """T7: the options reach the library, and the death says that the peer was silent, however slow the machine is."""

    async def main() -> Any:
        async with LoopbackServer(faults=go_silent(after=1)) as server:
            transport = WebSocketTransport(server.url, ping_interval=2.0, ping_timeout=3.0, close_timeout=1.0)
            async with Session(transport) as session:
                await loop.turn_until(asyncio.ensure_future(_outcome(session)), 8.0)
                assert loop.time() >= 5.0
                return (await session.closed).cause

    loop = TurnedLoop()
    cause = run_clean(main, loop_factory=lambda: loop)
    assert isinstance(cause, KeepaliveLost)
    assert "the peer was silent" in str(cause)


async def _outcome(session: Session) -> Any:
    return await session.closed


def test_t7_a_responsive_server_keeps_a_connection_with_short_pings_open() -> None:
    """T7: seven pings, no death."""

    async def main() -> None:
        async with LoopbackServer() as server:
            transport = WebSocketTransport(server.url, ping_interval=0.5, ping_timeout=0.5)
            async with Session(transport) as session:
                for _ in range(15):
                    await loop.turn(0.25)
                    await session.request(commands.configure(instructions="x")[0])  # its answer comes after the pong

    loop = TurnedLoop()
    run_clean(main, loop_factory=lambda: loop)


def test_the_key_may_be_a_function_and_is_asked_at_every_connect() -> None:
    """Sync or async; short-lived keys."""
    asked: list[str] = []

    def key() -> str:
        asked.append("sync")
        return "token"

    async def key_later() -> str:
        asked.append("async")
        return "token"

    async def main() -> None:
        async with LoopbackServer(token="token") as server:  # noqa: S106
            for found in ("token", key, key_later):
                async with Session(WebSocketTransport(server.url, api_key=found)) as session:
                    await anext(aiter(session))

    run_clean(main)
    assert asked == ["sync", "async"]


def test_a_header_of_the_caller_takes_the_place_of_the_key() -> None:
    """One way to authorise, never two."""

    async def main() -> None:
        async with LoopbackServer(token="token") as server:  # noqa: S106
            transport = WebSocketTransport(server.url, api_key="wrong", headers={"api-key": "token"})
            async with Session(transport) as session:
                await anext(aiter(session))

    run_clean(main)


def test_a_session_over_loopback_holds_a_conversation_and_leaves_no_server() -> None:
    """``Session("loopback:")``: the embedded server lives and ends with the session."""

    async def main() -> list[str]:
        session = Session("loopback:")
        async with session:
            await session.request(commands.configure(output_modalities=("text",))[0])
            await session.send(*commands.say("hello"))
            seen = []
            async for event in session:
                seen.append(event.type)
                if event.type == "response.done":
                    return seen
        return []

    seen = run_clean(main)
    assert seen[0] == "session.created"
    assert "response.output_text.done" in seen


def test_pings_can_be_turned_off_and_compression_turned_on() -> None:
    """The options reach the library: None sends no pings, deflate is offered (the server declines)."""

    async def main() -> None:
        async with LoopbackServer() as server:
            transport = WebSocketTransport(server.url, ping_interval=None, ping_timeout=None, compression="deflate")
            async with Session(transport) as session:
                assert (await anext(aiter(session))).type == "session.created"

    run_clean(main)


def test_a_slow_handshake_within_the_time_out_connects() -> None:
    """The time-out is a limit, not a delay."""

    async def main() -> None:
        async with LoopbackServer(faults=[Stall(0.05)]) as server, Session(server.url) as session:
            assert (await anext(aiter(session))).type == "session.created"

    run_clean(main)


def test_no_beta_header_is_sent() -> None:
    """A GA server answers it with ``beta_api_shape_disabled`` and close 4000 (recorded); a session sees neither."""

    async def main() -> list[str]:
        async with LoopbackServer() as server, Session(WebSocketTransport(server.url, api_key="k")) as session:
            await session.request(commands.configure()[0])
            await session.close()
            return [event.type async for event in session]

    assert run_clean(main) == ["session.created", "session.updated"]


def test_a_send_that_races_the_servers_close_raises_the_cause() -> None:
    """S1/T4: who sends learns why, not that somebody closed."""

    async def main() -> None:
        faults = refuse_session("no_seat", "all seats taken")
        async with LoopbackServer(faults=faults) as server, Session(server.url) as session:
            with pytest.raises((ServerClosed, SessionClosedError)) as raised:
                while True:
                    await session.send(*commands.append_audio(bytes(100_000)))
            assert "closed by us" not in str(raised.value)

    run_clean(main)


@contextlib.asynccontextmanager
async def talking(*messages: Any, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve these messages to whoever connects, by the library itself; a list is sent in fragments."""

    async def talk(connection: Any) -> None:
        with contextlib.suppress(ConnectionClosed):
            for message in messages:
                await connection.send(message)
            await connection.wait_closed()

    async with serve(talk, "127.0.0.1", 0, compression=None, max_size=None, close_timeout=0.1, ssl=tls) as server:
        yield f"{'wss' if tls else 'ws'}://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"


def test_a_message_in_fragments_is_one_frame() -> None:
    """RFC 6455, section 5.4; text, binary, empty fragments, and whole messages around them."""

    async def main() -> list[Any]:
        messages = ["whole", ["a", "", "b", "c"], [b"\x00", b"\xff"], "", "end"]
        async with talking(*messages) as url:
            connection = await WebSocketTransport(url).connect()
            seen: list[Any] = []
            enough = asyncio.Event()
            connection.frames.subscribe(lambda frame: (seen.append(frame.data), len(seen) == 5 and enough.set()))
            await enough.wait()
            await connection.close()
            return seen

    assert run_clean(main) == [b"whole", b"abc", b"\x00\xff", b"", b"end"]


def test_reading_stops_while_too_much_waits_and_nothing_is_lost() -> None:
    """B1: flow control reaches the peer; what waited comes in order, and a close in between takes no time."""
    count = 20_000

    async def main() -> tuple[int, list[int]]:
        async with talking(*(f"{number:0200d}" for number in range(count))) as url:
            connection = await connect(url, compression=None, create_connection=IntakeConnection)
            assert isinstance(connection, IntakeConnection)
            for _ in range(2_000):  # turns, so that whatever would come does come
                await asyncio.sleep(0)
            waiting, seen = len(connection.inbox), []
            while len(seen) < count:
                while connection.inbox:
                    seen.append(int(connection.inbox.popleft().data))
                if len(seen) < count:
                    await connection.more()
            connection.transport.abort()
            await connection.wait_closed()
            unread = await WebSocketTransport(url).connect()
            for _ in range(2_000):
                await asyncio.sleep(0)
            await unread.close(timeout=3600)
            return waiting, seen

    waiting, seen = run_clean(main, deadline=30)
    assert 256 <= waiting < 6_000, f"{waiting} messages wait of {count}"
    assert seen == list(range(count))


def test_a_server_that_refuses_a_frame_and_reads_it_to_its_end() -> None:
    """T4: it closes with 1009 while the frame is on its way; then, too, the cause is raised and we can close."""

    async def main() -> None:
        async with LoopbackServer() as server:
            connection = await WebSocketTransport(server.url).connect()
            ended = asyncio.Event()
            connection.frames.subscribe(lambda frame: None, lambda error: ended.set())
            too_large = b'"' + b"x" * (25 * 2**20) + b'"'
            with contextlib.suppress(ServerClosed):
                await connection.send(too_large)
            await ended.wait()
            with pytest.raises(ServerClosed, match="1009"):
                await connection.send(b"{}")
            await connection.close()

    run_clean(main)

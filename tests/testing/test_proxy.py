"""The proxy: what it passes on, what it spoils, and how it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from rxrealtime import ConnectionLost, Session, WebSocketTransport
from rxrealtime.errors import ConfigurationError, FrameTooLarge, HandshakeRejected
from rxrealtime.events import ExceptionEvent, SessionCreated
from rxrealtime.server.faults import Refusal, Stall, abort, close, go_silent, inject
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.testing import faults as f
from rxrealtime.testing.mutations import MUTATIONS
from rxrealtime.testing.plans import FaultPlan
from rxrealtime.testing.proxy import FaultProxy
from rxrealtime.testing.upstream import forwarded, upstream_target
from tests.frames import transcript_delta
from tests.leaks import run_clean

TEXTS = [transcript_delta(str(n)).decode() for n in range(8)]
COUNT = 1 + len(TEXTS)


async def through(plan: FaultPlan, count: int, **options: Any) -> tuple[list[Any], FaultProxy, Exception | None]:
    """Hold a session through a proxy until it has seen ``count`` values or ended."""
    lost: Exception | None = None
    seen: list[Any] = []
    async with (
        LoopbackServer(faults=inject(*TEXTS, after=1)) as server,
        FaultProxy(server.url, plan) as proxy,
    ):
        session = Session(WebSocketTransport(proxy.url, **options), close_timeout=0.5)
        try:
            async with session:
                async for event in session:
                    seen.append(event)
                    if len(seen) == count:
                        break
        except ConnectionLost as error:
            lost = error
    return seen, proxy, lost


@pytest.mark.parametrize("kind", sorted(MUTATIONS))
def test_d1_a_session_sees_a_failure_exactly_where_the_log_says(kind: str) -> None:
    """Through two websockets; the frames that are not in the log come as they were."""

    async def main() -> None:
        plan = FaultPlan(5, f.mutate(kind, every=3))
        seen, proxy, lost = await through(plan, COUNT)
        expected = {log.number: log.failure for log in proxy.log}
        assert lost is None
        assert {2, 5} <= set(expected)
        for number, event in enumerate(seen):
            assert (event.kind if isinstance(event, ExceptionEvent) else None) == expected.get(number)
            if number and number not in expected:
                assert event.delta == str(number - 1)

    run_clean(main)


@pytest.mark.parametrize(
    ("fault", "order"),
    [
        (f.delay(0.01, 0.01, every=4), list(range(8))),
        (f.slow(0.01, every=4), list(range(8))),
        (f.split(3), list(range(8))),
        (f.merge(every=2), list(range(8))),
        (f.duplicate(numbers=(3,)), [0, 1, 2, 2, 3, 4, 5, 6, 7]),
        (f.drop(numbers=(3,)), [0, 1, 3, 4, 5, 6, 7]),
        (f.reorder(2, numbers=(3,)), [0, 1, 3, 4, 2, 5, 6, 7]),
        (f.oversize(200_000, numbers=(3,)), list(range(8))),
    ],
)
def test_d1_what_harms_no_frame_makes_no_failure(fault: f.FrameFault, order: list[int]) -> None:
    """The frames come whole, in the order that the fault says."""

    async def main() -> None:
        seen, proxy, lost = await through(FaultPlan(5, fault), 1 + len(order))
        assert isinstance(seen[0], SessionCreated)
        assert [int(event.delta) for event in seen[1:]] == order
        assert lost is None
        assert proxy.log

    run_clean(main)


@pytest.mark.parametrize(
    ("faults", "values", "code"), [(close(1011, "why", after=4), 4, 1011), (abort(after=4), 4, None)]
)
def test_t1_an_end_is_told_with_its_code(faults: Any, values: int, code: int | None) -> None:
    """After everything before it was delivered."""

    async def main() -> None:
        seen, proxy, lost = await through(FaultPlan(5, faults), 99)
        assert len([event for event in seen if not isinstance(event, ExceptionEvent)]) == values
        assert getattr(lost, "code", None) in (code, 1006 if code is None else code)
        assert [(log.number, log.direction) for log in proxy.log] == [(values - 1, "received")]

    run_clean(main)


def test_t2_a_silent_proxy_is_left_after_the_time_out() -> None:
    """Half-open: it answers no close frame."""

    async def main() -> None:
        seen, _, lost = await through(FaultPlan(5, go_silent(after=4)), 4)
        assert (len(seen), lost) == (4, None)

    run_clean(main)


def test_b2_a_frame_beyond_the_limit_of_the_client_is_named() -> None:
    """The client's own limit ends the connection."""

    async def main() -> None:
        plan = FaultPlan(5, f.oversize(200_000, numbers=(3,)))
        _, _, lost = await through(plan, 99, max_frame_bytes=100_000)
        assert isinstance(lost, FrameTooLarge)

    run_clean(main)


def test_a_handshake_can_be_refused_or_late() -> None:
    """By number; the log has it."""

    async def main() -> None:
        plan = FaultPlan(0, Refusal(429, connection=0), Stall(0.02, connection=1))
        async with LoopbackServer() as server, FaultProxy(server.url, plan) as proxy:
            transport = WebSocketTransport(proxy.url)
            with pytest.raises(HandshakeRejected, match="429"):
                await transport.connect()
            await (await transport.connect()).close()
            assert [(log.fault, log.connection) for log in proxy.log] == [("refuse", 0), ("stall", 1)]

    run_clean(main)


def test_what_the_server_refuses_is_passed_on() -> None:
    """Status and body; a server that is not there is 502."""

    async def main() -> None:
        async with LoopbackServer(token="open") as server:  # noqa: S106
            async with FaultProxy(server.url) as proxy:
                with pytest.raises(HandshakeRejected, match="Incorrect API key") as refused:
                    await WebSocketTransport(proxy.url, api_key="wrong").connect()
                assert refused.value.status == 401
                await (await WebSocketTransport(proxy.url, api_key="open").connect()).close()
        async with FaultProxy(f"ws://127.0.0.1:{await free_port()}/v1/realtime") as proxy:
            with pytest.raises(HandshakeRejected, match="502"):
                await WebSocketTransport(proxy.url).connect()

    run_clean(main)


async def free_port() -> int:
    """Give a port where nobody listens."""
    async with LoopbackServer() as server:
        return server.port


def test_headers_query_subprotocol_opcodes_and_close_codes_are_passed_on() -> None:
    """Both ways, byte for byte, also text that is not UTF-8."""

    async def main() -> None:
        asked: list[Any] = []

        async def echo(connection: ServerConnection) -> None:
            assert connection.request is not None
            asked.append((connection.request.path, dict(connection.request.headers.raw_items())))
            async for message in connection:
                await connection.send(message)
                if message == "end":
                    await connection.close(4321, "enough")

        async with serve(echo, "127.0.0.1", 0, subprotocols=["realtime"]) as server:  # type: ignore[list-item]
            port = next(iter(server.sockets)).getsockname()[1]
            async with FaultProxy(f"ws://127.0.0.1:{port}/v1/realtime?model=a&x=1") as proxy:
                headers = {"Authorization": "Bearer secret", "api-key": "k", "OpenAI-Beta": "realtime=v1"}
                url = proxy.url.replace("model=a", "model=b")
                async with connect(
                    url,
                    additional_headers=headers,
                    subprotocols=["realtime"],
                    proxy=None,  # type: ignore[list-item]
                ) as client:
                    assert client.subprotocol == "realtime"
                    for message in ("text", b"binary \xff", "", b"", "end"):
                        await client.send(message)
                        assert await client.recv() == message
                    with pytest.raises(ConnectionClosed) as closed:
                        await client.recv()
                    assert closed.value.rcvd is not None
                    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4321, "enough")
        ((path, sent),) = asked
        assert path == "/v1/realtime?model=b&x=1"
        assert {name.lower(): value for name, value in headers.items()}.items() <= sent.items()

    run_clean(main)


def test_the_clients_close_code_reaches_the_server() -> None:
    """And the code of a client that goes without one is an abort."""

    async def main() -> None:
        codes: asyncio.Queue[int | None] = asyncio.Queue()

        async def listen(connection: ServerConnection) -> None:
            await connection.wait_closed()
            await codes.put(connection.close_code)

        async with serve(listen, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            async with FaultProxy(f"ws://127.0.0.1:{port}/v1/realtime") as proxy:
                client = await connect(proxy.url, proxy=None)
                await client.close(4001, "bye")
                assert await codes.get() == 4001
                client = await connect(proxy.url, proxy=None)
                client.transport.abort()
                assert await codes.get() == 1006

    run_clean(main)


def test_other_machines_need_a_token_which_stays_here() -> None:
    """As for the server; a credential that is the proxy's token is not passed on, others are."""
    with pytest.raises(ConfigurationError, match="needs a token"):
        FaultProxy("ws://127.0.0.1:1/v1/realtime", host="0.0.0.0")  # noqa: S104 - it is refused
    headers = {"authorization": "Bearer mine", "api-key": "open", "host": "x", "sec-websocket-key": "x", "origin": "y"}
    assert forwarded(headers, {}, "open") == {"authorization": "Bearer mine", "origin": "y"}
    assert forwarded(headers, {"Authorization": "other"}, None)["Authorization"] == "other"
    assert "authorization" not in forwarded(headers, {"Authorization": "other"}, None)


def test_the_target_is_the_servers_path_with_the_clients_query() -> None:
    """A bare origin takes the client's path."""
    assert upstream_target("wss://a/v1/realtime?m=1&n=2", "/other?m=3") == "wss://a/v1/realtime?m=3&n=2"
    assert upstream_target("wss://a", "/v1/realtime?m=3") == "wss://a/v1/realtime?m=3"


def test_no_credential_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Not even at the level of debugging."""

    async def main() -> None:
        async with LoopbackServer(token="canary-1") as server, FaultProxy(server.url) as proxy:  # noqa: S106
            await (await WebSocketTransport(proxy.url, api_key="canary-1").connect()).close()

    with caplog.at_level(0):
        run_clean(main)
    assert "canary" not in caplog.text


def test_a_client_that_leaves_in_the_handshake_leaves_no_connection_to_the_server() -> None:
    """The proxy does not connect for nobody, nor keep what it connected for nobody."""

    async def main() -> None:
        taken: list[ServerConnection] = []
        opening, go = asyncio.Event(), asyncio.Event()

        async def hold(_: ServerConnection, __: Any) -> None:
            opening.set()
            await go.wait()

        async def take(connection: ServerConnection) -> None:
            taken.append(connection)
            await connection.wait_closed()

        async with (
            serve(take, "127.0.0.1", 0, process_request=hold) as server,
            FaultProxy(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", FaultPlan(0, Stall(3600, 0))) as proxy,
        ):
            for _ in range(2):
                before = asyncio.all_tasks()
                client = asyncio.ensure_future(WebSocketTransport(proxy.url).connect())
                await asyncio.wait([client, asyncio.ensure_future(opening.wait())], timeout=0.05)
                client.cancel()
                await asyncio.wait([client])
                go.set()
                opening.set()
                await asyncio.wait(asyncio.all_tasks() - before, timeout=5)
                assert asyncio.all_tasks() == before
                opening.clear()
                go.clear()
            assert [connection.close_code for connection in taken] == [1006]

    run_clean(main)

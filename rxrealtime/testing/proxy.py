"""A proxy that puts faults between any realtime client and any realtime server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from weakref import WeakSet

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from rxrealtime.errors import ConfigurationError
from rxrealtime.hosts import is_loopback
from rxrealtime.server.faults import Refusal
from rxrealtime.server.handshake import admit
from rxrealtime.testing.outputs import Injected
from rxrealtime.testing.plans import FaultPlan, begin
from rxrealtime.testing.relay import Relay
from rxrealtime.testing.tap import Direct, TappedClient, TappedServer
from rxrealtime.testing.tapes import Tapes
from rxrealtime.transport.endpoints import check_headers, websocket_url
from rxrealtime.wirelog import WIRE_LOG

__all__ = ["FaultProxy", "forwarded", "upstream_target"]

_OPEN_TIMEOUT: Final = 10.0
_CLOSE_TIMEOUT: Final = 1.0
_OWN_HEADERS: Final = frozenset({"host", "connection", "upgrade", "content-length", "user-agent"})
_CREDENTIALS: Final = frozenset({"authorization", "api-key"})


def forwarded(headers: Mapping[str, str], own: Mapping[str, str], token: str | None) -> dict[str, str]:
    """Return the headers that go to the server.

    Args:
        headers: Those of the client, names in lower case.
        own: Those of the proxy, which take the place of the client's.
        token: The proxy's token; a header that holds it stays here.

    Returns:
        Everything but what belongs to one handshake.
    """
    replaced = {name.lower() for name in own}
    kept = {
        name: value
        for name, value in headers.items()
        if name not in _OWN_HEADERS | replaced
        and not name.startswith("sec-websocket-")
        and not (token and name in _CREDENTIALS and value.split(" ")[-1] == token)
    }
    return {**kept, **own}


def upstream_target(upstream: str, target: str) -> str:
    """Return the url for the server: the client's query is added, and its path taken if the upstream has none."""
    base, asked = urlsplit(upstream), urlsplit(target)
    query = {**dict(parse_qsl(base.query, True)), **dict(parse_qsl(asked.query, True))}
    path = base.path if base.path not in ("", "/") else asked.path
    return urlunsplit(base._replace(path=path, query=urlencode(query)))


class FaultProxy:
    """Stand in front of a realtime server, for as long as it is entered, and let go wrong what a plan says.

    Args:
        upstream_url: The server; its path is kept, and its query unless the client has another.
        plan: What goes wrong; nothing if None.
        host: Where to listen.
        port: The port; 0 takes a free one.
        token: What clients have to know, as for `LoopbackServer`; it is not passed on.
        headers: Sent to the server in place of the client's, for example ``Authorization``.
        on_injected: Called with every fault that was injected.
        record: Where to record what each client sends and is sent, ``talk.jsonl`` or ``talk.jsonl.zst``; the second
            connection goes to ``talk-2.jsonl``, and so on. Headers are not recorded. None records nothing.
        redact: What to take out of recordings, beside credentials: "transcripts", "audio".

    Attributes:
        log: Every fault that was injected, in order.

    Raises:
        ConfigurationError: ``host`` can be reached from other machines and there is no ``token``; or a header is
            reserved.
        InvalidUrlError: ``upstream_url`` is not a url of a websocket.

    Example:
        async with FaultProxy("wss://api.openai.com/v1/realtime", FaultPlan(7, truncate(every=10))) as proxy:
            async with Session(WebSocketTransport(proxy.url, api_key=key)) as session:
                ...
    """

    def __init__(
        self,
        upstream_url: str,
        plan: FaultPlan | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        on_injected: Callable[[Injected], None] | None = None,
        record: str | Path | None = None,
        redact: Iterable[str] = (),
    ) -> None:
        if not token and not is_loopback(host):
            raise ConfigurationError(f"listening on {host} needs a token: everybody there could connect")
        check_headers(headers or {})
        self.log: list[Injected] = []
        self._upstream = websocket_url(upstream_url)
        self._tapes = Tapes(record, redact, self._upstream)
        self._plan = plan or FaultPlan()
        self._address = (host, port)
        self._token = token
        self._headers = dict(headers or {})
        self._tell = on_injected
        self._handshakes = 0
        self._open: dict[ServerConnection, tuple[int, TappedClient]] = {}
        self._begun: WeakSet[ServerConnection] = WeakSet()
        self._held: set[ServerConnection] = set()
        self._server: Server | None = None

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            ConfigurationError: The address cannot be listened on, or nothing can be recorded.
        """
        self._tapes.check()
        stalls = max((self._plan.handshake(number)[0] for number in range(100)), default=0.0)
        try:
            self._server = await serve(
                self._converse,
                *self._address,
                process_request=self._process_request,
                select_subprotocol=self._select_subprotocol,
                create_connection=TappedServer,
                compression=None,
                max_size=None,
                ping_interval=None,
                open_timeout=2 * _OPEN_TIMEOUT + stalls,
                close_timeout=_CLOSE_TIMEOUT,
                logger=WIRE_LOG,
            )
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {self._address[0]}:{self._address[1]}: {error.strerror}"
            ) from error

    async def close(self) -> None:
        """Cut every connection and stop listening; a second call does nothing.

        Raises:
            RecordingError: Something of the recordings could not be written.
        """
        server, self._server = self._server, None
        if server is not None:
            for held in tuple(self._held):
                held.transport.abort()
            for client, (_, upstream) in tuple(self._open.items()):
                client.transport.abort()
                upstream.transport.abort()
                await upstream.wait_closed()
            server.close()
            await server.wait_closed()
            for _, upstream in tuple(self._open.values()):  # connected in the meantime
                upstream.transport.abort()
                await upstream.wait_closed()
            if self._tapes.failure is not None:
                raise self._tapes.failure

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """The url for clients, with the path and the query of the server.

        Raises:
            ConfigurationError: The proxy is not running.
        """
        if self._server is None:
            raise ConfigurationError("the proxy is not running: start it first")
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        name = self._address[0]
        host = f"[{name}]" if ":" in name else name
        parts = urlsplit(self._upstream)
        return urlunsplit(("ws", f"{host}:{port}", parts.path or "/v1/realtime", parts.query, ""))

    async def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Connect to the server first, so that what it answers can be passed on."""
        number, self._handshakes = self._handshakes, self._handshakes + 1
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        refused = admit("/v1/realtime", headers, self._token)
        if isinstance(refused, Refusal):
            return _answer(connection, refused.status, refused.body)
        stalled, refusal = self._plan.handshake(number)
        if stalled:
            self._note(Injected(None, "received", "stall", detail=f"{stalled:.3f} s", connection=number))
            await self._stall(connection, stalled)
        if connection.connection_lost_waiter.done():
            return _answer(connection, 503, "")  # nobody is there to read it
        if refusal is not None:
            self._note(Injected(None, "received", "refuse", detail=str(refusal.status), connection=number))
            return _answer(connection, refusal.status, refusal.body, refusal.headers)
        try:
            upstream = await self._connect(request.path, headers)
        except InvalidStatus as answered:
            status = answered.response.status_code
            body = bytes(answered.response.body or b"").decode("utf-8", "replace")
            return _answer(connection, status if status >= 400 else 502, body if status >= 400 else "")
        except (OSError, InvalidHandshake, EOFError) as error:
            return _answer(connection, 502, Refusal(502, f"no connection to the server: {type(error).__name__}").body)
        self._open[connection] = (number, upstream)
        connection.connection_lost_waiter.add_done_callback(lambda _: self._abandon(connection))
        return None

    def _abandon(self, connection: ServerConnection) -> None:
        """Leave the server, if the client left before its conversation began."""
        if connection not in self._begun and (opened := self._open.pop(connection, None)):
            opened[1].transport.abort()

    async def _stall(self, connection: ServerConnection, seconds: float) -> None:
        self._held.add(connection)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await connection.wait_closed()
        self._held.discard(connection)

    async def _connect(self, target: str, headers: Mapping[str, str]) -> TappedClient:
        url = upstream_target(self._upstream, target)
        offered = [Subprotocol(name.strip()) for name in headers.get("sec-websocket-protocol", "").split(",")]
        options: dict[str, Any] = {"proxy": None} if is_loopback(urlsplit(url).hostname or "") else {}
        return cast(
            TappedClient,  # it is made by create_connection
            await Direct(
                url,
                additional_headers=forwarded(headers, self._headers, self._token),
                subprotocols=[name for name in offered if name and not self._is_token(name)] or None,
                user_agent_header=headers.get("user-agent"),
                create_connection=TappedClient,
                compression=None,
                max_size=None,
                ping_interval=None,
                open_timeout=_OPEN_TIMEOUT,
                close_timeout=_CLOSE_TIMEOUT,
                logger=WIRE_LOG,
                **options,
            ),
        )

    def _is_token(self, offered: str) -> bool:
        return bool(self._token) and offered == f"openai-insecure-api-key.{self._token}"

    def _select_subprotocol(self, connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """Select what the server selected."""
        _, upstream = self._open[connection]
        return upstream.subprotocol

    async def _converse(self, connection: ServerConnection) -> None:
        self._begun.add(connection)
        number, upstream = self._open[connection]
        client, loop = cast(TappedServer, connection), asyncio.get_running_loop()
        opened = loop.time()
        tape = self._tapes.start(number, lambda: loop.time() - opened)
        try:
            await Relay(client, upstream, begin(self._plan, number), self._note, tape).run()
            await upstream.wait_closed()
        finally:
            self._open.pop(connection, None)
            await tape.close()

    def _note(self, injected: Injected) -> None:
        self.log.append(injected)
        if self._tell is not None:
            self._tell(injected)


def _answer(connection: ServerConnection, status: int, body: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
    response = connection.respond(HTTPStatus(status), body)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    for name, value in headers:
        response.headers[name] = value
    return response

"""A proxy that puts faults between any realtime client and any realtime server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit
from weakref import WeakSet

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from rxrealtime.server.faults import Refusal
from rxrealtime.server.handshake import admit
from rxrealtime.server.listening import Listener, answer
from rxrealtime.testing.outputs import Injected
from rxrealtime.testing.plans import FaultPlan, begin
from rxrealtime.testing.relay import Relay
from rxrealtime.testing.tap import TappedClient, TappedServer
from rxrealtime.testing.tapes import Tapes
from rxrealtime.testing.upstream import OPEN_TIMEOUT, Upstream

__all__ = ["FaultProxy"]


class FaultProxy(Listener):
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
        super().__init__(host, port, token)
        self.log: list[Injected] = []
        self._upstream = Upstream(upstream_url, headers or {}, token)
        self._tapes = Tapes(record, redact, self._upstream.url)
        self._plan = plan or FaultPlan()
        self._tell = on_injected
        self._handshakes = 0
        self._open: dict[ServerConnection, tuple[int, TappedClient]] = {}
        self._begun: WeakSet[ServerConnection] = WeakSet()

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            ConfigurationError: The address cannot be listened on, or nothing can be recorded.
        """
        self._tapes.check()
        await super().start()

    def _options(self) -> Mapping[str, Any]:
        stalls = max((self._plan.handshake(number)[0] for number in range(100)), default=0.0)
        return {
            "select_subprotocol": self._select_subprotocol,
            "create_connection": TappedServer,
            "max_size": None,
            "ping_interval": None,
            "open_timeout": 2 * OPEN_TIMEOUT + stalls,
        }

    async def close(self, progress: Callable[[float], None] = lambda done: None) -> None:
        """Cut every connection and stop listening; a second call does nothing.

        Args:
            progress: Told, from a thread, how much of a recording is sealed, from 0 to 1.

        Raises:
            RecordingError: Something of the recordings could not be written; told once.
        """
        self._tapes.progress = progress
        await self._cut()
        await super().close()
        await self._cut()  # what connected in the meantime
        failure, self._tapes.failure = self._tapes.failure, None
        if failure is not None:
            raise failure

    async def _cut(self) -> None:
        for client, (_, upstream) in tuple(self._open.items()):
            client.transport.abort()
            upstream.transport.abort()
            await upstream.wait_closed()

    @property
    def url(self) -> str:
        """The url for clients, with the path and the query of the server.

        Raises:
            ConfigurationError: The proxy is not running.
        """
        parts = urlsplit(self._upstream.url)
        return urlunsplit(("ws", self._location, parts.path or "/v1/realtime", parts.query, ""))

    async def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Connect to the server first, so that what it answers can be passed on."""
        number, self._handshakes = self._handshakes, self._handshakes + 1
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        admitted = admit("/v1/realtime", headers, self._token)
        refused = admitted if isinstance(admitted, Refusal) else await self._misbehave(connection, number)
        if refused is not None:
            return answer(connection, refused.status, refused.body, refused.headers)
        try:
            upstream = await self._upstream.connect(request.path, headers)
        except InvalidStatus as answered:
            return _passed_on(connection, answered.response)
        except (OSError, InvalidHandshake, EOFError) as error:
            return answer(connection, 502, Refusal(502, f"no connection to the server: {type(error).__name__}").body)
        self._hold(connection, number, upstream)
        return None

    async def _misbehave(self, connection: ServerConnection, number: int) -> Refusal | None:
        """Let the faults of a handshake happen."""
        stalled, refusal = self._plan.handshake(number)
        if stalled:
            self._note(Injected(None, "received", "stall", detail=f"{stalled:.3f} s", connection=number))
            await self._stall(connection, stalled)
        if connection.connection_lost_waiter.done():
            return Refusal(503, "the client has gone")  # nobody is there to read it
        if refusal is not None:
            self._note(Injected(None, "received", "refuse", detail=str(refusal.status), connection=number))
        return refusal

    def _hold(self, connection: ServerConnection, number: int, upstream: TappedClient) -> None:
        """Keep the connection to the server for the conversation, or until the client leaves before it."""
        self._open[connection] = (number, upstream)
        connection.connection_lost_waiter.add_done_callback(lambda _: self._abandon(connection))

    def _abandon(self, connection: ServerConnection) -> None:
        """Leave the server, if the client left before its conversation began."""
        if connection not in self._begun and (opened := self._open.pop(connection, None)):
            opened[1].transport.abort()

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
        state, first = begin(self._plan, number)
        try:
            await Relay(client, upstream, state, self._note, tape).run(first)
            await upstream.wait_closed()
        finally:
            self._open.pop(connection, None)
            await tape.close()

    def _note(self, injected: Injected) -> None:
        self.log.append(injected)
        if self._tell is not None:
            self._tell(injected)


def _passed_on(connection: ServerConnection, answered: Response) -> Response:
    """Answer as the server did; a redirect is an answer that nobody follows."""
    if answered.status_code < 400:
        return answer(connection, 502, "")
    return answer(connection, answered.status_code, bytes(answered.body or b"").decode("utf-8", "replace"))

"""The socket edge of the embedded server: one engine for each websocket connection.

Everything that is decided is decided by the engine, the scenario and the faults; here it is read, paced, written and
closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Final
from weakref import WeakKeyDictionary

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from rxrealtime.errors import ConfigurationError
from rxrealtime.server.clocks import ServerClock, WallClock
from rxrealtime.server.engine import DEFAULT_MODEL
from rxrealtime.server.faults import BETA_REFUSED, Fault, Misbehaviour, Refusal, Stall, of_connection
from rxrealtime.server.handshake import REALTIME, Admission, admit
from rxrealtime.server.listening import Listener, answer
from rxrealtime.server.live import LiveScript, LiveSession
from rxrealtime.server.playing import unplayed
from rxrealtime.server.quirks import Quirks
from rxrealtime.server.scenarios import DEFAULT, Scenario
from rxrealtime.server.script_state import Mismatch, mismatch_error
from rxrealtime.server.scripts import Script
from rxrealtime.server.wire import Wire

__all__ = ["LoopbackServer"]

_LOG: Final = logging.getLogger("rxrealtime.server")
_MAX_FRAME_BYTES: Final = 24 * 1024 * 1024
"""15 MiB of audio in one append are 20 MiB of base64."""
_OPEN_TIMEOUT: Final = 10.0


class LoopbackServer(Listener):
    """Serve the Realtime protocol on a websocket, for as long as it is entered.

    Args:
        scenario: What the server answers, and how fast, by rules or by a script; its default mind if None.
        host: Where to listen.
        port: The port; 0 takes a free one.
        token: What clients have to know, as a bearer token, an ``api-key`` header or a browser's subprotocol; None
            lets anybody on this machine in.
        pace: How many times faster than real time audio is generated, instead of what the scenario says; 0 sends
            everything at once.
        quirks: Where the server departs from the strict protocol, instead of what the scenario says.
        clock: What tells the time; a `TurnedClock` stands still until a test turns it.
        faults: What the server does to connections instead of behaving; see `rxrealtime.server.faults`.

    Raises:
        ConfigurationError: ``host`` can be reached from other machines and there is no ``token``; or ``pace`` is
            negative.
        ScriptMismatchError: When it is left: a client did not follow a strict script.

    Example:
        async with LoopbackServer() as server:
            async with websockets.connect(server.url) as connection:
                print(await connection.recv())
    """

    def __init__(
        self,
        scenario: Scenario | Script | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        pace: float | None = None,
        quirks: Quirks | None = None,
        clock: ServerClock | None = None,
        faults: Iterable[Misbehaviour] = (),
    ) -> None:
        super().__init__(host, port, token)
        chosen = scenario or DEFAULT
        chosen = chosen if pace is None else replace(chosen, pace=pace)
        self._scenario = chosen if quirks is None else _departing(chosen, quirks)
        self._clock = clock or WallClock()
        self._faults = tuple(faults)
        self._handshakes = 0
        self._numbers: WeakKeyDictionary[ServerConnection, int] = WeakKeyDictionary()
        self._mismatches: list[Mismatch] = []

    def _options(self) -> Mapping[str, Any]:
        stalls = sum(fault.seconds for fault in self._faults if isinstance(fault, Stall))
        return {
            "select_subprotocol": _select_subprotocol,
            "max_size": _MAX_FRAME_BYTES,
            "open_timeout": _OPEN_TIMEOUT + stalls,
        }

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await super().__aexit__(kind, error, trace)
        if error is None and not self._handshakes and isinstance(self._scenario, Script):
            self._mismatches.extend(unplayed(self._scenario))
        found = [one for one in self._mismatches if error is None or one.actual is not None]
        if found and isinstance(error, Exception | None):
            raise mismatch_error(found[0])

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """What clients did not do that a script expected of them, once their connections are over."""
        return tuple(self._mismatches)

    @property
    def url(self) -> str:
        """The url for clients.

        Raises:
            ConfigurationError: The server is not running.
        """
        return f"ws://{self._location}/v1/realtime?model={DEFAULT_MODEL}"

    async def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        number, self._handshakes = self._handshakes, self._handshakes + 1
        faults = of_connection(self._faults, number)
        for fault in faults:
            if isinstance(fault, Stall):
                await self._stall(connection, fault.seconds)
        refused = next((fault for fault in faults if isinstance(fault, Refusal)), None) or self._admit(request)
        if isinstance(refused, Refusal):
            return answer(connection, refused.status, refused.body, refused.headers)
        self._numbers[connection] = number
        return None

    def _admit(self, request: Request) -> Admission | Refusal:
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        return admit(request.path, headers, self._token)

    async def _converse(self, connection: ServerConnection) -> None:
        """Hold one conversation, until either side ends it."""
        number = self._numbers.pop(connection, 0)
        admitted = self._admit(connection.request) if connection.request else None
        if not isinstance(admitted, Admission):
            return
        faults = tuple(fault for fault in of_connection(self._faults, number) if isinstance(fault, Fault))
        wire = Wire(connection, BETA_REFUSED if admitted.beta else faults, self._held)
        try:
            if isinstance(self._scenario, Script):
                await self._play(connection, wire, LiveScript(self._scenario, admitted.model, number, self._clock))
            else:
                await _hold(wire, LiveSession(self._scenario, admitted.model, number, self._clock), self._clock)
        finally:
            await wire.leave()

    async def _play(self, connection: ServerConnection, wire: Wire, script: LiveScript) -> None:
        try:
            await _hold(wire, script, self._clock)
        finally:
            await self._judge(connection, wire, script)

    async def _judge(self, connection: ServerConnection, wire: Wire, script: LiveScript) -> None:
        """Read what the client sent before it went, and keep what it did not do."""
        with suppress(ConnectionClosed):
            while connection.state is not State.OPEN:
                await asyncio.wait((wire.coming(),))
                script.receive(wire.take() or b"")
        if (mismatch := script.leave()) is not None:
            self._mismatches.append(mismatch)
            _LOG.error("a client did not follow the script %s", mismatch.place)


def _departing(scenario: Scenario | Script, quirks: Quirks) -> Scenario:
    if isinstance(scenario, Script):
        raise ConfigurationError("quirks are for scenarios of rules: a script says itself what is sent")
    return replace(scenario, quirks=quirks)


async def _hold(wire: Wire, session: LiveSession | LiveScript, clock: ServerClock) -> None:
    """Hold a conversation until either side ends it: when a frame is there, or something is due, the server speaks."""
    with suppress(ConnectionClosed):
        alive = await wire.strike_due() and await wire.send(session.begin())
        while alive:
            await clock.wait(wire.coming(), session.due())
            frame = wire.take()
            alive = await wire.send(session.tick() if frame is None else session.receive(frame))


def _select_subprotocol(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Select ``realtime`` where it is offered, which browsers insist on, and nothing otherwise."""
    return next((name for name in offered if name == REALTIME), None)

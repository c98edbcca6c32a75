"""Scripts over a real websocket: who is told what when a client does something else, and when."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from rxrealtime import Frame, MemoryPeer, MemoryTransport, Session, commands, encode
from rxrealtime.errors.base import ScriptMismatchError
from rxrealtime.events import Event, ResponseOutputTextDone
from rxrealtime.loopback import LoopbackTransport
from rxrealtime.server.clocks import WallClock
from rxrealtime.server.live import LiveScript
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.outputs import Output
from rxrealtime.server.scripts import AnyOrder, Close, Drop, Expect, Respond, Script, Send, Wait
from tests.leaks import run_clean
from tests.server.driving import text_item

_TURN = (Expect("conversation.item.create"), Expect("response.create"), Respond("Good day.", modality="text"))


async def _drained(connection: ClientConnection) -> tuple[list[Any], ConnectionClosed]:
    got: list[Any] = []
    while True:
        try:
            got.append(json.loads(await connection.recv()))
        except ConnectionClosed as ended:
            return got, ended


async def _ask(session: Session) -> str:
    async with session:
        await session.send(*commands.say("hello"))
        async for event in session:
            if isinstance(event, ResponseOutputTextDone):
                return event.text
    return ""


def test_a_client_that_follows_the_script() -> None:
    """It is answered, and leaving the server is quiet."""

    async def main() -> None:
        async with LoopbackServer(Script(_TURN, pace=0)) as server:
            assert await _ask(Session(server.url)) == "Good day."
        assert server.mismatches == ()

    run_clean(main)


def test_a_session_with_a_server_of_its_own_plays_a_script() -> None:
    """The transport of ``loopback:`` takes a script where it takes a scenario."""
    script = Script(_TURN, pace=0)
    assert run_clean(lambda: _ask(Session(LoopbackTransport(scenario=script)))) == "Good day."


class _ScriptPeer(MemoryPeer):
    """The far end of a connection within the process, which plays a script."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self.script = LiveScript(script, "gpt-realtime", 0, WallClock())

    def attach(self, inlet: Any) -> None:
        super().attach(inlet)
        self._say(self.script.begin())

    def accept(self, frame: Frame) -> None:
        super().accept(frame)
        self._say(self.script.receive(frame.data))

    def _say(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            assert isinstance(output, Event)
            self.send(encode(output))


def test_a_script_needs_no_socket() -> None:
    """Behind a connection within the process it plays the same conversation."""
    peer = _ScriptPeer(Script(_TURN, pace=0))
    assert run_clean(lambda: _ask(Session(MemoryTransport(peer)))) == "Good day."
    assert peer.script.leave() is None


def test_an_unexpected_event_closes_and_raises() -> None:
    """The client finds the reason in the close frame, the test an exception when it leaves the server."""

    async def main() -> None:
        async with LoopbackServer(Script(_TURN)) as server, connect(server.url) as connection:
            await connection.send(json.dumps({"type": "response.cancel"}))
            _, ended = await _drained(connection)
            assert ended.rcvd is not None
            assert (ended.rcvd.code, ended.rcvd.reason) == (1008, "script, at step 1: unexpected response.cancel")

    with pytest.raises(ScriptMismatchError, match="at step 1") as caught:
        run_clean(main)
    assert caught.value.actual == {"type": "response.cancel"}
    assert isinstance(caught.value, AssertionError)


@pytest.mark.parametrize("polite", [True, False])
def test_a_missing_event_raises(polite: bool) -> None:
    """Whether the client says good bye or is still there when the server is left."""

    async def main() -> None:
        async with LoopbackServer(Script(_TURN, pace=0)) as server:
            connection = await connect(server.url)
            await connection.send(json.dumps(text_item("hello")))
            for _ in range(3):
                await connection.recv()
            if polite:
                await connection.close()
        await connection.close()

    with pytest.raises(ScriptMismatchError, match="at step 2:\nan event is missing"):
        run_clean(main)


def test_a_script_that_nobody_came_for_raises() -> None:
    """A test whose client never connected has not passed; one whose script expects nothing has."""

    async def serve(script: Script) -> None:
        async with LoopbackServer(script):
            pass

    with pytest.raises(ScriptMismatchError, match="at step 1"):
        run_clean(lambda: serve(Script(_TURN)))
    run_clean(lambda: serve(Script((Respond("a"), Expect("b", optional=True)))))
    run_clean(lambda: serve(Script(_TURN, strict=False)))


def test_a_client_that_is_refused_has_not_followed_it() -> None:
    """The handshake was made, the conversation was not: nothing is said about that, the client was told."""

    async def main() -> None:
        async with LoopbackServer(Script(_TURN), token="secret") as server:  # noqa: S106 - a test's own
            with pytest.raises(InvalidStatus):
                await connect(server.url)

    run_clean(main)


def test_the_error_of_the_block_is_not_hidden_by_what_is_missing() -> None:
    """What failed first is raised; but what the client did too much is raised instead, with the other as context."""

    async def missing() -> None:
        async with LoopbackServer(Script(_TURN)) as server, connect(server.url):
            raise KeyError("of the block")

    async def unexpected() -> None:
        async with LoopbackServer(Script(_TURN)) as server, connect(server.url) as connection:
            await connection.send("{}")
            _, ended = await _drained(connection)
            raise ended

    with pytest.raises(KeyError):
        run_clean(missing)
    with pytest.raises(ScriptMismatchError) as caught:
        run_clean(unexpected)
    assert isinstance(caught.value.__context__, ConnectionClosed)


def test_what_was_sent_at_once_counts() -> None:
    """A client that sends everything and closes has followed the script, although the server was still speaking."""

    async def main() -> None:
        steps = (*_TURN[:2], Respond("one two three " * 50), Wait(60), Expect("response.cancel"))
        async with LoopbackServer(Script(steps)) as server, connect(server.url) as connection:
            for message in (text_item("hello"), {"type": "response.create"}, {"type": "response.cancel"}):
                await connection.send(json.dumps(message))

    run_clean(main)


def test_every_connection_is_judged() -> None:
    """Each one plays the script from its beginning."""

    async def main() -> tuple[int, list[int]]:
        server = LoopbackServer(Script((Expect("response.create", answered=False), Drop())))
        await server.start()
        codes = []
        for name in ("response.create", "response.cancel", "response.create"):
            async with connect(server.url) as connection:
                await connection.send(json.dumps({"type": name}))
                await _drained(connection)
                codes.append(connection.close_code or 0)
        await server.close()
        return len(server.mismatches), codes

    assert run_clean(main) == (1, [1006, 1008, 1006])


def test_the_clock_of_a_script_runs() -> None:
    """Waits pass without anything that the client does."""

    async def main() -> None:
        steps = (Wait(0.01), Send({"type": "mark"}), Wait(0.01), Close(4000, "late"))
        async with LoopbackServer(Script(steps)) as server, connect(server.url) as connection:
            got, ended = await _drained(connection)
            assert [event["type"] for event in got] == ["session.created", "mark"]
            assert ended.rcvd is not None
            assert (ended.rcvd.code, ended.rcvd.reason) == (4000, "late")

    run_clean(main)


def test_a_session_may_be_driven_from_two_sides() -> None:
    """A session that sends its events in any order it likes is accepted by a group."""

    async def main() -> None:
        group = AnyOrder((Expect("input_audio_buffer.clear"), Expect("session.update")))
        async with LoopbackServer(Script((group,), pace=0)) as server, Session(server.url) as session:
            await asyncio.gather(
                session.request(commands.configure(output_modalities=("text",))[0]),
                session.send(*commands.clear_audio()),
            )

    run_clean(main)

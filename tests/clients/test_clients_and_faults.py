"""Clients that others wrote, with every fault between them and the embedded server: the server survives.

What becomes of the client itself is measured beside it (`docs/clients.md`), as far as it is the same every time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from rxrealtime import Session, commands
from rxrealtime.server.faults import Refusal, Stall, abort, close, go_silent, refuse_session, session_expired
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.outputs import Disconnect, RawFrame
from rxrealtime.testing import faults as f
from rxrealtime.testing.mutations import MUTATIONS
from rxrealtime.testing.plans import FaultPlan, Planned
from rxrealtime.testing.proxy import FaultProxy
from tests.leaks import run_clean

openai = pytest.importorskip("openai", reason="needs the openai package, which is not installed")
needs_agents = pytest.mark.skipif(
    find_spec("agents") is None, reason="needs the openai-agents package, which is not installed"
)

MIB = 2**20
PATIENCE = 5.0
"""Seconds for what comes to an end by itself: a safety net."""
SILENCE = 0.1
"""Seconds after which a client that waits for what never comes is taken away."""
ANSWERED, TOLD, ENDED, STUCK = "answered", "told of an error", "ended", "stuck"
SERVER_LOG = "rxrealtime.server"


async def openai_client(url: str) -> str:
    """Ask for one answer with the ``openai`` client; tell how it went."""
    base = url.partition("/realtime")[0]
    http = openai.DefaultAsyncHttpxClient(verify=False)  # no certificates are read; nothing is fetched over HTTP
    client = openai.AsyncOpenAI(api_key="not-a-key", websocket_base_url=base, base_url=base, http_client=http)
    async with client, client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        content = [{"type": "input_text", "text": "hello"}]
        await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        await connection.response.create()
        async for event in connection:
            match getattr(event, "type", None):  # what is not an object comes as it is
                case "error":
                    return TOLD
                case "response.done":
                    return ANSWERED
    return ENDED


async def agents_client(url: str) -> str:
    """Ask for one answer with a session of ``openai-agents``; tell how it went."""
    agents, realtime = import_module("agents"), import_module("agents.realtime")
    agents.set_tracing_disabled(True)
    settings = {"model_name": "gpt-realtime", "output_modalities": ["text"]}
    config = {"api_key": "not-a-key", "url": url, "initial_model_settings": settings}
    runner = realtime.RealtimeRunner(realtime.RealtimeAgent(name="host", instructions="Be brief."))
    async with await runner.run(model_config=config) as session:
        await session.send_message("hello")
        async for event in session:
            if event.type == "agent_end":
                return ANSWERED
            if event.type == "error" and isinstance(event.error, openai.BaseModel):  # of the server, not its own
                return TOLD
    return ENDED


Client = Callable[[str], Awaitable[str]]
CLIENTS: dict[str, Client] = {"openai": openai_client, "agents": agents_client}
each_client = pytest.mark.parametrize("name", ["openai", pytest.param("agents", marks=needs_agents)])


async def outcome_of(client: Client, proxy: FaultProxy, struck: asyncio.Event, patience: float) -> str:
    """Let a client talk through a proxy, and take it away a while after the first fault; tell how it went."""
    talking = asyncio.ensure_future(client(proxy.url))
    striking = asyncio.ensure_future(struck.wait())
    await asyncio.wait([talking, striking], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    striking.cancel()
    done, _ = await asyncio.wait([talking], timeout=patience)
    if not done:
        talking.cancel()
        await proxy.close()  # else the client waits for the end of its closing handshake
    (ended,) = await asyncio.gather(talking, return_exceptions=True)
    if not done:
        return STUCK
    return ended if isinstance(ended, str) else type(ended).__name__


async def good_conversation(url: str) -> None:
    """Hold a conversation that has nothing wrong in it: an answer, then another one that knows what was said."""
    async with Session(url) as session:
        for text in ("zebra", "lion"):
            await session.send(*commands.say(text))
            async for event in session:
                if event.type == "response.done":
                    assert event.response.status == "completed"
                    break


async def survives(client: Client, *faults: Planned | tuple[Planned, ...], patience: float = PATIENCE) -> str:
    """Let a client and its faults at a server; then nothing of them is left and it talks to a good client."""
    async with LoopbackServer(pace=0) as server:
        before, struck = asyncio.all_tasks(), asyncio.Event()
        async with FaultProxy(server.url, FaultPlan(7, *faults), on_injected=lambda _: struck.set()) as proxy:
            outcome = await outcome_of(client, proxy, struck, patience)
        assert proxy.log, "no fault was injected"
        if theirs := asyncio.all_tasks() - before:  # the server's end of the conversation ends by itself
            _, left = await asyncio.wait(theirs, timeout=PATIENCE)
            assert not left, "the server still talks to a client that has gone"
        await good_conversation(server.url)
    return outcome


@pytest.fixture(autouse=True)
def no_engine_failed(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The server logs nothing at all that is an error."""
    with caplog.at_level(logging.ERROR, SERVER_LOG):
        yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.name == SERVER_LOG] == []


@dataclass(frozen=True)
class Case:
    """One fault, and how it goes for each client; None where that depends on what is struck."""

    fault: Planned | tuple[Planned, ...]
    openai: str | None = None
    agents: str | None = None

    def expected(self, name: str) -> str | None:
        """Give the outcome for a client."""
        return self.openai if name == "openai" else self.agents


def case(fault: Planned | tuple[Planned, ...], outcome: str | tuple[str | None, str | None]) -> Case:
    """Make a case that goes the same way for both clients, or one way for each."""
    return Case(fault, *((outcome, outcome) if isinstance(outcome, str) else outcome))


def received(make: Callable[..., f.FrameFault], *given: Any) -> f.FrameFault:
    """Make a fault of the first piece of the answer."""
    return make(*given, types=("response.output_text.delta",), times=1)


def sent(make: Callable[..., f.FrameFault], *given: Any) -> f.FrameFault:
    """Make a fault of the client's wish for an answer."""
    return make(*given, direction="sent", types=("response.create",), times=1)


NO_JSON, NO_UTF8, CLOSED, NO_HANDSHAKE = (
    "JSONDecodeError",
    "UnicodeDecodeError",
    "ConnectionClosedError",
    "InvalidStatus",
)

Outcome = str | tuple[str | None, str | None]
Row = tuple[Callable[..., f.FrameFault], tuple[Any, ...], Outcome, Outcome]
SPOILT: dict[str, Row] = {  # how it goes if it strikes the answer, and if it strikes the wish for one
    "truncate": (f.truncate, (), NO_JSON, TOLD),
    "empty": (f.empty, (), NO_JSON, TOLD),
    "not JSON": (f.strike, (RawFrame("{"),), NO_JSON, TOLD),
    "garbage": (f.garbage, (), NO_UTF8, TOLD),
    "invalid UTF-8": (f.invalid_utf8, (), (NO_UTF8, CLOSED), TOLD),
    "binary": (f.binary, (), ANSWERED, ANSWERED),
    "not an object": (f.not_an_object, (), ANSWERED, TOLD),
    "wrong type": (f.wrong_type, (), ANSWERED, TOLD),
    "null field": (f.null_field, (), ANSWERED, TOLD),
    "missing field": (f.missing_field, (), ANSWERED, TOLD),
    "extra field": (f.extra_field, (), ANSWERED, ANSWERED),
    "unknown type": (f.unknown_type, (), ANSWERED, TOLD),
    "9 MiB": (f.oversize, (9 * MIB,), (ANSWERED, CLOSED), ANSWERED),
    "duplicate": (f.duplicate, (2,), ANSWERED, (None, None)),
    "reorder": (f.reorder, (), ANSWERED, STUCK),
    "drop": (f.drop, (), ANSWERED, STUCK),
    "split": (f.split, (), ANSWERED, ANSWERED),
    "merge": (f.merge, (), ANSWERED, ANSWERED),
    "delay": (f.delay, (0.01,), ANSWERED, ANSWERED),
    "slow": (f.slow, (0.01,), ANSWERED, ANSWERED),
}
TO_THE_CLIENT: dict[str, Case] = {
    **{name: case(received(make, *given), outcome) for name, (make, given, outcome, _) in SPOILT.items()},
    "2 MiB": case(received(f.oversize, 2 * MIB), ANSWERED),
    "end dropped": case(f.drop(types=("response.done",)), STUCK),
}
FROM_THE_CLIENT: dict[str, Case] = {
    **{name: case(sent(make, *given), outcome) for name, (make, given, _, outcome) in SPOILT.items()},
    "25 MiB": case(sent(f.oversize, 25 * MIB), CLOSED),
}
AFTER = "response.created"
ENDS: dict[str, Case] = {
    **{f"close {code}": case(close(code, "why", after=AFTER), ENDED) for code in (1000, 1001)},
    **{f"close {code}": case(close(code, "why", after=AFTER), CLOSED) for code in (1002, 1008, 1011, 1013, 4000)},
    "close at once": case(close(1011), CLOSED),
    "abort": case(abort(after=AFTER), CLOSED),
    "abort at once": case(abort(), CLOSED),
    "abort of the client": case(sent(f.strike, Disconnect()), CLOSED),
    "silent": case(go_silent(after=AFTER), STUCK),
    "silent at once": case(go_silent(), STUCK),
    "refused after 101": case(refuse_session("no_seat", "no"), TOLD),
    "refused after 101 without event_id": case(refuse_session(None, "no", event_id=None), (TOLD, CLOSED)),
    "expired": case(session_expired(after=AFTER), TOLD),
    "expired without an error": case(session_expired(after=AFTER, error=False), ENDED),
    **{f"refused {status}": case(Refusal(status), NO_HANDSHAKE) for status in (401, 403, 429, 500, 503)},
    "redirected": case(
        Refusal(307, headers=(("Location", "/v1/realtime?model=gpt-realtime"),), connection=0), ANSWERED
    ),
    "slow handshake": case(Stall(0.02), ANSWERED),
    "no handshake": case(Stall(3600), STUCK),
}
CASES = {
    **{f"received, {name}": one for name, one in TO_THE_CLIENT.items()},
    **{f"sent, {name}": one for name, one in FROM_THE_CLIENT.items()},
    **{f"end, {name}": one for name, one in ENDS.items()},
}


@each_client
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_x_the_server_survives_a_client_with_a_fault(case: Case, name: str) -> None:
    """It is rid of that client, and answers the next one; how it went for the first is in the table."""
    expected = case.expected(name)
    patience = SILENCE if expected == STUCK else PATIENCE
    outcome = run_clean(lambda: survives(CLIENTS[name], case.fault, patience=patience), deadline=3 * PATIENCE)
    assert expected in (None, outcome)


@each_client
@pytest.mark.parametrize("kind", sorted(MUTATIONS))
def test_x_the_server_survives_a_line_that_spoils_every_second_frame(kind: str, name: str) -> None:
    """In both directions, those of the handshake of the session too."""
    fault = f.mutate(kind, direction=None, every=2)
    run_clean(lambda: survives(CLIENTS[name], fault, patience=SILENCE), deadline=3 * PATIENCE)


@each_client
@pytest.mark.parametrize("make", [f.duplicate, f.reorder, f.drop, f.split, f.merge], ids=lambda make: make.__name__)
def test_x_the_server_survives_a_line_that_misplaces_frames(make: Callable[..., f.FrameFault], name: str) -> None:
    """Any frame, in both directions."""
    fault = make(direction=None, probability=0.5)
    run_clean(lambda: survives(CLIENTS[name], fault, patience=SILENCE), deadline=3 * PATIENCE)

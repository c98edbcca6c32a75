"""Every fault against every way to consume: one terminal each, in time, and nothing left over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from rxrealtime import (
    ClosedBeforeSession,
    ConnectionLost,
    DecodeError,
    Event,
    MemoryFaults,
    MemoryTransport,
    RealtimeError,
    ServerClosed,
    Session,
    SessionClosedError,
    SessionExpired,
    SessionUpdate,
    commands,
)
from rxrealtime.course import FailurePolicy
from rxrealtime.server.faults import abort, close, go_silent, inject, refuse_session, session_expired
from rxrealtime.server.loopback import LoopbackServer
from tests.frames import transcript_delta
from tests.leaks import run_clean

GOOD = [transcript_delta("a"), transcript_delta("b")]
CREATED = b'{"type": "session.created", "event_id": "e", "session": {}}'


@dataclass(frozen=True)
class Case:
    """One fault: how to make it, and the cause with which everything has to end (None: our close)."""

    faults: MemoryFaults | None = None
    bad: bytes | None = None
    code: int | None = None
    vanish: bool = False
    policy: FailurePolicy = "emit"
    cause: type[Exception] | None = None


CASES = {
    "bad json, emitted": Case(bad=b"{"),
    "bad json, failing": Case(bad=b"{", policy="fail", cause=DecodeError),
    "schema error, emitted": Case(bad=b"[]"),
    "schema error, failing": Case(bad=b"[]", policy="fail", cause=DecodeError),
    "binary, emitted": Case(bad=b"\xff"),
    "binary, failing": Case(bad=b"\xff", policy="fail", cause=DecodeError),
    "close 1000": Case(code=1000, cause=ServerClosed),
    "close 1001": Case(code=1001, cause=ServerClosed),
    "close 1011": Case(code=1011, cause=ServerClosed),
    "abort": Case(vanish=True, cause=ConnectionLost),
    "failing close": Case(faults=MemoryFaults(close=OSError("close failed"))),
    "failing close after an abort": Case(faults=MemoryFaults(close=OSError()), vanish=True, cause=ConnectionLost),
    "a close that is never answered": Case(faults=MemoryFaults(silent_close=True)),
    "cancellation": Case(),
}


@dataclass
class Ends:
    """The terminals that the consumers of one cell saw, by consumer."""

    seen: dict[str, list[str]]

    def add(self, who: str, error: BaseException | None) -> None:
        """Note one terminal."""
        self.seen.setdefault(who, []).append("completed" if error is None else type(error).__name__)


Consumer = Callable[[Session, Ends], Awaitable[None]]


async def subscribe(session: Session, ends: Ends) -> None:
    """A subscriber with all three callbacks."""
    values: list[Any] = []
    session.events.subscribe(values.append, lambda e: ends.add("subscriber", e), lambda: ends.add("subscriber", None))
    await session.closed
    assert [value.delta for value in values if getattr(value, "delta", None)] == ["a", "b"]


async def subscribe_without_on_error(session: Session, ends: Ends) -> None:
    """A subscriber that never thought of errors, and one behind it."""
    session.events.subscribe(lambda event: None)
    await subscribe(session, ends)


async def subscribe_and_raise(session: Session, ends: Ends) -> None:
    """A subscriber whose callback has a bug, and one behind it."""
    faults: list[Any] = []
    session.faults.subscribe(faults.append)

    def buggy(event: Event) -> None:
        raise KeyError("bug")

    session.events.subscribe(buggy, lambda e: ends.add("buggy", e), lambda: ends.add("buggy", None))
    await subscribe(session, ends)
    assert len([fault for fault in faults if isinstance(fault.exception, KeyError)]) >= 3


async def iterate(session: Session, ends: Ends, who: str = "iterator") -> None:
    """An ``async for``."""
    values: list[Any] = []
    try:
        async for event in session:
            values.append(event)
    except Exception as error:
        ends.add(who, error)
    else:
        ends.add(who, None)
    assert [value.delta for value in values if getattr(value, "delta", None)] == ["a", "b"]


async def iterate_twice(session: Session, ends: Ends) -> None:
    """Two of them at the same time."""
    await asyncio.gather(iterate(session, ends, "first"), iterate(session, ends, "second"))


async def request(session: Session, ends: Ends) -> None:
    """A request that is never answered."""
    try:
        await session.request(SessionUpdate(session={}), timeout=None)  # type: ignore[arg-type]  # a dict is validated
    except RealtimeError as error:
        ends.add("request", error)
    await session.closed


async def nobody(session: Session, ends: Ends) -> None:
    """Nobody but the one who waits for the end."""
    await session.closed


CONSUMERS: dict[str, Consumer] = {
    "subscribe": subscribe,
    "no on_error": subscribe_without_on_error,
    "raising observer": subscribe_and_raise,
    "async for": iterate,
    "two iterators": iterate_twice,
    "request": request,
    "nobody": nobody,
}


async def make(case: Case, name: str, session: Session, transport: MemoryTransport) -> None:
    """Let the fault happen, then make sure that the session ends."""
    for data in [CREATED, *GOOD, *([case.bad] if case.bad is not None else [])]:
        transport.peer.send(data)
    if case.code is not None:
        transport.peer.close(case.code, "reason")
    elif case.vanish:
        transport.peer.vanish()
    await transport.peer.flush()
    if name == "cancellation":
        closing = asyncio.ensure_future(session.close())
        await asyncio.sleep(0)
        closing.cancel()
    elif case.cause is None:
        await session.close()


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("name", CASES)
def test_every_consumer_ends_exactly_once_whatever_happens(name: str, consumer: str) -> None:
    """T1, T2, T3, T5: one terminal each, the right one, after everything that was received, and nothing is left."""
    case = CASES[name]

    async def main() -> None:
        transport = MemoryTransport(faults=case.faults)
        session = Session(transport, on_failure=case.policy, close_timeout=0.05)
        ends = Ends({})
        consuming = CONSUMERS[consumer](session, ends)
        opened = asyncio.ensure_future(session.open())
        if consumer == "request":
            await opened
        task = asyncio.ensure_future(consuming)
        await opened
        if consumer == "request":
            await transport.peer.until_received(1)
        await make(case, name, session, transport)
        outcome = await session.closed
        await task
        expected = "completed" if outcome.cause is None else type(outcome.cause).__name__
        if consumer == "request" and outcome.cause is None:
            expected = SessionClosedError.__name__
        assert bool(ends.seen) == (consumer != "nobody")
        assert all(terminals == [expected] for terminals in ends.seen.values()), ends.seen
        assert outcome.cause is None if case.cause is None else isinstance(outcome.cause, case.cause)
        assert session.events.observer_count == 0
        with pytest.raises(SessionClosedError):
            await session.send(*commands.say("too late"))

    run_clean(main)


WIRE_FAULTS = {
    "bad json": (inject("{", after=1), None),
    "schema error": (inject('{"type": "response.done", "response": 1}', after=1), None),
    "binary": (inject(b"\xff\xfe", after=1), None),
    "close 1000": (close(1000, "bye", after=1), ServerClosed),
    "close 1001": (close(1001, "bye", after=1), ServerClosed),
    "close 1011": (close(1011, "bye", after=1), ServerClosed),
    "abort": (abort(after=1), ConnectionLost),
    "no answer to our close": (go_silent(after=1), None),
    "expired": (session_expired(after=1), SessionExpired),
    "refused after the handshake": (refuse_session("no_seat", "taken"), ClosedBeforeSession),
}
"""What the embedded server does on a real socket, and the cause with which everything has to end."""

DELTAS = inject(*(data.decode() for data in GOOD), after=1)


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("name", WIRE_FAULTS)
def test_every_consumer_ends_exactly_once_over_a_real_socket(name: str, consumer: str) -> None:
    """T1, T2, T3: the same over a websocket; sockets count among what must not be left."""
    faults, cause = WIRE_FAULTS[name]
    refused = cause is ClosedBeforeSession

    async def main() -> None:
        async with LoopbackServer(faults=[*([] if refused else DELTAS), *faults]) as server:
            session = Session(server.url, close_timeout=0.1)
            arrived = asyncio.Event()
            session.events.subscribe(lambda event: arrived.set() if getattr(event, "delta", None) == "b" else None)
            ends = Ends({})
            opening = asyncio.ensure_future(session.open())
            if consumer == "request":
                await opening
            task = asyncio.ensure_future(_lenient(CONSUMERS[consumer], session, ends, refused))
            await opening
            if cause is None:
                await arrived.wait()
                await session.close()
            outcome = await session.closed
            await task
            allowed = ["completed"] if outcome.cause is None else [type(outcome.cause).__name__]
            if consumer == "request":  # it may come after the end
                allowed.append(SessionClosedError.__name__)
            assert bool(ends.seen) == (consumer != "nobody")
            assert all(len(terminals) == 1 for terminals in ends.seen.values()), ends.seen
            assert {terminal for (terminal,) in ends.seen.values()} <= set(allowed)
            assert type(outcome.cause) is cause if cause else outcome.cause is None
            assert session.events.observer_count == 0

    run_clean(main)


async def _lenient(consumer: Consumer, session: Session, ends: Ends, refused: bool) -> None:
    """Run a consumer; one that expects the deltas does not get them from a server that refused or was closed early."""
    try:
        await consumer(session, ends)
    except AssertionError:
        if not refused:
            raise

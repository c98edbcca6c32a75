"""T: everything ends exactly once, on every path; the matrix of faults and consumers is in test_matrix."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import pytest

from rxrealtime import (
    ClosedBeforeSession,
    ConnectionFailed,
    ConnectionLost,
    FrameTooLarge,
    KeepaliveLost,
    MemoryFaults,
    MemoryTransport,
    ReplayTransport,
    ServerClosed,
    Session,
    SessionClosedError,
    SessionExpired,
    SessionStateError,
    SessionUpdate,
    UnreachableError,
    commands,
)
from rxrealtime.events import SessionConfig
from rxrealtime.frames import Frame
from tests.frames import transcript_delta
from tests.leaks import run_clean

CREATED = b'{"type": "session.created", "event_id": "e", "session": {}}'
UPDATE = SessionUpdate(session=SessionConfig(instructions="Be brief."))


def _response(kind: str, response_id: str) -> bytes:
    return json.dumps({"type": f"response.{kind}", "event_id": "e", "response": {"id": response_id}}).encode()


def _error(code: str, message: str = "no", event_id: str | None = None) -> bytes:
    return json.dumps({"type": "error", "error": {"code": code, "message": message, "event_id": event_id}}).encode()


async def _ended(transport: MemoryTransport, *frames: bytes, code: int | None = None, reason: str = "") -> list[Any]:
    """Play a session to its end; give its values and, last, its terminal."""
    session = Session(transport)
    seen: list[Any] = []
    session.events.subscribe(seen.append, seen.append, lambda: seen.append(None))
    async with session:
        for data in frames:
            transport.peer.send(data)
        if code is None:
            transport.peer.vanish()
        else:
            transport.peer.close(code, reason)
        await session.closed
    return seen


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1011, 4000])
def test_t4_a_server_close_is_a_typed_cause_with_code_reason_and_in_flight(code: int) -> None:
    """T4: no close of the server is a normal end, 1000 and 1001 included."""
    frames = [CREATED, _response("created", "r1"), _response("created", "r2"), _response("done", "r1")]
    seen = run_clean(lambda: _ended(MemoryTransport(), *frames, code=code, reason="bye"))
    cause = seen[-1]
    assert type(cause) is ServerClosed
    assert (cause.code, cause.reason, cause.in_flight) == (code, "bye", ("r2",))
    assert str(code) in str(cause)


def test_t4_a_lost_connection_is_the_last_exception_event_and_then_on_error() -> None:
    """T4: the stream tells it as a value, then as its terminal, the same exception."""
    *_, last, terminal = run_clean(lambda: _ended(MemoryTransport(), CREATED))
    assert isinstance(last, ConnectionFailed)
    assert last.exception is terminal
    assert type(terminal) is ConnectionLost


def test_t4_our_close_completes() -> None:
    """T4: the only normal end is our own."""

    async def main() -> tuple[list[Any], Any]:
        session = Session(MemoryTransport())
        seen: list[Any] = []
        session.events.subscribe(seen.append, seen.append, lambda: seen.append("completed"))
        async with session:
            pass
        return seen, await session.closed

    seen, outcome = run_clean(main)
    assert seen == ["completed"]
    assert (outcome.cause, outcome.by, str(outcome)) == (None, "us", "closed by us")


@pytest.mark.parametrize(
    ("frames", "code", "reason"),
    [
        ((CREATED,), 1001, "Your session hit the maximum duration of 60 minutes."),
        ((CREATED, _error("session_expired")), 1001, ""),
        ((CREATED, _error("session_expired")), 1000, ""),
    ],
)
def test_t4_expiry_is_told_apart_by_the_reason_or_the_error(frames: tuple[bytes, ...], code: int, reason: str) -> None:
    """T4: either may come alone."""
    seen = run_clean(lambda: _ended(MemoryTransport(), *frames, code=code, reason=reason))
    assert type(seen[-1]) is SessionExpired


@pytest.mark.parametrize("code", [1000, 1008, 1011])
def test_t4_closed_before_session_created_is_an_outcome_of_its_own(code: int) -> None:
    """T4: with the error and the reason attached, and never a time-out."""
    seen = run_clean(lambda: _ended(MemoryTransport(), _error("no_seat", "all seats taken"), code=code, reason="later"))
    cause = seen[-1]
    assert type(cause) is ClosedBeforeSession
    assert (cause.code, cause.reason, cause.error_code, cause.error_message) == (
        code,
        "later",
        "no_seat",
        "all seats taken",
    )


def test_t4_a_connection_cut_before_session_created_is_that_too() -> None:
    """T4: without any close frame; 1006 as in RFC 6455, section 7.1.5."""
    cause = run_clean(lambda: _ended(MemoryTransport()))[-1]
    assert type(cause) is ClosedBeforeSession
    assert cause.code == 1006


@pytest.mark.parametrize("cause", [FrameTooLarge(10), KeepaliveLost("the peer was silent", 0.0)])
def test_t4_what_the_transport_knows_stays_known(cause: ConnectionLost) -> None:
    """T4: a limit or a keepalive is not renamed by what the session adds."""

    async def main() -> Any:
        transport = MemoryTransport()
        session = Session(transport)
        async with session:
            for data in (CREATED, _response("created", "r1")):
                transport.peer.send(data)
            transport.peer.vanish(cause)
            return (await session.closed).cause

    found = run_clean(main)
    assert type(found) is type(cause)
    assert found.in_flight == ("r1",)


def test_t1_a_failed_connect_ends_every_subscriber_too() -> None:
    """T1/T3: subscribers that came before the session was entered learn of it, and nothing is left."""
    refused = UnreachableError("cannot reach nowhere")

    async def main() -> list[Any]:
        session = Session(MemoryTransport(faults=MemoryFaults(connect=refused)))
        seen: list[Any] = []
        session.events.subscribe(seen.append, seen.append)
        with pytest.raises(UnreachableError) as raised:
            await session.open()
        assert raised.value is refused
        assert (await session.closed).cause is refused
        with pytest.raises(UnreachableError):
            async for event in session:
                assert isinstance(event, ConnectionFailed)
        return seen

    failed, terminal = run_clean(main)
    assert isinstance(failed, ConnectionFailed)
    assert terminal is refused


class _Hanging:
    """A transport that never connects, or never closes, whatever it is told."""

    def __init__(self, inner: MemoryTransport | None = None) -> None:
        self.inner = inner

    async def connect(self) -> Any:
        if self.inner is None:
            await asyncio.Event().wait()
        connection = await self.inner.connect()  # type: ignore[union-attr]  # not None past the wait
        return _Unclosable(connection)


class _Unclosable:
    def __init__(self, connection: Any) -> None:
        self.frames = connection.frames
        self.send = connection.send
        self.now = connection.now

    async def close(self, code: int = 1000, reason: str = "", *, timeout: float = 5.0) -> None:
        await asyncio.Event().wait()


def test_t3_a_cancelled_connect_leaves_nothing_and_ends_everybody() -> None:
    """T3/T6: cancellation propagates, subscribers complete."""

    async def main() -> list[Any]:
        session = Session(_Hanging())
        seen: list[Any] = []
        session.events.subscribe(seen.append, seen.append, lambda: seen.append("completed"))
        opening = asyncio.ensure_future(session.open())
        await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert (await session.closed).cause is None
        return seen

    assert run_clean(main) == ["completed"]


def test_t2_teardown_is_bounded_even_if_the_transport_keeps_no_promise() -> None:
    """T2: a close that hangs is cut off and reported."""

    async def main() -> list[Any]:
        session = Session(_Hanging(MemoryTransport()), close_timeout=0.01)
        faults: list[Any] = []
        session.faults.subscribe(faults.append)
        await session.open()
        await session.close()
        return faults

    (fault,) = run_clean(main)
    assert isinstance(fault.exception, TimeoutError)


def test_t2_concurrent_and_repeated_closes_share_one_teardown() -> None:
    """T2: idempotent; cancelling one caller does not cancel the closing."""

    async def main() -> list[str]:
        transport = MemoryTransport(faults=MemoryFaults(silent_close=True))
        session = Session(transport, close_timeout=0.05)
        ends: list[str] = []
        session.events.subscribe(on_completed=lambda: ends.append("completed"))
        await session.open()
        first, second = asyncio.ensure_future(session.close(4001)), asyncio.ensure_future(session.close(4002))
        await asyncio.sleep(0)
        first.cancel()
        await second
        await session.close()
        assert transport.peer.close_code == 4001
        return ends

    assert run_clean(main) == ["completed"]


def test_t2_consumers_end_when_closing_begins_not_when_it_is_over() -> None:
    """T2: a peer that does not answer holds up nobody but the one who closes."""

    async def main() -> None:
        session = Session(MemoryTransport(faults=MemoryFaults(silent_close=True)), close_timeout=5.0)
        await session.open()
        looping = asyncio.ensure_future(_drain(session))
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(session.close())
        await looping
        assert not closing.done()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.wait([closing])

    run_clean(main, deadline=3.0)


async def _drain(session: Session) -> None:
    async for _ in session:
        pass


def test_t2_a_session_that_was_never_entered_can_be_closed() -> None:
    """T2: closing is always allowed."""

    async def main() -> list[str]:
        session = Session(MemoryTransport())
        ends: list[str] = []
        session.events.subscribe(on_completed=lambda: ends.append("completed"))
        await session.close()
        with pytest.raises(SessionStateError):
            await session.open()
        return ends

    assert run_clean(main) == ["completed"]


def test_t5_everything_received_before_the_end_is_delivered_before_the_terminal() -> None:
    """T5: also to an iterator that starts after the end."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport)
        await session.open()
        for number in range(500):
            transport.peer.send(transcript_delta(str(number)))
        transport.peer.close(1011)
        await session.closed
        seen: list[Any] = []
        with pytest.raises(ServerClosed):
            async for event in session:
                seen.append(event)
        assert [event.delta for event in seen[:-1]] == [str(number) for number in range(500)]
        assert isinstance(seen[-1], ConnectionFailed)

    run_clean(main)


def test_t6_cancellation_propagates_from_every_wait() -> None:
    """T6: ``async for``, ``request`` and ``closed`` raise CancelledError, and the session lives on."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport)
        async with session:
            waits = [_drain(session), session.request(UPDATE), _wait(session)]
            tasks = [asyncio.ensure_future(wait) for wait in waits]
            await transport.peer.until_received(1)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(result) for result in results] == [asyncio.CancelledError] * 3
            seen: list[Any] = []
            session.events.subscribe(seen.append)
            transport.peer.send(transcript_delta())
            await transport.peer.flush()
            assert len(seen) == 1

    run_clean(main)


async def _wait(session: Session) -> None:
    await session.closed


def test_t6_a_raising_observer_stays_fed_and_hurts_nobody() -> None:
    """T6: its bug is reported on ``faults``, with the value; the others see every event."""

    async def main() -> tuple[list[int], list[Any], list[Any]]:
        transport = MemoryTransport()
        session = Session(transport)
        calls: list[int] = []
        seen: list[Any] = []
        faults: list[Any] = []

        def buggy(event: Any) -> None:
            calls.append(len(calls))
            raise ValueError(event.delta)

        session.faults.subscribe(faults.append)
        session.events.subscribe(buggy)
        session.events.subscribe(seen.append)
        async with session:
            for text in ("a", "b"):
                transport.peer.send(transcript_delta(text))
            await transport.peer.flush()
        return calls, seen, faults

    calls, seen, faults = run_clean(main)
    assert calls == [0, 1]
    assert [event.delta for event in seen] == ["a", "b"]
    assert [fault.value for fault in faults] == seen
    assert "test_t_termination" in faults[0].place


def test_t6_an_observer_of_the_faults_that_raises_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    """T6: no endless circle."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport)

        def worse(fault: Any) -> None:
            raise RuntimeError("worse")

        def buggy(event: Any) -> None:
            raise ValueError(event.delta)

        session.faults.subscribe(worse)
        session.events.subscribe(buggy)
        async with session:
            transport.peer.send(transcript_delta("CANARY"))
            await transport.peer.flush()

    run_clean(main)
    assert caplog.text.count("contained") == 2
    assert "CANARY" not in caplog.text


def test_a_loop_that_was_left_is_resumed_and_one_beside_it_is_its_own() -> None:
    """Nothing is lost between two loops; two at once both see what comes."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport)
        async with session:
            for text in "abc":
                transport.peer.send(transcript_delta(text))
            await transport.peer.flush()
            async for event in session:
                assert event.delta == "a"  # type: ignore[union-attr]  # these are deltas
                break
            first = aiter(session)
            second = aiter(session)
            transport.peer.send(transcript_delta("d"))
            got = [(await anext(first)).delta for _ in "bcd"]  # type: ignore[union-attr]  # these are deltas
            assert got == ["b", "c", "d"]
            assert (await anext(second)).delta == "d"  # type: ignore[union-attr]  # this is a delta

    run_clean(main)


def test_a_session_is_entered_once() -> None:
    """A second connect, during or after the first, is refused before a second connection is opened."""

    async def main() -> None:
        session = Session(MemoryTransport())
        async with session:
            with pytest.raises(SessionStateError, match="once"):
                await session.open()
        with pytest.raises(SessionStateError, match="once"):
            await session.open()
        with pytest.raises(SessionClosedError):
            await session.send(UPDATE)

    run_clean(main)


def test_the_error_of_the_body_wins_over_one_of_the_close() -> None:
    """What the user did wrong is what the user sees."""

    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            async with Session(MemoryTransport(faults=MemoryFaults(close=OSError("close failed")))):
                _ = 1 / 0

    run_clean(main)


def test_t2_closing_while_connecting_calls_the_connecting_off() -> None:
    """T2: it does not wait for the opening handshake; the one who opens gets a named error."""

    async def main() -> list[str]:
        session = Session(_Hanging())
        ends: list[str] = []
        session.events.subscribe(on_completed=lambda: ends.append("completed"))
        opening = asyncio.ensure_future(session.open())
        await asyncio.sleep(0)
        with pytest.raises(SessionStateError, match="connecting"):
            await session.open()
        await session.close()
        with pytest.raises(SessionClosedError, match="while it was connecting"):
            await opening
        assert (await session.closed).cause is None, "our own close is no failure"
        return ends

    assert run_clean(main) == ["completed"]


class _Slow:
    """A transport that connects when it is told to."""

    def __init__(self) -> None:
        self.inner = MemoryTransport()
        self.ready = asyncio.Event()

    async def connect(self) -> Any:
        await self.ready.wait()
        return await self.inner.connect()


@pytest.mark.parametrize("turns", range(4))
def test_t3_a_connection_that_arrives_as_the_opening_is_cancelled_is_closed(turns: int) -> None:
    """T3: in whichever turn the two meet, nobody is left with an open socket that nobody owns."""

    async def main() -> None:
        transport = _Slow()
        session = Session(transport)
        opening = asyncio.ensure_future(session.open())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        transport.ready.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        await asyncio.wait([opening])
        if opening.cancelled():
            assert (await session.closed).cause is None
        else:
            await session.close()
        with contextlib.suppress(ConnectionLost):  # nobody has connected
            transport.inner.peer.send(b"{}")
            assert transport.inner.peer.close_code == 1000

    run_clean(main)


class _Stuck(MemoryTransport):
    """A network that takes nothing any more once it is stuck."""

    def __init__(self) -> None:
        super().__init__()
        self.stuck = asyncio.Event()
        self.reached = asyncio.Event()

    async def connect(self) -> Any:
        connection: Any = await super().connect()
        send = connection.send

        async def taken(data: bytes) -> Any:
            if self.stuck.is_set():
                self.reached.set()
                await asyncio.Event().wait()
            return await send(data)

        connection.send = taken
        return connection


def test_t3_what_a_session_was_sending_by_itself_is_given_up() -> None:
    """T3: a create that follows by itself hangs in the network; nothing of it is left after the end."""

    async def main() -> None:
        transport = _Stuck()
        async with Session(transport) as session:
            await session.send(*commands.say("one"))
            transport.peer.send(_response("created", "r1"))
            await transport.peer.flush()
            await session.send(*commands.say("two"))
            transport.stuck.set()
            transport.peer.send(_response("done", "r1"))
            await transport.reached.wait()

    run_clean(main)


def test_t4_a_transport_that_comes_to_its_end_completes() -> None:
    """T4: neither side closed, nothing was lost: the end of a recording is no failure."""

    async def main() -> tuple[list[Any], Exception | None]:
        session = Session(ReplayTransport([Frame("received", CREATED)], speed=0))
        seen: list[Any] = []
        session.events.subscribe(seen.append, seen.append, lambda: seen.append(None))
        async with session:
            ended = await asyncio.wait_for(session.closed, 10)
        return seen, ended.cause

    seen, cause = run_clean(main)
    assert [getattr(value, "type", value) for value in seen] == ["session.created", None]
    assert cause is None

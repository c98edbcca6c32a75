"""T and S1: ends in unusual moments: of a transport by itself, out of a callback, while something is being sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import reactivex
from reactivex import operators as rx

from rxrealtime import Frame, MemoryTransport, ReplayTransport, Session, commands
from rxrealtime.conduct import Policy
from rxrealtime.events import ClientEvent
from rxrealtime.multicast import Multicast
from tests.leaks import run_clean
from tests.operators.streams import settle

CREATED = b'{"type": "session.created", "event_id": "e", "session": {}}'


def _watch(stream: Any) -> list[Any]:
    seen: list[Any] = []
    stream.subscribe(seen.append, seen.append, lambda: seen.append("completed"))
    return seen


def test_t1_who_comes_after_the_end_gets_the_same_end_as_everybody() -> None:
    """T1: only the first end counts, whatever is said of it later."""
    stream = Multicast[int](lambda error, value: None)
    early, cause = _watch(stream), ValueError("first")
    stream.on_error(cause)
    stream.on_completed()
    stream.on_error(ValueError("second"))
    assert (early, _watch(stream)) == ([cause], [cause])


@pytest.mark.parametrize("frame", [b"{", None])
def test_t2_closing_out_of_a_callback_is_the_only_teardown(frame: bytes | None) -> None:
    """T1, T2: who closes in the turn that tells of a loss has closed it: one end, ours, which does not change."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport, on_failure="fail")
        closing = session.close()
        once = iter([closing])
        session.events.subscribe(lambda _: next(once).send(None), lambda _: None)  # its first step, as an eager task
        ends = _watch(session.sent)
        async with session:
            if frame is None:
                transport.peer.close(1011, "gone")
            else:
                transport.peer.send(frame)
            outcome = await session.closed
            await settle()
            with pytest.raises(StopIteration):
                closing.send(None)
        assert (ends, outcome.cause, await session.closed) == (["completed"], None, outcome)

    run_clean(main)


class _Full:
    """A connection whose peer takes nothing: what is sent never gets out, not even when it is closed."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.sending = 0
        self.frames, self.now, self.close = inner.frames, inner.now, inner.close

    async def send(self, data: bytes) -> Frame:
        """Never return."""
        self.sending += 1
        await asyncio.Event().wait()
        raise AssertionError(data)


class _FullTransport(MemoryTransport):
    """Connects to such a peer."""

    async def connect(self) -> Any:
        self.full = _Full(await super().connect())
        return self.full


@pytest.mark.parametrize("end", ["we close", "the server closes"])
def test_t3_what_a_policy_is_sending_ends_with_the_session(end: str) -> None:
    """T2, T3: also if the transport never takes it; the task that sends it is cancelled."""

    async def main() -> int:
        transport = _FullTransport()
        answers = [lambda stream: stream.pipe(rx.flat_map(lambda _: reactivex.of(*commands.clear_audio())))]
        async with Session(transport, policies=answers) as session:
            transport.peer.send(CREATED)
            await transport.peer.flush()
            await settle()
            if end == "the server closes":
                transport.peer.close(1011)
                await session.closed
        return transport.full.sending

    assert run_clean(main) == 1


def test_t4_a_transport_that_comes_to_its_end_by_itself_completes_the_session() -> None:
    """T4, T1: nobody closed it and nothing was lost: everything was delivered, everybody ends, once."""

    async def main() -> tuple[list[Any], Any]:
        session = Session(ReplayTransport([Frame("received", CREATED, 0.0)], speed=0))
        seen = _watch(session.events)
        async with session:
            outcome = await session.closed
        return seen, outcome.cause

    (created, *end), cause = run_clean(main)
    assert (created.type, end, cause) == ("session.created", ["completed"], None)


def _answering_to_the_end(answer: ClientEvent) -> Policy:
    ends = rx.filter(lambda told: told.kind != "N")  # type: ignore[attr-defined]  # notifications
    return lambda stream: stream.pipe(rx.materialize(), ends, rx.map(lambda _: answer))


@pytest.mark.parametrize("end", ["we close", "the server closes", "a bad frame"])
@pytest.mark.parametrize("answer", [*commands.clear_audio(), *commands.respond(), *commands.commit_audio()])
def test_s1_what_a_policy_answers_to_the_end_is_not_sent(end: str, answer: ClientEvent) -> None:
    """S1: it comes too late, which is no fault of the policy and harms nobody."""

    async def main() -> tuple[list[Frame], list[Any], list[Any]]:
        transport = MemoryTransport()
        session = Session(transport, policies=[_answering_to_the_end(answer)], on_failure="fail")
        told, faults = _watch(session.sent), _watch(session.faults)
        async with session:
            transport.peer.send(CREATED)
            await transport.peer.flush()
            if end == "the server closes":
                transport.peer.close(1011)
            elif end == "a bad frame":
                transport.peer.send(b"{")
            if end != "we close":
                await session.closed
        return transport.peer.received, told, faults

    assert run_clean(main) == ([], ["completed"], ["completed"])

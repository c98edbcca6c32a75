"""T2 and S1: ends that come out of a callback, and what comes out of the end."""

from __future__ import annotations

from typing import Any

import pytest
from reactivex import operators as rx

from rxrealtime import Frame, MemoryTransport, Session, commands
from rxrealtime.conduct import Policy
from rxrealtime.events import ClientEvent
from tests.leaks import run_clean
from tests.operators.streams import settle

CREATED = b'{"type": "session.created", "event_id": "e", "session": {}}'


def _watch(stream: Any) -> list[Any]:
    seen: list[Any] = []
    stream.subscribe(seen.append, seen.append, lambda: seen.append("completed"))
    return seen


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

"""What a session is built from, and what it says of itself; how it ends is in the contracts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import reactivex
from reactivex import operators as rx

from rxrealtime import (
    ConfigurationError,
    InvalidUrlError,
    MemoryTransport,
    Outcome,
    ServerClosed,
    Session,
    UnreachableError,
    WebSocketTransport,
    ops,
)
from rxrealtime.loopback import LoopbackTransport
from rxrealtime.server.scenarios import Rule, Scenario
from rxrealtime.transport.schemes import transport_for
from tests.frames import transcript_delta
from tests.leaks import run_clean


@pytest.mark.parametrize("url", ["zork:", "loopback:9", "loopback", "", "ws:/nowhere"])
def test_a_url_that_is_none_of_ours_is_refused_when_the_session_is_built(url: str) -> None:
    """Before anything is opened."""
    with pytest.raises(InvalidUrlError):
        Session(url)


def test_a_failure_policy_is_one_of_three() -> None:
    """A typing mistake does not become a silent default."""
    with pytest.raises(ConfigurationError, match="'emit', 'fail' or 'drop'"):
        Session(MemoryTransport(), on_failure="raise")  # type: ignore[arg-type]  # the mistake in question


def test_the_embedded_server_is_found_by_its_scheme() -> None:
    """Through the entry points of the installed package."""
    assert isinstance(transport_for("loopback:"), LoopbackTransport)


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("https://api.openai.com/v1", "wss://api.openai.com/v1/realtime?model=gpt-realtime"),
        ("wss://api.openai.com/v1/realtime?model=m", "wss://api.openai.com/v1/realtime?model=m"),
        ("wss://h/v1", "wss://h/v1"),
    ],
)
def test_the_providers_url_is_completed_and_any_other_is_used_as_it_is(url: str, opened: str) -> None:
    """What is missing there is known; elsewhere it would be a guess."""
    transport = transport_for(url)
    assert isinstance(transport, WebSocketTransport)
    assert transport.url == opened


def test_a_loopback_session_follows_its_scenario() -> None:
    """Built by hand, with another mind."""

    async def main() -> list[str]:
        scenario = Scenario((Rule("start", say="Welcome."),), pace=0)
        session = Session(LoopbackTransport(scenario=scenario))
        heard: list[str] = []
        done = asyncio.Event()
        session.events.pipe(ops.transcripts()).subscribe(lambda said: (heard.append(said.text), done.set()))
        async with session:
            await done.wait()
        return heard

    assert run_clean(main) == ["Welcome."]


@pytest.mark.parametrize(
    ("cause", "by"), [(None, "us"), (ServerClosed(1000), "server"), (UnreachableError("x"), "failure")]
)
def test_an_outcome_says_who_ended_it(cause: Exception | None, by: str) -> None:
    """In a word, and in a sentence."""
    assert Outcome(cause).by == by
    assert str(Outcome(cause)) == (str(cause) if cause else "closed by us")


def test_operators_that_take_time_take_the_sessions_scheduler() -> None:
    """Pipe and fluent style, on the event loop and on no thread; completion reaches them all."""

    async def main() -> tuple[list[Any], list[Any]]:
        transport = MemoryTransport()
        session = Session(transport)
        late: list[Any] = []
        counted: list[Any] = []
        loop = asyncio.get_running_loop()
        piped = session.events.pipe(rx.buffer_with_count(2), rx.delay(0.01))
        twice, over = asyncio.Event(), asyncio.Event()

        def note(pair: list[Any]) -> None:
            late.append((len(pair), asyncio.get_running_loop() is loop))
            if len(late) == 2:
                twice.set()

        piped.subscribe(note, on_completed=over.set, scheduler=session.scheduler)
        session.events.filter(lambda event: event.type != "dropped").count().subscribe(counted.append)
        both = reactivex.merge(session.sent, session.failures).to_list()
        both.subscribe(counted.append)
        async with session:
            for _ in range(4):
                transport.peer.send(transcript_delta())
            await transport.peer.flush()
            await twice.wait()
        await over.wait()  # the delay delays the end as well
        return late, counted

    late, counted = run_clean(main)
    assert late == [(2, True), (2, True)]
    assert sorted(map(str, counted)) == ["4", "[]"]

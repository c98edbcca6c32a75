"""Running the demonstration: the embedded server, the user, whoever shows it, and the verdict."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterable, Callable, Coroutine
from typing import Any, Literal

import click
from reactivex import Observable
from reactivex import operators as rx
from reactivex.subject import BehaviorSubject, Subject

from rxrealtime import ops
from rxrealtime.cli.demo import Demo
from rxrealtime.cli.jsonlines import has_line, json_line
from rxrealtime.cli.moments import Ended, Moment, Note, moments
from rxrealtime.cli.plain import Printed, plain_step
from rxrealtime.cli.scene import scene
from rxrealtime.cli.story import Story, after
from rxrealtime.cli.verdict import unmet
from rxrealtime.errors import RealtimeError
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.scenarios import Scenario

__all__ = ["Style", "show_demo"]

Style = Literal["live", "plain", "json"]

_Clock = Callable[[], float]
_Show = Coroutine[Any, Any, None]


async def show_demo(style: Style, speed: float, scenario: Scenario | None = None) -> tuple[str, ...]:
    """Run the demonstration and show it on the standard output.

    Args:
        style: As a live picture, as plain lines, or as JSON lines.
        speed: How many times faster than real time.
        scenario: What the server does; what the demonstration is about if None.

    Returns:
        What was expected and did not happen; nothing if all is well.

    Raises:
        RealtimeError: The server could not be started.
        OSError: The standard output cannot be written to.
    """
    began = time.perf_counter()
    before = asyncio.all_tasks()
    async with LoopbackServer(scenario or scene(speed)) as server:
        stage = _Stage(server.url, lambda: time.perf_counter() - began, speed)
        wrong = await _side_by_side(stage.shown(style), stage.performed())
    left = asyncio.all_tasks() - before
    return (*wrong, *(f"a task is left: {task.get_name()}" for task in left))


async def _side_by_side(showing: _Show, performing: Coroutine[Any, Any, tuple[str, ...]]) -> tuple[str, ...]:
    """Run both; if it can be shown no longer, as to a closed pipe, nobody needs it any more."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(showing, name="show")
            performed = group.create_task(performing, name="perform")
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return performed.result()


class _Stage:
    """One performance: the conversation, and the streams of what can be seen of it."""

    def __init__(self, url: str, clock: _Clock, speed: float) -> None:
        self._url = url
        self._clock = clock
        self._notes: Subject[Note] = Subject()
        self._demo = Demo(url, self._notes.on_next, speed=speed)
        self._moments: Observable[Moment] = moments(self._demo.session, self._notes, clock)

    async def performed(self) -> tuple[str, ...]:
        """Hold the conversation and judge it; whatever goes wrong is told, not raised."""
        seen: list[Moment] = []
        faults: list[object] = []
        session = self._demo.session
        self._moments.subscribe(seen.append)
        session.faults.subscribe(faults.append)
        try:
            await self._demo.converse()
        except RealtimeError as error:
            outcome = session.closed.outcome
            wrong: tuple[str, ...] = (str(outcome.cause if outcome and outcome.cause else error),)
        else:
            outcome = session.closed.outcome
            wrong = unmet(seen, outcome)
        wrong = (*wrong, *(f"an observer failed: {fault}" for fault in faults))
        self._notes.on_next(Ended(outcome, wrong))
        self._notes.on_completed()
        return wrong

    def shown(self, style: Style) -> _Show:
        """Subscribe now, and return what shows it."""
        match style:
            case "live":
                return self._painted()
            case "plain":
                lines = self._moments.pipe(ops.mealy(plain_step, Printed(Story(self._url))))
            case "json":
                lines = self._moments.pipe(rx.filter(has_line), rx.map(json_line))
        return _print_all(aiter(lines.pipe(ops.to_async_iterable())))

    def _painted(self) -> _Show:
        from rich.console import Console

        from rxrealtime.cli.painter import paint

        story = Story(self._url)
        latest = BehaviorSubject(story)
        self._moments.pipe(rx.scan(after, story)).subscribe(latest.on_next)
        return paint(latest, Console(file=sys.stdout), self._clock)


async def _print_all(lines: AsyncIterable[object]) -> None:
    async for line in lines:
        click.echo(line)

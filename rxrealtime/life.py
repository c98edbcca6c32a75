"""The life of a session between its transport and its streams: what comes is routed, and one end ends everything."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from rxrealtime.activity import ResponseDropped
from rxrealtime.codec import Decoded
from rxrealtime.conduct import Behaviour, Conduct, Outside
from rxrealtime.core import Core
from rxrealtime.desk import Desk
from rxrealtime.entrance import Entrance
from rxrealtime.errors import ServerClosed, SessionClosedError
from rxrealtime.events import DELTA_EVENTS, ClientEvent, ConnectionFailed, ExceptionEvent, ResponseCreate, SendFailed
from rxrealtime.link import Link
from rxrealtime.options import Options
from rxrealtime.outbox import Outbox
from rxrealtime.stage import Stage
from rxrealtime.teardown import Farewell, tear_down
from rxrealtime.transport.base import Connection

__all__ = ["Life"]


class Life:
    """What goes on in a session.

    Args:
        core: What ends with it.
        behaviour: What it does by itself.
        options: What was chosen about it.

    Attributes:
        conduct: Its policies at work.
        desk: What decides about what is sent.
    """

    def __init__(self, core: Core, behaviour: Behaviour, options: Options) -> None:
        self._core = core
        self._timeout = options.close_timeout
        self.conduct = Conduct(behaviour, core.streams, Outside(self.post, self.now))
        self.desk = Desk(options.responses)
        self._outbox = Outbox(core, self.desk, self._told, options.response_timeout)
        self._link: Link | None = None
        self._task: asyncio.Task[Any] | None = None  # the one thing that goes on: connecting, later the teardown

    async def connect(self, opening: Coroutine[Any, Any, Connection]) -> Connection:
        """Connect in a task of its own, so that `close` can call it off.

        Args:
            opening: What gives the connection.

        Returns:
            The connection.

        Raises:
            SessionClosedError: The session was closed meanwhile.
            Exception: What the opening raised.
        """
        self._task = connecting = asyncio.ensure_future(opening)
        try:
            return await connecting
        except asyncio.CancelledError:
            if connecting.done() and not connecting.cancelled() and connecting.exception() is None:
                # it came to be in the turn in which it was given up: nobody else would close it
                await Link(connecting.result(), self._core.streams.frames.on_next).shut(1000, "", self._timeout)
            task = asyncio.current_task()
            if self._core.course.stages.current is Stage.CONNECTING or (task and task.cancelling()):
                raise  # the one who opens was cancelled, not the connecting
            raise SessionClosedError("the session was closed while it was connecting") from None

    async def begin(self, connection: Connection) -> None:
        """Read from a connection.

        Args:
            connection: The open connection.

        Raises:
            SessionClosedError: The session was closed while it was connecting.
        """
        self._link = link = Link(connection, self._core.streams.frames.on_next)
        if not self._core.course.stages.advance(Stage.OPEN):
            self._tear_down(None, 1000, "")
            await self._core.closed
            raise SessionClosedError("the session was closed while it was connecting")
        unheard = frozenset[type]() if self.conduct.behaviour.hears_deltas else DELTA_EVENTS
        entrance = Entrance(self._core.streams, self._core.course.stages, unheard, self._receive)
        link.subscription.disposable = connection.frames.subscribe(entrance.take, self._lost, self._finished)

    def give_up(self, cause: Exception | None) -> None:
        """End what never began.

        Args:
            cause: Why; None if it was called off.
        """
        self.conduct.end(cause)
        self._core.end(cause)
        self._core.over(cause)

    async def send(self, *events: ClientEvent) -> None:
        """Send events; see `Session.send`."""
        try:
            await self._outbox.send(self._linked(), events)
        except ServerClosed as closed:
            raise self._core.course.classify(closed) from None

    def post(self, event: ClientEvent) -> None:
        """Send what a policy answered while the session is open; what it answers to the end comes too late.

        Args:
            event: What to send.
        """
        if self._core.course.stages.current is Stage.OPEN:
            self._outbox.post(self._linked(), event)

    async def flushed(self) -> None:
        """Wait until everything that was decided on is sent."""
        async with self._linked().place():
            pass

    async def settled(self) -> None:
        """Wait until nothing runs; see `Session.settled`."""
        while not (self.conduct.settling.is_settled and self.desk.is_idle):
            self._core.check_open()
            await self.conduct.traffic.moved()

    async def close(self, code: int, reason: str) -> None:
        """End it, whatever its stage; see `Session.close`."""
        before = self._core.course.stages.current
        if self._core.course.stages.advance(Stage.CLOSING):
            self.conduct.end(None)
            self._core.end(None)
            if before is Stage.NEW:
                self._core.over(None)
            elif before is Stage.OPEN:
                self._tear_down(None, code, reason)
            elif self._task is not None:
                self._task.cancel()
        await self._core.closed

    def _receive(self, event: Decoded) -> None:
        """Take in what is more than another piece for the observers."""
        if isinstance(event, ExceptionEvent):
            self._failed(event)
        elif not self.conduct.mutes(event):
            if type(event) not in DELTA_EVENTS:
                self._settle(event)
            self.conduct.traffic.put(self._core.streams.events, event)

    def _settle(self, event: Any) -> None:
        """Let a structural event settle what waits for it."""
        self._core.course.track(event)
        if self._outbox.observe(self._linked(), event):
            self._core.requests.settle(event)

    def _failed(self, failure: ExceptionEvent) -> None:
        self._outbox.observe(self._linked(), failure)
        if self._core.course.shows(failure):
            self.conduct.traffic.put(self._core.streams.events, failure)
        if self._core.course.dies_of(failure):
            self._lose(failure.exception)

    def _lost(self, cause: Exception) -> None:
        """Route the stream's on_error to teardown."""
        if self._core.course.stages.current is Stage.OPEN:
            link = self._linked()
            error = self._core.course.classify(cause)
            failed = ConnectionFailed(error, link.connection.now())
            self._outbox.observe(link, failed)
            self.conduct.traffic.put(self._core.streams.events, failed)
            self._lose(error)

    def _finished(self) -> None:
        """The transport has no more frames: our own close, or a replay that came to its end."""
        if self._core.course.stages.current is Stage.OPEN:
            self._lose(None)

    def _lose(self, cause: Exception | None) -> None:
        """End it; an observer of what it ends by may have closed it already."""
        if self._core.course.stages.advance(Stage.CLOSING):
            self._tear_down(cause, 1000, "")

    def _told(self, outcome: ClientEvent | SendFailed | ResponseDropped) -> None:
        if isinstance(outcome, ResponseDropped):
            self.conduct.tell(outcome)
        elif not isinstance(outcome, SendFailed):
            self.conduct.notice(outcome)
            if isinstance(outcome, ResponseCreate):
                self._outbox.observe(self._linked(), outcome)
            self.conduct.traffic.put(self._core.streams.sent, outcome)
        elif self._core.course.stages.current is Stage.OPEN:
            self._outbox.observe(self._linked(), outcome)
            self.conduct.traffic.put(self._core.streams.events, outcome)

    def now(self) -> float:
        """Give the seconds since the connection was opened; 0 before."""
        return 0.0 if self._link is None else self._link.connection.now()

    def _linked(self) -> Link:
        if self._link is None:
            raise SessionClosedError("the session has no connection: nothing was sent")
        return self._link

    def _tear_down(self, cause: Exception | None, code: int, reason: str) -> None:
        farewell = Farewell(cause, code, reason, self._timeout)
        closing = tear_down(self._core, self.conduct, self._outbox, self._linked(), farewell)
        self._task = asyncio.get_running_loop().create_task(closing, name="rxrealtime teardown")

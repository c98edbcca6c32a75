"""A session: an open transport, a hot stream of its events, and one orderly end.

Wiring and teardown, nothing else. What a frame is, the codec says; what an end means, the lifecycle; what confirms a
request, the table in `rxrealtime.requests`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

from reactivex import Observable, abc
from reactivex.scheduler.eventloop import AsyncIOScheduler

from rxrealtime.codec import Decoded
from rxrealtime.core import Core
from rxrealtime.course import Course, FailurePolicy
from rxrealtime.errors import ServerClosed, SessionClosedError
from rxrealtime.events import (
    DELTA_EVENTS,
    ClientEvent,
    ConnectionFailed,
    ExceptionEvent,
    SendFailed,
    ServerEvent,
)
from rxrealtime.faults import Fault
from rxrealtime.link import Link
from rxrealtime.loops import Loops
from rxrealtime.operators.buffering import BufferLimits, EventsDropped
from rxrealtime.operators.decode import decode_frames
from rxrealtime.operators.select import failures
from rxrealtime.outcome import Ended
from rxrealtime.pending import PendingRequests
from rxrealtime.stage import Stage
from rxrealtime.streams import streams
from rxrealtime.transport.base import Connection, Transport
from rxrealtime.transport.schemes import transport_for

__all__ = ["Session"]


@dataclass(frozen=True, slots=True)
class _Settings:
    transport: Transport
    close_timeout: float


class Session:
    """A realtime session as a stream of typed events. Build it, subscribe to it, then enter it.

    Args:
        transport: A url (``wss://...``, ``ws://...``, ``loopback:`` for the embedded server) or any `Transport`.
        on_failure: What becomes of a frame that is not an event. "emit": an `ExceptionEvent` in its place, the session
            lives. "fail": the first one is the last value of the session, which closes and then raises its exception
            to everybody. "drop": it is only counted, see `Outcome.dropped`.
        close_timeout: Seconds that closing may take, whatever the peer does.
        limits: How much an ``async for`` may lag behind before deltas are dropped (and marked), in events and bytes.

    Raises:
        ConfigurationError: The url or the policy is not one of those.

    Attributes:
        closed: Awaitable: how the session ended, an `Outcome`; it raises nothing.

    Example:
        >>> async def main():
        ...     session = Session("loopback:")
        ...     session.events.pipe(ops.transcripts()).subscribe(print)
        ...     async with session:
        ...         await session.send(*commands.say("Hello"))
        ...         async for event in session:
        ...             if event.type == "response.done":
        ...                 break
    """

    def __init__(
        self,
        transport: Transport | str,
        *,
        on_failure: FailurePolicy = "emit",
        close_timeout: float = 5.0,
        limits: BufferLimits | None = None,
    ) -> None:
        chosen = transport_for(transport) if isinstance(transport, str) else transport
        self._settings = _Settings(chosen, close_timeout)
        self._core = Core(streams(), Course(on_failure), PendingRequests(), Ended())
        self._loops = Loops(self._core.streams.events, limits or BufferLimits())
        self._link: Link | None = None
        self._task: asyncio.Task[Any] | None = None  # the one thing that goes on: connecting, later the teardown
        self.closed = self._core.closed

    @property
    def events(self) -> Observable[Decoded]:
        """Everything the server sends, typed and in order, failures in their places: a hot Observable.

        It completes when we close, and errs with a typed cause when the connection is lost, after a last
        `ConnectionFailed`. Subscribe before entering to see the first event.
        """
        return self._core.streams.events

    @property
    def failures(self) -> Observable[ExceptionEvent]:
        """Only the failures of `events`."""
        return self._core.streams.events.pipe(failures())

    @property
    def sent(self) -> Observable[ClientEvent]:
        """Every event that was sent, once it was handed to the network."""
        return self._core.streams.sent

    @property
    def faults(self) -> Observable[Fault]:
        """What observers raised, and what failed while closing: bugs that were contained."""
        return self._core.streams.faults

    @property
    def scheduler(self) -> abc.SchedulerBase:
        """The scheduler of the running event loop, for operators that take time: ``subscribe(..., scheduler=...)``."""
        return AsyncIOScheduler(asyncio.get_running_loop())

    def __aiter__(self) -> AsyncIterator[Decoded | EventsDropped]:
        """Iterate over the events from the first one on; a loop that was left is resumed by the next one.

        A loop that starts while another one is running gets its own buffer, from then on.
        """
        return self._loops.start()

    async def open(self) -> Self:
        """Open the connection; ``async with session`` does the same.

        Returns:
            The session.

        Raises:
            SessionStateError: It was opened before.
            ConnectError: No connection came to be.
            ConfigurationError: The transport cannot do what it was asked for.
        """
        self._core.course.stages.check_new()
        self._core.course.stages.advance(Stage.CONNECTING)
        self._loops.attach()
        try:
            connection = await self._connect()
        except Exception as error:  # whatever a transport raises, every subscriber has to learn of it
            cause = error if self._core.course.stages.current is Stage.CONNECTING else None
            self._core.streams.events.on_next(ConnectionFailed(error))
            self._core.end(cause)
            self._core.over(cause)
            raise
        except BaseException:
            self._core.end(None)
            self._core.over(None)
            raise
        await self._begin(Link(connection))
        return self

    async def send(self, *events: ClientEvent) -> None:
        """Send events, in this order and with nothing of another ``send`` between them.

        Args:
            events: What to send; see `rxrealtime.commands`.

        Raises:
            SessionStateError: The session was not entered yet.
            SessionClosedError: It has ended; nothing was sent.
            SchemaError: An event cannot be written as JSON; those before it were sent.
            ConnectionLost: The connection was lost on the way.
        """
        self._core.check_open()
        try:
            await self._linked().send(events, self._core.check_open, self._told)
        except ServerClosed as closed:
            raise self._core.course.classify(closed) from None

    async def request(self, event: ClientEvent, *, timeout: float | None = 10.0) -> ServerEvent:
        """Send an event and wait until the server confirms or rejects it.

        Args:
            event: What to send. It is given an ``event_id`` if it has none, and an item id if it creates an item.
            timeout: Seconds to wait after sending; None waits until the session ends.

        Returns:
            The confirming event, such as ``session.updated`` for a ``session.update``.

        Raises:
            RequestRejectedError: The server answered with an error that names this event.
            RequestTimeoutError: It did not answer in time.
            ConfigurationError: The server never confirms such an event (``input_audio_buffer.append``).
            RealtimeError: As `send`, or the cause that ended the session before the answer.
        """
        self._core.check_open()
        request, answer = self._core.requests.add(event)
        try:
            await self.send(cast(ClientEvent, request))
            return cast(ServerEvent, await self._core.requests.wait(request, answer, timeout))
        finally:
            self._core.requests.remove(request)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the session: every subscriber and iterator ends now, and nothing is left when this returns.

        Idempotent; several callers share one closing, and cancelling one of them does not cancel it.

        Args:
            code: The close code (RFC 6455, section 7.4).
            reason: The close reason, at most 123 bytes of UTF-8.
        """
        before = self._core.course.stages.current
        if self._core.course.stages.advance(Stage.CLOSING):
            self._core.end(None)
            if before is Stage.NEW:
                self._core.over(None)
            elif before is Stage.OPEN:
                self._tear_down(None, code, reason)
            elif self._task is not None:
                self._task.cancel()
        await self.closed

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _connect(self) -> Connection:
        """Connect in a task of its own, so that `close` can call it off."""
        self._task = connecting = asyncio.ensure_future(self._settings.transport.connect())
        try:
            return await connecting
        except asyncio.CancelledError:
            if connecting.done() and not connecting.cancelled() and connecting.exception() is None:
                # it came to be in the turn in which it was given up: nobody else would close it
                await Link(connecting.result()).shut(1000, "", self._settings.close_timeout)
            task = asyncio.current_task()
            if self._core.course.stages.current is Stage.CONNECTING or (task and task.cancelling()):
                raise  # the one who opens was cancelled, not the connecting
            raise SessionClosedError("the session was closed while it was connecting") from None

    async def _begin(self, link: Link) -> None:
        self._link = link
        if not self._core.course.stages.advance(Stage.OPEN):
            self._tear_down(None, 1000, "")
            await self.closed
            raise SessionClosedError("the session was closed while it was connecting")
        link.subscription.disposable = link.connection.frames.pipe(decode_frames()).subscribe(
            self._receive, self._lost, self._finished
        )

    def _receive(self, event: Decoded) -> None:
        """Take the next value in; the bulk of the traffic goes straight to the observers."""
        if self._core.course.stages.current is not Stage.OPEN:
            return
        if type(event) in DELTA_EVENTS:
            self._core.streams.events.on_next(event)
        elif isinstance(event, ExceptionEvent):
            if self._core.course.shows(event):
                self._core.streams.events.on_next(event)
            if self._core.course.dies_of(event):
                self._lose(event.exception)
        else:
            self._core.course.track(event)
            self._core.requests.settle(event)
            self._core.streams.events.on_next(event)

    def _lost(self, cause: Exception) -> None:
        """Route the stream's on_error to teardown."""
        if self._core.course.stages.current is Stage.OPEN:
            error = self._core.course.classify(cause)
            self._core.streams.events.on_next(ConnectionFailed(error, self._linked().connection.now()))
            self._lose(error)

    def _finished(self) -> None:
        """The transport has no more frames: our own close, or a replay that came to its end."""
        if self._core.course.stages.current is Stage.OPEN:
            self._lose(None)

    def _lose(self, cause: Exception | None) -> None:
        self._core.course.stages.advance(Stage.CLOSING)
        self._tear_down(cause, 1000, "")

    def _told(self, outcome: ClientEvent | SendFailed) -> None:
        if not isinstance(outcome, SendFailed):
            self._core.streams.sent.on_next(outcome)
        elif self._core.course.stages.current is Stage.OPEN:
            self._core.streams.events.on_next(outcome)

    def _linked(self) -> Link:
        if self._link is None:
            raise SessionClosedError("the session has no connection: nothing was sent")
        return self._link

    def _tear_down(self, cause: Exception | None, code: int, reason: str) -> None:
        closing = self._core.shut(self._linked(), cause, code, reason, self._settings.close_timeout)
        self._task = asyncio.get_running_loop().create_task(closing, name="rxrealtime teardown")

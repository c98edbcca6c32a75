"""A session: an open transport, a hot stream of its events, what it does by itself, and one orderly end.

Wiring, nothing else. What a frame is, the codec says; what an end means, the lifecycle; what goes out when, the desk;
what is done about what comes, the policies.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from types import TracebackType
from typing import Self, Unpack, cast

import reactivex
from reactivex import Observable, abc
from reactivex.scheduler.eventloop import AsyncIOScheduler

from rxrealtime.activity import Activity, Approval, HandoffRequested, Interrupt, Signal
from rxrealtime.agent import Agent, check_agents
from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.charge import Charge
from rxrealtime.codec import Decoded
from rxrealtime.commands import commit_audio
from rxrealtime.commands import respond as respond_to
from rxrealtime.core import Core
from rxrealtime.course import Course
from rxrealtime.current import Current
from rxrealtime.errands import Errands
from rxrealtime.errors import SessionStateError
from rxrealtime.events import ClientEvent, ConnectionFailed, ExceptionEvent, ServerEvent, SessionConfig, SessionUpdate
from rxrealtime.faults import Fault
from rxrealtime.history import History
from rxrealtime.life import Life
from rxrealtime.loops import Loops
from rxrealtime.operators.audio import AudioChunk, audio_chunks
from rxrealtime.operators.audio_in import AudioSource, iterate_appends
from rxrealtime.operators.buffering import EventsDropped
from rxrealtime.operators.select import failures, of_type
from rxrealtime.options import Options, SessionOptions
from rxrealtime.outcome import Ended
from rxrealtime.pending import PendingRequests
from rxrealtime.policies import behaviour_for
from rxrealtime.stage import Stage
from rxrealtime.streams import streams
from rxrealtime.transport.base import Transport
from rxrealtime.transport.schemes import transport_for

__all__ = ["Session"]


class Session:
    """A realtime session as a stream of typed events. Build it, subscribe to it, then enter it.

    Args:
        transport: A url (``wss://...``, ``ws://...``, ``loopback:`` for the embedded server) or any `Transport`.
        agent: What the model is told to be, and what it may do; default None, then the session configures nothing
            and does nothing by itself.
        context: Whatever the agent's functions are to be called with.
        options: By keyword:

            - ``on_failure``: What becomes of a frame that is not an event. "emit" (default): an `ExceptionEvent` in
              its place, the session lives. "fail": the first one is the last value of the session, which closes and
              then raises its exception to everybody. "drop": it is only counted, see `Outcome.dropped`.
            - ``responses``: What becomes of a ``response.create`` while a response runs: "coalesce" (default),
              "queue", "replace", "drop", or "direct"; see `ops.schedule_responses`.
            - ``policies``: More policies: operators over the traffic (events, sent events, activity) that give
              client events, to be sent, and values for `activity`.
            - ``speaker``: What plays the model's audio, and says how much of it was played.
            - ``playback``: Or a stream that says what the application played. Without both it is assumed that audio
              is played at real time, from when it came.
            - ``hold_audio``: Whether `audio` waits until the guardrails have passed what it says; default False.
            - ``max_concurrent``, ``tool_timeout``: How many tools may run at once (8), and for how many seconds (60).
            - ``config_timeout``: Seconds to wait for the agent's configuration to be confirmed; default 10.
            - ``response_timeout``: Seconds after which a ``response.create`` without any answer no longer holds up
              the next one; default 30.
            - ``close_timeout``: Seconds that closing may take, whatever the peer does; default 5.
            - ``limits``: How much an ``async for`` may lag behind before deltas are dropped (and marked).

    Raises:
        ConfigurationError: The url, the agent or an option is not possible; it is named.

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
        agent: Agent | None = None,
        context: object = None,
        **options: Unpack[SessionOptions],
    ) -> None:
        chosen = Options(**options)
        if agent is not None:
            check_agents(agent)
        self._transport = transport_for(transport) if isinstance(transport, str) else transport
        hot = streams()
        self._core = Core(hot, Course(chosen.on_failure), PendingRequests(), Errands(hot.report), Ended())
        self._loops = Loops(hot.events, chosen.limits)
        self._life = Life(self._core, behaviour_for(agent, context, chosen), chosen)
        self._charge = Charge(agent, context, self._put_in_force, self._life.conduct.tell)
        self._options = chosen
        self.closed = self._core.closed

    @property
    def events(self) -> Observable[Decoded]:
        """Everything the server sends, typed and in order, failures in their places: a hot Observable.

        It completes when we close, and errs with a typed cause when the connection is lost, after a last
        `ConnectionFailed`. Subscribe before entering to see the first event. After the model was interrupted here,
        nothing of that response comes but its ``response.done``.
        """
        return self._core.streams.events

    @property
    def sent(self) -> Observable[ClientEvent]:
        """Every event that was sent, once it was handed to the network."""
        return self._core.streams.sent

    @property
    def activity(self) -> Observable[Activity | ExceptionEvent]:
        """What the session did by itself: tools, approvals, interruptions, guardrails, handoffs, and what failed."""
        return self._core.streams.activity

    @property
    def failures(self) -> Observable[ExceptionEvent]:
        """Only the failures: those of `events` and those of `activity`."""
        return reactivex.merge(self.events, self.activity).pipe(failures())

    @property
    def faults(self) -> Observable[Fault]:
        """What observers raised, and what failed while closing: bugs that were contained."""
        return self._core.streams.faults

    @property
    def history(self) -> Current[History]:
        """The conversation: its ``value`` now, and a stream of what it becomes.

        Without an agent it grows by whole items; with one, what is being said is in it too.
        """
        return self._life.conduct.history

    @property
    def audio(self) -> Observable[AudioChunk]:
        """The model's audio as it may be played: whole samples; with ``hold_audio``, once guardrails passed them."""
        if self._life.conduct.behaviour.hears_deltas:
            return self._core.streams.audio
        return self.events.pipe(audio_chunks())

    @property
    def config(self) -> SessionConfig | None:
        """What is in force, as the server last said; None before it said anything."""
        return self._life.desk.config

    @property
    def agent(self) -> Agent | None:
        """The agent that has the session now."""
        return self._charge.agent

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
            ConfigurationError: The transport cannot do what it was asked for, or the agent has no instructions.
        """
        self._core.course.stages.check_new()
        self._core.course.stages.advance(Stage.CONNECTING)
        self._loops.attach()
        self._life.conduct.begin(self.scheduler)
        self.activity.pipe(of_type(HandoffRequested)).subscribe(self._hand_over)
        self._charge.take()
        try:
            config = await self._charge.config()
            connection = await self._life.connect(self._transport)
        except Exception as error:  # whatever a transport raises, every subscriber has to learn of it
            called_off = self._core.course.stages.current is not Stage.CONNECTING
            self._core.streams.events.on_next(ConnectionFailed(error))
            self._life.give_up(None if called_off else error)
            raise
        except BaseException:
            self._life.give_up(None)
            raise
        await self._life.begin(connection)
        if config is not None:
            self._core.errands.start(self._charge.begin(config), "configuration", self._charge.release)
        return self

    async def send(self, *events: ClientEvent) -> None:
        """Send events, in this order and with nothing of another ``send`` between them.

        A ``response.create`` may have to wait for its turn, see `responses`: then it follows later, and this returns
        without it. Nothing is sent before the configuration of the agent is in force.

        Args:
            events: What to send; see `rxrealtime.commands`.

        Raises:
            SessionStateError: The session was not entered yet.
            SessionClosedError: It has ended; nothing was sent.
            CommitTooShortError: There are less than 100 ms of audio to commit; nothing was sent.
            SchemaError: An event cannot be written as JSON; those before it were sent.
            RequestError: The server did not confirm the configuration of the agent.
            ConnectionLost: The connection was lost on the way.
        """
        self._core.check_open()
        await self._charge.ready()
        await self._life.send(*events)

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
            ResponseDroppedError: It is a ``response.create``, and the response policy dropped it.
            ConfigurationError: The server never confirms such an event (``input_audio_buffer.append``).
            RealtimeError: As `send`, or the cause that ended the session before the answer.
        """
        self._core.check_open()
        await self._charge.ready()
        return await self._ask(event, timeout)

    async def audio_in(
        self, source: AudioSource, *, format: AudioFormat = PCM16_24K, chunk_ms: int = 100, respond: bool = True
    ) -> None:
        """Send the user's audio, until its source ends. If turns are manual, that is the end of the turn.

        Args:
            source: An Observable or an async iterable of bytes or audio chunks, of any size.
            format: What they are; default PCM16, mono, 24 kHz.
            chunk_ms: How much audio is sent at a time, in milliseconds.
            respond: Whether to ask for a response to a turn that is committed here.

        Raises:
            AudioFormatError: The session expects another format; nothing was sent. Nothing is resampled in silence.
            CommitTooShortError: The turn is shorter than 100 ms.
            Exception: What the source raised, or as `send`.
        """
        self._core.check_open()
        await self._charge.ready()
        desk = self._life.desk
        async with aclosing(iterate_appends(source, format, desk.audio.format, chunk_ms=chunk_ms)) as appends:
            async for append in appends:
                await self._life.send(append)
        if desk.audio.manual and desk.audio.buffered_bytes:
            await self._life.send(*commit_audio(), *(respond_to() if respond else ()))

    async def settled(self) -> None:
        """Wait until the conversation does nothing by itself: no response runs or waits, every call has its output.

        Raises:
            SessionClosedError: The session has ended before.
        """
        await self._life.settled()

    def tell(self, signal: Signal) -> None:
        """Tell the policies something: an `Approval`, an `Interrupt`, or what was `Played`.

        Args:
            signal: What.

        Raises:
            SessionStateError: The session is not open, or has neither an agent nor policies.
            SessionClosedError: It has ended.
        """
        self._core.check_open()
        if not self._life.conduct.behaviour.hears_deltas:
            raise SessionStateError(f"nobody listens to {signal.type}: give the session an agent or policies")
        self._life.conduct.signal(signal)

    async def interrupt(self, interrupt: Interrupt | None = None) -> None:
        """Let the model be quiet: stop what is played, cut the conversation to what was heard, cancel the response.

        Args:
            interrupt: What exactly; default None, all of it.

        Raises:
            SessionStateError: The session is not open, or has no agent.
            SessionClosedError: It has ended.
        """
        self.tell(interrupt or Interrupt())
        await self._life.flushed()

    async def approve(self, call_id: str) -> None:
        """Let a call run that waits for it; see `ApprovalRequested`.

        Args:
            call_id: Which one.

        Raises:
            SessionStateError: The session is not open, or has no agent.
            SessionClosedError: It has ended.
        """
        self.tell(Approval(call_id))

    async def reject(self, call_id: str, reason: str | None = None) -> None:
        """Do not let a call run that waits for it.

        Args:
            call_id: Which one.
            reason: What the model is told; default None, only that it was not allowed.

        Raises:
            SessionStateError: The session is not open, or has no agent.
            SessionClosedError: It has ended.
        """
        self.tell(Approval(call_id, approved=False, reason=reason))
        await self._life.flushed()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the session: every subscriber and iterator ends now, and nothing is left when this returns.

        Idempotent; several callers share one closing, and cancelling one of them does not cancel it.

        Args:
            code: The close code (RFC 6455, section 7.4).
            reason: The close reason, at most 123 bytes of UTF-8.
        """
        await self._life.close(code, reason)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _put_in_force(self, update: SessionUpdate) -> ServerEvent:
        return await self._ask(update, self._options.config_timeout)

    def _hand_over(self, wanted: HandoffRequested) -> None:
        self._core.errands.start(self._charge.hand_over(wanted), "handoff")

    async def _ask(self, event: ClientEvent, timeout: float | None) -> ServerEvent:
        pending = self._core.requests.add(event)
        try:
            await self._life.send(cast(ClientEvent, pending.event))
            return cast(ServerEvent, await self._core.requests.wait(pending, timeout))
        finally:
            self._core.requests.remove(pending)

"""A session: an open transport, a hot stream of its events, what it does by itself, and one orderly end.

Wiring, nothing else. What a frame is, the codec says; what an end means, the lifecycle; what goes out when, the desk;
what is done about what comes, the policies.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self, Unpack, cast

from rxrealtime.activity import HandoffRequested
from rxrealtime.agent import Agent, check_agents
from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.charge import Charge
from rxrealtime.codec import Decoded
from rxrealtime.core import Core
from rxrealtime.course import Course
from rxrealtime.errands import Errands
from rxrealtime.errors import SessionStateError
from rxrealtime.events import ClientEvent, ConnectionFailed, ServerEvent, SessionUpdate
from rxrealtime.feeding import feed
from rxrealtime.life import Life
from rxrealtime.loops import Loops
from rxrealtime.observables import Observables
from rxrealtime.operators.audio_in import AudioSource, iterate_appends
from rxrealtime.operators.buffering import EventsDropped
from rxrealtime.operators.select import of_type
from rxrealtime.options import Options, SessionOptions
from rxrealtime.outcome import Ended
from rxrealtime.pending import PendingRequests
from rxrealtime.policies import behaviour_for
from rxrealtime.signals import Approval, Interrupt, Signal
from rxrealtime.stage import Stage
from rxrealtime.streams import streams
from rxrealtime.transport.base import Connection, Transport
from rxrealtime.transport.schemes import transport_for

__all__ = ["Session"]


class Session(Observables):
    """A realtime session as a stream of typed events. Build it, subscribe to it, then enter it.

    Args:
        transport: A url (``wss://...``, ``ws://...``, ``loopback:`` for the embedded server) or any `Transport`.
        agent: What the model is told to be, and what it may do; default None, then the session configures nothing
            and does nothing by itself.
        context: Whatever the agent's functions are to be called with.
        options: Everything else that can be chosen, by keyword: ``on_failure``, ``responses``, ``policies``,
            ``speaker``, ``hold_audio``, time-outs and limits; see `SessionOptions`.

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
        core = Core(hot, Course(chosen.on_failure), PendingRequests(), Errands(hot.report), Ended())
        life = Life(core, behaviour_for(agent, context, chosen), chosen)
        super().__init__(core, life, Charge(agent, context, self._put_in_force, life.conduct.tell))
        self._loops = Loops(hot.events, chosen.limits)
        self._options = chosen
        self.closed = core.closed

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
            connection = await self._life.connect(self._connect())
        except Exception as error:  # whatever a transport raises, every subscriber has to learn of it
            called_off = self._core.course.stages.current is not Stage.CONNECTING
            self._core.streams.events.on_next(ConnectionFailed(error))
            self._life.give_up(None if called_off else error)
            raise
        except BaseException:
            self._life.give_up(None)
            raise
        await self._life.begin(connection)
        self._core.errands.start(self._charge.begin(), "configuration")
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
        await feed(
            self._life, iterate_appends(source, format, self._life.desk.audio.format, chunk_ms=chunk_ms), respond
        )

    async def settled(self) -> None:
        """Wait until nothing goes on by itself: the agent is in force, no response runs or waits, calls have outputs.

        Raises:
            SessionClosedError: The session has ended before.
            RequestError: The server did not confirm the configuration of the agent.
        """
        self._core.check_open()
        await self._charge.ready()
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

    async def _connect(self) -> Connection:
        await self._charge.prepare()
        return await self._transport.connect()

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

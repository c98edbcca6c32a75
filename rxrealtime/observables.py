"""What can be observed of a session: its hot streams, and what is known at any time."""

from __future__ import annotations

import asyncio

import reactivex
from reactivex import Observable, abc
from reactivex.scheduler.eventloop import AsyncIOScheduler

from rxrealtime.activity import Activity
from rxrealtime.agent import Agent
from rxrealtime.charge import Charge
from rxrealtime.codec import Decoded
from rxrealtime.core import Core
from rxrealtime.current import Current
from rxrealtime.events import ClientEvent, ExceptionEvent, SessionConfig
from rxrealtime.faults import Fault
from rxrealtime.frames import Frame
from rxrealtime.history import History
from rxrealtime.life import Life
from rxrealtime.operators.audio import AudioChunk, audio_chunks
from rxrealtime.operators.select import failures

__all__ = ["Observables"]


class Observables:
    """The half of a session that is looked at; the other half, `Session`, is what is done with it.

    Args:
        core: What ends with the session.
        life: What goes on in it.
        charge: Which agent has it.
    """

    def __init__(self, core: Core, life: Life, charge: Charge) -> None:
        self._core = core
        self._life = life
        self._charge = charge

    @property
    def events(self) -> Observable[Decoded]:
        """Everything the server sends, typed and in order, failures in their places: a hot Observable.

        It completes when we close, and errs with a typed cause when the connection is lost, after a last
        `ConnectionFailed`. Subscribe before entering to see the first event. After the model was interrupted here,
        nothing of that response comes but its ``response.done``.
        """
        return self._core.streams.events

    @property
    def frames(self) -> Observable[Frame]:
        """What goes over the wire, both ways and before anybody looked into it: a hot Observable, for recordings.

        A received frame comes right before its event, a sent one once it was handed to the network. It completes with
        the session, whatever ended it.
        """
        return self._core.streams.frames

    @property
    def elapsed(self) -> float:
        """Seconds since the connection was opened, on the clock of `Frame.at`; 0 before."""
        return self._life.now()

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

"""What a session does by itself: its policies, wired to the traffic, and what they make of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import reactivex
from reactivex import Observable, abc
from reactivex import operators as rx
from reactivex.disposable import CompositeDisposable

from rxrealtime.activity import Activity
from rxrealtime.current import Current
from rxrealtime.events import CLIENT_EVENTS, ClientEvent, ExceptionEvent, HandlerFailed, ResponseOutputAudioDelta
from rxrealtime.history import History
from rxrealtime.multicast import Multicast
from rxrealtime.operators.audio import AudioChunk
from rxrealtime.operators.history import history
from rxrealtime.operators.muting import NOTHING_MUTED, is_muted, mute
from rxrealtime.operators.select import of_type
from rxrealtime.operators.speaking import Speaker, run_speaker
from rxrealtime.settling import Settling, settle
from rxrealtime.signals import Played, Signal
from rxrealtime.streams import Streams
from rxrealtime.traffic import Traffic

__all__ = ["Behaviour", "Conduct", "Outside", "Policy"]

Policy = Callable[[Observable[object]], Observable[Any]]
"""An operator over the traffic that gives client events, to be sent, and values that tell what it did."""

_CLIENT: tuple[type[Any], ...] = tuple(CLIENT_EVENTS.values())


class Outside(NamedTuple):
    """What policies need of the session around them.

    Args:
        post: Sends what they answer.
        now: Gives the time, in seconds since the connection was opened.
    """

    post: Callable[[ClientEvent], None]
    now: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a session is to do by itself.

    Args:
        policies: The policies, in the order in which they see each value.
        hears_deltas: Whether they have to see the pieces of what is said, too.
        audio: Gives the model's audio as it may be played.
        holds_audio: Whether that is later than it came.
        speaker: What plays it; None if the application does.
        playback: What the application played.
    """

    policies: Sequence[Policy]
    hears_deltas: bool
    audio: Callable[[Observable[object]], Observable[AudioChunk | ExceptionEvent]]
    holds_audio: bool = False
    speaker: Speaker | None = None
    playback: Observable[Played] | None = None


class Conduct:
    """The policies of one session at work.

    Args:
        behaviour: What the session does.
        streams: What observers see; here the activity.
        outside: Where what policies answer goes, and the time comes from.

    Attributes:
        behaviour: What the session does.
        traffic: What policies see.
        history: The conversation.
        settling: What of it is not over.
    """

    def __init__(
        self,
        behaviour: Behaviour,
        streams: Streams,
        outside: Outside,
    ) -> None:
        self.behaviour = behaviour
        self.traffic = Traffic(streams.report)
        self.history: Current[History] = Current(History(), streams.report)
        self.settling = Settling()
        self._streams = streams
        self._outside = outside
        self._policies = CompositeDisposable()
        self._muting = NOTHING_MUTED

    def begin(self, scheduler: abc.SchedulerBase) -> None:
        """Let the policies see what comes.

        Args:
            scheduler: Where those that take time take it from.
        """
        stream = self._seen(scheduler)
        stream.pipe(history()).subscribe(self.history.on_next, self.history.on_error, self.history.on_completed)
        stream.subscribe(self._settle, _leave)
        if self.behaviour.hears_deltas:
            self.behaviour.audio(stream).subscribe(self._hear, self._fail, scheduler=scheduler)
        for policy in self.behaviour.policies:
            self._policies.add(policy(stream).subscribe(self._answer, self._fail, scheduler=scheduler))
        if self.behaviour.playback is not None:
            self._policies.add(self.behaviour.playback.subscribe(self.signal, self._fail, scheduler=scheduler))

    def tell(self, value: Activity | ExceptionEvent) -> None:
        """Put something that was done into the traffic, and show it.

        Args:
            value: What.
        """
        self.notice(value)
        if isinstance(value, ExceptionEvent) and not value.at:
            value = replace(value, at=self._outside.now())
        self.traffic.put(self._streams.activity, value)

    def signal(self, value: Signal) -> None:
        """Tell the policies something.

        Args:
            value: What the application says.
        """
        self.traffic.put(None, value)

    def mutes(self, event: object) -> bool:
        """Take notice of an event, and tell whether nobody is to see it, since its response was interrupted here.

        Without an agent nothing is interrupted here: what the server sends is what everybody sees.
        """
        if not self.behaviour.hears_deltas:
            return False
        self.notice(event)
        return is_muted(self._muting, event)

    def notice(self, value: object) -> None:
        """Take notice of something that silences a response: as early as it is known."""
        self._muting = mute(self._muting, value)

    def end(self, cause: Exception | None) -> None:
        """Let the policies end; only the first end counts.

        Args:
            cause: Why the session ends, or None if we close it.
        """
        if cause is None:
            self.traffic.stream.on_completed()
        else:
            self.traffic.stream.on_error(cause)
        self._policies.dispose()  # what still runs for them is cancelled, not waited for

    async def over(self, timeout: float) -> None:
        """Wait until what the policies started is gone; it was cancelled when they ended.

        Args:
            timeout: Seconds to wait.

        Raises:
            TimeoutError: Something does not let itself be cancelled.
        """
        tasks = tuple(self.traffic.tasks)
        if tasks and (await asyncio.wait(tasks, timeout=timeout))[1]:
            raise TimeoutError(f"a tool or a check does not let itself be cancelled within {timeout} s")

    def _seen(self, scheduler: abc.SchedulerBase) -> Observable[object]:
        """Give what the policies see: the traffic, and what a speaker says of it between."""
        speaker, source = self.behaviour.speaker, self.traffic.stream
        if speaker is None:
            return source
        heard: Multicast[object] = Multicast(self._streams.report)
        if self.behaviour.holds_audio:
            self._streams.audio.subscribe(speaker.play)
            sound = source.pipe(of_type(ResponseOutputAudioDelta))
            silent = source.pipe(rx.filter(lambda value: type(value) is not ResponseOutputAudioDelta))
            heard.follow(reactivex.merge(sound, silent.pipe(run_speaker(speaker))), scheduler)
        else:
            heard.follow(source.pipe(run_speaker(speaker)), scheduler)
        return heard

    def _settle(self, value: object) -> None:
        self.settling = settle(self.settling, value)

    def _hear(self, value: AudioChunk | ExceptionEvent) -> None:
        if isinstance(value, AudioChunk):
            self._streams.audio.on_next(value)
        else:
            self.tell(value)

    def _answer(self, value: Any) -> None:
        if isinstance(value, _CLIENT):
            self.notice(value)
            self._outside.post(value)
        else:
            self.tell(value)

    def _fail(self, error: Exception) -> None:
        """End one policy: with the session, or because of a bug of its own, which must not end the others."""
        if self.traffic.stream.observer_count:
            self._streams.report(error, None)
            self.tell(HandlerFailed(error))


def _leave(_: Exception) -> None:
    """Ignore the end of the session here: it is told everywhere else."""

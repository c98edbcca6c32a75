"""Loudspeakers: what one has to do, and one without a sound device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reactivex import Observable
from reactivex.subject import Subject

from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.operators.audio import AudioChunk
from rxrealtime.operators.speaking import Speaker
from rxrealtime.playback import AudioPart, AudioPartKey, Playback
from rxrealtime.signals import Played

__all__ = ["SilentSpeaker", "Speaker"]

_TINY: Final = 1e-6
"""Samples that arithmetic with seconds as float may be off by."""


class SilentSpeaker:
    """A `Speaker` that plays at real time, in arithmetic only.

    It tells what was played whenever it is given a chunk, stopped, or asked with `report`; in between it does nothing.

    Args:
        clock: Gives the time in seconds; ``asyncio.get_running_loop().time`` in a session.
        format: What the audio is; default PCM16 at 24 kHz.

    Example:
        >>> now = iter((0.0, 0.25))
        >>> speaker = SilentSpeaker(lambda: next(now))
        >>> told = speaker.played.subscribe(print)
        >>> speaker.play(AudioChunk("resp_1", "item_1", 0, bytes(48_000)))
        >>> speaker.stop()
        Played(item_id='item_1', size_bytes=12000, ms=0, content_index=0)
    """

    def __init__(self, clock: Callable[[], float], format: AudioFormat = PCM16_24K) -> None:
        self._clock = clock
        self._format = format
        self._playback = Playback()
        self._told: dict[AudioPartKey, int] = {}
        self._played: Subject[Played] = Subject()

    @property
    def played(self) -> Observable[Played]:
        """What was played; see `Speaker.played`."""
        return self._played

    @property
    def left(self) -> float:
        """How many seconds are still to be played."""
        return sum(self._playback.left(self._clock()))

    def play(self, chunk: AudioChunk) -> None:
        """Take the next chunk; see `Speaker.play`."""
        now = self._clock()
        due = self._due(now)
        part = AudioPart((chunk.response_id, chunk.item_id, chunk.content_index), self._format)
        self._playback = self._playback.received(part, len(chunk.data), now)
        self._tell(due)

    def stop(self, response_id: str | None = None) -> None:
        """Forget what was not played, and tell what was; see `Speaker.stop`."""
        now = self._clock()
        due = self._due(now)
        self._forget(lambda part: response_id in (None, part.key[0]), now)
        self._tell(due)

    def report(self) -> None:
        """Tell what was played since the last time."""
        self._tell(self._due(self._clock()))

    def _due(self, now: float) -> list[Played]:
        """Return what is to be told, as if it was; what was played to its end needs no memory any more."""
        due: list[Played] = []
        over: set[AudioPartKey] = set()
        for part, left in zip(self._playback.parts, self._playback.left(now), strict=True):
            heard = self._format.samples_to_bytes(int((part.seconds - left) * self._format.rate + _TINY))
            if more := heard - self._told.get(part.key, 0):
                due.append(Played(part.key[1], size_bytes=more, content_index=part.key[2]))
                self._told[part.key] = heard
            if not left:
                over.add(part.key)
        self._forget(lambda part: part.key in over, now)
        return due

    def _forget(self, over: Callable[[AudioPart], bool], now: float) -> None:
        self._playback = self._playback.without(over, now)
        kept = {part.key for part in self._playback.parts}
        self._told = {key: told for key, told in self._told.items() if key in kept}

    def _tell(self, due: list[Played]) -> None:
        for played in due:
            self._played.on_next(played)

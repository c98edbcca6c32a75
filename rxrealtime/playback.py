"""How much of the model's audio was heard: where to cut an item, and a fold over what came and what was played.

If nobody says what was played, playing at real time is assumed: every piece begins when it comes, or when the piece
before it was played, whichever is later, and lasts as long as its samples do. So at any time

    ends_at = max(ends_at, arrival) + duration      with every piece that comes
    left    = max(ends_at - now, 0)                 of all that came

and what is left is the end of what came: of the last part first. It depends on nothing but the times of arrival and
now, and never exceeds what was received; where the network is too slow, the pause is not counted as heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.signals import Played

__all__ = ["AudioPart", "AudioPartKey", "Playback", "truncate_at"]

AudioPartKey = tuple[str, str, int]
"""Response id, item id, content index: items interleave, so "the current one" is no key."""

_REMEMBERED: Final = 32
"""How many parts may wait to be played; those that nobody ever plays must not be kept for ever."""
_TINY: Final = 1e-6
"""Milliseconds that arithmetic with seconds as float may be off by."""


def truncate_at(
    played_ms: int, received_bytes: int, format: AudioFormat = PCM16_24K, *, complete: bool = False
) -> int | None:
    """Say where to cut an item that was interrupted.

    Args:
        played_ms: How much of it was played, in milliseconds, by whatever clock.
        received_bytes: How much of it was received.
        format: What its bytes are.
        complete: Whether that is all of it, since the part or its response is done.

    Returns:
        The ``audio_end_ms`` of ``conversation.item.truncate``: at least 1, and not more than was received. None if
        there is nothing to send: none of it was heard, or all of it.

    Source: a server refuses an ``audio_end_ms`` beyond the audio it has ("Audio content of X ms is already shorter
        than Y ms", public reports), and forgets the transcript of what it cuts, whole (openai-openapi f85dbe2).

    Example:
        >>> truncate_at(1200, 48_000)
        1000
        >>> truncate_at(1200, 48_000, complete=True) is None
        True
    """
    received_ms = format.bytes_to_ms(received_bytes)
    if played_ms < 1 or received_ms < 1 or (complete and played_ms >= received_ms):
        return None
    return min(played_ms, received_ms)


class AudioPart(NamedTuple):
    """The audio of one content part. A tuple, as `Playback` is, because one is made for every delta.

    Args:
        key: Response id, item id, content index.
        format: What its bytes are.
        in_conversation: Whether its item is in the conversation, where it can be cut.
        received_bytes: How much of it came.
        played_bytes: How much of it was played, as far as that was said in bytes.
        played_ms: And as far as that was said in milliseconds; both add up.
        complete: Whether no more of it will come.
    """

    key: AudioPartKey
    format: AudioFormat = PCM16_24K
    in_conversation: bool = True
    received_bytes: int = 0
    played_bytes: int = 0
    played_ms: int = 0
    complete: bool = False

    @property
    def received_ms(self) -> int:
        """How much of it came, in milliseconds."""
        return self.format.bytes_to_ms(self.received_bytes)

    @property
    def seconds(self) -> float:
        """How long what came of it lasts."""
        return self.format.seconds(self.received_bytes)

    def heard_ms(self, left: float | None) -> int:
        """Return how much of it was heard: what was said of it, or all but `left` seconds; never more than came."""
        if left is None:
            return min(self.played_ms + self.format.bytes_to_ms(self.played_bytes), self.received_ms)
        return min(int((self.seconds - left) * 1000 + _TINY), self.received_ms)


class Playback(NamedTuple):
    """What came of the model's audio and was not played to its end yet.

    Args:
        parts: In the order of their first audio, which is that of playing.
        ends_at: When all of it will have been played, at real time; in seconds, as all times here.
        assumed: Whether playing at real time is assumed; only until the first `Played`.
    """

    parts: tuple[AudioPart, ...] = ()
    ends_at: float = 0.0
    assumed: bool = True

    def received(self, part: AudioPart, size_bytes: int, at: float) -> Playback:
        """Take more of a part in.

        Args:
            part: Which part; a new one is taken as it is, of a known one the key is enough.
            size_bytes: How much came.
            at: When.
        """
        place = self._place(part.key)
        before = self.parts[place] if place < len(self.parts) else part
        grown = AudioPart(*before[:3], before.received_bytes + size_bytes, *before[4:])
        ends_at = max(self.ends_at, at) + grown.seconds - before.seconds
        parts = (*self.parts[:place], grown, *self.parts[place + 1 :])
        return Playback(parts[-_REMEMBERED:], ends_at, self.assumed)

    def played(self, report: Played, at: float) -> Playback:
        """Take in what was played. Finished parts before it are over: parts are played one after the other."""
        named = (report.item_id, report.content_index)
        place = next((number for number, part in enumerate(self.parts) if part.key[1:] == named), None)
        if place is None:
            return self._replace(assumed=False)
        part, before = self.parts[place], self.parts[:place]
        size_bytes, ms = part.played_bytes + report.size_bytes, part.played_ms + report.ms
        if report.size_bytes or report.ms:
            before = tuple(found for found in before if not found.complete)
        parts = (*before, part._replace(played_bytes=size_bytes, played_ms=ms), *self.parts[place + 1 :])
        return Playback(parts, self.ends_at, assumed=False)._settled(at)

    def completed(self, concerns: Callable[[AudioPart], bool], at: float) -> Playback:
        """Take in that no more will come of some parts."""
        parts = tuple(part._replace(complete=True) if concerns(part) else part for part in self.parts)
        return Playback(parts, self.ends_at, self.assumed)._settled(at)

    def without(self, concerns: Callable[[AudioPart], bool], at: float) -> Playback:
        """Forget some parts: what is left of the others is played from now on."""
        kept = [(part, left) for part, left in zip(self.parts, self.left(at), strict=True) if not concerns(part)]
        return Playback(tuple(part for part, _ in kept), at + sum(left for _, left in kept), self.assumed)

    def left(self, at: float) -> tuple[float, ...]:
        """Return how many seconds of each part are still to be played at a time, at real time."""
        return tuple(_lefts(self.parts, max(self.ends_at - at, 0.0)))[::-1]

    def heard(self, at: float) -> tuple[tuple[AudioPart, int], ...]:
        """Return each part with how much of it was heard at a time, in milliseconds."""
        lefts = self.left(at) if self.assumed else (None,) * len(self.parts)
        return tuple((part, part.heard_ms(left)) for part, left in zip(self.parts, lefts, strict=True))

    def _place(self, key: AudioPartKey) -> int:
        """Find a part, from the last one on, which mostly is it; a new one comes behind all others."""
        for place in range(len(self.parts) - 1, -1, -1):
            if self.parts[place].key == key:
                return place
        return len(self.parts)

    def _settled(self, at: float) -> Playback:
        """Forget what was heard to its end."""
        parts = tuple(part for part, ms in self.heard(at) if not (part.complete and ms >= part.received_ms))
        return Playback(parts, self.ends_at, self.assumed)


def _lefts(parts: tuple[AudioPart, ...], seconds: float) -> Iterator[float]:
    """Share out what is left, from the last part to the first."""
    for part in reversed(parts):
        yield min(part.seconds, seconds)
        seconds = max(seconds - part.seconds, 0.0)

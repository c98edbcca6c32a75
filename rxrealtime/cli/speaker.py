"""The user's loudspeaker, simulated: how much of an answer was played, while it still arrives faster than it plays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.operators import AudioChunk

__all__ = ["Playback", "Speaker"]


@dataclass(frozen=True, slots=True)
class Playback:
    """An answer that is being played.

    Args:
        item_id: The answer.
        began: When it began to play, in seconds.
        received_bytes: How much of it is here.
        format: The format of the audio.
    """

    item_id: str
    began: float
    received_bytes: int
    format: AudioFormat = PCM16_24K

    @property
    def received_ms(self) -> int:
        """How much of it is here, in milliseconds."""
        return self.format.bytes_to_ms(self.received_bytes)

    def played_ms(self, now: float) -> int:
        """Return how much was played: never more than was received, and never nothing once there is audio."""
        return min(max(int((now - self.began) * 1000), 1), self.received_ms)

    def left(self, now: float) -> float:
        """Return how many seconds of what was received are still to be played."""
        return max(self.format.seconds(self.received_bytes) - (now - self.began), 0.0)


class Speaker:
    """Plays one answer after the other.

    Args:
        clock: Gives the time in seconds of played audio.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.playback: Playback | None = None

    def play(self, chunk: AudioChunk) -> None:
        """Take the next chunk of audio."""
        now, current = self._clock(), self.playback
        if current is None or current.item_id != chunk.item_id:
            current = Playback(chunk.item_id, now, 0)
        self.playback = Playback(current.item_id, current.began, current.received_bytes + len(chunk.data))

    def stop(self) -> tuple[str, int]:
        """Stop playing, and return which answer was playing and how much of it was heard, in milliseconds."""
        current, self.playback = self.playback, None
        return (current.item_id, current.played_ms(self._clock())) if current else ("", 0)

    @property
    def left(self) -> float:
        """How many seconds are still to be played."""
        return self.playback.left(self._clock()) if self.playback else 0.0

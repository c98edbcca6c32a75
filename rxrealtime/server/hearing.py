"""The input audio buffer as a value: what was appended, what of it is kept, and where in the session it is.

Audio is addressed by milliseconds of all audio written in the session, as the wire does, and kept as bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rxrealtime.audio import AudioFormat
from rxrealtime.server.vad import VadState

__all__ = ["Hearing"]


@dataclass(frozen=True, slots=True)
class Hearing:
    """The input audio buffer.

    Args:
        chunks: What is kept, joined so that each chunk is longer than the one after it: appending stays cheap.
        dropped: How many bytes before them are gone: committed, cleared, or silence before speech.
        base_ms: Where in the session the first byte was, in milliseconds; not 0 after a change of the format.
        vad: The voice activity detection; None if it is off.
        item_id: The item that the speech in the buffer will be, if speech was heard.
    """

    chunks: tuple[bytes, ...] = field(default=(), repr=False)
    dropped: int = 0
    base_ms: int = 0
    vad: VadState | None = field(default=None, repr=False)
    item_id: str | None = None

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        return sum(map(len, self.chunks))

    @property
    def speaking(self) -> bool:
        """Whether speech goes on."""
        return self.vad is not None and self.vad.speaking

    def position_ms(self, format: AudioFormat) -> int:
        """Return how much audio was written in the session, in milliseconds."""
        return self.base_ms + format.bytes_to_ms(self.dropped + self.size)

    def appended(self, chunk: bytes) -> Hearing:
        """Return the buffer with more audio."""
        chunks = self.chunks
        while chunks and len(chunks[-1]) <= len(chunk):
            chunks, chunk = chunks[:-1], chunks[-1] + chunk
        return replace(self, chunks=(*chunks, chunk))

    def split(self, at_ms: int, format: AudioFormat) -> tuple[bytes, Hearing]:
        """Return the audio before a moment of the session, and the buffer without it."""
        wanted = format.ms_to_bytes(max(at_ms - self.base_ms, 0)) - self.dropped
        size = min(max(wanted, 0), self.size)
        audio = b"".join(self.chunks)
        rest = audio[size:]
        return audio[:size], replace(self, chunks=(rest,) if rest else (), dropped=self.dropped + size)

    def emptied(self) -> Hearing:
        """Return the buffer with nothing in it."""
        return replace(self, chunks=(), dropped=self.dropped + self.size, item_id=None)

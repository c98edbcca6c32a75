"""The user's audio on its way to the server: chunks of equal length, in the format that the session expects."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import AsyncExitStack
from typing import Any, Final, NamedTuple

from reactivex import Observable

from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.errors import AudioFormatError, ConfigurationError
from rxrealtime.events import InputAudioBufferAppend
from rxrealtime.operators._mealy import mealy
from rxrealtime.operators.audio import AudioChunk
from rxrealtime.operators.bridge import EventIterator
from rxrealtime.operators.buffering import BufferLimits
from rxrealtime.settings import format_name

__all__ = ["AudioSource", "append_chunks", "iterate_appends"]

AudioSource = Observable[bytes] | Observable[AudioChunk] | AsyncIterable[bytes] | AsyncIterable[AudioChunk]
"""Where audio comes from: chunks of any size, pushed or pulled."""

_MAX_APPEND_BYTES: Final = 15 * 1024 * 1024
_LIMITS: Final = BufferLimits(max_events=65_536, max_bytes=64 * 1024 * 1024, overflow="fail")
"""What may wait to be sent where the source cannot be slowed: minutes, so that a file that comes at once has room."""


def append_chunks(
    format: AudioFormat = PCM16_24K, expected: AudioFormat | None = None, *, chunk_ms: int = 100
) -> Callable[[Observable[bytes] | Observable[AudioChunk]], Observable[InputAudioBufferAppend]]:
    """Make ``input_audio_buffer.append`` events of audio, all of them equally long but the last one.

    Marbles:
        in:   --a--b--c--------|
        ops.append_chunks(chunk_ms=1)
        out:  -----x-----------(y,|)
        a = bytes(40)
        b = bytes(20)
        c = bytes(3)
        x = InputAudioBufferAppend(audio=bytes(48))
        y = InputAudioBufferAppend(audio=bytes(14))

    Args:
        format: What the source gives; default PCM16, mono, 24 kHz.
        expected: What the session takes; default the same as `format`.
        chunk_ms: How much audio one event holds, in milliseconds; default 100.

    Returns:
        The operator, over bytes or audio chunks of any size.

    Raises:
        AudioFormatError: The formats differ: nothing is converted in silence.
        ConfigurationError: `chunk_ms` is not positive, or a chunk would be larger than the 15 MiB that a server takes.

    State: less than a chunk; what is left comes when the source completes. The half sample that a source may end with
        is dropped: it is no audio.
    Time: none; the events come as fast as the source.
    Errors: a value that is no audio is a `TypeError` on ``on_error``. The source's error passes by, and what was left
        is lost with it.
    Protocol: ``input_audio_buffer.append`` (openai-openapi f85dbe2).

    Example:
        >>> import reactivex
        >>> chunks = reactivex.of(bytes(3000), bytes(5000)).pipe(append_chunks())
        >>> chunks.subscribe(lambda event: print(len(event.audio))).dispose()
        4800
        3200
    """
    cut = _cut(format, expected or format, chunk_ms)

    def operator(source: Observable[Any]) -> Observable[InputAudioBufferAppend]:
        return source.pipe(mealy(cut.add, b"", cut.rest))

    return operator


async def iterate_appends(
    source: AudioSource, format: AudioFormat = PCM16_24K, expected: AudioFormat | None = None, *, chunk_ms: int = 100
) -> AsyncGenerator[InputAudioBufferAppend, None]:
    """Give the events of `append_chunks` one by one; an async source is asked for more only when they were taken.

    Args:
        source: An Observable, or an async iterable. It is left, and closed if it can be, when the iteration is.
        format: As `append_chunks`.
        expected: As `append_chunks`.
        chunk_ms: As `append_chunks`.

    Yields:
        The events.

    Raises:
        AudioFormatError: As `append_chunks`, before the source is touched.
        BufferOverflowError: An Observable gave more than may wait, 64 MiB; a file is better given as an async
            iterable.
        Exception: Whatever the source fails with.
    """
    cut = _cut(format, expected or format, chunk_ms)
    rest = b""
    async with AsyncExitStack() as stack:
        chunks: Any = EventIterator[Any](_LIMITS).follow(source) if isinstance(source, Observable) else aiter(source)
        if hasattr(chunks, "aclose"):
            stack.push_async_callback(chunks.aclose)
        async for data in chunks:
            rest, events = cut.add(rest, data)
            for event in events:
                yield event
    for event in cut.rest(rest):
        yield event


class _Cut(NamedTuple):
    """How to cut: the size of a chunk and of a sample, in bytes."""

    size: int
    sample: int

    def add(self, rest: bytes, data: object) -> tuple[bytes, tuple[InputAudioBufferAppend, ...]]:
        """Add what came to what was left, and cut off whole chunks."""
        audio = rest + _bytes_of(data)
        end = len(audio) - len(audio) % self.size
        return audio[end:], tuple(
            InputAudioBufferAppend(audio=audio[at : at + self.size]) for at in range(0, end, self.size)
        )

    def rest(self, rest: bytes) -> tuple[InputAudioBufferAppend, ...]:
        """Give what is left at the end, in whole samples."""
        whole = rest[: len(rest) - len(rest) % self.sample]
        return (InputAudioBufferAppend(audio=whole),) if whole else ()


def _cut(format: AudioFormat, expected: AudioFormat, chunk_ms: int) -> _Cut:
    if format != expected:
        raise AudioFormatError(
            f"the source is {format_name(format)}, and the session expects {format_name(expected)}: convert it, or "
            "configure the session for it; nothing is resampled in silence"
        )
    size = format.ms_to_bytes(chunk_ms) if chunk_ms > 0 else 0
    if not 0 < size <= _MAX_APPEND_BYTES:
        raise ConfigurationError(f"chunk_ms={chunk_ms}: a chunk has at least 1 ms, and at most 15 MiB")
    return _Cut(size, format.bytes_per_sample)


def _bytes_of(data: object) -> bytes:
    if isinstance(data, AudioChunk):
        return data.data
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    raise TypeError(f"audio is bytes, not {type(data).__name__}")

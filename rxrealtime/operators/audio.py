"""The model's audio as chunks of whole samples, and chunks of equal size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from reactivex import Observable

from rxrealtime.events import ConnectionFailed, ResponseDone, ResponseOutputAudioDelta, ResponseOutputAudioDone
from rxrealtime.operators._mealy import mealy
from rxrealtime.operators._parts import PartKey, Steps, by_class, key_of, without

__all__ = ["AudioChunk", "audio_chunks", "rechunk"]

_Key = TypeVar("_Key")
_Rests = Mapping[PartKey, bytes]
_NO_RESTS: _Rests = MappingProxyType({})
_NOTHING: Mapping[PartKey | None, bytes] = MappingProxyType({})


class AudioChunk(NamedTuple):
    """A piece of the model's audio, in whole samples.

    A tuple, because one is made for every audio delta and this is the cheapest immutable value that Python has.

    Args:
        response_id: The response it belongs to.
        item_id: The item it belongs to.
        content_index: The part of that item.
        data: The audio, in the output format of the session; never empty.
    """

    response_id: str
    item_id: str
    content_index: int
    data: bytes

    def __repr__(self) -> str:
        return f"AudioChunk({self.response_id!r}, {self.item_id!r}, {self.content_index}, <{len(self.data)} bytes>)"


_Piece = TypeVar("_Piece", bytes, AudioChunk)


def audio_chunks(
    *, size_bytes: int | None = None, bytes_per_sample: int = 2
) -> Callable[[Observable[object]], Observable[AudioChunk]]:
    """Give the model's audio as chunks of whole samples.

    A delta may end inside a sample; the odd byte is carried over to the next delta of the same part. The half sample
    that a part may end with is dropped: it is no audio.

    Marbles:
        in:   --a--b--c--|
        ops.audio_chunks()
        out:  --x--y-----|
        at = dict(response_id="r", item_id="i", output_index=0, content_index=0)
        a = ResponseOutputAudioDelta(**at, delta=b"123")
        b = ResponseOutputAudioDelta(**at, delta=b"45")
        c = ResponseOutputAudioDone(**at)
        x = AudioChunk("r", "i", 0, b"12")
        y = AudioChunk("r", "i", 0, b"34")

    Args:
        size_bytes: Make every chunk this large but the last one of a part; default None, chunks as they come.
            Other than with `rechunk`, the last one is emitted as soon as the part ends.
        bytes_per_sample: 2 (default) for PCM16, 1 for G.711.

    Returns:
        The operator.

    Raises:
        ValueError: `bytes_per_sample` is not positive, or `size_bytes` is not a positive multiple of it.

    State: fewer than `size_bytes` (or one sample) of each open part, freed at its ``response.output_audio.done``, at
        ``response.done`` and when the connection is lost.
    Time: none.
    Errors: failures are ignored; the source's error passes by.
    Protocol: ``response.output_audio.delta`` and ``.done``, ``response.done`` (openai-openapi f85dbe2). Samples
        split between deltas were met with several servers.

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import ResponseOutputAudioDelta
        >>> said = ResponseOutputAudioDelta(
        ...     response_id="resp_1", item_id="item_1", output_index=0, content_index=0, delta=b"1234"
        ... )
        >>> reactivex.of(said).pipe(audio_chunks()).run().data
        b'1234'
    """
    if bytes_per_sample < 1:
        raise ValueError(f"bytes_per_sample is {bytes_per_sample}: 2 for PCM16, 1 for G.711")
    if size_bytes is not None and (size_bytes < 1 or size_bytes % bytes_per_sample):
        raise ValueError(f"size_bytes is {size_bytes}: not a positive multiple of {bytes_per_sample} bytes a sample")
    cut = Cut(size_bytes, bytes_per_sample)
    steps: Steps[_Rests, AudioChunk] = {
        ResponseOutputAudioDelta: cut.delta,
        ResponseOutputAudioDone: cut.part_done,
        ResponseDone: cut.response_done,
        ConnectionFailed: cut.lost,
    }
    return mealy(by_class(steps), _NO_RESTS, cut.all_rests)


def rechunk(size_bytes: int) -> Callable[[Observable[_Piece]], Observable[_Piece]]:
    """Cut a stream of bytes, or of audio chunks, into pieces of equal size, however it was cut before.

    Marbles:
        in:   --a--b--c--------|
        ops.rechunk(2)
        out:  --x-----(y,z)----(r,|)
        a = b"123"
        b = b""
        c = b"4567"
        x = b"12"
        y = b"34"
        z = b"56"
        r = b"7"

    Args:
        size_bytes: The size of each piece but the last, in bytes. For PCM16 an even number.

    Returns:
        The operator. Chunks of different parts are never mixed: each part is cut for itself.

    Raises:
        ValueError: `size_bytes` is not positive.

    State: fewer than `size_bytes` a part; the rests are emitted when the source completes, in the order in which
        their parts last grew. In a stream that goes on for a session prefer ``audio_chunks(size_bytes=...)``, which
        sees the end of each part.
    Time: none.
    Errors: the source's error passes by, and the rests are lost with it.
    Protocol: none.

    Example:
        >>> import reactivex
        >>> reactivex.of(b"12", b"345").pipe(rechunk(4)).subscribe(print).dispose()
        b'1234'
        b'5'
    """
    if size_bytes < 1:
        raise ValueError(f"size_bytes is {size_bytes}: pieces have at least one byte")
    cut = Cut(size_bytes, 1)

    def operator(source: Observable[Any]) -> Observable[Any]:
        return source.pipe(mealy(cut.any_piece, _NOTHING, _all_pieces))

    return operator


class Cut(NamedTuple):
    """How to cut: pieces of one size, or whatever came, in whole samples."""

    size: int | None
    sample: int

    def delta(self, rests: _Rests, event: ResponseOutputAudioDelta) -> tuple[_Rests, tuple[AudioChunk, ...]]:
        """Cut a delta, and carry over what is left of it."""
        return self.add(rests, key_of(event), event.delta)

    def part_done(self, rests: _Rests, event: ResponseOutputAudioDone) -> tuple[_Rests, tuple[AudioChunk, ...]]:
        """Give what is left of a part."""
        key = key_of(event)
        if key not in rests:
            return rests, ()
        return {other: rest for other, rest in rests.items() if other != key}, self.all_rests({key: rests[key]})

    def response_done(self, rests: _Rests, event: ResponseDone) -> tuple[_Rests, tuple[AudioChunk, ...]]:
        """Give what is left of the parts of a response."""
        kept = without(rests, event.response.id or "")
        return kept, self.all_rests({key: rest for key, rest in rests.items() if key not in kept})

    def lost(self, rests: _Rests, _: ConnectionFailed) -> tuple[_Rests, tuple[AudioChunk, ...]]:
        """Give all that is left: nothing more will come of it."""
        return _NO_RESTS, self.all_rests(rests)

    def all_rests(self, rests: _Rests) -> tuple[AudioChunk, ...]:
        """Give what is left of the parts as chunks, less half samples."""
        whole = ((key, rest[: len(rest) - len(rest) % self.sample]) for key, rest in rests.items())
        return tuple(_chunk(key, data) for key, data in whole if data)

    def add(self, rests: _Rests, key: PartKey, data: bytes) -> tuple[_Rests, tuple[AudioChunk, ...]]:
        """Add the bytes of one part."""
        if not rests and not self.size and data and not len(data) % self.sample:
            return rests, (_chunk(key, data),)  # by far the most deltas
        rests, pieces = self.pieces(rests, key, data)
        return rests, tuple(_chunk(key, piece) for piece in pieces)

    def any_piece(
        self, rests: Mapping[PartKey | None, bytes], value: bytes | AudioChunk
    ) -> tuple[Mapping[PartKey | None, bytes], tuple[bytes | AudioChunk, ...]]:
        """Add bytes, or the bytes of a chunk."""
        key, data = (value[:3], value.data) if isinstance(value, AudioChunk) else (None, value)
        rests, pieces = self.pieces(rests, key, data)
        return rests, tuple(_like(key, piece) for piece in pieces)

    def pieces(self, rests: Mapping[_Key, bytes], key: _Key, data: bytes) -> tuple[Mapping[_Key, bytes], list[bytes]]:
        """Cut what is there of one part into pieces, and remember the rest, which is too short for one."""
        data = rests.get(key, b"") + data
        size = self.size or max(len(data) - len(data) % self.sample, self.sample)
        end = len(data) - len(data) % size
        others = {other: rest for other, rest in rests.items() if other != key}
        return others | ({key: data[end:]} if data[end:] else {}), [data[i : i + size] for i in range(0, end, size)]


def _chunk(key: PartKey, data: bytes) -> AudioChunk:
    return AudioChunk(key[0] or "", key[1], key[2], data)


def _like(key: PartKey | None, data: bytes) -> bytes | AudioChunk:
    return _chunk(key, data) if key else data


def _all_pieces(rests: Mapping[PartKey | None, bytes]) -> tuple[bytes | AudioChunk, ...]:
    return tuple(_like(key, rest) for key, rest in rests.items())

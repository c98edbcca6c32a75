"""The user's audio on its way to the server."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
import reactivex
from hypothesis import given as forall
from hypothesis import strategies as st
from reactivex.subject import Subject

from rxrealtime import operators as ops
from rxrealtime.audio import PCM16_24K, PCMA, PCMU, AudioFormat
from rxrealtime.errors import AudioFormatError, BufferOverflowError, ConfigurationError
from rxrealtime.operators.audio_in import iterate_appends
from tests.operators.streams import given, other_tasks, results, run, settle, splits, terminal

_AUDIO = bytes(range(251))
_WIDE = AudioFormat(rate=16_000)


@forall(splits(_AUDIO), st.sampled_from([AudioFormat(rate=8_000), PCMU, PCMA]), st.integers(1, 20))
def test_chunks_are_equal_for_any_split(pieces: list[bytes], format: AudioFormat, chunk_ms: int) -> None:
    """Whole chunks, then the rest in whole samples: nothing is lost but half a sample."""
    size = format.ms_to_bytes(chunk_ms)
    whole = _AUDIO[: len(_AUDIO) - len(_AUDIO) % format.bytes_per_sample]

    audio = [event.audio for event in results(ops.append_chunks(format, chunk_ms=chunk_ms), pieces)]

    assert audio == [whole[at : at + size] for at in range(0, len(whole), size)]


def test_half_a_sample_is_no_audio() -> None:
    """A source of one byte of PCM16 gives nothing; of G.711 it gives a sample."""
    assert results(ops.append_chunks(), [b"1"]) == []
    assert [event.audio for event in results(ops.append_chunks(PCMU), [b"1"])] == [b"1"]


def test_another_format_is_refused_by_both_names() -> None:
    """Nothing is resampled in silence: the pipeline is not even made."""
    for format, expected in ((_WIDE, PCM16_24K), (PCMU, PCMA)):
        with pytest.raises(AudioFormatError, match=f"source is {format.encoding} at {format.rate} Hz.*{expected.rate}"):
            ops.append_chunks(format, expected)
    assert len(results(ops.append_chunks(_WIDE, AudioFormat(rate=16_000)), [bytes(3200)])) == 1


@pytest.mark.parametrize("chunk_ms", [0, -1, 10**6])
def test_a_chunk_has_a_size_that_a_server_takes(chunk_ms: int) -> None:
    """At least 1 ms, at most 15 MiB."""
    with pytest.raises(ConfigurationError, match="chunk_ms"):
        ops.append_chunks(chunk_ms=chunk_ms)


def test_what_is_no_audio_is_an_error() -> None:
    """Any kind of bytes and the chunks of another session are audio, text is not."""
    pieces = [b"12", bytearray(b"34"), memoryview(array("h", [1])), ops.AudioChunk("r", "a", 0, b"78")]
    assert [event.audio for event in results(ops.append_chunks(), pieces)] == [b"1234\x01\x0078"]
    got, error = terminal(reactivex.of(b"12", "canary").pipe(ops.append_chunks()))
    assert (got, type(error), "canary" in str(error)) == ([], TypeError, False)


def test_a_source_that_fails_leaves_no_rest() -> None:
    """What was left is lost with it: nobody knows how it went on."""
    failing = reactivex.concat(reactivex.of(bytes(4802)), reactivex.throw(OSError("gone")))
    got, error = terminal(failing.pipe(ops.append_chunks()))
    assert ([len(event.audio) for event in got], type(error)) == ([4800], OSError)


class _Microphone:
    """An async source that notes how far it was asked, and whether it was closed."""

    def __init__(self, *chunks: bytes, error: Exception | None = None) -> None:
        self.asked = 0
        self.closed = False
        self._chunks = chunks
        self._error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the chunks."""
        try:
            for chunk in self._chunks:
                self.asked += 1
                yield chunk
            if self._error:
                raise self._error
        finally:
            self.closed = True


@forall(splits(_AUDIO))
def test_pulled_and_pushed_sources_give_the_same(pieces: list[bytes]) -> None:
    """An async iterable, an Observable and the operator cut alike."""

    async def main() -> None:
        expected = results(ops.append_chunks(PCMU, chunk_ms=3), pieces)
        for source in (_Microphone(*pieces), reactivex.from_iterable(pieces)):
            assert [event async for event in iterate_appends(source, PCMU, chunk_ms=3)] == expected

    run(main)


def test_an_async_source_is_asked_only_for_what_is_taken() -> None:
    """It is not read ahead, and it is closed when it is left in the middle."""

    async def main() -> None:
        source = _Microphone(*[bytes(4800)] * 9)
        async with aclosing(iterate_appends(source)) as appends:
            async for _ in appends:
                break
        assert (source.asked, source.closed) == (1, True)

    run(main)


def test_it_stops_with_its_source() -> None:
    """The rest comes when the source ends; its error is raised after what came before it."""

    async def main() -> None:
        assert [len(event.audio) async for event in iterate_appends(_Microphone(bytes(7000)))] == [4800, 2200]
        failing = reactivex.concat(reactivex.of(bytes(7000)), reactivex.throw(OSError("gone")))
        for source in (_Microphone(bytes(7000), error=OSError("gone")), failing):
            sizes = []
            with pytest.raises(OSError, match="gone"):
                async for event in iterate_appends(source):
                    sizes.append(len(event.audio))
            assert sizes == [4800]

    run(main)


def test_a_hot_source_is_left_when_the_iteration_is() -> None:
    """No subscription and no task stay behind."""

    async def main() -> None:
        source: Subject[bytes] = Subject()

        async def send() -> None:
            async with aclosing(iterate_appends(source)) as appends:
                async for _ in appends:
                    pass

        task = asyncio.ensure_future(send())
        await settle()
        source.on_next(bytes(4800))
        task.cancel()
        await settle()
        assert (task.cancelled(), source.observers, other_tasks()) == (True, [], set())

    run(main)


def test_a_source_that_cannot_be_slowed_is_bounded() -> None:
    """Minutes of audio may come at once; beyond 64 MiB the iteration fails, after what was taken."""

    async def main() -> None:
        source = reactivex.from_iterable([bytes(1 << 20)] * 65)
        count = 0
        with pytest.raises(BufferOverflowError):
            async for _ in iterate_appends(source, chunk_ms=10_000):
                count += 1
        assert count >= 100

    run(main)


def test_formats_are_compared_before_the_source_is_touched() -> None:
    """An Observable is not subscribed to, an iterator not asked."""

    async def main() -> None:
        source = _Microphone(b"12")
        for touched in (source, reactivex.create(lambda *_: pytest.fail("subscribed"))):
            with pytest.raises(AudioFormatError):
                await anext(iterate_appends(touched, _WIDE, PCM16_24K))
        assert source.asked == 0

    run(main)


def test_terminals_pass_by() -> None:
    """A source that ends at once gives nothing."""
    empty: Any = reactivex.empty()
    assert given(empty.pipe(ops.append_chunks())) == []

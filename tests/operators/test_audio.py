"""Chunks of whole samples, chunks of equal size."""

from __future__ import annotations

import pytest
import reactivex
from hypothesis import given as forall
from hypothesis import strategies as st

from rxrealtime import operators as ops
from rxrealtime.events import ConnectionFailed, Event
from tests.operators.streams import interleavings, results, splits, terminal
from tests.operators.wire import audio, audio_done, created, done, said

_A, _B = bytes(range(0, 40)), bytes(range(100, 131))  # the second one ends inside a sample


@st.composite
def _two_parts(draw: st.DrawFn) -> list[Event]:
    """Two parts of one response, split anywhere, interleaved anyhow."""
    first = [audio(piece, "a") for piece in draw(splits(_A))]
    second = [audio(piece, "b") for piece in draw(splits(_B))]
    return draw(interleavings([*first, audio_done("a")], [*second, audio_done("b")]))


def _of(chunks: list[ops.AudioChunk], item: str) -> list[bytes]:
    return [chunk.data for chunk in chunks if chunk.item_id == item]


@forall(_two_parts())
def test_chunks_hold_whole_samples_of_one_part(events: list[Event]) -> None:
    """However the deltas are split and interleaved: whole samples only, no part's bytes in another's (D6)."""
    chunks = results(ops.audio_chunks(), events)

    assert b"".join(_of(chunks, "a")) == _A
    assert b"".join(_of(chunks, "b")) == _B[:-1]
    assert all(chunk.data and len(chunk.data) % 2 == 0 for chunk in chunks)


@forall(_two_parts(), st.sampled_from([2, 6, 8, 64]))
def test_sized_chunks_do_not_depend_on_the_split(events: list[Event], size: int) -> None:
    """With a size all chunks of a part are equal but the last, whatever the split; the last comes at its end."""
    chunks = results(ops.audio_chunks(size_bytes=size), [*events, created("later")])

    for item, whole in (("a", _A), ("b", _B[:-1])):
        assert _of(chunks, item) == [whole[start : start + size] for start in range(0, len(whole), size)]


def test_the_last_chunk_of_a_part_comes_when_the_part_ends() -> None:
    """A sized rest is given at output_audio.done, else at response.done, at the loss of the connection, or the end."""
    sized = ops.audio_chunks(size_bytes=4)
    rest = [ops.AudioChunk("r", "a", 0, b"12")]

    for end in (audio_done(), done(), ConnectionFailed(OSError("gone"))):
        assert results(sized, [audio(b"123"), end, audio(b"xx", "b")])[:1] == rest
    assert results(sized, [audio(b"123")]) == rest
    assert results(sized, [audio(b"123"), audio_done("b"), done(response="other"), audio(b"4")]) == [
        ops.AudioChunk("r", "a", 0, b"1234")
    ]


def test_half_a_sample_at_the_end_of_a_part_is_dropped() -> None:
    """The odd byte a part ends with is no audio, and does not go into the next part of that name (D6)."""
    chunks = results(ops.audio_chunks(), [audio(b"123"), audio_done(), audio(b"45"), done(), audio(b"6")])

    assert [chunk.data for chunk in chunks] == [b"12", b"45"]


def test_g711_has_one_byte_a_sample() -> None:
    """With one byte a sample nothing is carried over, and empty deltas give nothing."""
    chunks = results(ops.audio_chunks(bytes_per_sample=1), [audio(b"123"), audio(b""), audio(b"4")])

    assert [chunk.data for chunk in chunks] == [b"123", b"4"]


@pytest.mark.parametrize("sizes", [{"size_bytes": 3}, {"size_bytes": 0}, {"size_bytes": -2}, {"bytes_per_sample": 0}])
def test_sizes_that_split_samples_are_refused(sizes: dict[str, int]) -> None:
    """A size that is no multiple of a sample, and no size at all, is an error when the pipeline is made."""
    with pytest.raises(ValueError, match=r"size_bytes is|bytes_per_sample is"):
        ops.audio_chunks(**sizes)


def test_other_events_give_no_chunks() -> None:
    """Only audio is audio."""
    assert results(ops.audio_chunks(), [created(), said("Hi"), audio_done(), done()]) == []


def test_a_chunk_does_not_show_its_audio() -> None:
    """Nobody reads audio in a repr."""
    assert repr(ops.AudioChunk("r", "a", 0, b"1234")) == "AudioChunk('r', 'a', 0, <4 bytes>)"


@forall(splits(_A), st.integers(1, 50))
def test_rechunked_bytes_do_not_depend_on_the_split(pieces: list[bytes], size: int) -> None:
    """Bytes come in equal pieces, the rest at the end, the same for any split."""
    assert results(ops.rechunk(size), pieces) == [_A[start : start + size] for start in range(0, len(_A), size)]


@forall(st.data(), st.integers(1, 50))
def test_rechunking_never_mixes_parts(data: st.DataObject, size: int) -> None:
    """Chunks of several parts are cut for each part by itself, however they interleave."""
    rows = [
        [ops.AudioChunk("r", item, 0, piece) for piece in data.draw(splits(whole))]
        for item, whole in (("a", _A), ("b", _B))
    ]

    chunks = results(ops.rechunk(size), data.draw(interleavings(*rows)))

    for item, whole in (("a", _A), ("b", _B)):
        assert _of(chunks, item) == [whole[start : start + size] for start in range(0, len(whole), size)]


def test_rechunk_loses_its_rest_with_an_error() -> None:
    """A failed stream gives no rest: it is not the end of anything."""
    failing = reactivex.concat(reactivex.of(b"123"), reactivex.throw(OSError("gone")))

    got, end = terminal(failing.pipe(ops.rechunk(2)))

    assert (got, type(end)) == ([b"12"], OSError)


def test_rechunk_needs_a_size() -> None:
    """Pieces of no bytes are refused when the pipeline is made."""
    with pytest.raises(ValueError, match="at least one byte"):
        ops.rechunk(0)

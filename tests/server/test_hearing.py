"""The input audio buffer as a value."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from rxrealtime.audio import PCM16_24K
from rxrealtime.server.hearing import Hearing


@given(st.lists(st.binary(max_size=300)), st.integers(0, 60), st.integers(0, 60))
def test_appending_and_splitting_loses_nothing(chunks: list[bytes], first: int, second: int) -> None:
    """However audio is appended and split off by time, the pieces joined are the audio, cut at exact milliseconds."""
    audio = b"".join(chunks)
    hearing = reduce(Hearing.appended, chunks, Hearing())
    head, rest = hearing.split(first, PCM16_24K)
    middle, tail = rest.split(second, PCM16_24K)
    end, _ = tail.split(1 << 30, PCM16_24K)
    assert head == audio[: PCM16_24K.ms_to_bytes(first)]
    assert head + middle == audio[: PCM16_24K.ms_to_bytes(max(first, second))]
    assert head + middle + end == audio[: len(audio)]
    assert rest.position_ms(PCM16_24K) == tail.position_ms(PCM16_24K) == PCM16_24K.bytes_to_ms(len(audio))


@given(st.integers(1, 2000))
def test_many_small_appends_stay_few_chunks(count: int) -> None:
    """Chunks are joined as they come: their number grows with the logarithm of the audio only."""
    hearing = reduce(Hearing.appended, [b"\0\0"] * count, Hearing())
    assert hearing.size == 2 * count
    assert len(hearing.chunks) <= count.bit_length()

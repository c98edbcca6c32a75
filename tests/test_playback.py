"""Where to cut, and what was heard: arithmetic that never exceeds what was received."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxrealtime.audio import PCM16_24K, PCMA, PCMU, AudioFormat
from rxrealtime.playback import AudioPart, Playback, truncate_at
from rxrealtime.signals import Played

FORMATS = st.sampled_from(
    [PCM16_24K, PCMU, PCMA, *(AudioFormat(rate=rate) for rate in (8_000, 11_025, 16_000, 48_000))]
)
SECOND = 48_000
PIECES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 64), st.integers(0, 20_000)), max_size=12)
"""Which part, how many 64ths of a second later, how many bytes."""


def part(item: str = "a", response: str = "r", **more: Any) -> AudioPart:
    return AudioPart((response, item, 0), **more)


def came(*pieces: tuple[float, str, int], playback: Playback | None = None) -> Playback:
    """Give what is there after pieces of audio: when, of which item, how many bytes."""
    found = playback or Playback()
    for at, item, size in pieces:
        found = found.received(part(item), size, at)
    return found


def heard(playback: Playback, at: float) -> list[int]:
    return [ms for _, ms in playback.heard(at)]


@given(st.integers(-(10**4), 10**6), st.integers(0, 10**6), FORMATS, st.booleans())
def test_r2_a_cut_lies_within_what_was_played_and_received(
    played_ms: int, received_bytes: int, format: AudioFormat, complete: bool
) -> None:
    """R2: 0 < cut <= received, at most what was played; none only if nothing was heard, or all of a finished part."""
    received_ms = format.bytes_to_ms(received_bytes)
    cut = truncate_at(played_ms, received_bytes, format, complete=complete)
    if cut is None:
        assert played_ms < 1 or received_ms < 1 or (complete and played_ms >= received_ms)
    else:
        assert 0 < cut == min(played_ms, received_ms)
        assert format.ms_to_bytes(cut) <= received_bytes


@pytest.mark.parametrize(("format", "size"), [(PCM16_24K, 48), (PCMU, 8), (PCMA, 8), (AudioFormat(rate=16_000), 32)])
def test_r2_a_millisecond_is_as_many_bytes_as_the_format_says(format: AudioFormat, size: int) -> None:
    """R2: the last byte of the millisecond counts, and a finished part is cut up to its last millisecond."""
    assert (truncate_at(5, 3 * size, format), truncate_at(5, 3 * size - 1, format)) == (3, 2)
    assert truncate_at(2, 3 * size, format, complete=True) == 2
    assert truncate_at(3, 3 * size, format, complete=True) is None


@given(PIECES, st.floats(0, 20), FORMATS)
def test_playing_at_real_time_is_what_a_player_would_do(
    pieces: list[tuple[int, int, int]], later: float, format: AudioFormat
) -> None:
    """Each piece is played when it comes or when the one before it was: simulated, to the millisecond."""
    pieces = sorted(pieces)  # one part after the other
    playback, at, player_free, played = Playback(), 0.0, 0.0, dict.fromkeys(range(4), 0.0)
    sizes = dict.fromkeys(range(4), 0)
    plays: list[tuple[int, float, float]] = []
    for number, wait, size in pieces:
        at += wait / 64
        playback = playback.received(part(str(number), format=format), size, at)
        duration = format.seconds(sizes[number] + size) - format.seconds(sizes[number])
        sizes[number] += size
        begins = max(at, player_free)
        player_free = begins + duration
        plays.append((number, begins, duration))
    now = at + later
    for number, begins, duration in plays:
        played[number] += min(max(now - begins, 0.0), duration)
    for found, ms in playback.heard(now):
        assert ms == pytest.approx(played[int(found.key[1])] * 1000, abs=1.001)
        assert 0 <= ms <= found.received_ms == format.bytes_to_ms(sizes[int(found.key[1])])


@given(PIECES, st.lists(st.integers(0, 640), min_size=2, max_size=2))
def test_time_never_takes_back_what_was_heard(pieces: list[tuple[int, int, int]], waits: list[int]) -> None:
    """What was heard grows with time, up to what was received, however parts interleave."""
    playback, at = Playback(), 0.0
    for number, wait, size in pieces:
        at += wait / 64
        playback = playback.received(part(str(number)), size, at)
    first, second = (heard(playback, at + wait / 64) for wait in sorted(waits))
    assert all(0 <= early <= late for early, late in zip(first, second, strict=True))
    assert heard(playback, at + 1000) == [found.received_ms for found in playback.parts]


def test_a_pause_of_the_network_is_not_heard() -> None:
    """Half a second that comes after a silence of ten is heard from then on, not from the beginning."""
    playback = came((0.0, "a", SECOND), (11.0, "a", SECOND // 2))
    assert [heard(playback, at) for at in (11.0, 11.25, 99.0)] == [[1000], [1250], [1500]]


def test_items_are_played_one_after_the_other() -> None:
    """The second item begins where the first one ends."""
    playback = came((0.0, "a", SECOND), (0.1, "b", SECOND))
    assert [heard(playback, at) for at in (0.5, 1.0, 1.25, 3.0)] == [[500, 0], [1000, 0], [1000, 250], [1000, 1000]]


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 100)), max_size=8), FORMATS)
def test_what_was_played_adds_up_in_bytes_and_milliseconds(reports: list[tuple[int, int]], format: AudioFormat) -> None:
    """Reports add up, are never more than was received, and end the assumption."""
    playback = Playback().received(part(format=format), 20_000, 0.0)
    for size, ms in reports:
        playback = playback.played(Played("a", size_bytes=size, ms=ms), 0.0)
    said = format.bytes_to_ms(sum(size for size, _ in reports)) + sum(ms for _, ms in reports)
    assert heard(playback, 0.0) == [min(said, format.bytes_to_ms(20_000))]
    assert not reports or heard(playback, 99.0) == heard(playback, 0.0)


def test_who_reports_is_believed_about_everything() -> None:
    """After the first report, even one about nothing known, what is not reported was not heard."""
    for item in ("a", "unknown"):
        playback = came((0.0, "a", SECOND), (0.0, "b", SECOND)).played(Played(item, ms=100), 0.5)
        assert heard(playback, 99.0) == [100 if item == "a" else 0, 0]
    assert heard(came((0.0, "a", SECOND), playback=Playback(assumed=False)), 99.0) == [0]


def test_a_report_is_about_one_part() -> None:
    """Item and content index tell parts apart, and a report of nothing is no progress."""
    other = AudioPart(("r", "a", 1))
    playback = came((0.0, "a", SECOND)).received(other, SECOND, 0.0).played(Played("a", ms=70, content_index=1), 0.0)
    assert heard(playback, 9.0) == [0, 70]
    finished = playback.completed(lambda found: True, 9.0).played(Played("a", content_index=1), 9.0)
    assert heard(finished, 9.0) == [0, 70]


def test_what_was_heard_to_its_end_is_forgotten() -> None:
    """A finished part goes when it was heard; one that may grow stays, heard or not."""
    playback = came((0.0, "a", SECOND), (0.0, "b", SECOND))
    assert len(playback.completed(lambda found: True, 0.5).parts) == 2
    assert [found.key[1] for found in playback.completed(lambda found: True, 1.5).parts] == ["b"]
    assert playback.completed(lambda found: True, 2.5).parts == ()
    assert len(playback.completed(lambda found: False, 2.5).parts) == 2
    reported = playback.completed(lambda found: True, 0.0).played(Played("a", size_bytes=SECOND), 0.0)
    assert [found.key[1] for found in reported.parts] == ["b"]


def test_a_report_about_a_later_part_ends_those_before() -> None:
    """Parts are played in order: a finished part of which the last samples were not reported is over all the same."""
    playback = came((0.0, "a", SECOND), (0.0, "b", SECOND)).completed(lambda found: found.key[1] == "a", 0.0)
    playback = playback.played(Played("a", ms=999), 0.0)
    assert len(playback.parts) == 2
    assert [found.key[1] for found in playback.played(Played("b", ms=1), 0.0).parts] == ["b"]


def test_parts_that_nobody_plays_are_bounded() -> None:
    """Where playing is neither assumed nor reported, the last 32 parts are kept."""
    playback = Playback(assumed=False)
    for number in range(100):
        playback = playback.received(part(str(number)), SECOND, 0.0).completed(lambda found: True, 0.0)
    assert [found.key[1] for found in playback.parts] == [str(number) for number in range(68, 100)]


def test_without_some_parts_the_others_go_on() -> None:
    """What is left of the others is played from now on, and no gap is waited for."""
    playback = came((0.0, "a", SECOND), (0.0, "b", SECOND), (0.0, "c", SECOND))
    rest = playback.without(lambda found: found.key[1] != "c", 0.5)
    assert [heard(rest, at) for at in (0.5, 1.0, 1.5)] == [[0], [500], [1000]]
    assert playback.without(lambda found: True, 0.5).received(part("d"), SECOND, 0.5).heard(0.75)[0][1] == 250

"""A loudspeaker without a sound device: it plays at real time, in arithmetic."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rxrealtime.audio import PCMU, AudioFormat
from rxrealtime.operators import AudioChunk
from rxrealtime.signals import Played
from rxrealtime.speaker import SilentSpeaker, Speaker

_SECOND = 48_000


class _Room:
    """A speaker, its clock, and what it told."""

    def __init__(self, format: AudioFormat | None = None) -> None:
        self.now = 0.0
        self.speaker = SilentSpeaker(lambda: self.now, format) if format else SilentSpeaker(lambda: self.now)
        self.told: list[Played] = []
        self.speaker.played.subscribe(self.told.append)

    def total(self, item: str = "a") -> int:
        """How much of an item was played, in bytes."""
        return sum(played.size_bytes for played in self.told if played.item_id == item)


def _chunk(size: int = _SECOND, item: str = "a", response: str = "r", index: int = 0) -> AudioChunk:
    return AudioChunk(response, item, index, bytes(size))


def test_it_tells_what_was_played_when_it_is_asked_or_stopped() -> None:
    """Each report says how much more; after it is stopped nothing plays."""
    room = _Room()
    speaker: Speaker = room.speaker
    speaker.play(_chunk())
    room.now = 0.25
    room.speaker.report()
    room.speaker.report()
    room.now = 0.75
    speaker.stop()
    room.now = 5.0
    room.speaker.report()
    speaker.stop()
    assert room.told == [Played("a", size_bytes=12_000), Played("a", size_bytes=24_000)]


def test_items_and_parts_are_played_one_after_the_other() -> None:
    """Each is told by itself, at the latest with the next chunk; what is left is known."""
    room = _Room()
    room.speaker.play(_chunk())
    room.speaker.play(_chunk(index=1))
    room.speaker.play(_chunk(item="b"))
    room.now = 2.25
    assert room.speaker.left == 0.75
    room.speaker.play(_chunk(2, item="c"))
    assert room.told == [
        Played("a", size_bytes=_SECOND),
        Played("a", size_bytes=_SECOND, content_index=1),
        Played("b", size_bytes=12_000),
    ]


def test_one_response_is_stopped_and_the_others_go_on() -> None:
    """Stopping a response that is not there changes nothing."""
    room = _Room()
    room.speaker.play(_chunk())
    room.speaker.play(_chunk(item="b", response="s"))
    room.now = 0.5
    room.speaker.stop("unknown")
    room.speaker.stop("r")
    room.now = 1.5
    room.speaker.report()
    assert (room.total("a"), room.total("b"), room.speaker.left) == (24_000, _SECOND, 0.0)


def test_silence_between_chunks_is_not_played() -> None:
    """An item that goes on after a pause goes on where it was."""
    room = _Room(PCMU)
    room.speaker.play(_chunk(8000))
    room.now = 10.0
    room.speaker.play(_chunk(8000))
    room.now = 10.5
    room.speaker.stop()
    assert room.total() == 12_000


def test_it_may_be_stopped_from_within_its_report() -> None:
    """A listener that stops the speaker hears nothing twice."""
    room = _Room()
    room.speaker.played.subscribe(lambda played: room.speaker.stop())
    room.speaker.play(_chunk())
    room.now = 0.5
    room.speaker.report()
    assert (room.total(), room.speaker.left) == (24_000, 0.0)


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 20_000), st.booleans()), max_size=12))
def test_it_never_tells_more_than_it_was_given(steps: list[tuple[int, int, bool]]) -> None:
    """Whatever the chunks, the pauses and the stops: 0 < each report, and in sum at most what came."""
    room, given_bytes = _Room(), 0
    for wait_ms, samples, stops in steps:
        room.now += wait_ms / 1000
        if stops:
            room.speaker.stop()
        room.speaker.play(_chunk(2 * samples))
        given_bytes += 2 * samples
        assert room.total() <= given_bytes
    assert all(played.size_bytes > 0 and played.size_bytes % 2 == 0 for played in room.told)
    if not any(stops for _, _, stops in steps):
        room.now += 1000
        room.speaker.report()
        assert room.total() == given_bytes

"""What was played is never more than was received, and never nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rxrealtime.cli.speaker import Playback, Speaker
from rxrealtime.operators import AudioChunk


@given(st.integers(48, 10**6), st.floats(0, 100), st.floats(0, 100))
def test_heard_is_within_what_was_received(received_bytes: int, began: float, waited: float) -> None:
    """0 < played <= received, at any moment after at least a millisecond of audio came."""
    playback = Playback("item_1", began, received_bytes)
    assert 0 < playback.played_ms(began + waited) <= playback.received_ms
    assert playback.left(began + waited) >= 0


def test_a_speaker_plays_one_answer_at_a_time() -> None:
    """A new answer begins at its first chunk; stopping tells which one and how much of it was heard."""
    now = [0.0]
    speaker = Speaker(lambda: now[0])
    speaker.play(AudioChunk("r1", "first", 0, bytes(48_000)))
    now[0] = 10.0
    speaker.play(AudioChunk("r2", "second", 0, bytes(48_000)))
    speaker.play(AudioChunk("r2", "second", 0, bytes(48_000)))
    now[0] = 10.5
    assert speaker.left == 1.5
    assert speaker.stop() == ("second", 500)
    assert speaker.left == 0.0
    assert speaker.stop() == ("", 0)

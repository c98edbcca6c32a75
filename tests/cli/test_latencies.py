"""Latency is from the end of the user's turn to the first piece of the answer."""

from __future__ import annotations

from rxrealtime.cli.latencies import Latencies, Latency, measured
from rxrealtime.cli.moments import Moment
from rxrealtime.events import InputAudioBufferSpeechStopped, ResponseCreate
from tests.cli import telling
from tests.cli.telling import Chapter, noted, received, sent


def _found(*moments: Moment) -> tuple[Latency, ...]:
    latencies = Latencies()
    for moment in moments:
        latencies = measured(latencies, moment)
    return latencies.found


def test_the_first_piece_of_an_answer_counts() -> None:
    """A written turn ends with response.create, a spoken one with speech_stopped; later pieces are not measured."""
    stopped = InputAudioBufferSpeechStopped(audio_end_ms=1, item_id="item_u")
    assert _found(
        noted(Chapter("one")),
        sent(ResponseCreate(), 1.0),
        received(telling.text(), 1.25),
        received(telling.text(), 1.5),
        noted(Chapter("two")),
        received(stopped, 2.0),
        received(telling.audio(), 2.5),
    ) == (Latency("one", "text", 0.25), Latency("two", "audio", 0.5))


def test_an_answer_to_nothing_is_not_measured() -> None:
    """Without a turn of the user there is no latency."""
    assert _found(received(telling.audio(), 1.0)) == ()

"""The fold behind the timeline: pure, bounded, the same live and from a recording."""

from __future__ import annotations

from functools import reduce

from rxrealtime.events import InputAudioBufferSpeechStarted, ResponseCreated, ResponseDone
from rxrealtime.events.response import Response
from rxrealtime.recording import Mark
from rxrealtime.views import Moment, Timeline, moments, summarize
from rxrealtime.views.sketch import Sketch
from tests.views.story import STORY


def test_b1_a_sketch_is_bounded() -> None:
    """Thousands of turns that never end, and of failures, take no more room than the last of them."""
    spoken = (Moment(float(n), "received", _started(n)) for n in range(5_000))
    lost = (Moment(float(n), None, Mark("lost", float(n), "1 entry")) for n in range(5_000))
    sketch = reduce(Sketch.after, (*spoken, *lost), Sketch())
    assert len(sketch.bars) < 2_100 and len(sketch.recent) <= 32
    assert len(sketch.crosses) == 2_000
    assert sketch.bars[-1].start == 4_999


def test_a_long_response_is_closed_by_its_end_whatever_comes_between() -> None:
    """What has not ended makes room last."""
    began = Moment(0.0, "received", ResponseCreated(response=Response(id="long", status="in_progress")))
    between = [
        Moment(1.0 + n, "received", made)
        for n in range(100)
        for made in (
            ResponseCreated(response=Response(id=f"r{n}")),
            ResponseDone(response=Response(id=f"r{n}", status="completed")),
        )
    ]
    done = Moment(200.0, "received", ResponseDone(response=Response(id="long", status="cancelled")))
    sketch = reduce(Sketch.after, (began, *between, done), Sketch())
    (bar,) = [bar for bar in sketch.bars if bar.start == 0.0]
    assert (bar.end, bar.status) == (200.0, "cancelled")
    assert len(sketch.bars) == 101


def test_a_step_changes_nothing_that_was_given_out() -> None:
    """An earlier sketch still draws what it drew, so that a view may keep it."""
    seen = list(moments(STORY))
    early = reduce(Sketch.after, seen[:8], Sketch())
    before = Timeline.of_sketch(early).to_svg()
    reduce(Sketch.after, seen[8:], early)
    assert Timeline.of_sketch(early).to_svg() == before


def test_one_pass_is_enough() -> None:
    """A stream that can be read only once gives the same summary and the same picture."""
    assert summarize(moments(iter(STORY))).to_dict() == summarize(STORY).to_dict()
    assert Timeline.of(moments(iter(STORY))) == Timeline.of(STORY) == summarize(STORY).timeline


def _started(number: int) -> InputAudioBufferSpeechStarted:
    return InputAudioBufferSpeechStarted(audio_start_ms=number, item_id=f"i{number}")

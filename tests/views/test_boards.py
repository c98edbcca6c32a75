"""What a canvas shows, as values: marks are numbered, bounded, and told once."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from rxrealtime.views import moments
from rxrealtime.views.boards import Mark, SessionBoard, StreamBoard, Trail
from rxrealtime.views.sketch import LANES
from tests.views.story import STORY


def _trail(count: int) -> Trail:
    marks = (Mark("dot", "a", float(number), float(number), str(number), "#000000") for number in range(count))
    return reduce(Trail.after, marks, Trail())


_LONG = [_trail(count) for count in (0, 1, 249, 250, 251, 20_000, 20_249, 20_250, 21_234)]


@given(st.sampled_from(_LONG), st.integers(0, 22_000))
def test_since_gives_what_is_kept_from_a_number_on(trail: Trail, number: int) -> None:
    """In order, to the end, and nothing twice; at most 20,250 are kept, and the newest are."""
    texts = [int(mark.text) for mark in trail.since(number)]
    assert texts == list(range(max(number, trail.gone), trail.count))
    assert trail.count - trail.gone < 20_250


def test_a_story_is_told_once_however_it_is_cut() -> None:
    """The marks that do not change are the same, and those that may still change are few."""
    boards = [SessionBoard()]
    for moment in moments(STORY):
        boards.append(boards[-1].after(0.0, moment))
    last, told = boards[-1], 0
    batches = []
    for board in boards:
        batches += board.trail.since(told)
        told = board.trail.count
        assert len(board.pending) <= 32
    assert tuple(batches) == last.trail.since(0)
    assert {mark.lane for mark in (*batches, *last.pending)} <= set(LANES)
    assert [mark.shape for mark in batches if mark.lane == "failures"].count("cross") == len(last.scene.sketch.crosses)
    assert sum(mark.shape == "line" for mark in batches) == len(last.scene.sketch.interruptions) == 1


def test_a_stream_of_many_kinds_has_lanes_for_the_first_and_one_for_the_others() -> None:
    """So that no stream makes a canvas higher than a page."""
    kinds = [type(f"Kind{number}", (), {}) for number in range(30)]
    board = reduce(lambda board, kind: board.after(0.0, kind()), kinds, StreamBoard())
    assert board.lanes == (*(f"Kind{number}" for number in range(12)), "others")
    assert [mark.lane for mark in board.trail.since(0)] == [*board.lanes[:12], *["others"] * 18]


def test_a_value_that_failed_is_a_cross() -> None:
    """An exception in a stream is one."""
    (mark,) = StreamBoard().after(1.0, ValueError("no")).trail.since(0)
    assert (mark.shape, mark.lane, mark.text) == ("cross", "ValueError", "ValueError('no')")

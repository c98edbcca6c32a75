"""What is remembered of a part, and how a transcript is cut."""

from __future__ import annotations

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from rxrealtime.audio import PCM16_24K
from rxrealtime.history.heard import Seen, Track, heard_text, remembered

_LONG = 1_000_000


@forall(st.lists(st.integers(0, 200).map(str), max_size=300))
def test_an_event_is_remembered_once(ids: list[str]) -> None:
    """Each id is new the first time and known from then on, however many there are; no set that was given changes."""
    seen: Seen = ()
    known: set[str] = set()
    for event_id in ids:
        after = remembered(seen, event_id)
        assert (after is None) == (event_id in known)
        seen = seen if after is None else after
        known.add(event_id)
    assert sorted(found for some in seen for found in some) == sorted(known)


def test_events_without_an_id_are_never_known() -> None:
    """Nobody can tell whether they came before."""
    assert remembered((), None) == () and remembered((("a",),), None) == (("a",),)


def test_remembering_copies_little() -> None:
    """Thousands of ids are kept in a handful of sets, so that each new one copies but a few."""
    seen: Seen = ()
    for number in range(5000):
        seen = remembered(seen, str(number)) or seen
        assert len(seen) <= 11


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        *(("One two", 3, "One"), ("One two", 6, "One"), ("One two", 2, ""), ("One two", 4, "One")),
        *(("One two", 7, "One two"), ("", 5, ""), (" One two", 4, " One"), ("Onetwo", 5, "")),
        *(("\u4f60\u597d\u4e16\u754c", 2, "\u4f60\u597d"), ("a\u4f60b", 2, "a\u4f60"), ("a\u4f60b", 1, "a")),
    ],
)
def test_a_transcript_is_cut_between_words(text: str, limit: int, kept: str) -> None:
    """No word is kept in part; scripts without blanks are cut between characters."""
    track = Track(PCM16_24K, marks=((0, _LONG),), heard_ms=40 * limit, received_ms=max(40 * len(text), 1))

    assert heard_text(text, track, complete=False) == kept


def test_what_was_not_interrupted_is_whole() -> None:
    """Nothing is cut of a part that nobody interrupted."""
    assert heard_text("One two", Track(PCM16_24K), complete=False) == "One two"

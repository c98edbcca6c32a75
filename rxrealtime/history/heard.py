"""What is kept of a part while it grows, and how much of its transcript was heard.

The wire does not say which word belongs to which audio, only in which order they come; words come before their audio.
So three things bound what was heard, and the least of them counts:

- Words that came after more audio than was heard were not heard, and neither was the end of the word before them.
- The share of the transcript that the heard audio is of the received audio, since speech is about as fast at its end
  as at its beginning.
- A character for every 40 ms: words may be far ahead of their audio, but nobody speaks faster than that.

Then it is cut back to whole words. Where each word comes with its audio, as from the embedded server, nothing is kept
that was not heard; where words run ahead it is an estimate, and rather too short than too long.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Final, NamedTuple

from rxrealtime.audio import AudioFormat

__all__ = ["Seen", "Track", "heard_text", "marked", "remembered"]

_FASTEST_MS: Final = 40
"""The least time that a character takes, in milliseconds: 25 a second, while fast speech has about 20."""

_RECENT: Final = 16
"""How many ids are kept one by one before they become a set."""

Seen = tuple[Collection[str], ...]
"""Ids of events: first the latest, then sets of which each is larger than the one before.

So adding one to thousands copies but a few, and nothing that was handed out is ever changed.
"""


class Track(NamedTuple):
    """One content part while it grows, and of the model's audio what is needed to cut it later.

    A tuple, because one is made for every delta.

    Args:
        format: The format of its audio.
        size: How much audio was received, in bytes.
        marks: Pairs of how much audio had been received when a piece of the transcript came, and how many characters
            had come before that piece.
        said: What its deltas said.
        seen: The events that it was made of.
        told: Whether its whole text was told, so that deltas do not count any longer.
        heard_ms: How much of it was heard, in milliseconds; None if nobody interrupted it.
        received_ms: How much of it had been received, in milliseconds, by the word of who interrupted it.
    """

    format: AudioFormat
    size: int = 0
    marks: tuple[tuple[int, int], ...] = ()
    said: str = ""
    seen: Seen = ()
    told: bool = False
    heard_ms: int | None = None
    received_ms: int = 0


def remembered(seen: Seen, event_id: str | None) -> Seen | None:
    """Add the id of an event; None if it is there already. Events without an id are never known."""
    if event_id is None:
        return seen
    for ids in seen:
        if event_id in ids:
            return None
    latest = (*seen[0], event_id) if seen else (event_id,)
    return (latest, *seen[1:]) if len(latest) < _RECENT else ((), *_gathered(frozenset(latest), seen[1:]))


def _gathered(ids: frozenset[str], sets: Seen) -> Seen:
    """Put a set before others, together with those that are not larger."""
    while sets and len(sets[0]) <= len(ids):
        ids, sets = ids.union(sets[0]), sets[1:]
    return (ids, *sets)


def marked(track: Track) -> tuple[tuple[int, int], ...]:
    """Give the marks of a part for which another piece of transcript comes."""
    if not track.said:
        return track.marks
    mark = (track.size, len(track.said))
    same = track.marks and track.marks[-1][0] == track.size
    return (*track.marks[:-1], mark) if same else (*track.marks, mark)


def heard_text(text: str, track: Track, *, complete: bool) -> str:
    """Give the beginning of a transcript that was heard for certain.

    Args:
        text: The whole transcript.
        track: Its part.
        complete: Whether all its audio was sent.

    Returns:
        Whole words from its beginning; "" if it is not known how long the audio is.
    """
    heard = track.heard_ms
    if heard is None:
        return text
    received = max(track.format.bytes_to_ms(track.size), track.received_ms)
    if not received:
        return ""
    if complete and heard >= received:
        return text
    by_share = len(text) * heard // received
    return _whole_words(text, min(_followed(track, heard), by_share, heard // _FASTEST_MS))


def _followed(track: Track, heard_ms: int) -> int:
    """Count the characters that were followed by others no later than the audio that was heard."""
    heard = track.format.ms_to_bytes(heard_ms)
    return max((characters for size, characters in track.marks if size <= heard), default=0)


def _whole_words(text: str, limit: int) -> str:
    """Cut a text between two words, no later than after so many characters."""
    if limit >= len(text):
        return text
    return next((text[:end] for end in range(limit, 0, -1) if _is_between(text[end - 1], text[end])), "")


def _is_between(before: str, after: str) -> bool:
    """Tell whether a word ends between two characters: at a blank, or in a script that is written without blanks."""
    return after.isspace() or "W" in map(unicodedata.east_asian_width, (before, after))

"""Planning a response: from what the mind answers to a score with times.

Audio is generated faster than it plays, as real servers do, and each word of the transcript is due when its audio
begins, so that an interruption can arrive in time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from rxrealtime.audio import AudioFormat
from rxrealtime.events import StatusDetails, StatusError
from rxrealtime.server.beats import Beat, Close, Due, End, Invoke, Open, Say, Sound, StrikeNow
from rxrealtime.server.mind import Reply
from rxrealtime.server.outputs import Strike
from rxrealtime.server.scenarios import Failure, Scenario
from rxrealtime.server.settings import Settings
from rxrealtime.server.state import Draft
from rxrealtime.server.tokens import count_spoken, pieces
from rxrealtime.server.voices import speak

__all__ = ["plan_drafts", "plan_score"]

_PIECE_SECONDS: Final = 0.1
"""How long a piece of text or arguments counts for, before the pace speeds it up."""

_Timed = tuple[float, Beat]


@dataclass(frozen=True, slots=True)
class _Part:
    """The beats of one output item with their times from its beginning, in seconds of speech."""

    beats: tuple[_Timed, ...]
    seconds: float
    complete: bool


def plan_drafts(reply: Reply, settings: Settings, ids: tuple[str, ...]) -> tuple[Draft, ...]:
    """Return the output items of a response, planned: the message first, then the calls.

    Args:
        reply: What the mind answers.
        settings: What is in force for the response.
        ids: One for the message if there is one, then two for each call: of its item, and of the call.
    """
    spoken = settings.modality == "audio" and bool(reply.say)
    audio = speak(reply.say or "", settings.output_format) if spoken else b""
    message = (Draft(ids[0], audio=audio),) if reply.say is not None else ()
    item_ids = ids[len(message) :]
    calls = tuple(
        Draft(item_ids[2 * index], call_id=item_ids[2 * index + 1], plan=call) for index, call in enumerate(reply.calls)
    )
    return message + calls


def plan_score(
    reply: Reply, drafts: tuple[Draft, ...], settings: Settings, *, scenario: Scenario, start: float, owner: str
) -> tuple[Due, ...]:
    """Return everything that a response gives out, with the time when it is due.

    Args:
        reply: What the mind answers.
        drafts: Its output items, as planned.
        settings: What is in force for the response.
        scenario: Says how fast.
        start: Now, in seconds on the session's clock.
        owner: The id of the response.
    """
    parts = tuple(_parts(reply, drafts, settings, scenario.chunk))
    offsets = (0.0, *accumulate(part.seconds for part in parts))
    timed = [(offset + at, beat) for offset, part in zip(offsets, parts, strict=False) for at, beat in part.beats]
    if scenario.quirks.interleaved_items:
        timed = list(_interleaved(timed))
    ended = (*_struck(timed, reply.strikes), (offsets[len(parts)], _end(reply.failure, parts)))
    farewell = ((offsets[len(parts)], StrikeNow(reply.farewell)),) if reply.farewell else ()
    scale = 1 / scenario.pace if scenario.pace else 0.0
    return tuple(Due(start + at * scale, beat, owner) for at, beat in (*ended, *farewell))


def _interleaved(timed: list[_Timed]) -> Iterator[_Timed]:
    """Begin each output item before the one before it ends."""
    moved = [place for place, (_, beat) in enumerate(timed) if isinstance(beat, Open) and place]
    order = {place: place - 1.5 for place in moved}
    yield from (timed[place] for place in sorted(range(len(timed)), key=lambda place: order.get(place, place)))


def _parts(reply: Reply, drafts: tuple[Draft, ...], settings: Settings, chunk: float) -> Iterator[_Part]:
    """Yield the output items until the limit on tokens is reached."""
    left: float = settings.max_output_tokens or math.inf
    for index, draft in enumerate(drafts):
        text = draft.plan.arguments if draft.plan else reply.say or ""
        words = _words(text, draft.audio, settings.output_format)
        kept = tuple(word for word in words if word.tokens <= left)
        left -= max((word.tokens for word in kept), default=0)
        whole = kept == words
        yield _part(index, kept, _ending(reply, draft, settings.output_format, chunk, whole=whole))
        if not whole:
            return


@dataclass(frozen=True, slots=True)
class _Word:
    """A piece of text: when it begins, where its audio ends, and the tokens up to and with it."""

    text: str
    start: float
    until: int
    tokens: int


def _words(text: str, audio: bytes, format: AudioFormat) -> tuple[_Word, ...]:
    found = pieces(text)
    unit = len(audio) // len(text.encode("utf-8", "replace")) if audio else 0
    ends = list(accumulate(unit * len(word.encode("utf-8", "replace")) for word in found))
    starts = [format.seconds(end) for end in (0, *ends)] if audio else [_PIECE_SECONDS * n for n in range(len(found))]
    return tuple(_Word(word, starts[n], ends[n], n + 1 + count_spoken(ends[n], format)) for n, word in enumerate(found))


@dataclass(frozen=True, slots=True)
class _Ending:
    """How an output item is played: its format, the seconds in a delta, whether it is whole, fails, is an MCP call."""

    format: AudioFormat
    chunk: float
    whole: bool
    failing: bool
    remote: bool


def _ending(reply: Reply, draft: Draft, format: AudioFormat, chunk: float, *, whole: bool) -> _Ending:
    failing = draft.plan is None and reply.failure is not None
    return _Ending(format, chunk, whole, failing, remote=draft.plan is not None and bool(draft.plan.server))


def _part(index: int, words: tuple[_Word, ...], ending: _Ending) -> _Part:
    size = words[-1].until if words else 0
    seconds = ending.format.seconds(size) or len(words) * _PIECE_SECONDS
    said = [(word.start, Say(index, word.text)) for word in words]
    played = sorted([*said, *_sounded(index, size, ending)], key=lambda timed: timed[0])
    close = (
        Invoke(index)
        if ending.remote and ending.whole
        else Close(index, "completed" if ending.whole and not ending.failing else "incomplete")
    )
    return _Part(((0.0, Open(index)), *played, (seconds, close)), seconds, ending.whole)


def _sounded(index: int, size: int, ending: _Ending) -> Iterator[_Timed]:
    step = max(ending.format.ms_to_bytes(round(ending.chunk * 1000)), ending.format.bytes_per_sample)
    for until in range(step, size + step, step):
        yield ending.format.seconds(until - step), Sound(index, min(until, size))


def _struck(timed: list[_Timed], strikes: tuple[Strike, ...]) -> Iterator[_Timed]:
    """Put strikes into the middle of a response, each after a delta of its own."""
    deltas = [place for place, (_, beat) in enumerate(timed) if isinstance(beat, Say | Sound)]
    places = [deltas[min(number, len(deltas) - 1)] if deltas else len(timed) - 1 for number in range(len(strikes))]
    for place, (at, beat) in enumerate(timed):
        yield at, beat
        yield from ((at, StrikeNow(strike)) for spot, strike in zip(places, strikes, strict=True) if spot == place)
    if not timed:
        yield from ((0.0, StrikeNow(strike)) for strike in strikes)


def _end(failure: Failure | None, parts: tuple[_Part, ...]) -> End:
    if failure is not None and failure.status == "failed":
        error = StatusError(type=failure.type, code=failure.code, message=failure.message)
        return End("failed", StatusDetails(type="failed", error=error))
    if failure is not None:
        return End("incomplete", StatusDetails(type="incomplete", reason=failure.reason))
    if all(part.complete for part in parts):
        return End()
    return End("incomplete", StatusDetails(type="incomplete", reason="max_output_tokens"))

"""Operators over the typed stream, one family a module; each works in ``pipe`` beside those of reactivex."""

from rxrealtime.operators._mealy import mealy
from rxrealtime.operators.audio import AudioChunk, audio_chunks, rechunk
from rxrealtime.operators.bridge import EventIterator, from_async_iterable, to_async_iterable
from rxrealtime.operators.buffering import BufferLimits, EventBuffer, EventsDropped, buffered
from rxrealtime.operators.decode import catch_map, decode_frames
from rxrealtime.operators.mapping import map_async
from rxrealtime.operators.outcomes import response_failures
from rxrealtime.operators.scheduling import schedule_responses
from rxrealtime.operators.select import failures, for_item, for_response, of_type
from rxrealtime.operators.transcripts import Transcript, text, transcripts
from rxrealtime.operators.turns import Turn, turns
from rxrealtime.operators.wanted import Hold, Release, Unanswered, Wanted

__all__ = [
    "AudioChunk",
    "BufferLimits",
    "EventBuffer",
    "EventIterator",
    "EventsDropped",
    "Hold",
    "Release",
    "Transcript",
    "Turn",
    "Unanswered",
    "Wanted",
    "audio_chunks",
    "buffered",
    "catch_map",
    "decode_frames",
    "failures",
    "for_item",
    "for_response",
    "from_async_iterable",
    "map_async",
    "mealy",
    "of_type",
    "rechunk",
    "response_failures",
    "schedule_responses",
    "text",
    "to_async_iterable",
    "transcripts",
    "turns",
]

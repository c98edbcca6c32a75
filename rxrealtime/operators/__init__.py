"""Operators over the typed stream, one family a module; each works in ``pipe`` beside those of reactivex."""

from rxrealtime.operators._mealy import mealy
from rxrealtime.operators.audio import AudioChunk, audio_chunks, rechunk
from rxrealtime.operators.audio_in import append_chunks
from rxrealtime.operators.bridge import EventIterator, from_async_iterable, to_async_iterable
from rxrealtime.operators.buffering import BufferLimits, EventBuffer, EventsDropped, buffered
from rxrealtime.operators.decode import catch_map, decode_frames
from rxrealtime.operators.interruption import interruption
from rxrealtime.operators.mapping import map_async
from rxrealtime.operators.muting import mute_interrupted
from rxrealtime.operators.select import failures, for_item, for_response, of_type
from rxrealtime.operators.speaking import Speaker, run_speaker
from rxrealtime.operators.transcripts import Transcript, text, transcripts
from rxrealtime.operators.turns import Turn, turns

__all__ = [
    "AudioChunk",
    "BufferLimits",
    "EventBuffer",
    "EventIterator",
    "EventsDropped",
    "Speaker",
    "Transcript",
    "Turn",
    "append_chunks",
    "audio_chunks",
    "buffered",
    "catch_map",
    "decode_frames",
    "failures",
    "for_item",
    "for_response",
    "from_async_iterable",
    "interruption",
    "map_async",
    "mealy",
    "mute_interrupted",
    "of_type",
    "rechunk",
    "run_speaker",
    "text",
    "to_async_iterable",
    "transcripts",
    "turns",
]

"""Operators over the typed stream, one family a module; each works in ``pipe`` beside those of reactivex."""

from rxrealtime.history import History, HistoryItem, ItemAdded, ItemDeleted, ItemUpdated
from rxrealtime.operators._mealy import mealy
from rxrealtime.operators.audio import AudioChunk, audio_chunks, rechunk
from rxrealtime.operators.audio_in import append_chunks
from rxrealtime.operators.bridge import EventIterator, from_async_iterable, to_async_iterable
from rxrealtime.operators.buffering import BufferLimits, EventBuffer, EventsDropped, buffered
from rxrealtime.operators.decode import catch_map, decode_frames
from rxrealtime.operators.guardrails import guardrails
from rxrealtime.operators.history import history, history_deltas
from rxrealtime.operators.holding import checked_audio
from rxrealtime.operators.interruption import interruption
from rxrealtime.operators.latencies import Latency, LatencyState, LatencySummary, latencies
from rxrealtime.operators.mapping import map_async
from rxrealtime.operators.muting import mute_interrupted
from rxrealtime.operators.outcomes import response_failures
from rxrealtime.operators.scheduling import schedule_responses
from rxrealtime.operators.select import failures, for_item, for_response, of_type
from rxrealtime.operators.spans import Span, spans
from rxrealtime.operators.speaking import Speaker, run_speaker
from rxrealtime.operators.tools import run_tools
from rxrealtime.operators.transcripts import Transcript, text, transcripts
from rxrealtime.operators.turns import Turn, turns
from rxrealtime.operators.usage import Tally, Tokens, UsageReport, usage
from rxrealtime.operators.wanted import Hold, Release, Unanswered, Wanted

__all__ = [
    "AudioChunk",
    "BufferLimits",
    "EventBuffer",
    "EventIterator",
    "EventsDropped",
    "History",
    "HistoryItem",
    "Hold",
    "ItemAdded",
    "ItemDeleted",
    "ItemUpdated",
    "Latency",
    "LatencyState",
    "LatencySummary",
    "Release",
    "Span",
    "Speaker",
    "Tally",
    "Tokens",
    "Transcript",
    "Turn",
    "Unanswered",
    "UsageReport",
    "Wanted",
    "append_chunks",
    "audio_chunks",
    "buffered",
    "catch_map",
    "checked_audio",
    "decode_frames",
    "failures",
    "for_item",
    "for_response",
    "from_async_iterable",
    "guardrails",
    "history",
    "history_deltas",
    "interruption",
    "latencies",
    "map_async",
    "mealy",
    "mute_interrupted",
    "of_type",
    "rechunk",
    "response_failures",
    "run_speaker",
    "run_tools",
    "schedule_responses",
    "spans",
    "text",
    "to_async_iterable",
    "transcripts",
    "turns",
    "usage",
]

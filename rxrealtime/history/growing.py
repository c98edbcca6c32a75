"""Parts of items while they grow: deltas, the whole that ends them, and what was heard of them.

Source: openai-openapi f85dbe2 (2026-08-21), recorded traffic of 2026-08.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rxrealtime.activity import Interrupted
from rxrealtime.events import ContentPart, ConversationItemTruncated, Message
from rxrealtime.events import ConversationItemInputAudioTranscriptionCompleted as Completed
from rxrealtime.events import ConversationItemInputAudioTranscriptionDelta as Delta
from rxrealtime.events import ConversationItemInputAudioTranscriptionFailed as Failed
from rxrealtime.events import ResponseContentPartAdded as PartAdded
from rxrealtime.events import ResponseContentPartDone as PartDone
from rxrealtime.events import ResponseFunctionCallArgumentsDelta as ArgumentsDelta
from rxrealtime.events import ResponseFunctionCallArgumentsDone as ArgumentsDone
from rxrealtime.events import ResponseMcpCallArgumentsDelta as McpArgumentsDelta
from rxrealtime.events import ResponseMcpCallArgumentsDone as McpArgumentsDone
from rxrealtime.events import ResponseOutputAudioDelta as AudioDelta
from rxrealtime.events import ResponseOutputAudioTranscriptDelta as TranscriptDelta
from rxrealtime.events import ResponseOutputAudioTranscriptDone as TranscriptDone
from rxrealtime.events import ResponseOutputTextDelta as TextDelta
from rxrealtime.events import ResponseOutputTextDone as TextDone
from rxrealtime.history.entry import HistoryItem
from rxrealtime.history.heard import Track, marked, remembered
from rxrealtime.history.keeping import arranged, find, ledgered, track_of, written
from rxrealtime.history.merge import as_content, is_over, with_part, with_status, with_words, words_of
from rxrealtime.history.places import afloat
from rxrealtime.history.values import History, PartKey

__all__ = ["GROWING"]


def _key(event: Any) -> PartKey:
    return event.item_id, event.content_index


def _call_key(event: Any) -> PartKey:
    return event.item_id, 0


def _user_key(event: Delta | Completed | Failed) -> PartKey:
    return event.item_id, event.content_index or 0


def _track(history: History, key: PartKey, known: HistoryItem | None) -> Track | None:
    """Return the track of a part that may still grow: its item is known and not final."""
    track = history.growing.get(key)
    if track is not None or key in history.ledger.closed:
        return track
    return None if known is None or is_over(known.full) else Track(history.ledger.format)


def _tracked(history: History, key: PartKey, track: Track) -> History:
    return History(history.items, history.ledger, {**history.growing, key: track})


def _delta(history: History, key: PartKey, event: Any, field: str) -> History:
    """Add a piece to the words of a part."""
    known = find(history, key[0])
    track = _track(history, key, known)
    return history if known is None or track is None else _longer(history, known, track, (key, event, field))


def _longer(history: History, known: HistoryItem, track: Track, piece: tuple[PartKey, Any, str]) -> History:
    key, event, field = piece
    seen = remembered(track.seen, event.event_id)
    if seen is None or track.told:
        return history
    said = track.said + (event.delta or "")
    marks = marked(track) if field == "transcript" else track.marks
    grown = Track(track.format, track.size, marks, said, seen, False, track.heard_ms, track.received_ms)
    history = _tracked(history, key, grown)
    whole = known.full
    if len(said) > len(words_of(whole, key[1], field)):
        whole = with_words(whole, key[1], field, said)
    return written(history, known, whole)


def _whole(history: History, key: PartKey, words: str | None, field: str) -> History:
    """End the words of a part: what the server says they are, or else what was heard of them."""
    known = find(history, key[0])
    track = _track(history, key, known)
    if known is None or track is None or track.told:
        return history
    history = _tracked(history, key, track._replace(told=True))
    return written(history, known, with_words(known.full, key[1], field, words) if words else known.full)


def _audio(history: History, event: AudioDelta) -> History:
    """Count audio. It is by far the most frequent event, and shows only in what was interrupted."""
    key = event.item_id, event.content_index
    growing = history.growing
    track = growing.get(key) or _track(history, key, find(history, key[0]))
    seen = None if track is None else remembered(track.seen, event.event_id)
    if track is None or seen is None:
        return history
    size = track.size + len(event.delta)
    more = Track(track.format, size, track.marks, track.said, seen, track.told, track.heard_ms, track.received_ms)
    history = History(history.items, history.ledger, {**growing, key: more})
    known = None if track.heard_ms is None else find(history, key[0])
    return history if known is None else written(history, known, known.full)


def _part_added(history: History, event: PartAdded) -> History:
    known = find(history, event.item_id)
    if known is None or is_over(known.full) or not isinstance(known.full, Message):
        return history
    return written(history, known, with_part(known.full, event.content_index, as_content(event.part)))


def _part_done(history: History, event: PartDone) -> History:
    part = event.part or ContentPart()  # xAI leaves it out, Voice Live says "" though there was text (recorded)
    for field, words in (("text", part.text), ("transcript", part.transcript)):
        if words:
            history = _whole(history, _key(event), words, field)
    return history


def _listening(history: History, key: PartKey) -> tuple[History, HistoryItem | None, Track]:
    """Find what the user says; an item that was not added yet is shown from now on. None if it does not change."""
    ledger = history.ledger
    track = history.growing.get(key) or Track(ledger.format)
    if key in ledger.closed or key[0] in ledger.places.gone or not key[0]:
        return history, None, track
    known = find(history, key[0])
    if known is None:
        part = ContentPart(type="input_audio")
        known = HistoryItem(Message(id=key[0], role="user", status="in_progress", content=(part,)))
        entries = {entry.id: entry for entry in (*history.items, known)}
        history = arranged(history, entries, afloat(ledger.places, key[0]))
    return history, known, track


def _heard(history: History, event: Delta) -> History:
    key = _user_key(event)
    history, known, track = _listening(history, key)
    return history if known is None else _longer(history, known, track, (key, event, "transcript"))


def _transcribed(history: History, event: Completed) -> History:
    key = _user_key(event)
    history, known, track = _listening(history, key)
    seen = remembered(track.seen, event.event_id)
    if known is None or seen is None:
        return history
    said = event.transcript
    if getattr(event, "status", None) == "in_progress":  # xAI: all of it so far, several times (recorded)
        history = _tracked(history, key, track._replace(said=said, seen=seen))
        return written(history, known, with_words(known.full, key[1], "transcript", said))
    return _listened(history, key, known, said.strip())


def _not_transcribed(history: History, event: Failed) -> History:
    key = _user_key(event)
    history, known, _ = _listening(history, key)
    if known is None:
        return history
    failed = HistoryItem(known.item, known.heard_ms, known.untranscribed | {key[1]})
    return _listened(history, key, failed, None)


def _listened(history: History, key: PartKey, known: HistoryItem, said: str | None) -> History:
    """End the transcription of a part."""
    ledger = history.ledger
    rest = {other: track for other, track in history.growing.items() if other != key}
    shut = {**ledger.closed, key: Track(ledger.format, told=True)}
    history = History(history.items, ledger._replace(closed=shut), rest)
    return written(history, known, with_status(with_words(known.full, key[1], "transcript", said), "completed"))


def _interrupted(history: History, event: Interrupted) -> History:
    return _heard_until(history, _key(event), event.heard_ms, event.received_ms)


def _truncated(history: History, event: ConversationItemTruncated) -> History:
    return _heard_until(history, _key(event), event.audio_end_ms, 0)


def _heard_until(history: History, key: PartKey, heard_ms: int, received_ms: int) -> History:
    """Mark how far a part was heard. If that is told several times, the least counts."""
    known = find(history, key[0])
    if known is None or known.role != "assistant":
        return history
    track = track_of(history, key) or Track(history.ledger.format)
    least = max(min(heard_ms, known.heard_ms.get(key[1], heard_ms)), 0)
    received = max(received_ms, track.received_ms)
    if known.heard_ms.get(key[1]) == least and received == track.received_ms:
        return history
    track = track._replace(heard_ms=least, received_ms=received)
    if key in history.ledger.closed or is_over(known.full):
        history = ledgered(history, history.ledger._replace(closed={**history.ledger.closed, key: track}))
    else:
        history = _tracked(history, key, track)
    heard = HistoryItem(known.item, {**known.heard_ms, key[1]: least}, known.untranscribed, known.full)
    return written(history, heard, known.full)


GROWING: Final[Mapping[type, Callable[[History, Any], History]]] = {
    AudioDelta: _audio,
    TextDelta: lambda history, event: _delta(history, _key(event), event, "text"),
    TranscriptDelta: lambda history, event: _delta(history, _key(event), event, "transcript"),
    ArgumentsDelta: lambda history, event: _delta(history, _call_key(event), event, "arguments"),
    McpArgumentsDelta: lambda history, event: _delta(history, _call_key(event), event, "arguments"),
    TextDone: lambda history, event: _whole(history, _key(event), event.text, "text"),
    TranscriptDone: lambda history, event: _whole(history, _key(event), event.transcript, "transcript"),
    ArgumentsDone: lambda history, event: _whole(history, _call_key(event), event.arguments, "arguments"),
    McpArgumentsDone: lambda history, event: _whole(history, _call_key(event), event.arguments, "arguments"),
    PartAdded: _part_added,
    PartDone: _part_done,
    Delta: _heard,
    Completed: _transcribed,
    Failed: _not_transcribed,
    Interrupted: _interrupted,
    ConversationItemTruncated: _truncated,
}
"""The steps of the fold that change parts, by the class of the event."""

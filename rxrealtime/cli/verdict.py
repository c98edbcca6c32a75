"""Did the demonstration show what it is to show? What it saw is compared with what the scene says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rxrealtime.cli.moments import Heard, Moment
from rxrealtime.cli.scene import FAILURES, STORY, TIME
from rxrealtime.events import (
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemTruncated,
    Error,
    ExceptionEvent,
    FunctionCallOutput,
    ResponseCreated,
    ResponseDone,
    ResponseFunctionCallArgumentsDone,
    ResponseOutputAudioDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputTextDone,
    StatusDetails,
)
from rxrealtime.outcome import Outcome
from rxrealtime.server.voices import transcribe

__all__ = ["failure_places", "unmet"]

_RESPONSES = ("completed", "completed", "completed", "completed", "cancelled", "completed")


def unmet(seen: Sequence[Moment], outcome: Outcome | None) -> tuple[str, ...]:
    """Compare what happened with what was to happen.

    Args:
        seen: All that happened, in order.
        outcome: How the session ended.

    Returns:
        A sentence for each expectation that was not met; none if all is well.
    """
    received = [moment.value for moment in seen if moment.direction == "received"]
    heard = [moment.value for moment in seen if isinstance(moment.value, Heard)]
    return (
        *_turns_unmet(received),
        *_call_unmet(received, [moment.value for moment in seen if moment.direction == "sent"]),
        *_barge_in_unmet(received, heard),
        *_failures_unmet(received),
        *_end_unmet(outcome),
    )


def failure_places(received: Sequence[Any]) -> tuple[tuple[int, str], ...]:
    """Return in which response, counted from 1, each failure came, and its kind; 0 is between responses."""
    places: list[tuple[int, str]] = []
    created = done = 0
    for event in received:
        created += isinstance(event, ResponseCreated)
        done += isinstance(event, ResponseDone)
        if isinstance(event, ExceptionEvent):
            places.append((created if created > done else 0, event.kind.value))
    return tuple(places)


def _turns_unmet(received: Sequence[Any]) -> Iterator[str]:
    statuses = tuple(event.response.status for event in received if isinstance(event, ResponseDone))
    if statuses != _RESPONSES:
        yield f"the responses ended {', '.join(map(str, statuses)) or 'never'}, not {', '.join(_RESPONSES)}"
    if not any(isinstance(event, ResponseOutputTextDone) and event.text for event in received):
        yield "there was no answer in text"
    spoken = [e.transcript for e in received if isinstance(e, ConversationItemInputAudioTranscriptionCompleted)]
    if TIME not in spoken:
        yield "what the user spoke was not transcribed as spoken"
    transcript = next((e for e in received if isinstance(e, ResponseOutputAudioTranscriptDone)), None)
    if transcript is None or transcribe(_audio(received, transcript.item_id)) != transcript.transcript:
        yield "the audio of the answer does not say what its transcript says"


def _audio(received: Sequence[Any], item_id: str) -> bytes:
    deltas = (event for event in received if isinstance(event, ResponseOutputAudioDelta))
    return b"".join(event.delta for event in deltas if event.item_id == item_id)


def _call_unmet(received: Sequence[Any], sent: Sequence[Any]) -> Iterator[str]:
    calls = [event for event in received if isinstance(event, ResponseFunctionCallArgumentsDone)]
    if [call.name for call in calls] != ["get_weather"] or json.loads(calls[0].arguments) != {"city": "Oslo"}:
        yield "get_weather was not called once, for Oslo"
    outputs = [item for event in sent if isinstance(item := getattr(event, "item", None), FunctionCallOutput)]
    if [output.call_id for output in outputs] != [call.call_id for call in calls]:
        yield "the call was not answered once"


def _barge_in_unmet(received: Sequence[Any], heard: Sequence[Heard]) -> Iterator[str]:
    details = [e.response.status_details for e in received if isinstance(e, ResponseDone)]
    reasons = [found.reason for found in details if isinstance(found, StatusDetails) and found.reason]
    if reasons != ["turn_detected"]:
        yield "the user's speech did not interrupt the answer"
    cuts = [event for event in received if isinstance(event, ConversationItemTruncated)]
    if len(cuts) != 1 or [(cut.item_id, cut.audio_end_ms) for cut in cuts] != [
        (found.item_id, found.audio_end_ms) for found in heard
    ]:
        yield "the interrupted answer was not cut to what was heard"
    if not all(found.text and STORY.startswith(found.text) and found.text != STORY for found in heard):
        yield "what is left of the interrupted answer is not its beginning"


def _failures_unmet(received: Sequence[Any]) -> Iterator[str]:
    places, expected = failure_places(received), tuple(enumerate(FAILURES, start=1))
    if places != expected:
        yield f"the malformed frames came as {_named(places)}, not as {_named(expected)}"
    for event in received:
        if isinstance(event, Error):
            yield f"the server reported an error: {event.detail.message}"


def _named(places: Sequence[tuple[int, str]]) -> str:
    return ", ".join(f"{kind} in response {number}" for number, kind in places) or "none"


def _end_unmet(outcome: Outcome | None) -> Iterator[str]:
    if outcome is None:
        yield "the session never ended"
    elif outcome.cause is not None:
        yield f"the session was not closed by us: {outcome}"
    elif outcome.in_flight:
        yield "a response was left in flight"

"""Did the demonstration show what it is to show? What it saw is compared with what the scene says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from rxrealtime.cli.moments import Heard, Moment
from rxrealtime.cli.scene import FAILURES, STORY, TIME
from rxrealtime.events import (
    ConversationItemCreate,
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

_T = TypeVar("_T")
_RESPONSES: Final = ("completed", "completed", "completed", "completed", "cancelled", "completed")


def unmet(seen: Sequence[Moment], outcome: Outcome | None) -> tuple[str, ...]:
    """Compare what happened with what was to happen.

    Args:
        seen: All that happened, in order.
        outcome: How the session ended.

    Returns:
        A sentence for each expectation that was not met; none if all is well.
    """
    received, sent, done, noted = (
        [moment.value for moment in seen if moment.direction == direction]
        for direction in ("received", "sent", "done", "noted")
    )
    return (
        *_turns_unmet(received),
        *_voices_unmet(received),
        *_call_unmet(received, sent),
        *_barge_in_unmet(received, _of(Heard, noted)),
        *_failures_unmet(received),
        *(f"the session failed at something: {failure.exception}" for failure in _of(ExceptionEvent, done)),
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
    statuses = tuple(event.response.status for event in _of(ResponseDone, received))
    if statuses != _RESPONSES:
        yield f"the responses ended {', '.join(map(str, statuses)) or 'never'}, not {', '.join(_RESPONSES)}"
    if not any(event.text for event in _of(ResponseOutputTextDone, received)):
        yield "there was no answer in text"


def _voices_unmet(received: Sequence[Any]) -> Iterator[str]:
    if TIME not in [event.transcript for event in _of(ConversationItemInputAudioTranscriptionCompleted, received)]:
        yield "what the user spoke was not transcribed as spoken"
    answer = next(iter(_of(ResponseOutputAudioTranscriptDone, received)), None)
    deltas = _of(ResponseOutputAudioDelta, received)
    audio = b"".join(event.delta for event in deltas if answer and event.item_id == answer.item_id)
    if answer is None or transcribe(audio) != answer.transcript:
        yield "the audio of the answer does not say what its transcript says"


def _call_unmet(received: Sequence[Any], sent: Sequence[Any]) -> Iterator[str]:
    calls = _of(ResponseFunctionCallArgumentsDone, received)
    if [(call.name, call.arguments) for call in calls] != [("get_weather", '{"city": "Oslo"}')]:
        yield "get_weather was not called once, for Oslo"
    outputs = _of(FunctionCallOutput, [event.item for event in _of(ConversationItemCreate, sent)])
    if [output.call_id for output in outputs] != [call.call_id for call in calls]:
        yield "the call was not answered once"


def _barge_in_unmet(received: Sequence[Any], heard: Sequence[Heard]) -> Iterator[str]:
    details = _of(StatusDetails, [event.response.status_details for event in _of(ResponseDone, received)])
    if [found.reason for found in details if found.reason] != ["turn_detected"]:
        yield "the user's speech did not interrupt the answer"
    yield from _cut_unmet(received, heard)


def _cut_unmet(received: Sequence[Any], heard: Sequence[Heard]) -> Iterator[str]:
    cuts = [(cut.item_id, cut.audio_end_ms) for cut in _of(ConversationItemTruncated, received)]
    if len(cuts) != 1 or cuts != [(found.item_id, found.audio_end_ms) for found in heard]:
        yield "the interrupted answer was not cut to what was heard"
    if not all(_is_beginning(found.text, STORY) for found in heard):
        yield "what is left of the interrupted answer is not its beginning"


def _is_beginning(text: str, whole: str) -> bool:
    return bool(text) and whole.startswith(text) and text != whole


def _of(cls: type[_T], values: Sequence[object]) -> list[_T]:
    return [value for value in values if isinstance(value, cls)]


def _failures_unmet(received: Sequence[Any]) -> Iterator[str]:
    places, expected = failure_places(received), tuple(enumerate(FAILURES, start=1))
    if places != expected:
        yield f"the malformed frames came as {_named(places)}, not as {_named(expected)}"
    for event in _of(Error, received):
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

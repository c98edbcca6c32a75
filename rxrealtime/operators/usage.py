"""What a session costs: the tokens of every response and transcription, and how they add up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any, TypeVar

from pydantic import ValidationError
from reactivex import Observable

from rxrealtime.events import ConversationItemInputAudioTranscriptionCompleted as Completed
from rxrealtime.events import (
    InputTokenDetails,
    OutputTokenDetails,
    ResponseDone,
    TranscriptionUsage,
    Usage,
)
from rxrealtime.operators._mealy import mealy
from rxrealtime.operators._parts import Steps, by_class
from rxrealtime.operators.transcripts import is_final

__all__ = ["Tally", "Tokens", "UsageReport", "response_tally", "transcription_tally", "usage"]

_REMEMBERED = 64
"""How many responses and transcriptions are remembered as counted: a duplicate comes long before 64 others do."""

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens by modality; ``+`` adds them. None is what the server did not say, which is not 0.

    Args:
        total: All of them; the sum of `text`, `audio` and `image` if the server gave only these.
        text: Those of text.
        audio: Those of audio.
        image: Those of images.
        reasoning: Those of reasoning, as the server counts them; not added to `total`.
    """

    total: int | None = None
    text: int | None = None
    audio: int | None = None
    image: int | None = None
    reasoning: int | None = None

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(*map(_sum, astuple(self), astuple(other)))


@dataclass(frozen=True, slots=True)
class Tally:
    """What was used; ``+`` adds it up, and ``sum(tallies, Tally())`` many. None is what the server did not say.

    Args:
        total: Input and output.
        input: What the model read.
        cached: The part of `input` that came from the cache: contained in it, never to be added to it.
        output: What the model wrote.
        seconds: Audio that is charged by its length, as some transcriptions are.
    """

    total: int | None = None
    input: Tokens = Tokens()
    cached: Tokens = Tokens()
    output: Tokens = Tokens()
    seconds: float | None = None

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            _sum(self.total, other.total),
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
            _sum(self.seconds, other.seconds),
        )

    def __str__(self) -> str:
        counts = ((self.input.total, "in"), (self.cached.total, "cached"), (self.output.total, "out"))
        told = ", ".join(f"{count} {what}" for count, what in counts if count is not None)
        tokens = None if self.total is None else f"{self.total} tokens" + (f" ({told})" if told else "")
        audio = None if self.seconds is None else f"{self.seconds:g} s of audio"
        return ", ".join(filter(None, (tokens, audio))) or "nothing"


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What one response or one transcription used, and all of the session so far.

    Args:
        tally: What this one used.
        responses: What all responses used so far, this one included.
        transcriptions: What all transcriptions used so far, this one included; another model's tokens, with a price
            of their own, and so apart.
        response_id: The response, if it is one.
        item_id: The item that was transcribed, if it is a transcription.
        status: How the response ended: completed, cancelled, incomplete or failed.
    """

    tally: Tally
    responses: Tally
    transcriptions: Tally = Tally()
    response_id: str | None = None
    item_id: str | None = None
    status: str | None = None

    def __str__(self) -> str:
        return f"{'transcription' if self.item_id else 'response'}: {self.tally}"


def usage() -> Callable[[Observable[object]], Observable[UsageReport]]:
    """Give what each response and each transcription used, and the sums of the session.

    The value comes with the ``response.done`` itself, whatever its status: what was cancelled is charged too.

    Marbles:
        in:   --c--d--d--|
        ops.usage()
        out:  --x--y-----|
        heard = TranscriptionUsage(type="duration", seconds=3.0)
        c = ConversationItemInputAudioTranscriptionCompleted(item_id="u", transcript="Hi.", usage=heard)
        spent = Usage(input_tokens=9, output_tokens=4, input_token_details=InputTokenDetails(cached_tokens=6))
        d = ResponseDone(response=Response(id="r", status="cancelled", usage=spent))
        three = ops.Tally(seconds=3.0)
        thirteen = ops.Tally(13, ops.Tokens(9), ops.Tokens(6), ops.Tokens(4))
        x = UsageReport(three, ops.Tally(), three, item_id="u")
        y = UsageReport(thirteen, thirteen, three, response_id="r", status="cancelled")

    Returns:
        The operator. A response or a transcription without usage gives nothing, and is counted once however often
        its end comes.

    State: two sums, and the ids of the last 64 that were counted.
    Time: none.
    Errors: usage that cannot be read is none. The source's error passes by; a lost connection changes no sum.
    Protocol: ``usage`` of ``response.done`` and of ``conversation.item.input_audio_transcription.completed``
        (openai-openapi f85dbe2). xAI has it at the top level of ``response.done`` beside an empty one in the response
        (recorded, 2026-08).

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import Response, ResponseDone, Usage
        >>> done = ResponseDone(response=Response(id="resp_1", usage=Usage(input_tokens=9, output_tokens=4)))
        >>> reactivex.of(done).pipe(usage()).subscribe(print).dispose()
        response: 13 tokens (9 in, 4 out)
    """
    return mealy(by_class(_STEPS), _Spent())


def response_tally(event: ResponseDone) -> Tally:
    """Read what a response used.

    Args:
        event: Its end.

    Returns:
        The tally; an empty one if the server did not say.
    """
    inside = event.response.usage
    tally = _response(inside) if inside else Tally()
    return tally if tally != Tally() else _response(_beside(event))


def transcription_tally(event: Completed) -> Tally:
    """Read what a transcription used.

    Args:
        event: Its end.

    Returns:
        The tally, of tokens or of seconds; an empty one if the server did not say.
    """
    used = event.usage or TranscriptionUsage()
    read = _tokens(used.input_tokens, used.input_token_details)
    written = Tokens(used.output_tokens)
    return Tally(_total(used.total_tokens, read, written), read, Tokens(), written, used.seconds)


@dataclass(frozen=True, slots=True)
class _Spent:
    """What was used so far, and which ends were counted lately: the State of `usage`."""

    responses: Tally = Tally()
    transcriptions: Tally = Tally()
    counted: tuple[object, ...] = ()


_Stepped = tuple[_Spent, tuple[UsageReport, ...]]


def _responded(spent: _Spent, event: ResponseDone) -> _Stepped:
    tally, found = response_tally(event), event.response.id
    if tally == Tally() or _is_counted(spent, found):
        return spent, ()
    after = _Spent(spent.responses + tally, spent.transcriptions, _counting(spent, found))
    report = UsageReport(tally, after.responses, after.transcriptions, found, None, event.response.status)
    return after, (report,)


def _transcribed(spent: _Spent, event: Completed) -> _Stepped:
    tally, found = transcription_tally(event), (event.item_id, event.content_index or 0)
    if tally == Tally() or not is_final(event) or _is_counted(spent, found):
        return spent, ()
    after = _Spent(spent.responses, spent.transcriptions + tally, _counting(spent, found))
    return after, (UsageReport(tally, after.responses, after.transcriptions, item_id=event.item_id),)


def _is_counted(spent: _Spent, found: object) -> bool:
    return found is not None and found in spent.counted


def _counting(spent: _Spent, found: object) -> tuple[object, ...]:
    return (*spent.counted, found)[-_REMEMBERED:]


def _sum(one: _Number | None, other: _Number | None) -> _Number | None:
    if one is None or other is None:
        return one if other is None else other
    return one + other


def _beside(event: ResponseDone) -> Usage:
    try:
        return Usage.model_validate((event.model_extra or {}).get("usage") or {})
    except ValidationError:
        return Usage()


def _response(used: Usage) -> Tally:
    details = used.input_token_details or InputTokenDetails()
    written = used.output_token_details or OutputTokenDetails()
    read = _tokens(used.input_tokens, details)
    output = _tokens(used.output_tokens, written)
    cached = _tokens(details.cached_tokens, details.cached_tokens_details)
    return Tally(_total(used.total_tokens, read, output), read, cached, output)


def _tokens(total: int | None, details: InputTokenDetails | OutputTokenDetails | None) -> Tokens:
    match details:
        case InputTokenDetails():
            return _derived(total, Tokens(None, details.text_tokens, details.audio_tokens, details.image_tokens))
        case OutputTokenDetails():
            told = Tokens(None, details.text_tokens, details.audio_tokens, None, details.reasoning_tokens)
            return _derived(total, told)
        case _:
            return Tokens(total)


def _derived(total: int | None, told: Tokens) -> Tokens:
    parts = [part for part in (told.text, told.audio, told.image) if part is not None]
    found = sum(parts) if total is None and parts else total
    return Tokens(found, told.text, told.audio, told.image, told.reasoning)


def _total(told: int | None, read: Tokens, written: Tokens) -> int | None:
    if told is not None or read.total is None or written.total is None:
        return told
    return read.total + written.total


_STEPS: Steps[_Spent, Any] = {ResponseDone: _responded, Completed: _transcribed}

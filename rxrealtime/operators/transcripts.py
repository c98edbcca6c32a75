"""What was said and written, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from reactivex import Observable

from rxrealtime.events import (
    ConnectionFailed,
    ContentPart,
    Response,
    ResponseDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
)
from rxrealtime.events import ConversationItemInputAudioTranscriptionCompleted as Completed
from rxrealtime.events import ConversationItemInputAudioTranscriptionDelta as Delta
from rxrealtime.events import ConversationItemInputAudioTranscriptionFailed as Failed
from rxrealtime.operators._mealy import mealy
from rxrealtime.operators._parts import PartKey, Steps, add, by_class, key_of, messages, without

__all__ = ["Role", "Transcript", "is_final", "text", "transcripts"]

Role = Literal["user", "assistant"]

_REMEMBERED = 32
"""How many parts are remembered as told: ``response.done`` names them again, and deltas may come late."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What one content part says, said or written; ``print`` shows it as ``assistant: Hello there!``.

    Args:
        role: "user" or "assistant".
        item_id: The item it belongs to.
        content_index: The part of that item.
        text: The whole text so far, without the blanks around it that transcriptions of the user come with.
        final: False while it grows.
        response_id: The response it belongs to; None for the user.
    """

    role: Role
    item_id: str
    content_index: int
    text: str
    final: bool = True
    response_id: str | None = None

    def __str__(self) -> str:
        return f"{self.role}: {self.text}" + ("" if self.final else "...")


def transcripts(partial: bool = False) -> Callable[[Observable[object]], Observable[Transcript]]:
    """Give what both sides said: one transcript a part, when it is final.

    Marbles:
        in:   --a--b--u--c--|
        ops.transcripts()
        out:  --------x--y--|
        at = dict(response_id="r", item_id="i", output_index=0, content_index=0)
        a = ResponseOutputAudioTranscriptDelta(**at, delta="Hi")
        b = ResponseOutputAudioTranscriptDelta(**at, delta="!")
        u = ConversationItemInputAudioTranscriptionCompleted(item_id="u", content_index=0, transcript=" Hello.")
        c = ResponseOutputAudioTranscriptDone(**at, transcript="Hi!")
        x = Transcript("user", "u", 0, "Hello.")
        y = Transcript("assistant", "i", 0, "Hi!", response_id="r")

    Args:
        partial: Also give the text so far, with ``final=False``, at every delta; default False.

    Returns:
        The operator. The user's transcript may come after the answer to it: transcription is asynchronous.

    State: the text so far of each open part, freed at its ``.done``, ``completed`` or ``failed``, all parts of a
        response at its ``response.done``, everything when the connection is lost; the keys of the last 32 parts told.
    Time: none.
    Errors: nothing heard is lost: what a response said without a final transcript is given as final at its
        ``response.done``, and whatever is open when the connection is lost or the source completes. A failed
        transcription gives nothing. The source's error passes by.
    Protocol: ``response.output_audio_transcript.*``, ``conversation.item.input_audio_transcription.*``,
        ``response.done`` (openai-openapi f85dbe2). The user's deltas may come before their item; xAI repeats
        ``completed`` with ``status: "in_progress"``, which is partial here (both recorded, 2026-08).

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import ResponseOutputAudioTranscriptDone
        >>> said = ResponseOutputAudioTranscriptDone(
        ...     response_id="resp_1", item_id="item_1", output_index=0, content_index=0, transcript="Hello there!"
        ... )
        >>> reactivex.of(said).pipe(transcripts()).subscribe(print).dispose()
        assistant: Hello there!
    """
    return _texts(_GROWING_SPEECH if partial else _FINAL_SPEECH)


def text(partial: bool = False) -> Callable[[Observable[object]], Observable[Transcript]]:
    """Give what the assistant wrote: one value a part, when it is final.

    Marbles:
        in:   --a--b--c--|
        ops.text(partial=True)
        out:  --x--y--z--|
        at = dict(response_id="r", item_id="i", output_index=0, content_index=0)
        a = ResponseOutputTextDelta(**at, delta="Hi")
        b = ResponseOutputTextDelta(**at, delta="!")
        c = ResponseOutputTextDone(**at, text="Hi!")
        x = Transcript("assistant", "i", 0, "Hi", final=False, response_id="r")
        y = Transcript("assistant", "i", 0, "Hi!", final=False, response_id="r")
        z = Transcript("assistant", "i", 0, "Hi!", response_id="r")

    Args:
        partial: Also give the text so far, with ``final=False``, at every delta; default False.

    Returns:
        The operator; see `transcripts` for what was spoken.

    State: the text so far of each open part, freed at its ``.done``, all parts of a response at its
        ``response.done``, everything when the connection is lost; the keys of the last 32 parts told.
    Time: none.
    Errors: as `transcripts`: nothing that was received is lost.
    Protocol: ``response.output_text.*``, ``response.done`` (openai-openapi f85dbe2).

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import ResponseOutputTextDone
        >>> wrote = ResponseOutputTextDone(
        ...     response_id="resp_1", item_id="item_1", output_index=0, content_index=0, text="Hello!"
        ... )
        >>> reactivex.of(wrote).pipe(text()).subscribe(print).dispose()
        assistant: Hello!
    """
    return _texts(_GROWING_TEXT if partial else _FINAL_TEXT)


def is_final(event: Completed) -> bool:
    """Tell whether a ``completed`` transcription is complete: xAI sends it several times (recorded, 2026-08)."""
    return getattr(event, "status", None) != "in_progress"


@dataclass(frozen=True, slots=True)
class _Open:
    """The parts that are not done: what was heard of each, and which were given as final lately."""

    texts: Mapping[PartKey, str]
    told: tuple[PartKey, ...]


_Stepped = tuple[_Open, tuple[Transcript, ...]]
_NOTHING = _Open(MappingProxyType({}), ())


def _texts(steps: Steps[_Open, Transcript]) -> Callable[[Observable[object]], Observable[Transcript]]:
    return mealy(by_class(steps), _NOTHING, _tell_all)


def _transcript(key: PartKey, said: str, final: bool = True) -> Transcript:
    response_id, item_id, index = key
    if response_id is None:
        return Transcript("user", item_id, index, said.strip(), final)
    return Transcript("assistant", item_id, index, said, final, response_id)


def _listen(state: _Open, key: PartKey, piece: str) -> _Open:
    return state if key in state.told else _Open(add(state.texts, key, piece), state.told)


def _final(state: _Open, key: PartKey, said: str) -> _Stepped:
    if key in state.told:
        return state, ()
    told = (*state.told, key)[-_REMEMBERED:]
    return _Open(_others(state, key), told), (_transcript(key, said),)


def _others(state: _Open, key: PartKey) -> Mapping[PartKey, str]:
    return {other: heard for other, heard in state.texts.items() if other != key}


def _growing(state: _Open, key: PartKey) -> _Stepped:
    said = state.texts.get(key)
    return state, (_transcript(key, said, final=False),) if said else ()


def _tell_all(state: _Open) -> tuple[Transcript, ...]:
    return tuple(_transcript(key, said) for key, said in state.texts.items() if said)


def _lost(state: _Open, _: ConnectionFailed) -> _Stepped:
    return _NOTHING, _tell_all(state)


def _output_delta(state: _Open, event: Any) -> _Stepped:
    return _listen(state, key_of(event), event.delta), ()


def _output_growing(state: _Open, event: Any) -> _Stepped:
    return _growing(_listen(state, key_of(event), event.delta), key_of(event))


def _user_key(event: Delta | Completed | Failed) -> PartKey:
    return None, event.item_id, event.content_index or 0


def _user_delta(state: _Open, event: Delta) -> _Stepped:
    return _listen(state, _user_key(event), event.delta or ""), ()


def _user_growing(state: _Open, event: Delta) -> _Stepped:
    return _growing(_listen(state, _user_key(event), event.delta or ""), _user_key(event))


def _user_completed(state: _Open, event: Completed) -> _Stepped:
    if is_final(event):
        return _final(state, _user_key(event), event.transcript)
    return _Open({**state.texts, _user_key(event): event.transcript}, state.told), ()


def _user_completed_growing(state: _Open, event: Completed) -> _Stepped:
    state, final = _user_completed(state, event)
    return (state, final) if final else _growing(state, _user_key(event))


def _user_failed(state: _Open, event: Failed) -> _Stepped:
    return _Open(_others(state, _user_key(event)), state.told), ()


def _response_done(
    whole: Callable[[ContentPart], str | None],
) -> Callable[[_Open, ResponseDone], _Stepped]:
    """Close a response: give what it said and nobody was told as final, the server's own words before the deltas."""

    def step(state: _Open, event: ResponseDone) -> _Stepped:
        done = event.response.id or ""
        said = {key: heard for key, heard in state.texts.items() if key[0] == done}
        said |= {key: words for key, part in _parts(event.response) if (words := whole(part))}
        given = tuple(_transcript(key, words) for key, words in said.items() if words and key not in state.told)
        return _Open(without(state.texts, done), state.told), given

    return step


def _parts(response: Response) -> Iterator[tuple[PartKey, ContentPart]]:
    for message in messages(response):
        for index, part in enumerate(message.content or ()):
            yield (response.id or "", message.id or "", index), part


def _spoken_done(state: _Open, event: ResponseOutputAudioTranscriptDone) -> _Stepped:
    return _final(state, key_of(event), event.transcript)


def _written_done(state: _Open, event: ResponseOutputTextDone) -> _Stepped:
    return _final(state, key_of(event), event.text)


_FINAL_SPEECH: Steps[_Open, Transcript] = {
    ResponseOutputAudioTranscriptDelta: _output_delta,
    ResponseOutputAudioTranscriptDone: _spoken_done,
    Delta: _user_delta,
    Completed: _user_completed,
    Failed: _user_failed,
    ResponseDone: _response_done(lambda part: part.transcript),
    ConnectionFailed: _lost,
}
_GROWING_SPEECH: Steps[_Open, Transcript] = {
    **_FINAL_SPEECH,
    ResponseOutputAudioTranscriptDelta: _output_growing,
    Delta: _user_growing,
    Completed: _user_completed_growing,
}
_FINAL_TEXT: Steps[_Open, Transcript] = {
    ResponseOutputTextDelta: _output_delta,
    ResponseOutputTextDone: _written_done,
    ResponseDone: _response_done(lambda part: part.text),
    ConnectionFailed: _lost,
}
_GROWING_TEXT: Steps[_Open, Transcript] = {**_FINAL_TEXT, ResponseOutputTextDelta: _output_growing}

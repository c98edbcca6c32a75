"""A conversation as its readers see it: who said what, one value a stretch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from reactivex import Observable

from rxrealtime.events import (
    ConnectionFailed,
    ConversationItemAdded,
    ConversationItemCreated,
    ConversationItemDone,
    InputAudioBufferCommitted,
    Message,
    Response,
    ResponseCreated,
    ResponseDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputItemAdded,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
)
from rxrealtime.events import ConversationItemInputAudioTranscriptionCompleted as Completed
from rxrealtime.events import ConversationItemInputAudioTranscriptionDelta as Delta
from rxrealtime.events import ConversationItemInputAudioTranscriptionFailed as Failed
from rxrealtime.operators._mealy import mealy
from rxrealtime.operators._parts import PartKey, Steps, add, by_class, key_of, messages, without
from rxrealtime.operators.transcripts import Role, is_final

__all__ = ["Turn", "turns"]

_REMEMBERED = 64
"""How many items are remembered as told. Their ``done`` and transcriptions come long before 64 more items do."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One party's stretch of the conversation; ``print`` shows it as ``user: What is the weather?``.

    Args:
        role: "user" or "assistant".
        item_ids: The items it consists of, messages only.
        response_id: The response, for the assistant; None for the user and for items a client wrote for the assistant.
        text: What was said or written; None if the user spoke and it is not known what.
        status: For the assistant as on the wire: completed, cancelled, incomplete or failed; None if the stream ended
            before the response did. For the user completed, or incomplete if `text` is what was transcribed so far.
    """

    role: Role
    item_ids: tuple[str, ...]
    response_id: str | None = None
    text: str | None = None
    status: str | None = "completed"

    def __str__(self) -> str:
        said = "(not transcribed)" if self.text is None else self.text
        return f"{self.role}: {said}" + ("" if self.status == "completed" else f" [{self.status or 'cut off'}]")


def turns() -> Callable[[Observable[object]], Observable[Turn]]:
    """Give one value for each party's stretch, in the order of the conversation.

    A text of the user comes at once. What the user spoke comes when it was transcribed, or could not be, at the latest
    right before the turn of the response that followed it. The assistant's turn comes at ``response.done``. A response
    that consists of function calls only is no turn (the answer after the calls is one); a response that ended badly
    before it said anything is one without text.

    Marbles:
        in:   --u--c--d--|
        ops.turns()
        out:  --x-----y--|
        asked = Message(id="u", role="user", content=(ContentPart(type="input_text", text="Hi"),))
        said = Message(id="a", role="assistant", content=(ContentPart(type="output_text", text="Hello!"),))
        u = ConversationItemAdded(item=asked)
        c = ResponseCreated(response=Response(id="r"))
        d = ResponseDone(response=Response(id="r", status="completed", output=(said,)))
        x = Turn("user", ("u",), text="Hi")
        y = Turn("assistant", ("a",), "r", "Hello!")

    Returns:
        The operator. Out-of-band responses are turns too; filter by `response_id` if there are any.

    State: the user's spoken items without a transcription; of each running response its items and its text so far,
        freed at ``response.done``; the ids of the last 64 items that were told. Freed when the connection is lost.
    Time: none.
    Errors: when the connection is lost, or the source completes, what is known is given: the user's items, and the
        responses that had said something, with the status None. The source's error passes by.
    Protocol: ``conversation.item.added``, ``.done`` and ``.created``, ``input_audio_buffer.committed``,
        ``conversation.item.input_audio_transcription.*``, ``response.created``, ``.done``, ``.output_item.added``,
        ``.output_text.*``, ``.output_audio_transcript.*`` (openai-openapi f85dbe2). A response may end without having
        begun, and its items may lack their content (xAI): then the deltas count (both recorded, 2026-08).

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import ContentPart, ConversationItemAdded, Message
        >>> hi = Message(id="item_1", role="user", content=(ContentPart(type="input_text", text="Hi"),))
        >>> reactivex.of(ConversationItemAdded(item=hi)).pipe(turns()).subscribe(print).dispose()
        user: Hi
    """
    return mealy(by_class(_STEPS), _SILENCE, _all_told)


@dataclass(frozen=True, slots=True)
class _Running:
    """A response under way: the user's items that came before it, and its own messages."""

    before: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Floor:
    """Who is speaking: the State of `turns`."""

    waiting: tuple[str, ...]
    told: tuple[str, ...]
    running: Mapping[str, _Running]
    texts: Mapping[PartKey, str]


_Stepped = tuple[_Floor, tuple[Turn, ...]]
_SILENCE = _Floor((), (), MappingProxyType({}), MappingProxyType({}))


def _wait(floor: _Floor, item_id: str) -> _Stepped:
    if item_id in floor.told or item_id in floor.waiting:
        return floor, ()
    return _Floor((*floor.waiting, item_id), floor.told, floor.running, floor.texts), ()


def _tell(floor: _Floor, item_id: str, turn: Turn) -> _Stepped:
    """Give the turn of one item, once, and forget what was kept for it."""
    if item_id in floor.told:
        return floor, ()
    waiting = tuple(other for other in floor.waiting if other != item_id)
    texts = {key: heard for key, heard in floor.texts.items() if key[1] != item_id}
    return _Floor(waiting, (*floor.told, item_id)[-_REMEMBERED:], floor.running, texts), (turn,)


def _tell_waiting(floor: _Floor, item_ids: tuple[str, ...]) -> _Stepped:
    """Give the user's turns that a response does not wait for any longer."""
    given: tuple[Turn, ...] = ()
    for item_id in floor.waiting:
        if item_id in item_ids:
            heard = "".join(said for key, said in floor.texts.items() if key[:2] == (None, item_id)).strip()
            status = "incomplete" if heard else "completed"
            floor, told = _tell(floor, item_id, Turn("user", (item_id,), None, heard or None, status))
            given += told
    return floor, given


def _committed(floor: _Floor, event: InputAudioBufferCommitted) -> _Stepped:
    return _wait(floor, event.item_id)


def _item_here(floor: _Floor, event: Any) -> _Stepped:
    match event.item:
        case Message(role="user", id=str()):
            return _user_here(floor, event.item)
        case Message(role="assistant", id=str(), status="completed"):
            return _assistant_here(floor, event.item)
        case _:
            return floor, ()


def _item_done(floor: _Floor, event: ConversationItemDone) -> _Stepped:
    # a done item of the assistant belongs to a response, which tells it; what a client wrote was told when it was added
    match event.item:
        case Message(role="user", id=str()):
            return _user_here(floor, event.item)
        case _:
            return floor, ()


def _user_here(floor: _Floor, message: Any) -> _Stepped:
    spoken = any(part.type == "input_audio" for part in message.content or ())
    said = _said(message)
    if spoken and not said:
        return _wait(floor, message.id)
    if message.status == "in_progress":
        return floor, ()
    return _tell(floor, message.id, Turn("user", (message.id,), text=said or None))


def _assistant_here(floor: _Floor, message: Any) -> _Stepped:
    """Tell what a client wrote for the assistant: its items belong to no response and arrive complete."""
    if any(message.id in response.items for response in floor.running.values()) or not _said(message):
        return floor, ()
    return _tell(floor, message.id, Turn("assistant", (message.id,), text=_said(message)))


def _said(message: Message) -> str:
    parts = (part.text or part.transcript for part in message.content or ())
    return "\n".join(part for part in parts if part)


def _heard(floor: _Floor, event: Delta) -> _Stepped:
    if event.item_id in floor.told:
        return floor, ()
    key = (None, event.item_id, event.content_index or 0)
    return _Floor(floor.waiting, floor.told, floor.running, add(floor.texts, key, event.delta or "")), ()


def _transcribed(floor: _Floor, event: Completed) -> _Stepped:
    if is_final(event) or event.item_id in floor.told:
        return _tell(floor, event.item_id, Turn("user", (event.item_id,), text=event.transcript.strip()))
    texts = {**floor.texts, (None, event.item_id, event.content_index or 0): event.transcript}
    return _Floor(floor.waiting, floor.told, floor.running, texts), ()


def _not_transcribed(floor: _Floor, event: Failed) -> _Stepped:
    return _tell(floor, event.item_id, Turn("user", (event.item_id,)))


def _began(floor: _Floor, event: ResponseCreated) -> _Stepped:
    if event.response.id is None:
        return floor, ()
    running = {**floor.running, event.response.id: _Running(before=floor.waiting)}
    return _Floor(floor.waiting, floor.told, running, floor.texts), ()


def _output_added(floor: _Floor, event: ResponseOutputItemAdded) -> _Stepped:
    if not isinstance(event.item, Message) or event.item.id is None:
        return floor, ()
    response = floor.running.get(event.response_id) or _Running(before=floor.waiting)
    grown = _Running(response.before, (*response.items, event.item.id))
    return _Floor(floor.waiting, floor.told, {**floor.running, event.response_id: grown}, floor.texts), ()


def _output_delta(floor: _Floor, event: Any) -> _Stepped:
    return _Floor(floor.waiting, floor.told, floor.running, add(floor.texts, key_of(event), event.delta)), ()


def _output_whole(floor: _Floor, event: Any) -> _Stepped:
    whole = event.text if isinstance(event, ResponseOutputTextDone) else event.transcript
    return _Floor(floor.waiting, floor.told, floor.running, {**floor.texts, key_of(event): whole}), ()


def _ended(floor: _Floor, event: ResponseDone) -> _Stepped:
    response_id = event.response.id or ""
    response = floor.running.get(response_id)
    floor, given = _tell_waiting(floor, response.before if response else floor.waiting)
    turn = _turn_of(floor, event.response, response.items if response else ())
    running = {other: kept for other, kept in floor.running.items() if other != response_id}
    rest = _Floor(floor.waiting, floor.told, running, without(floor.texts, response_id))
    return rest, (*given, turn) if turn else given


def _turn_of(floor: _Floor, response: Response, added: tuple[str, ...]) -> Turn | None:
    whole = {message.id: _said(message) for message in messages(response) if message.id}
    heard = _heard_of(floor, response.id or "")
    item_ids = tuple(dict.fromkeys((*whole, *added, *heard)))
    if not item_ids and (response.output or response.status == "completed"):
        return None
    said = [whole.get(item_id) or heard.get(item_id, "") for item_id in item_ids]
    return Turn("assistant", item_ids, response.id, "\n".join(filter(None, said)), response.status)


def _heard_of(floor: _Floor, response_id: str) -> Mapping[str, str]:
    """Give what each item of a response said, as far as its events told."""
    heard: dict[str, list[str]] = {}
    for (owner, item_id, _), piece in floor.texts.items():
        if owner == response_id:
            heard.setdefault(item_id, []).append(piece)
    return {item_id: "\n".join(pieces) for item_id, pieces in heard.items()}


def _lost(floor: _Floor, _: ConnectionFailed) -> _Stepped:
    return _SILENCE, _all_told(floor)


def _all_told(floor: _Floor) -> tuple[Turn, ...]:
    floor, given = _tell_waiting(floor, floor.waiting)
    cut = (_turn_of(floor, Response(id=key), response.items) for key, response in floor.running.items())
    return given + tuple(turn for turn in cut if turn and turn.text)


_STEPS: Steps[_Floor, Turn] = {
    InputAudioBufferCommitted: _committed,
    ConversationItemAdded: _item_here,
    ConversationItemCreated: _item_here,
    ConversationItemDone: _item_done,
    Delta: _heard,
    Completed: _transcribed,
    Failed: _not_transcribed,
    ResponseCreated: _began,
    ResponseOutputItemAdded: _output_added,
    ResponseOutputTextDelta: _output_delta,
    ResponseOutputAudioTranscriptDelta: _output_delta,
    ResponseOutputTextDone: _output_whole,
    ResponseOutputAudioTranscriptDone: _output_whole,
    ResponseDone: _ended,
    ConnectionFailed: _lost,
}

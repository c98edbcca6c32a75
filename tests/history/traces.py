"""Conversations as a server may tell them: rows of events of which each keeps its order, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain, count
from typing import Any

from hypothesis import strategies as st

from rxrealtime.activity import Interrupted
from rxrealtime.events import (
    ContentPart,
    ConversationItemAdded,
    ConversationItemDeleted,
    ConversationItemDone,
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemInputAudioTranscriptionDelta,
    ConversationItemInputAudioTranscriptionFailed,
    ConversationItemTruncated,
    FunctionCall,
    FunctionCallOutput,
    InputAudioBufferCommitted,
    Message,
    Response,
    ResponseContentPartAdded,
    ResponseContentPartDone,
    ResponseCreated,
    ResponseDone,
    ResponseFunctionCallArgumentsDelta,
    ResponseFunctionCallArgumentsDone,
    ResponseOutputAudioDelta,
    ResponseOutputAudioDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
)
from rxrealtime.history import History, HistoryDelta, HistoryItem, ItemAdded, ItemDeleted, ItemUpdated, fold
from tests.operators.streams import interleavings

__all__ = ["Line", "Trace", "folded", "lines", "made", "traces"]

Line = tuple[str, str, str | None, str]
"""Id, role or type, status, text."""


@dataclass
class Trace:
    """A conversation.

    Args:
        values: Its traffic, in an order that a server may choose.
        plain: The same traffic, one thing after the other.
        lines: What a reader would write down of it; the text is "*" where it was interrupted.
    """

    values: list[Any]
    plain: list[Any]
    lines: list[Line]


def folded(values: Iterable[object], history: History | None = None) -> History:
    """Fold traffic into a history."""
    return reduce(fold, values, History() if history is None else history)


def lines(history: History) -> list[Line]:
    """Write a history down, what was interrupted as "*"."""
    return [
        (entry.id, entry.role or entry.item.type or "", entry.status, "*" if entry.heard_ms else _words(entry.item))
        for entry in history
    ]


def _words(item: Any) -> str:
    match item:
        case Message():
            parts = ((part.text or part.transcript or "").strip() for part in item.content or ())
            return "\n".join(filter(None, parts))
        case FunctionCall():
            return item.arguments or ""
        case _:
            return item.output or ""


def made(items: Iterable[HistoryItem], deltas: Iterable[HistoryDelta]) -> list[HistoryItem]:
    """Make changes one after the other, as a user interface does."""
    shown = list(items)
    for delta in deltas:
        ids = [entry.id for entry in shown]
        match delta:
            case ItemAdded(item=item, previous_item_id=previous):
                assert item.id not in ids
                shown.insert(0 if previous is None else ids.index(previous) + 1, item)
            case ItemUpdated(item=item):
                shown[ids.index(item.id)] = item
            case ItemDeleted(item_id=item_id):
                del shown[ids.index(item_id)]
    return shown


@dataclass
class _Writer:
    """Makes rows of events, and the lines that they come to."""

    draw: st.DrawFn
    ids: Any = field(default_factory=count)
    previous: str | None = None
    rows: list[list[Any]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def id(self, prefix: str) -> str:
        return f"{prefix}_{next(self.ids)}"

    def words(self) -> list[str]:
        return self.draw(st.lists(st.sampled_from([" a", "b", " cd ", " é", "\N{HIRAGANA LETTER A}"]), max_size=5))

    def place(self, item_id: str) -> str | None:
        """Put an item after the one before."""
        previous, self.previous = self.previous, item_id
        return previous

    def added(self, item: Any) -> ConversationItemAdded:
        """Add an item to the conversation."""
        return ConversationItemAdded(previous_item_id=self.place(item.id), item=item)

    def typed(self) -> None:
        """The user writes; perhaps it is deleted later."""
        item_id = self.id("item")
        text = "".join(self.words())
        role = self.draw(st.sampled_from(["user", "system", "assistant"]))
        kind = "output_text" if role == "assistant" else "input_text"
        item = Message(id=item_id, role=role, status="completed", content=(ContentPart(type=kind, text=text),))
        row: list[Any] = [self.added(item), ConversationItemDone(item=item)]
        if self.draw(st.booleans()):
            row.append(ConversationItemDeleted(item_id=item_id))
        else:
            self.lines.append((item_id, role, "completed", text.strip()))
        self.rows.append(row)

    def spoken(self) -> None:
        """The user speaks; the transcription is a row of its own, which may begin before the item."""
        item_id = self.id("item")
        part = ContentPart(type="input_audio", transcript=None)
        item = Message(id=item_id, role="user", status="completed", content=(part,))
        committed = InputAudioBufferCommitted(previous_item_id=self.previous, item_id=item_id)
        self.rows.append([committed, self.added(item), ConversationItemDone(item=item)])
        words = self.words()
        of: dict[str, Any] = {"item_id": item_id, "content_index": 0}
        row: list[Any] = [ConversationItemInputAudioTranscriptionDelta(**of, delta=word) for word in words]
        said = "".join(words).strip()
        if self.draw(st.booleans()):
            row.append(ConversationItemInputAudioTranscriptionCompleted(**of, transcript=f"{said}\n"))
        else:
            row.append(ConversationItemInputAudioTranscriptionFailed(**of))
            said = ""
        self.rows.append(row)
        self.lines.append((item_id, "user", "completed", said))

    def answered(self) -> None:
        """The model answers with some items; they interleave."""
        response_id = self.id("resp")
        status = self.draw(st.sampled_from(["completed", "completed", "cancelled", "failed"]))
        ending = "completed" if status == "completed" else "incomplete"
        kinds = {"wrote": self.wrote, "said": self.said, "called": self.called}
        chosen = self.draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=3))
        made = [kinds[kind](response_id, ending) for kind in chosen]
        begun = ResponseCreated(response=Response(id=response_id, status="in_progress", conversation_id="conv"))
        output = tuple(item for item, _ in made) if self.draw(st.booleans()) else ()
        ended = ResponseDone(response=Response(id=response_id, status=status, output=output))
        body = self.draw(interleavings(*(row for _, row in made)))
        self.rows.append([begun, *body, ended])

    def wrote(self, response_id: str, status: str) -> tuple[Message, list[Any]]:
        """A message in text."""
        item = self.message("output_text", status, text="".join(words := self.words()))
        of, text = _first_part(response_id, item), item.content[0].text
        middle = [
            ResponseContentPartAdded(**of, part=ContentPart(type="text", text="")),
            *(ResponseOutputTextDelta(**of, delta=word) for word in words),
            ResponseOutputTextDone(**of, text=text),
            ResponseContentPartDone(**of, part=ContentPart(type="text", text=text)),
        ]
        self.lines.append((item.id, "assistant", status, text.strip()))
        return item, self.made(response_id, item, {"content": ()}, middle)

    def said(self, response_id: str, status: str) -> tuple[Message, list[Any]]:
        """A message in audio, perhaps interrupted."""
        item = self.message("output_audio", status, transcript="".join(words := self.words()))
        of, text = _first_part(response_id, item), item.content[0].transcript
        sounds = self.draw(st.lists(st.integers(1, 20).map(lambda n: bytes(480 * n)), max_size=4))
        deltas = self.draw(
            interleavings(
                [ResponseOutputAudioTranscriptDelta(**of, delta=word) for word in words],
                [ResponseOutputAudioDelta(**of, delta=sound) for sound in sounds],
            )
        )
        middle = [
            ResponseContentPartAdded(**of, part=ContentPart(type="audio", transcript="")),
            *deltas,
            ResponseOutputAudioDone(**of),
            ResponseOutputAudioTranscriptDone(**of, transcript=text),
            ResponseContentPartDone(**of, part=ContentPart(type="audio", transcript=text)),
        ]
        row = self.made(response_id, item, {"content": ()}, middle)
        cut = self.draw(st.booleans())
        if cut:
            self.interrupt(row, response_id, item.id)
        self.lines.append((item.id, "assistant", status, "*" if cut else text.strip()))
        return item, row

    def message(self, kind: str, status: str, **content: str) -> Any:
        """A message of the model with one part."""
        part = ContentPart(type=kind, **content)
        return Message(id=self.id("item"), role="assistant", status=status, content=(part,))

    def interrupt(self, row: list[Any], response_id: str, item_id: str) -> None:
        """Put into a row that the item was interrupted, in the words of the client and of the server."""
        ms = self.draw(st.integers(0, 500))
        local = Interrupted(response_id, item_id, 0, ms, ms)
        told = ConversationItemTruncated(item_id=item_id, content_index=0, audio_end_ms=ms)
        at = self.draw(st.integers(2, len(row)))
        row[at:at] = [local, told] if self.draw(st.booleans()) else [told]

    def called(self, response_id: str, status: str) -> tuple[FunctionCall, list[Any]]:
        """A function call, and its output as a row of its own."""
        item_id, call_id = self.id("item"), self.id("call")
        arguments = "".join(words := self.words())
        of: dict[str, Any] = {"response_id": response_id, "item_id": item_id, "output_index": 0, "call_id": call_id}
        middle = [
            *(ResponseFunctionCallArgumentsDelta(**of, delta=word) for word in words),
            ResponseFunctionCallArgumentsDone(**of, name="tool", arguments=arguments),
        ]
        item = FunctionCall(id=item_id, call_id=call_id, name="tool", arguments=arguments, status=status)
        row = self.made(response_id, item, {"arguments": ""}, middle)
        self.lines.append((item_id, "function_call", status, arguments))
        if self.draw(st.booleans()):
            output = FunctionCallOutput(id=self.id("item"), call_id=call_id, output="done")
            self.rows.append([self.added(output), ConversationItemDone(item=output)])
            self.lines.append((output.id or "", "function_call_output", None, "done"))
        return item, row

    def made(self, response_id: str, item: Any, empty: dict[str, Any], middle: list[Any]) -> list[Any]:
        """Wrap the events of an item of a response; servers differ in what they send at its end."""
        begun = item.model_copy(update={"status": "in_progress", **empty})
        row = [ResponseOutputItemAdded(response_id=response_id, output_index=0, item=begun), self.added(begun), *middle]
        if self.draw(st.booleans()):
            row += [ConversationItemDone(item=item)]
        if self.draw(st.booleans()):
            row += [ResponseOutputItemDone(response_id=response_id, output_index=0, item=item)]
        return row

    def beside(self) -> None:
        """The model answers out of band: nothing of it is in the conversation."""
        before, place = list(self.lines), self.previous
        response_id = self.id("resp")
        _, row = self.wrote(response_id, "completed")
        row = [event for event in row if not isinstance(event, ConversationItemAdded | ConversationItemDone)]
        begun = ResponseCreated(response=Response(id=response_id, status="in_progress", conversation_id=None))
        self.rows.append([begun, *row, ResponseDone(response=Response(id=response_id, status="completed"))])
        self.lines, self.previous = before, place


def _first_part(response_id: str, item: Any) -> dict[str, Any]:
    """Say of which part an event is: the first of the only item."""
    return {"response_id": response_id, "item_id": item.id, "output_index": 0, "content_index": 0}


def _named(value: Any, number: int) -> Any:
    """Give an event of the server its id, as servers do."""
    return value if isinstance(value, Interrupted) else value.model_copy(update={"event_id": f"event_{number}"})


@st.composite
def traces(draw: st.DrawFn, repeated: bool = True) -> Trace:
    """Conversations in any order that the protocol allows, with events that come twice, and late.

    Args:
        draw: Hypothesis.
        repeated: Whether events may come twice.
    """
    writer = _Writer(draw)
    turns = {"typed": writer.typed, "spoken": writer.spoken, "answered": writer.answered, "beside": writer.beside}
    for turn in draw(st.lists(st.sampled_from(sorted(turns)), min_size=1, max_size=5)):
        turns[turn]()
    numbers = count()
    rows = [[_named(value, next(numbers)) for value in row] for row in writer.rows]
    values = draw(interleavings(*rows))
    for at in draw(st.lists(st.integers(0, len(values) - 1), max_size=6)) if repeated else []:
        later = draw(st.integers(at + 1, len(values)))
        values.insert(later, values[at])
    return Trace(values, list(chain.from_iterable(rows)), writer.lines)

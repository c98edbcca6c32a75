"""The conversation as it is shown: who said what, growing; calls, interruptions, and what was heard of an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from rxrealtime.activity import Interrupted, ToolEnded, ToolStarted
from rxrealtime.cli.moments import Chapter, Heard, Moment
from rxrealtime.cli.remarks import cut_remark, end_remark
from rxrealtime.events import ConversationItemCreate, InputAudioBufferSpeechStarted, Message, ResponseDone
from rxrealtime.operators import Transcript

__all__ = ["Line", "conversed"]


@dataclass(frozen=True, slots=True)
class Line:
    """One contribution.

    Args:
        role: Whose, or what kind of remark.
        text: What, as it came: not yet safe for a terminal.
        final: False while it grows.
        item_id: The item it shows, empty if it shows none.
    """

    role: Literal["user", "assistant", "call", "output", "remark", "chapter"]
    text: str
    final: bool = True
    item_id: str = ""


_Lines = tuple[Line, ...]


def conversed(lines: _Lines, moment: Moment) -> _Lines:
    """Return the conversation after one more moment."""
    step = _STEPS.get((moment.direction, type(moment.value)))
    return step(lines, moment.value) if step else lines


def _chapter(lines: _Lines, chapter: Chapter) -> _Lines:
    return (*lines, Line("chapter", chapter.title))


def _created(lines: _Lines, event: ConversationItemCreate) -> _Lines:
    match event.item:
        case Message(role="user", content=parts):
            return (*lines, Line("user", "\n".join(part.text or "" for part in parts or ())))
        case _:
            return lines


def _speaking(lines: _Lines, event: InputAudioBufferSpeechStarted) -> _Lines:
    """Keep the user's place: the transcript may come after the answer."""
    return (*lines, Line("user", "speaking", final=False, item_id=event.item_id))


def _told(lines: _Lines, transcript: Transcript) -> _Lines:
    line = Line(transcript.role, transcript.text, transcript.final, transcript.item_id)
    return _placed(lines, line)


def _placed(lines: _Lines, line: Line) -> _Lines:
    for place, other in enumerate(lines):
        if other.item_id == line.item_id and other.role == line.role:
            return (*lines[:place], line, *lines[place + 1 :])
    return (*lines, line)


def _started(lines: _Lines, started: ToolStarted) -> _Lines:
    return (*lines, Line("call", f"{started.name}({started.arguments})"))


def _ended(lines: _Lines, ended: ToolEnded) -> _Lines:
    return (*lines, Line("output", ended.output))


def _interrupted(lines: _Lines, interrupted: Interrupted) -> _Lines:
    return (*lines, Line("remark", cut_remark(interrupted)))


def _done(lines: _Lines, event: ResponseDone) -> _Lines:
    remark = end_remark(event.response)
    return (*lines, Line("remark", remark)) if remark else lines


def _heard(lines: _Lines, heard: Heard) -> _Lines:
    return (*lines, Line("remark", f'the server kept {heard.audio_end_ms / 1000:.1f} s of it: "{heard.text}"'))


_STEPS: Final[Mapping[tuple[str, type], Callable[[_Lines, Any], _Lines]]] = {
    ("noted", Chapter): _chapter,
    ("noted", Heard): _heard,
    ("sent", ConversationItemCreate): _created,
    ("received", InputAudioBufferSpeechStarted): _speaking,
    ("received", ResponseDone): _done,
    ("done", ToolStarted): _started,
    ("done", ToolEnded): _ended,
    ("done", Interrupted): _interrupted,
    ("told", Transcript): _told,
}

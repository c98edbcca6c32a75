"""One item of a history: the item of the wire, and what the wire does not say about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rxrealtime.events import (
    ContentPart,
    FunctionCall,
    FunctionCallOutput,
    Item,
    McpApprovalRequest,
    McpCall,
    McpListTools,
    Message,
)

__all__ = ["HistoryItem", "said_in"]


@dataclass(frozen=True, slots=True, repr=False)
class HistoryItem:
    """One item of a history; ``print`` shows it as ``assistant: Hello there!``.

    Args:
        item: The item as on the wire, images and retrieved audio included, with everything that is known of it. What
            was interrupted is cut: its transcript and its audio go no further than what was heard.
        heard_ms: For each part that was interrupted, by its content index, how much of its audio was heard, in
            milliseconds.
        untranscribed: The content indexes of the parts whose transcription failed.
        whole: The item before it was cut; None if nothing was.
    """

    item: Item
    heard_ms: Mapping[int, int] = field(default_factory=dict, hash=False)
    untranscribed: frozenset[int] = frozenset()
    whole: Item | None = None

    @property
    def id(self) -> str:
        """The id of the item."""
        return self.item.id or ""

    @property
    def full(self) -> Item:
        """The item with all that was told, heard or not."""
        return self.item if self.whole is None else self.whole

    @property
    def role(self) -> str | None:
        """The role of a message; None if it is no message."""
        return self.item.role if isinstance(self.item, Message) else None

    @property
    def status(self) -> str | None:
        """The status as on the wire: in_progress, completed or incomplete; None if the item has none."""
        found = getattr(self.item, "status", None)
        return found if isinstance(found, str) else None

    @property
    def text(self) -> str:
        """What a message says, written or spoken, as far as it was heard; a line for each part."""
        return "\n".join(filter(None, map(said_in, _parts(self.item))))

    @property
    def full_text(self) -> str:
        """What a message says, heard or not."""
        return "\n".join(filter(None, map(said_in, _parts(self.full))))

    def __repr__(self) -> str:
        about = ", ".join(filter(None, (self.item.type, self.role, self.status)))
        return f"HistoryItem({self.id!r}, {about})"

    def __str__(self) -> str:
        return _read(self.item) + ("..." if self.status == "in_progress" else "") + "".join(self._remarks())

    def _remarks(self) -> Iterator[str]:
        if self.status not in (None, "completed", "in_progress"):
            yield f" [{self.status}]"
        if self.heard_ms:
            yield f" [heard {sum(self.heard_ms.values()) / 1000:.1f} s]"


def said_in(part: ContentPart) -> str:
    """Give what one part says; what the user spoke without the blanks that transcriptions come with."""
    said = part.text or part.transcript or ""
    return said.strip() if part.type == "input_audio" else said


def _parts(item: Item) -> tuple[ContentPart, ...]:
    return (item.content or ()) if isinstance(item, Message) else ()


def _read(item: Item) -> str:
    """Write an item as a line for readers."""
    match item:
        case Message():
            return f"{item.role}: {' '.join(filter(None, map(_shown, _parts(item))))}".rstrip()
        case FunctionCall() | McpCall() | McpApprovalRequest():
            return f"{item.type}: {item.name}({_one_line(item.arguments)})"
        case FunctionCallOutput():
            return f"{item.type}: {item.output or ''}"
        case McpListTools():
            return f"{item.type}: {item.server_label or ''}, {len(item.tools or ())} tools"
        case _:
            return f"{item.type}"


def _shown(part: ContentPart) -> str:
    if part.image_url is not None:
        return "(image)"
    return said_in(part) or ("(not transcribed)" if part.type == "input_audio" else "")


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())

"""What a recording consists of: a header, the frames of both directions, and marks for what is no frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from rxrealtime.frames import Frame

__all__ = ["FORMAT_VERSION", "Entry", "Header", "Mark", "MarkKind"]

MarkKind = Literal["failure", "fault", "lost", "end"]
FORMAT_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Header:
    """What a recording says of itself.

    Args:
        version: The version of the format; this one is 1.
        origin: Whom it was recorded from, a url without credentials; "" if nobody knows.
        started: When it began, as ISO 8601 in UTC; "" if nobody knows.
        clock: What the times were taken from.
        redacted: What was taken out, beside credentials: "transcripts", "audio".
    """

    version: int = FORMAT_VERSION
    origin: str = ""
    started: str = ""
    clock: str = "monotonic"
    redacted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened and is no frame.

    Args:
        kind: "failure", something that was reported in the stream and is no received frame; "fault", what a proxy
            injected; "lost", entries that the writer could not keep; "end", how the connection ended.
        at: Seconds since the connection was opened.
        text: What happened, in words.
        detail: The same for programs.
    """

    kind: MarkKind
    at: float
    text: str
    detail: Mapping[str, str | int | None] = field(default_factory=dict)


Entry: TypeAlias = Frame | Mark
"""What a recording holds, in order."""

"""Showing a recording on the command line, at its own pace."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from typing import Any

import click

from rxrealtime.cli.printable import one_line
from rxrealtime.cli.progress import progressing
from rxrealtime.errors import ConfigurationError
from rxrealtime.events import ExceptionEvent
from rxrealtime.frames import Frame
from rxrealtime.recording.entries import Entry, Mark
from rxrealtime.recording.read import Recording, open_recording
from rxrealtime.views.moments import event_of

__all__ = ["Playing", "play", "row_of"]


@dataclass(frozen=True, slots=True)
class Playing:
    """What to play, and how.

    Args:
        path: The recording.
        speed: How many times faster than recorded; 0 shows all at once.
        start: Seconds to begin at.
        event: Or the type of the event to begin with.
        step: Whether to wait for Enter before each entry.
        as_json: Whether to print a JSON object a line.
    """

    path: Path
    speed: float = 1.0
    start: float = 0.0
    event: str | None = None
    step: bool = False
    as_json: bool = False


async def play(playing: Playing, sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep) -> None:
    """Print each frame and mark when it is due.

    Args:
        playing: What, and how.
        sleep: Waits for so many seconds.

    Raises:
        RecordingError: It is no recording, or damaged; what is before the damage was printed.
        ConfigurationError: There is no event to begin with.
    """
    recording = open_recording(playing.path)
    if playing.step and sys.stdin.isatty():
        click.echo("Enter shows the next frame, Ctrl-D ends", err=True)
    before: float | None = None
    for entry, row in _rows(recording, playing):
        if playing.step:
            if not await asyncio.to_thread(sys.stdin.readline):
                break
        elif playing.speed and before is not None:
            await sleep(max(entry.at - before, 0.0) / playing.speed)
        before = entry.at
        click.echo(json.dumps(row) if playing.as_json else _line(row))
    if not recording.complete:
        click.echo("rxrealtime: the recording is cut off: its end is missing", err=True)


def _rows(recording: Recording, playing: Playing) -> Iterator[tuple[Entry, dict[str, Any]]]:
    with progressing(f"looking for {one_line(playing.event or '')}") as progress:
        entries = recording.since(playing.start, progress if playing.event is not None else _ignore)
        rows = ((entry, row_of(entry)) for entry in entries)
        first = next(dropwhile(lambda pair: playing.event not in (None, pair[1]["type"]), rows), None)
    if first is not None:
        yield first
        yield from rows
    elif playing.event is not None:
        raise ConfigurationError(f"{playing.path}: no event of the type {playing.event!r} from {playing.start:g} s on")


def _ignore(_: float) -> None:
    """Tell nobody how far it is."""


def row_of(entry: Entry) -> dict[str, Any]:
    """Describe an entry without its payload.

    Args:
        entry: A frame or a mark.

    Returns:
        What is printed as JSON: ``at``, ``direction``, ``type``, and the size of a frame; for a frame that is no event
        the kind of its failure, for a mark its text and detail.
    """
    at = round(entry.at, 6)
    if isinstance(entry, Mark):
        what = {"type": f"rxrealtime.{entry.kind}", "text": entry.text, "detail": dict(entry.detail)}
        return {"at": at, "direction": None, **what}
    event = event_of(entry)
    failed = {"failure": event.kind.value} if isinstance(event, ExceptionEvent) else {}
    return {"at": at, "direction": entry.direction, "type": event.type, "bytes": _size(entry), **failed}


def _size(frame: Frame) -> int:
    return len(frame.data) if isinstance(frame.data, bytes) else len(frame.data.encode("utf-8", "surrogatepass"))


def _line(row: dict[str, Any]) -> str:
    if row["direction"] is None:
        return f"{row['at']:9.3f} s  *  {row['type'].removeprefix('rxrealtime.')}: {one_line(row['text'])}"
    arrow = "<" if row["direction"] == "received" else ">"
    what = f"no event ({row['failure']})" if "failure" in row else row["type"]
    return f"{row['at']:9.3f} s  {arrow}  {one_line(what)}  {row['bytes']} bytes"

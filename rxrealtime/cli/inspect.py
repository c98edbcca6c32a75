"""Looking at a recording on the command line: in words, as JSON, as a picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import get_terminal_size
from typing import Final, TypeAlias

import click

from rxrealtime.cli.printable import one_line, printable
from rxrealtime.cli.progress import progressing
from rxrealtime.cli.strips import strips
from rxrealtime.errors import ConfigurationError
from rxrealtime.views.summary import Summary, summarize
from rxrealtime.views.svg import escaped, shortened

__all__ = ["Wanted", "inspect_recording"]

_COLUMNS: Final = 100
_FAILURES: Final = 20
"""How many failures are told one by one."""
_Drawing: TypeAlias = Callable[[], bytes | str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to give of a recording.

    Args:
        as_json: One JSON object in place of the words.
        timeline: The timeline in characters, below the words.
        html: A file for all pictures, as one page.
        svg: A file for the timeline.
        png: The same in points.
    """

    as_json: bool = False
    timeline: bool = False
    html: Path | None = None
    svg: Path | None = None
    png: Path | None = None


def inspect_recording(recording: Path, wanted: Wanted) -> None:
    """Say what a recording holds, and draw what is asked for.

    Raises:
        RealtimeError: It cannot be read, or a picture cannot be drawn or written.
    """
    targets = (wanted.html, wanted.svg, wanted.png)
    _check(recording, targets)
    summary = _summed_up(recording)
    if wanted.as_json:
        click.echo(json.dumps({"type": "rxrealtime.inspected", "recording": str(recording), **summary.to_dict()}))
    else:
        for line in _lines(summary):
            click.echo(printable(line))
        if wanted.timeline:
            for line in strips(summary.timeline, get_terminal_size((_COLUMNS, 0)).columns):
                click.echo(line)
    timeline = summary.timeline
    drawings: tuple[_Drawing, ...] = (lambda: page(summary, recording.name), timeline.to_svg, timeline.to_png)
    for path, draw in zip(targets, drawings, strict=True):
        if path is not None:
            _write(path, draw())
            if not wanted.as_json:
                click.echo(one_line(f"wrote {path}"))


def _check(recording: Path, targets: Iterable[Path | None]) -> None:
    """See to it that the recording is not written over."""
    for path in targets:
        if path is not None and path.exists() and recording.exists() and path.samefile(recording):
            raise ConfigurationError(f"{path}: this is the recording, no place for a picture")


def _summed_up(path: Path) -> Summary:
    with progressing(f"reading {one_line(path.name)}") as progress:
        return summarize(path, progress)


def page(summary: Summary, name: str) -> str:
    """Give all pictures as one page that needs nothing else."""
    title = escaped(name)
    words = escaped("\n".join(_lines(summary)))
    pictures = "".join(f"<p>{picture.to_svg()}</p>" for picture in summary.pictures)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<body><h1>{title}</h1>{pictures}<pre>{words}</pre></body></html>\n"
    )


def _lines(summary: Summary) -> Iterator[str]:
    frames = f"{summary.received} frames received, {summary.sent} sent"
    yield frames if summary.seconds is None else f"{frames}, in {summary.seconds:.1f} s"
    yield from (f"  {shortened(str(turn), _COLUMNS)}" for turn in summary.turns)
    yield from _work(summary)
    yield f"failures: {len(summary.failures) or 'none'}"
    yield from (f"  {one.at:.3f} s  {shortened(one.text, _COLUMNS)}" for one in summary.failures[:_FAILURES])
    if len(summary.failures) > _FAILURES:
        yield f"  and {len(summary.failures) - _FAILURES} more: --json has them all"
    yield f"ended: {one_line(summary.end or 'not recorded')}"
    if not summary.complete:
        yield "the end of the recording is missing: whoever recorded it was stopped"


def _work(summary: Summary) -> Iterator[str]:
    """Say what was called, how long the user waited, and what was used, each if there was any."""
    if summary.tools:
        yield "tools: " + ", ".join(f"{one_line(name)} ({count})" for name, count in summary.tools.items())
    for kind, numbers in summary.latencies.items():
        times = f"p50 {numbers.p50:.3f} s, p95 {numbers.p95:.3f} s, max {numbers.max:.3f} s"
        yield f"{kind.replace('_', ' ')}: {times} ({numbers.count})"
    if summary.used:
        yield f"used: {summary.used[-1].responses}"


def _write(path: Path, drawn: bytes | str) -> None:
    try:
        path.write_bytes(drawn.encode() if isinstance(drawn, str) else drawn)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error

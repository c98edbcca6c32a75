"""Looking at a recording on the command line: in words, as JSON, as a picture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click

from rxrealtime.cli.printable import one_line, printable
from rxrealtime.cli.progress import progressing
from rxrealtime.errors import ConfigurationError
from rxrealtime.recording import open_recording
from rxrealtime.views import Timeline
from rxrealtime.views.summary import Summary, summarize
from rxrealtime.views.svg import escaped, shortened

__all__ = ["Wanted", "inspect_recording"]

_COLUMNS: Final = 100
_STRIP: Final = 72


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
    summary = _summed_up(recording)
    if wanted.as_json:
        click.echo(json.dumps({"type": "rxrealtime.inspected", "recording": str(recording), **summary.to_dict()}))
    else:
        for line in _lines(summary):
            click.echo(printable(line))
        if wanted.timeline:
            for line in strips(summary.timeline):
                click.echo(printable(line))
    _write(wanted.html, page(summary, recording.name).encode)
    _write(wanted.svg, summary.timeline.to_svg().encode)
    _write(wanted.png, summary.timeline.to_png)


def _summed_up(path: Path) -> Summary:
    recording = open_recording(path)
    with progressing(f"reading {one_line(path.name)}") as progress:
        return replace(summarize(recording.entries(progress)), complete=recording.complete)


def page(summary: Summary, name: str) -> str:
    """Give all pictures as one page that needs nothing else."""
    title = escaped(name)
    words = escaped("\n".join(_lines(summary)))
    pictures = "".join(f"<p>{picture.to_svg()}</p>" for picture in summary.pictures)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<body><h1>{title}</h1>{pictures}<pre>{words}</pre></body></html>\n"
    )


def strips(timeline: Timeline) -> Iterator[str]:
    """Give the timeline in characters: a row a lane, ``x`` where something failed."""
    first, last = timeline.seconds

    def column(at: float) -> int:
        return min(int((at - first) / (last - first) * (_STRIP - 1)), _STRIP - 1)

    for lane, bars in timeline.rows():
        cells = [" "] * _STRIP
        for bar in bars:
            begin, end = column(bar.start), column(last if bar.end is None else bar.end)
            cells[begin : end + 1] = f"[{shortened(bar.text, end - begin - 1)}".ljust(end - begin + 1, "=")
        for one in timeline.crosses if lane == "failures" else ():
            cells[column(one.at)] = "x"
        yield f"{lane:>15} |{''.join(cells)}|"
    unit = "s" if timeline.timed else "events"
    yield f"{'':>15}  {first:<.1f} {unit}{f'{last:.1f} {unit}':>{_STRIP - 8}}"


def _lines(summary: Summary) -> Iterator[str]:
    frames = f"{summary.received} frames received, {summary.sent} sent"
    yield frames if summary.seconds is None else f"{frames}, in {summary.seconds:.1f} s"
    yield from (f"  {shortened(str(turn), _COLUMNS)}" for turn in summary.turns)
    yield from _work(summary)
    yield f"failures: {len(summary.failures) or 'none'}"
    yield from (f"  {one.at:.3f} s  {shortened(one.text, _COLUMNS)}" for one in summary.failures)
    yield f"ended: {summary.end or 'not recorded'}"
    if not summary.complete:
        yield "the end of the recording is missing: whoever recorded it was stopped"


def _work(summary: Summary) -> Iterator[str]:
    """Say what was called, how long the user waited, and what was used, each if there was any."""
    if summary.tools:
        yield "tools: " + ", ".join(f"{name} ({count})" for name, count in summary.tools.items())
    for kind, numbers in summary.latencies.items():
        times = f"p50 {numbers.p50:.3f} s, p95 {numbers.p95:.3f} s, max {numbers.max:.3f} s"
        yield f"{kind.replace('_', ' ')}: {times} ({numbers.count})"
    if summary.used:
        yield f"used: {summary.used[-1].responses}"


def _write(path: Path | None, drawn: Any) -> None:
    if path is None:
        return
    data = drawn()
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error

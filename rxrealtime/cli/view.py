"""The live picture: a story as something that rich can draw. Pure: it knows no terminal and no time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from urllib.parse import urlsplit

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from rxrealtime.cli.dialogue import Line
from rxrealtime.cli.log import Entry
from rxrealtime.cli.printable import elided, one_line, printable
from rxrealtime.cli.story import Story, Wait

__all__ = ["Size", "picture"]

_SPARE_ROWS: Final = 2
"""Rows below the picture: the last word, and the prompt after it."""
_HEADER_ROWS: Final = 1
_FOOTER_ROWS: Final = 4
_MIN_ROWS: Final = 6
_TIME_COLUMNS: Final = 9
_BORDER_COLUMNS: Final = 4
_SIGNS: Final = {"received": ("<", ""), "sent": (">", "cyan")}
_ROLES: Final = {
    "user": ("user  ", "bold cyan"),
    "assistant": ("model ", "bold green"),
    "call": ("call  ", "bold magenta"),
    "output": ("tool  ", "bold magenta"),
    "remark": ("  --  ", "yellow"),
}


@dataclass(frozen=True, slots=True)
class Size:
    """The terminal.

    Args:
        columns: Its width.
        rows: Its height.
    """

    columns: int
    rows: int

    @property
    def log_columns(self) -> int:
        """The width of the log: a little more than half, but not more than its lines need."""
        return min(max(self.columns * 55 // 100, 20), 66)

    @property
    def panel_rows(self) -> int:
        """The height of the log and of the conversation, borders included."""
        return max(self.rows - _HEADER_ROWS - _FOOTER_ROWS - _SPARE_ROWS, _MIN_ROWS)


def picture(story: Story, size: Size, elapsed: float) -> RenderableType:
    """Draw a story.

    Args:
        story: What happened so far.
        size: The terminal.
        elapsed: Seconds since the beginning.

    Returns:
        The picture: as wide as the terminal and a few rows less high, whatever the story.
    """
    body = Table.grid(expand=True)
    body.add_column(width=size.log_columns)
    body.add_column(ratio=1)
    shown = story.log.entries[-size.panel_rows :]
    log = [row for entry in shown for row in _entry(entry, size.log_columns - _BORDER_COLUMNS)]
    body.add_row(
        _panel("events", log, size.panel_rows),
        _panel("conversation", map(_line, story.lines), size.panel_rows),
    )
    return Group(_header(story, elapsed), body, _Tail(tuple(_footer(story)), _FOOTER_ROWS))


@dataclass(frozen=True, slots=True)
class _Row:
    """A label and what is beside it: wrapped, or cut to one row."""

    label: Text
    text: Text
    wraps: bool = True

    def rows(self, console: Console, columns: int) -> Iterator[Text]:
        width = max(columns - self.label.cell_len, 1)
        texts = list(self.text.wrap(console, width)) or [Text()] if self.wraps else [self.text.copy()]
        for number, text in enumerate(texts):
            text.rstrip()
            text.truncate(width, overflow="ellipsis")
            yield Text.assemble(Text(" " * self.label.cell_len) if number else self.label, text)


@dataclass(frozen=True, slots=True)
class _Tail:
    """The last of some rows, and always as many."""

    lines: tuple[_Row, ...]
    height: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = [row for line in self.lines[-self.height :] for row in line.rows(console, options.max_width)]
        yield from rows[-self.height :]
        yield from (Segment.line() for _ in range(self.height - len(rows)))


def _panel(title: str, lines: Iterable[_Row], rows: int) -> Panel:
    return Panel(_Tail(tuple(lines), rows - 2), title=title, title_align="left", height=rows, border_style="dim")


def _header(story: Story, elapsed: float) -> Text:
    parts = urlsplit(story.url)
    log = story.log
    failed = (f"{log.failures} failed", "bold red" if log.failures else "")
    return Text.assemble(
        ("rxrealtime", "bold"),
        f"  {parts.scheme}://{parts.netloc}{parts.path}  {elapsed:.1f} s  {log.received} in  {log.sent} out  ",
        failed,
        no_wrap=True,
        overflow="ellipsis",
    )


def _entry(entry: Entry, columns: int) -> Iterator[_Row]:
    """Draw an entry on one row, a failure on two: what, and why."""
    when = Text(f"{entry.at:6.2f} ", "dim")
    if entry.kind == "failed":
        what = f"FAILED {entry.failure}{' in ' if entry.name else ''}"
        name = elided(entry.name, columns - _TIME_COLUMNS - len(what))
        yield _Row(when, Text(f"! {what}{name}", "bold red"), wraps=False)
        yield _Row(Text(" " * _TIME_COLUMNS), Text(entry.detail, "red"), wraps=False)
        return
    times = f" x{entry.count}" if entry.count > 1 else ""
    name = elided(entry.name, columns - _TIME_COLUMNS - len(times))
    sign, style = _SIGNS[entry.kind]
    yield _Row(when, Text.assemble((f"{sign} {name}", style), (times, "bold")), wraps=False)


def _line(line: Line) -> _Row:
    if line.role == "chapter":
        return _Row(Text(), Text(f"- {line.text} -", "bold"))
    label, style = _ROLES[line.role]
    said = printable(line.text).strip() + ("" if line.final else "…")
    return _Row(Text(label, style), Text(said, "yellow" if line.role == "remark" else ""))


def _footer(story: Story) -> Iterator[_Row]:
    yield _Row(Text("latency  ", "bold"), Text(" · ".join(_measurements(story.waits))))
    failed = [entry for entry in story.log.entries if entry.kind == "failed"]
    if failed:
        places = " · ".join(f"{entry.failure} at {entry.at:.2f} s" for entry in failed)
        yield _Row(Text("failed   ", "bold red"), Text(places, "red"), wraps=False)
    if story.ended is not None and story.ended.outcome is not None:
        yield _Row(Text("ended    ", "bold"), Text(one_line(str(story.ended.outcome))))


def _measurements(waits: Iterable[Wait]) -> Iterator[str]:
    for chapter, group in groupby(waits, lambda wait: wait.chapter):
        times = ", ".join(map(str, group))
        yield f"{chapter}: {times}"

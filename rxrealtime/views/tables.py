"""What happened as tables: one row an event, a response, a turn, a wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from rxrealtime.errors import ConfigurationError
from rxrealtime.recording import Entry, Mark, Recording
from rxrealtime.views.moments import Moment, is_failure, moments
from rxrealtime.views.summary import Summary

__all__ = ["event_rows", "latency_rows", "response_rows", "to_dataframe", "turn_rows"]

Source = Recording | str | Path | Iterable[Entry | Moment]
_IDS = ("event_id", "response_id", "item_id", "call_id")


def event_rows(source: Source) -> Iterator[dict[str, Any]]:
    """Give one row an event: number, seconds, direction, type, ids, whether it failed. What was said is not in it.

    Args:
        source: See `moments`.
    """
    for number, (at, direction, event) in enumerate(moments(source)):
        kind = event.kind if isinstance(event, Mark) else str(getattr(event, "type", type(event).__name__))
        row = {"n": number, "t": at, "direction": direction, "type": kind, "failed": is_failure(event)}
        yield {**row, **{name: _known(event, name) for name in _IDS}}


def response_rows(summary: Summary) -> list[dict[str, Any]]:
    """Give one row a response that told what it used: its id, its status, its tokens."""
    return [
        {
            "response_id": one.response_id,
            "status": one.status,
            "tokens": one.tally.total,
            "read": one.tally.input.total,
            "written": one.tally.output.total,
        }
        for one in summary.used
        if one.item_id is None
    ]


def turn_rows(summary: Summary) -> list[dict[str, Any]]:
    """Give one row a turn: who, what, how it ended."""
    return [asdict(turn) for turn in summary.turns]


def latency_rows(summary: Summary) -> list[dict[str, Any]]:
    """Give one row a wait: of which kind, how long, since what."""
    return [asdict(wait) for wait in summary.waits]


def to_dataframe(source: Source | list[dict[str, Any]], library: Literal["pandas", "polars"] = "pandas") -> Any:
    """Give a data frame; needs the extra ``rxrealtime[dataframe]``.

    Args:
        source: Rows, as the functions beside this one give them; or what `event_rows` takes, one row an event.
        library: What the data frame is of.

    Raises:
        ConfigurationError: pyarrow or the library is not installed.
        RecordingError: As `moments`.
    """
    ready = isinstance(source, list) and all(isinstance(row, dict) for row in source)
    rows: Any = source if ready else list(event_rows(source))  # type: ignore[arg-type]
    try:
        table = import_module("pyarrow").Table.from_pylist(rows)
        return table.to_pandas() if library == "pandas" else import_module(library).from_arrow(table)
    except ImportError as error:
        wanted = f"pip install 'rxrealtime[dataframe]' {library}"
        raise ConfigurationError(f"data frames of {library} need it and pyarrow: {wanted}") from error


def _known(event: object, name: str) -> str | None:
    value = getattr(event, name, None)
    if value is None and name == "response_id":
        value = getattr(getattr(event, "response", None), "id", None)
    return value if isinstance(value, str) else None

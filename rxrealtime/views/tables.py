"""What happened as tables: one row an event, a response, a turn, a wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, get_args, overload

import reactivex
from reactivex import Observable
from reactivex import operators as rx

from rxrealtime.errors import ConfigurationError
from rxrealtime.operators import Latency, Tally, Turn
from rxrealtime.recording import Entry, Mark, Recording
from rxrealtime.session import Session
from rxrealtime.views.moments import Moment, is_failure, moments, session_moments, stream_moments
from rxrealtime.views.summary import Summary

__all__ = ["Rows", "event_rows", "latency_rows", "response_rows", "to_dataframe", "turn_rows"]

Library = Literal["pandas", "polars"]
Source = Recording | str | Path | Iterable[Entry | Moment]
_IDS = ("event_id", "response_id", "item_id", "call_id")
_EVENT_COLUMNS: Final = ("n", "t", "direction", "type", "failed", *_IDS)
_RESPONSE_COLUMNS: Final = ("response_id", "status", "tokens", "read", "written")
_ARROW: Final = {
    "int64": ("n", "tokens", "read", "written"),
    "float64": ("t", "seconds"),
    "bool_": ("failed",),
    "string": ("direction", "type", *_IDS, "status", "role", "text", "kind", "since"),
}
"""What the columns of these tables hold, by the names of Arrow: also those in which nothing is known."""


class Rows(list[dict[str, Any]]):
    """Rows that know their columns, also if there are none.

    Args:
        columns: The names of the columns, in order.
        rows: The rows.
    """

    def __init__(self, columns: Iterable[str], rows: Iterable[dict[str, Any]] = ()) -> None:
        super().__init__(rows)
        self.columns = tuple(columns)


def event_rows(source: Source) -> Iterator[dict[str, Any]]:
    """Give one row an event: number, seconds, direction, type, ids, whether it failed. What was said is not in it.

    Args:
        source: See `moments`.
    """
    for number, (at, direction, event) in enumerate(moments(source)):
        kind = event.kind if isinstance(event, Mark) else str(getattr(event, "type", type(event).__name__))
        row = {"n": number, "t": at, "direction": direction, "type": kind, "failed": is_failure(event)}
        yield {**row, **{name: _known(event, name) for name in _IDS}}


def response_rows(summary: Summary) -> Rows:
    """Give one row a response that told what it used: its id, its status, its tokens."""
    told = (one for one in summary.used if one.item_id is None)
    values = ((one.response_id, one.status, *_tokens(one.tally)) for one in told)
    return Rows(_RESPONSE_COLUMNS, (dict(zip(_RESPONSE_COLUMNS, row, strict=True)) for row in values))


def turn_rows(summary: Summary) -> Rows:
    """Give one row a turn: who, what, how it ended. Its items are a list."""
    return Rows((field.name for field in fields(Turn)), map(asdict, summary.turns))


def latency_rows(summary: Summary) -> Rows:
    """Give one row a wait: of which kind, how long, since what."""
    return Rows((field.name for field in fields(Latency)), map(asdict, summary.waits))


@overload
def to_dataframe(source: Session | Observable[Any], library: Library = "pandas") -> Observable[Any]: ...


@overload
def to_dataframe(source: Source | list[dict[str, Any]], library: Library = "pandas") -> Any: ...


def to_dataframe(source: Any, library: Library = "pandas") -> Any:
    """Give a data frame; needs the extra ``rxrealtime[dataframe]``, and polars where it is asked for.

    What is not known is missing, not a number or a word: whole numbers stay whole beside it. A table without rows has
    its columns.

    Args:
        source: What `event_rows` takes, such as a recording: one row an event. Or rows: those that the functions beside
            this one give, or any dictionaries. Or what goes on: a session (subscribe before it is entered to have all
            of it), or a stream of events, moments, frames or any values (see `stream_moments`).
        library: What the data frame is of.

    Returns:
        The data frame. Of a session or a stream, a stream that gives it at the end: ``await to_dataframe(stream)``.
        Nothing that came is lost if that fails: the error is the last row. As every stream, it has what comes once it
        is subscribed to, or awaited: ``waiting = asyncio.ensure_future(to_dataframe(session))``, then
        ``async with session: ...``, then ``frame = await waiting``.

    Raises:
        ConfigurationError: pyarrow or the library is not installed, or it is neither of the two.
        RecordingError: As `moments`.
    """
    if library not in get_args(Library):
        raise ConfigurationError(f"to_dataframe: {library!r} is neither 'pandas' nor 'polars'")
    frame_of = partial(_frame, *_imported(library))
    if isinstance(source, Session | Observable):
        return _all_of(source).pipe(rx.map(frame_of))
    return frame_of(source)


def _imported(library: Library) -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module(library)
    except ImportError as error:
        wanted = f"pip install 'rxrealtime[dataframe]' {library}"
        raise ConfigurationError(f"data frames of {library} need it and pyarrow: {wanted}") from error


def _all_of(source: Session | Observable[Any]) -> Observable[list[Moment]]:
    """Give what came, at the end; what it failed with, if it did, comes last."""
    stream = session_moments(source) if isinstance(source, Session) else source
    return stream_moments(stream.pipe(rx.catch(lambda error, _: reactivex.of(error)))).pipe(rx.to_list())


def _frame(arrow: Any, frames: Any, source: Any) -> Any:
    """Give a data frame; of rows that are not of this module the types of the columns are those of their values."""
    if type(source) is list and source and all(type(row) is dict for row in source):
        table = _table(Rows(dict.fromkeys(name for row in source for name in row), source), arrow, {})
    else:
        rows = source if isinstance(source, Rows) else Rows(_EVENT_COLUMNS, event_rows(source))
        table = _table(rows, arrow, _types(arrow))
    return frames.from_arrow(table) if hasattr(frames, "from_arrow") else _of_pandas(table, arrow, frames)


def _types(arrow: Any) -> dict[str, Any]:
    types = {name: getattr(arrow, kind)() for kind, names in _ARROW.items() for name in names}
    return {**types, "item_ids": arrow.list_(arrow.string())}


def _table(rows: Rows, arrow: Any, types: Mapping[str, Any]) -> Any:
    columns = [arrow.array([row.get(name) for row in rows], types.get(name)) for name in rows.columns]
    return arrow.table(columns, names=list(rows.columns))


def _of_pandas(table: Any, arrow: Any, pandas: Any) -> Any:
    """Give a data frame of pandas: whole numbers that may be missing, and lists as lists."""
    frame = table.to_pandas(types_mapper={arrow.int64(): pandas.Int64Dtype()}.get)
    for field in table.schema:
        if arrow.types.is_nested(field.type):
            frame[field.name] = pandas.Series(table[field.name].to_pylist(), dtype=object, index=frame.index)
    return frame


def _tokens(tally: Tally) -> tuple[int | None, int | None, int | None]:
    return tally.total, tally.input.total, tally.output.total


def _known(event: object, name: str) -> str | None:
    value = getattr(event, name, None)
    if value is None and name == "response_id":
        value = getattr(getattr(event, "response", None), "id", None)
    return value if isinstance(value, str) else None

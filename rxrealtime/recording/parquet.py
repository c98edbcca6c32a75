"""Recordings as Parquet, which DuckDB, pandas, polars and Spark read."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, Final

from rxrealtime.errors import ConfigurationError
from rxrealtime.recording.clean import clean_lines
from rxrealtime.recording.entries import Header, Mark
from rxrealtime.recording.files import written_whole
from rxrealtime.recording.lines import Line
from rxrealtime.recording.read import Recording

__all__ = ["write_parquet"]

_ROWS: Final = 10_000
"""How many rows are kept in memory."""


def write_parquet(recording: Recording, path: Path, progress: Callable[[float], None]) -> None:
    """Write a recording as a table; see `convert`.

    Raises:
        ConfigurationError: The package pyarrow is missing.
        OSError: The file cannot be written.
    """
    arrow, parquet = _imported("pyarrow"), _imported("pyarrow.parquet")
    names = {"t": arrow.int64(), "dir": arrow.string(), "op": arrow.string(), "raw": arrow.binary()}
    schema = arrow.schema({**names, "type": arrow.string()})
    found = recording.header
    about = {"origin": found.origin, "started": found.started, "clock": found.clock}
    rows = (_row(line) for line in clean_lines(recording, progress) if not isinstance(line.content, Header))
    with (
        written_whole(path) as file,
        parquet.ParquetWriter(file, schema.with_metadata(about), compression="zstd") as writer,
    ):
        while batch := list(islice(rows, _ROWS)):
            writer.write_table(arrow.Table.from_pylist(batch, schema=schema.with_metadata(about)))


def _row(line: Line) -> dict[str, Any]:
    content = line.content
    if isinstance(content, Header):
        raise TypeError("a header is no row")
    t = round(content.at * 1_000_000)
    if isinstance(content, Mark):
        raw = json.dumps({"text": content.text, "detail": dict(content.detail)}).encode()
        return {"t": t, "dir": None, "op": "mark", "raw": raw, "type": content.kind}
    data = content.data.encode("utf-8", "surrogatepass") if isinstance(content.data, str) else content.data
    return {"t": t, "dir": content.direction, "op": line.op, "raw": data, "type": _type(data)}


def _type(data: bytes) -> str | None:
    """Read the type of an event; None if there is none."""
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        return None
    found = event.get("type") if isinstance(event, dict) else None
    if not isinstance(found, str):
        return None
    return found.encode("utf-8", "replace").decode()  # half of a surrogate pair is no text of a table


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ConfigurationError("Parquet needs pyarrow: pip install 'rxrealtime[parquet]'") from None

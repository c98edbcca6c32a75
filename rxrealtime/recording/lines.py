"""The lines of a recording: one JSON object each, written so that every byte of a frame comes back.

A frame is ``{"t": 1500, "dir": "received", "op": "text", "raw": "..."}``, its time in microseconds. Bytes that are not
UTF-8, and binary messages, are base64 in ``"base64"`` instead. Read are also the lines of the older and simpler form,
``{"direction": ..., "event": {...}, "at": seconds}`` after ``{"meta": {...}}``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

from rxrealtime.errors import RecordingError
from rxrealtime.frames import Direction, Frame
from rxrealtime.recording.credentials import masked
from rxrealtime.recording.entries import FORMAT_VERSION, Entry, Header, Mark, MarkKind

__all__ = ["Line", "Opcode", "is_whole", "line_of_frame", "line_of_header", "line_of_mark", "parsed"]

Opcode: TypeAlias = Literal["text", "binary"]
_MICROSECONDS: Final = 1_000_000
_plain: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ascii: Final = json.JSONEncoder(separators=(",", ":")).encode


class Line(NamedTuple):
    """A line of a recording, read.

    Args:
        content: What it holds.
        op: Which kind of message a frame was (RFC 6455, section 11.8); None for what is no frame.
    """

    content: Header | Entry
    op: Opcode | None = None


def line_of_header(header: Header) -> bytes:
    """Write a header, the first line."""
    fields = {**asdict(header), "redacted": list(header.redacted)}
    return _written({"rxrealtime": fields.pop("version"), **fields})


def line_of_mark(mark: Mark) -> bytes:
    """Write a mark."""
    fields: dict[str, Any] = {"t": _micros(mark.at), "mark": mark.kind, "text": mark.text}
    return _written({**fields, "detail": dict(mark.detail)} if mark.detail else fields)


def line_of_frame(frame: Frame, binary: bool | None = None) -> bytes:
    """Write a frame.

    Args:
        frame: The frame.
        binary: Whether it was a binary message; None if nobody knows: then it was one if it is not UTF-8.

    Returns:
        The line, with its end.
    """
    head = f'{{"t":{_micros(frame.at)},"dir":"{frame.direction}","op":'
    text = None if binary else _text(frame.data)
    if text is not None:
        return f'{head}"text","raw":{_quoted(text)}}}\n'.encode()
    data = frame.data.encode("utf-8", "surrogatepass") if isinstance(frame.data, str) else frame.data
    op = "text" if binary is False else "binary"
    return f'{head}"{op}","base64":"{base64.b64encode(data).decode()}"}}\n'.encode()


def parsed(line: bytes, place: str) -> Line:
    """Read a line.

    Args:
        line: The line, with or without its end.
        place: Where it stands, for the message.

    Returns:
        What it holds.

    Raises:
        RecordingError: It is cut off, or not a line of a recording.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        what = "is not JSON" if line.endswith(b"\n") else "is cut off"
        raise RecordingError(f"{place} {what}: the recording ends here") from None
    try:
        return _read(row, place)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(f"{place}: it is not a line of a recording ({type(error).__name__})") from None


def is_whole(line: bytes) -> bool:
    """Tell whether a line was written to its end."""
    if line.endswith(b"\n"):
        return True
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _read(row: Any, place: str) -> Line:
    if isinstance(row, dict):
        if "t" in row:
            return Line(_mark(row)) if "mark" in row else _frame(row)
        if "rxrealtime" in row:
            return Line(_header(row, place))
        if "meta" in row:
            return Line(_meta(row["meta"]))
    return Line(_simple(row, place), "text")


def _frame(row: Mapping[str, Any]) -> Line:
    direction, op = row["dir"], row["op"]
    if direction not in get_args(Direction) or op not in get_args(Opcode):
        raise ValueError(direction)
    data = _bytes(row["raw"]) if "raw" in row else base64.b64decode(row["base64"], validate=True)
    return Line(Frame(direction, data, row["t"] / _MICROSECONDS), op)


def _mark(row: Mapping[str, Any]) -> Mark:
    if row["mark"] not in get_args(MarkKind):
        raise ValueError(row["mark"])
    return Mark(row["mark"], row["t"] / _MICROSECONDS, str(row["text"]), dict(row.get("detail", {})))


def _header(row: Mapping[str, Any], place: str) -> Header:
    version = row["rxrealtime"]
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise RecordingError(
            f"{place}: the format {version!r} is newer than this rxrealtime, which reads {FORMAT_VERSION}"
        )
    known = {name: str(row[name]) for name in ("origin", "started", "clock") if name in row}
    return Header(version, redacted=tuple(map(str, row.get("redacted", ()))), **known)


def _meta(meta: Any) -> Header:
    """Read the first line of the simple form, which has no version of its own."""
    return Header(0, origin=masked(str(meta.get("source", ""))) if isinstance(meta, dict) else "", clock="")


def _simple(row: Any, place: str) -> Frame:
    if not isinstance(row, dict) or row.get("direction") not in get_args(Direction):
        raise RecordingError(f'{place}: expected {{"direction": "received" or "sent", "event": ...}}')
    at = row.get("at", 0.0)
    if not isinstance(at, (int, float)) or "event" not in row:
        raise RecordingError(f'{place}: "at" must be seconds and "event" must be there')
    return Frame(row["direction"], json.dumps(row["event"]).encode(), float(at))


def _micros(at: float) -> int:
    return round(at * _MICROSECONDS)


def _text(data: bytes | str) -> str | None:
    if isinstance(data, str):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _quoted(text: str) -> str:
    """Write a JSON string; half of a surrogate pair, which UTF-8 cannot have, as an escape."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _ascii(text)
    return _plain(text)


def _bytes(text: str) -> bytes | str:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text


def _written(row: Mapping[str, Any]) -> bytes:
    return _ascii(row).encode() + b"\n"

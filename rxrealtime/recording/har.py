"""Recordings as HTTP archives (HAR 1.2), whose websocket messages the developer tools of browsers show."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from rxrealtime._version import __version__
from rxrealtime.frames import Frame
from rxrealtime.recording.clean import clean_lines
from rxrealtime.recording.files import written_whole
from rxrealtime.recording.lines import Line
from rxrealtime.recording.read import Recording

__all__ = ["write_har"]

_MESSAGES: Final = "_webSocketMessages"
"""The field in which Chromium keeps them (front_end/models/har/HARFormat.ts)."""


def write_har(recording: Recording, path: Path, progress: Callable[[float], None]) -> None:
    """Write a recording as an archive; see `convert`.

    Raises:
        OSError: The file cannot be written.
    """
    head, tail = json.dumps(_archive(recording)).split('"@"')
    began = _began(recording)
    with written_whole(path) as file:
        file.write(head.encode())
        separator = b""
        for message in _messages(clean_lines(recording, progress), began):
            file.write(separator + json.dumps(message).encode())
            separator = b",\n"
        file.write(tail.encode())


def _messages(lines: Iterator[Line], began: float) -> Iterator[dict[str, Any]]:
    for line in lines:
        if isinstance(line.content, Frame):
            kind = "send" if line.content.direction == "sent" else "receive"
            opcode = 2 if line.op == "binary" else 1
            yield {
                "type": kind,
                "time": began + line.content.at,
                "opcode": opcode,
                "data": _shown(line.content, opcode),
            }


def _shown(frame: Frame, opcode: int) -> str:
    data = frame.data.encode("utf-8", "surrogatepass") if isinstance(frame.data, str) else frame.data
    return base64.b64encode(data).decode() if opcode == 2 else data.decode("utf-8", "replace")


def _began(recording: Recording) -> float:
    """Give the time of the opening in seconds since 1970; 0 if nobody knows."""
    try:
        return datetime.fromisoformat(recording.header.started).timestamp()
    except ValueError:
        return 0.0


def _archive(recording: Recording) -> dict[str, Any]:
    """Give the archive with a placeholder for the only entry's only message."""
    url = recording.header.origin
    query = [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(url).query, True)]
    sizes = {"headers": [], "cookies": [], "httpVersion": "HTTP/1.1", "headersSize": -1, "bodySize": -1}
    content = {"content": {"size": 0, "mimeType": "x-unknown"}, "redirectURL": ""}
    entry = {
        "startedDateTime": datetime.fromtimestamp(_began(recording), UTC).isoformat(),
        "time": 0,
        "request": {"method": "GET", "url": url, "queryString": query, **sizes},
        "response": {
            "status": 101,
            "statusText": "Switching Protocols",
            "content": content,
            "redirectURL": "",
            **sizes,
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        "_resourceType": "websocket",
        _MESSAGES: ["@"],
    }
    creator = {"name": "rxrealtime", "version": __version__}
    return {"log": {"version": "1.2", "creator": creator, "pages": [], "entries": [entry]}}

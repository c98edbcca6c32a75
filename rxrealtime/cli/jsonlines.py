"""The demonstration as JSON lines for machines: ``type`` and ``at``, then the event's own fields; audio as its size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from rxrealtime import Agent
from rxrealtime.cli.moments import Moment
from rxrealtime.events import Event, ExceptionEvent, UnknownEvent
from rxrealtime.operators import Latency, Transcript

__all__ = ["has_line", "json_line"]


def has_line(moment: Moment) -> bool:
    """Tell whether a moment is worth a line: transcripts repeat the events."""
    return not isinstance(moment.value, Transcript)


def json_line(moment: Moment) -> str:
    """Write one moment.

    Args:
        moment: What happened.

    Returns:
        The line to print: an event with its type on the wire, a failure with the type ``exception``, and what is not
        of the wire with a type that begins with ``rxrealtime.``.
    """
    kind, described = _described(moment.value)
    rest = {name: _sized(value) for name, value in described.items() if name not in ("type", "at", "direction")}
    line = {"type": kind, "at": round(moment.at, 6), "direction": moment.direction, **rest}
    return json.dumps(line, ensure_ascii=True)


def _described(value: Any) -> tuple[str, Mapping[str, Any]]:
    """Give the type and the fields of what happened."""
    match value:
        case ExceptionEvent():
            return value.type, _failure(value)
        case UnknownEvent():
            return value.type, value.raw
        case Event():
            return str(getattr(value, "type", "")), value.model_dump(exclude_unset=True)
        case _:
            kind = "latency" if isinstance(value, Latency) else value.type
            return f"rxrealtime.{kind}", {field.name: getattr(value, field.name) for field in fields(value)}


def _failure(failure: ExceptionEvent) -> Mapping[str, Any]:
    return {
        "kind": failure.kind.value,
        "event_type": failure.event_type,
        "exception": type(failure.exception).__name__,
        "message": str(failure.exception),
        "frame_bytes": len(failure.frame.data) if failure.frame else None,
    }


def _sized(value: Any) -> Any:
    """Return a value that JSON has: audio becomes its size."""
    match value:
        case bytes():
            return {"bytes": len(value)}
        case Mapping():
            return {str(name): _sized(part) for name, part in value.items()}
        case list() | tuple():
            return [_sized(part) for part in value]
        case float():
            return round(value, 6)
        case str() | int() | None:
            return value
        case Agent():
            return value.name
        case _:
            return str(value)

"""The demonstration as JSON lines for machines: ``type`` and ``at``, then the event's own fields; audio as its size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rxrealtime.cli.latencies import Latencies, measured
from rxrealtime.cli.moments import Chapter, Ended, Heard, Moment
from rxrealtime.events import Event, ExceptionEvent, UnknownEvent

__all__ = ["json_step"]


def json_step(latencies: Latencies, moment: Moment) -> tuple[Latencies, tuple[str, ...]]:
    """Take one moment.

    Args:
        latencies: What was measured so far.
        moment: What happened.

    Returns:
        What is measured after it, and the lines to print: events with their type on the wire, failures with the type
        ``exception``, and what is not of the wire with a type that begins with ``rxrealtime.``.
    """
    latencies, before = measured(latencies, moment), len(latencies.found)
    written = [_object(moment)] if moment.direction != "told" else []
    for found in latencies.found[before:]:
        fields = {"chapter": found.chapter, "first": found.what, "seconds": round(found.seconds, 6)}
        written.append({"type": "rxrealtime.latency", "at": round(moment.at, 6), **fields})
    return latencies, tuple(json.dumps(line, ensure_ascii=True) for line in written)


def _object(moment: Moment) -> dict[str, Any]:
    kind, fields = _described(moment.value)
    rest = {name: _sized(value) for name, value in fields.items() if name not in ("type", "at", "direction")}
    return {"type": kind, "at": round(moment.at, 6), "direction": moment.direction, **rest}


def _described(value: Any) -> tuple[str, Mapping[str, Any]]:
    """Give the type and the fields of what happened."""
    match value:
        case ExceptionEvent():
            return value.type, _failure(value)
        case UnknownEvent():
            return value.type, value.raw
        case Event():
            fields = value.model_dump(exclude_unset=True)
            return str(getattr(value, "type", "")), fields
        case Chapter(title):
            return "rxrealtime.chapter", {"title": title}
        case Heard():
            heard = {"item_id": value.item_id, "audio_end_ms": value.audio_end_ms, "text": value.text}
            return "rxrealtime.heard", heard
        case Ended(outcome, unmet):
            return "rxrealtime.ended", {"outcome": str(outcome) if outcome else None, "unmet": list(unmet)}
        case _:
            return "rxrealtime.other", {}


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
        case str() | int() | float() | None:
            return value
        case _:
            return str(value)

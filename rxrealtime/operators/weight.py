"""How heavy an event is, and whether a slow consumer can do without it."""

from __future__ import annotations

from pydantic import BaseModel

from rxrealtime.events import DELTA_EVENTS, ExceptionEvent, UnknownEvent

__all__ = ["may_be_dropped", "weight_bytes"]


def may_be_dropped(value: object) -> bool:
    """Tell whether a value is a delta, known or not: a piece of something whose end comes in another event."""
    return type(value) in DELTA_EVENTS or (type(value) is UnknownEvent and value.type.endswith(".delta"))


def weight_bytes(value: object) -> int:
    """Estimate how much memory a value holds on to, in bytes: its texts and bytes, everything else at a flat rate.

    Args:
        value: An event, a failure, or anything else.

    Returns:
        For a delta its length, found at once; for others the sum over all that is inside. A text counts one byte a
        character.
    """
    if type(value) in DELTA_EVENTS:
        return len(getattr(value, "delta", None) or b"")
    total = 0
    unseen = [value]
    while unseen:
        part = unseen.pop()
        if isinstance(part, (str, bytes)):
            total += len(part)
        else:
            total += 8
            unseen.extend(_inside(part))
    return total


def _inside(value: object) -> tuple[object, ...]:
    match value:
        case BaseModel():
            return (*vars(value).values(), value.model_extra)
        case UnknownEvent():
            return (value.raw,)
        case ExceptionEvent():
            return (value.frame,)
        case dict():
            return (*value.keys(), *value.values())
        case list() | tuple():
            return tuple(value)
        case _:
            return ()

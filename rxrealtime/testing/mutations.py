"""Ways to spoil one frame, each with the failure that a correct decoder makes of it.

A mutation is chosen so that its outcome is certain: a field that is taken away is one that the event cannot do
without, and text is cut where no JSON can end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from rxrealtime.events import CLIENT_EVENTS, SERVER_EVENTS, Event, FailureKind

__all__ = ["MUTATIONS", "Mutated", "Mutation", "oversize", "parsed", "type_of"]

_KNOWN: Final[Mapping[str, type[Event]]] = {**SERVER_EVENTS, **CLIENT_EVENTS}


@dataclass(frozen=True, slots=True)
class Mutated:
    """What became of a frame.

    Args:
        data: Its payload now.
        failure: What a decoder has to make of it; None if it still is an event, or an unknown one.
        detail: What was done, without payload.
        binary: Whether it goes as a binary frame now; None leaves it as it came.
    """

    data: bytes
    failure: FailureKind | None
    detail: str = ""
    binary: bool | None = None


Mutation = Callable[[bytes, Random], Mutated | None]
"""Spoil a payload; None if there is nothing in it that could be spoilt this way."""


def parsed(data: bytes) -> dict[str, Any] | None:
    """Return the object that a payload holds, or None if it does not hold one."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def type_of(data: bytes) -> str | None:
    """Return the event type that a payload names, or None."""
    tag = (parsed(data) or {}).get("type")
    return tag if isinstance(tag, str) else None


def oversize(size_bytes: int) -> Mutation:
    """Make a mutation that lets a frame grow to a size, by a field that nobody knows."""

    def grow(data: bytes, random: Random) -> Mutated | None:
        found = parsed(data)
        if found is None:
            return None
        missing = max(size_bytes - len(_written({**found, "padding": ""})), 0)
        return Mutated(_written({**found, "padding": "x" * missing}), None, f"to {size_bytes} bytes")

    return grow


def _truncate(data: bytes, random: Random) -> Mutated | None:
    if parsed(data) is None:
        return None
    text = data.decode().strip()
    size = random.randrange(1, len(text))
    return Mutated(text[:size].encode(), FailureKind.JSON, f"cut to {size} of {len(text)} characters")


def _empty(data: bytes, random: Random) -> Mutated | None:
    return Mutated(b"", FailureKind.JSON, f"{len(data)} bytes gone") if data else None


def _garbage(data: bytes, random: Random) -> Mutated | None:
    size = random.randrange(1, 256)
    return Mutated(b"\xff" + random.randbytes(size), FailureKind.BINARY, f"{size + 1} random bytes", binary=True)


def _invalid_utf8(data: bytes, random: Random) -> Mutated | None:
    place = random.randrange(len(data) + 1)
    return Mutated(data[:place] + b"\xff" + data[place:], FailureKind.BINARY, f"at byte {place}")


def _binary(data: bytes, random: Random) -> Mutated | None:
    return Mutated(data, None, "JSON in a binary frame", binary=True) if parsed(data) is not None else None


def _not_an_object(data: bytes, random: Random) -> Mutated | None:
    found = parsed(data)
    return None if found is None else Mutated(_written([found]), FailureKind.SCHEMA, "inside an array")


def _wrong_type(data: bytes, random: Random) -> Mutated | None:
    return _spoil_field(data, random, lambda found, name: {**found, name: _of_another_type(found.get(name))})


def _null_field(data: bytes, random: Random) -> Mutated | None:
    return _spoil_field(data, random, lambda found, name: {**found, name: None})


def _missing_field(data: bytes, random: Random) -> Mutated | None:
    return _spoil_field(data, random, lambda found, name: {key: found[key] for key in found if key != name})


def _extra_field(data: bytes, random: Random) -> Mutated | None:
    found = parsed(data)
    if found is None:
        return None
    name = f"extra_{random.randrange(10**6)}"
    return Mutated(_written({**found, name: random.choice([None, 1, "x", [1], {"x": 1}])}), None, name)


def _unknown_type(data: bytes, random: Random) -> Mutated | None:
    found = parsed(data)
    if found is None:
        return None
    tag = f"unknown_{random.randrange(10**6)}"
    return Mutated(_written({**found, "type": tag}), None, tag)


def _spoil_field(data: bytes, random: Random, spoil: Callable[[dict[str, Any], str], dict[str, Any]]) -> Mutated | None:
    found = parsed(data)
    tag = (found or {}).get("type")
    if found is None or not isinstance(tag, str):
        return None
    name = random.choice(_needed(tag))
    return Mutated(_written(spoil(found, name)), FailureKind.SCHEMA, name)


def _needed(tag: str) -> list[str]:
    """Name the fields that an event of this type cannot do without."""
    model = _KNOWN.get(tag)
    fields = model.model_fields.items() if model else ()
    return ["type", *(field.alias or name for name, field in fields if field.is_required())]


def _of_another_type(value: object) -> object:
    return 17 if isinstance(value, (list, dict)) else [17]


def _written(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "truncate": _truncate,
    "empty": _empty,
    "garbage": _garbage,
    "invalid_utf8": _invalid_utf8,
    "binary": _binary,
    "not_an_object": _not_an_object,
    "wrong_type": _wrong_type,
    "null_field": _null_field,
    "missing_field": _missing_field,
    "extra_field": _extra_field,
    "unknown_type": _unknown_type,
}
"""Every mutation by the name it has in a `FrameFault` and on the command line; `oversize` needs a size."""

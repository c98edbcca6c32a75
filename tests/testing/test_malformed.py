"""Frames that are broken: each way is drawn, is known by its bytes alone, and shrinks to a small frame."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, find, settings

from rxrealtime.codec import decode
from rxrealtime.events import ExceptionEvent
from rxrealtime.testing.strategies import MUTATIONS, malformed_frames

Found = dict[str, Any]
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def _object(holds: Callable[[Found], bool]) -> Callable[[bytes], bool]:
    """Tell whether a frame is an object with a property."""

    def holding(frame: bytes) -> bool:
        try:
            found = json.loads(frame)
        except (ValueError, RecursionError):
            return False
        return isinstance(found, dict) and holds(found)

    return holding


def _repeats(frame: bytes) -> bool:
    repeated: list[bool] = []

    def pairs(members: list[tuple[str, Any]]) -> Found:
        repeated.append(len(dict(members)) < len(members))
        return dict(members)

    try:
        json.loads(frame, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return False
    return any(repeated)


def _decodes(audio: Any) -> bool:
    try:
        return isinstance(audio, str) and base64.b64decode(audio, validate=True) is not None
    except ValueError:
        return False


def _is_text(frame: bytes) -> bool:
    try:
        return frame.decode() is not None
    except ValueError:
        return False


def _is_not_an_object(frame: bytes) -> bool:
    try:
        return not isinstance(json.loads(frame), dict)
    except (ValueError, RecursionError):
        return False


RECOGNISED: dict[str, Callable[[bytes], bool]] = {
    "drop": _object(lambda found: "type" not in found),
    "rename": _object(lambda found: "type" not in found and any(key.strip("_2 ") == "type" for key in found)),
    "retype": _object(lambda found: "type" in found and isinstance(found["type"], (bool, int))),
    "nest": _object(lambda found: isinstance(found.get("type"), dict) and "type" in found["type"]),
    "null": _object(lambda found: "type" in found and found["type"] is None),
    "truncate": lambda frame: frame[:1] == b"{" and _is_text(frame) and frame.count(b"{") > frame.count(b"}"),
    "duplicate key": _repeats,
    "lone surrogate": lambda frame: re.search(rb"\\u[dD][89a-fA-F]", frame) is not None,
    "not a number": lambda frame: re.search(rb": (NaN|-?Infinity)}$", frame) is not None,
    "huge number": lambda frame: b": 1e999" in frame,
    "huge integer": lambda frame: re.search(rb"\d{4301}", frame) is not None,
    "deep nesting": lambda frame: b"[" * 201 in frame or frame.count(b'{"x": ') > 200,
    "bad base64": _object(
        lambda found: found.get("type") == "response.output_audio.delta" and not _decodes(found.get("delta"))
    ),
    "invalid UTF-8": lambda frame: frame[:1] == b"{" and not _is_text(frame),
    "not an object": _is_not_an_object,
    "syntax": lambda frame: frame.endswith(b"}}") and frame.count(b"}") > frame.count(b"{"),
    "empty": lambda frame: not frame.strip(),
    "binary": lambda frame: b"\0" in frame,
}
"""What a frame looks like that is broken in this way, at least in one of its variants."""
LIMITS = {"deep nesting": 1500, "huge integer": 5100}
"""Bytes, where the size is what is wrong."""


def test_each_way_to_break_a_frame_can_be_recognised() -> None:
    """The table above is complete."""
    assert set(RECOGNISED) == set(MUTATIONS)


@pytest.mark.parametrize("mutation", RECOGNISED)
def test_each_way_to_break_a_frame_is_drawn_and_shrinks(mutation: str) -> None:
    """Out of all the ways, known by the bytes; the smallest frame fits in two lines, and is no event."""
    options = settings(max_examples=2000, database=None, deadline=None, derandomize=True, suppress_health_check=_SLOW)
    frame = find(malformed_frames(), RECOGNISED[mutation], settings=options)
    assert len(frame) < LIMITS.get(mutation, 160), frame
    assert isinstance(decode(frame), ExceptionEvent)

"""Events as frames: the JSON text of one event, written in the ways that writers differ."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from rxrealtime.testing.strategies.events import wire_events

__all__ = ["frames", "written"]

_SEPARATORS = [(", ", ": "), (",", ":"), (" ,\n", "\t: ")]


def frames(types: Iterable[str] | None = None) -> st.SearchStrategy[bytes | str]:
    """Draw the frames of legal events of a server.

    Args:
        types: The types to draw; all 46 by default.

    Returns:
        Text and binary payloads: with and without white space, non-ASCII text plain or escaped.
    """
    return st.builds(
        _frame,
        wire_events(types),
        st.sampled_from(_SEPARATORS),
        ascii_only=st.booleans(),
        as_text=st.booleans(),
    )


def _frame(wire: dict[str, Any], separators: tuple[str, str], *, ascii_only: bool, as_text: bool) -> bytes | str:
    text = json.dumps(wire, separators=separators, ensure_ascii=ascii_only, allow_nan=False)
    return text if as_text else text.encode("utf-8")


def written(wire: dict[str, Any]) -> str:
    """Write an event in the plain way, ASCII only."""
    return json.dumps(wire, allow_nan=False)

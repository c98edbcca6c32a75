"""What others wrote, made safe for a terminal."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["elided", "one_line", "printable"]

_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?)")
"""Control sequences and strings of a terminal (ECMA-48, sections 5.4 and 5.6; the BEL that xterm ends them with)."""
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but tab and newline, what turns the direction of writing around, and lone surrogates."""


def printable(text: str) -> str:
    """Return a text without what would steer a terminal; tabs and newlines stay.

    Args:
        text: What a model, a user or a server wrote.

    Returns:
        The text; a piece of a control sequence, cut off at the edge of a delta, is shown as harmless characters.
    """
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def one_line(text: str) -> str:
    """Return a text as one printable line, its blanks joined."""
    return " ".join(printable(text.replace("\r", "\n")).split())


def elided(name: str, width: int) -> str:
    """Return a name cut to a width; its end stays, since that tells the names of events apart."""
    return name if len(name) <= width else f"…{name[max(len(name) - width + 1, 0) :]}" if width > 0 else ""

"""What OpenAI's server does against the order that one would expect of it, as switches; none is on by default.

Source: recorded traffic of 2026-08.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["OPENAI", "STRICT", "Quirks"]


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where the server departs from the strict protocol.

    Args:
        unplaced_done: ``conversation.item.done`` of the model's items has null as ``previous_item_id``.
        early_transcripts: Transcription deltas of a spoken turn come before the turn's item is added.
        padded_transcripts: Transcription deltas begin with a blank and end with a line feed; the completed transcript
            has neither.
        interleaved_items: The next output item of a response is added before the one before it is done.
    """

    unplaced_done: bool = False
    early_transcripts: bool = False
    padded_transcripts: bool = False
    interleaved_items: bool = False


STRICT: Final = Quirks()
"""No quirks."""

OPENAI: Final = Quirks(True, True, True, True)
"""Everything that was recorded of OpenAI."""

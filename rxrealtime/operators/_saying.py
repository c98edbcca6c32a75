"""What a response said so far: the text that guardrails look at, and how far a verdict on it reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rxrealtime.events import (
    Message,
    Response,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
)

__all__ = ["NOTHING_SAID", "Piece", "Said", "Whole"]

Piece = ResponseOutputTextDelta | ResponseOutputAudioTranscriptDelta
Whole = ResponseOutputTextDone | ResponseOutputAudioTranscriptDone

_Place = tuple[int, int, str]
"""Output index, content index and item id: sorted, the order in which the parts of a response are read."""


@dataclass(frozen=True, slots=True)
class Said:
    """The text of a response so far. It only grows, so that its length tells how much of it a check has seen.

    Args:
        parts: The text of each part, by its place.
    """

    parts: Mapping[_Place, str] = field(default_factory=dict, repr=False)

    @property
    def text(self) -> str:
        """All parts, one a line, in the order of their indexes."""
        return "\n".join(self.parts[place] for place in sorted(self.parts))

    @property
    def length(self) -> int:
        """The length of the text in characters, without making it."""
        return sum(map(len, self.parts.values())) + max(len(self.parts) - 1, 0)

    def hear(self, event: Piece | Whole) -> Said:
        """Append a piece to its part, or take the whole text of a part if it is more than its pieces were.

        Args:
            event: The delta or the ``.done`` of the part.

        Returns:
            What is said then.
        """
        place = (event.output_index, event.content_index, event.item_id)
        match event:
            case ResponseOutputTextDone():
                return self._with(place, event.text)
            case ResponseOutputAudioTranscriptDone():
                return self._with(place, event.transcript)
            case _:
                return self._with(place, self.parts.get(place, "") + event.delta)

    def hear_all(self, response: Response) -> Said:
        """Take the texts of ``response.done``, where they are more than was known of their parts.

        Args:
            response: The response with its output.

        Returns:
            What is said then.
        """
        said = self
        for place, words in _parts(response):
            known = (at for at in self.parts if at[1:] == place[1:])  # some servers count other output indexes
            said = said._with(next(known, place), words)
        return said

    def _with(self, place: _Place, words: str) -> Said:
        return Said({**self.parts, place: words}) if len(words) > len(self.parts.get(place, "")) else self


NOTHING_SAID = Said()


def _parts(response: Response) -> Iterator[tuple[_Place, str]]:
    for output_index, item in enumerate(response.output or ()):
        if isinstance(item, Message):
            for content_index, part in enumerate(item.content or ()):
                yield (output_index, content_index, item.id or ""), part.text or part.transcript or ""

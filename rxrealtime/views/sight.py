"""What a live view knows, and what it shows of it. Pure: no loop, no notebook, no clock."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Generic, Protocol, Self, TypeVar

from rxrealtime.views.marbles import End

__all__ = ["Scene", "Sight"]

_NOTES: Final = 5
"""How many contained bugs are shown."""


class Scene(Protocol):
    """What is drawn: a value that grows, within bounds."""

    def after(self, at: float, value: object) -> Self:
        """Give the scene with another value.

        Args:
            at: Seconds since the view began.
            value: What came.
        """
        ...

    def ended(self, how: End) -> Self:
        """Give the scene at the end of what it shows.

        Args:
            how: How it ended; None if it is no longer followed.
        """
        ...

    def to_html(self) -> str:
        """Give the picture as HTML that is harmless whatever was said."""
        ...

    def lines(self) -> tuple[str, ...]:
        """Give what is written below the picture."""
        ...


S = TypeVar("S", bound=Scene)


@dataclass(frozen=True, slots=True)
class Sight(Generic[S]):
    """What a view has seen.

    Args:
        scene: What is drawn.
        title: Of what.
        count: How many values came.
        notes: The last bugs that were contained.
        end: How it ended, or None while it goes on.
    """

    scene: S
    title: str
    count: int = 0
    notes: tuple[str, ...] = ()
    end: str | None = None

    def after(self, at: float, value: object) -> Sight[S]:
        """Give what is known once a value came; nothing comes after the end."""
        if self.end is not None:
            return self
        return replace(self, scene=self.scene.after(at, value), count=self.count + 1)

    def noting(self, text: str) -> Sight[S]:
        """Give what is known once a bug was contained."""
        return replace(self, notes=(*self.notes, text)[-_NOTES:])

    def ended(self, words: str, how: End = None) -> Sight[S]:
        """Give what is known at the end; only the first one counts."""
        if self.end is not None:
            return self
        return replace(self, end=words, scene=self.scene.ended(how))

    def bundle(self) -> Mapping[str, str]:
        """Give the picture and the words below it, by MIME type."""
        words = "\n".join(self.lines())
        shown = f"<div>{self.scene.to_html()}<pre>{html.escape(words)}</pre></div>"
        return {"text/html": shown, "text/plain": words}

    def failed(self, error: Exception) -> Mapping[str, str]:
        """Give what is shown if the picture cannot be drawn."""
        return _in_words(f"the picture cannot be drawn: {type(error).__name__}: {error}", self._state())

    def placeholder(self) -> Mapping[str, str]:
        """Give what is shown where a canvas cannot be, such as in a notebook that was saved while it was there."""
        return _in_words(f"a live canvas of this {self.title} was here: `await view.finish()` leaves a picture")

    def lines(self) -> tuple[str, ...]:
        """Give what is written below the picture: how it stands, the last values, the bugs that were contained."""
        return (self._state(), *self.scene.lines(), *(f"contained: {note}" for note in self.notes))

    def _state(self) -> str:
        values = "1 value" if self.count == 1 else f"{self.count:,} values"
        return f"{self.title} · {values} · {self.end or 'live'}"


def _in_words(*lines: str) -> Mapping[str, str]:
    words = "\n".join(lines)
    return {"text/html": f"<pre>{html.escape(words)}</pre>", "text/plain": words}

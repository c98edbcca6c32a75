"""How a live view is painted: as pictures one after the other, or on a canvas that is told what is new."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from rxrealtime.views.boards import Board
from rxrealtime.views.feed import Feed
from rxrealtime.views.screens import Page, Screen
from rxrealtime.views.sight import Sight

__all__ = ["CanvasPainter", "Painter", "PicturePainter", "Wish"]

Wish = Literal["paint", "stop"]
"""What a page asks for: to be told what is known now, or that the view ends."""


class Painter(Protocol):
    """Paints what a view knows."""

    def begin(self, sight: Sight[Any], hear: Callable[[Wish], None]) -> Exception | None:
        """Make the place, below the running cell.

        Args:
            sight: What is known.
            hear: What to do when the page asks for something.

        Returns:
            What kept the picture from being drawn, if anything did; the place shows it.
        """
        ...

    def paint(self, sight: Sight[Any]) -> Exception | None:
        """Paint what is known now; returns as `begin` does."""
        ...

    def finish(self, sight: Sight[Any]) -> Exception | None:
        """Leave a picture that stays; returns as `begin` does."""
        ...

    def close(self) -> None:
        """Let go of the page; what is painted stays."""
        ...


class PicturePainter:
    """Replaces one picture by the next.

    Args:
        screen: Where.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._display_id = uuid.uuid4().hex

    def begin(self, sight: Sight[Any], hear: Callable[[Wish], None]) -> Exception | None:
        """Make the place; a picture asks for nothing."""
        return self.show(sight, update=False)

    def paint(self, sight: Sight[Any]) -> Exception | None:
        """Replace the picture."""
        return self.show(sight, update=True)

    finish = paint

    def close(self) -> None:
        """Do nothing: a picture holds nothing."""

    def publish(self, bundle: Mapping[str, Any], update: bool) -> None:
        """Show something else in the same place, or in a new one."""
        self._screen.publish(bundle, display_id=self._display_id, update=update)

    def show(self, sight: Sight[Any], update: bool) -> Exception | None:
        """Show a picture in the same place, or in a new one; returns as `begin` does."""
        try:
            bundle, failure = sight.bundle(), None
        except Exception as error:  # whatever it is, it must be seen
            bundle, failure = sight.failed(error), error
        self.publish(bundle, update)
        return failure


class CanvasPainter:
    """Tells a canvas what is new, and leaves a picture in its place in the end.

    Args:
        screen: Where.
        page: The canvas.
    """

    def __init__(self, screen: Screen, page: Page) -> None:
        self._picture = PicturePainter(screen)
        self._page = page
        self._feed = Feed()

    def begin(self, sight: Sight[Board], hear: Callable[[Wish], None]) -> Exception | None:
        """Make the place, and listen to the page: it is told everything when it says that it is ready."""
        self._page.listen(lambda message: self._heard(message, hear))
        self._picture.publish({**sight.placeholder(), **self._page.bundle}, update=False)
        return None

    def paint(self, sight: Sight[Board]) -> Exception | None:
        """Tell the page what is new, unless it fell silent."""
        if not self._feed.full:
            self._feed, message = self._feed.batch(sight)
            self._page.send(message)
        return None

    def finish(self, sight: Sight[Board]) -> Exception | None:
        """Put a picture in the place of the canvas: a notebook keeps no canvas.

        A tab that was loaded anew does not know that place any more: then it is also put below the running cell.
        """
        failure = self._picture.paint(sight)
        if self._feed.loads > 1:
            self._picture.show(sight, update=False)
        self._page.close()
        return failure

    def close(self) -> None:
        """Let go of the page."""
        self._page.close()

    def _heard(self, message: Mapping[str, Any], hear: Callable[[Wish], None]) -> None:
        if message.get("kind") == "stop":
            hear("stop")
        before, self._feed = self._feed, self._feed.heard(message)
        if self._feed.owes(before):
            hear("paint")

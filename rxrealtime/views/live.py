"""A picture that follows what is going on, while other cells work.

Events never draw: one painter task wakes at a fixed rate and draws if something is new. A repaint per event would fall
behind for ever beyond about 60 a second, and hold the loop for seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable
from reactivex.scheduler.eventloop import AsyncIOScheduler

from rxrealtime.errors import ConfigurationError
from rxrealtime.faults import Fault
from rxrealtime.session import Session
from rxrealtime.views.boards import SessionBoard, StreamBoard
from rxrealtime.views.easel import Easel
from rxrealtime.views.moments import session_moments
from rxrealtime.views.painters import CanvasPainter, Painter, PicturePainter, Wish
from rxrealtime.views.scenes import SessionScene, StreamScene
from rxrealtime.views.screens import Screen, notebook_screen
from rxrealtime.views.shelf import shelve
from rxrealtime.views.sight import Sight

__all__ = ["View", "show"]

_LEAST: Final = 0.1
"""Seconds between two updates, at least: ten a second."""
_PICTURE, _BATCH = 0.2, 0.1
"""Seconds between two pictures, and between two batches for a canvas, unless it is said otherwise."""


def show(
    source: Session | Observable[Any],
    *,
    canvas: bool = False,
    every: float | None = None,
    screen: Screen | None = None,
) -> View:
    """Show a session, or any stream, in the output of this cell, and follow it while other cells run.

    The view subscribes from outside: the session knows nothing of it. It stops with what it follows and leaves the last
    picture, which is saved with the notebook. Running the cell again closes the view that it showed before, and the
    session which that one followed.

    Args:
        source: A session, open or not yet; or a stream, whose values are drawn as marbles. A cold one is subscribed to.
        canvas: Whether to draw on a canvas, with zoom, hover and a button that stops it, instead of one picture after
            the other; default False. It takes thousands of events a second and needs ``rxrealtime[notebook]``.
        every: Seconds between two updates, at least 0.1; default 0.2, on a canvas 0.1. It is painted only if something
            is new.
        screen: Where to paint; default None, the notebook.

    Returns:
        The view. End a notebook with ``await view.finish()``: it publishes the last picture from the user's own cell.

    Raises:
        ConfigurationError: There is no notebook, no running event loop, no canvas, or ``every`` is too short.

    Example:
        >>> async def cell():
        ...     view = show(session)
        ...     await session.send(*commands.say("Hello"))
        ...     await view.finish()
    """
    period = every if every is not None else _BATCH if canvas else _PICTURE
    if period < _LEAST:
        raise ConfigurationError(f"a view is updated at most every {_LEAST} s, not every {period} s")
    place, loop = screen or notebook_screen(), _running_loop()
    painter = CanvasPainter(place, place.canvas()) if canvas else PicturePainter(place)
    view = View(source, _first(source, canvas), painter, period, loop)
    shelve(place.cell, view)
    return view


class View:
    """A picture that follows a session or a stream; `show` makes one.

    Args:
        source: What it follows.
        sight: What is known before anything came.
        painter: Paints it.
        every: Seconds between two updates.
        loop: The event loop of the notebook.

    Attributes:
        source: What it follows.
    """

    def __init__(
        self,
        source: Session | Observable[Any],
        sight: Sight[Any],
        painter: Painter,
        every: float,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.source = source
        self._loop = loop
        self._began = loop.time()
        self._sight = sight
        self._easel = Easel(painter, sight, self._hear, loop.time)
        self._subscription = self._follow()
        self._task = loop.create_task(self._paint_on(every), name="rxrealtime live view")

    @property
    def live(self) -> bool:
        """Whether it still follows."""
        return self._sight.end is None

    def close(self) -> None:
        """Follow no longer; the last picture is painted soon and stays. The session goes on.

        A canvas has a button for this; below a picture, call it in another cell.
        """
        self._subscription.dispose()
        self._sight = self._sight.ended("no longer followed")

    def discard(self) -> None:
        """Follow no longer and paint no more."""
        self.close()
        self._task.cancel()
        self._easel.close()

    def report(self, error: Exception) -> None:
        """Show a bug that was contained, by its type and place.

        Args:
            error: What was raised.
        """
        self._note(Fault(error))

    async def finish(self) -> None:
        """Follow no longer, and publish the last picture from the cell that awaits this.

        What a background task publishes is lost where a notebook is executed by a program: end such a notebook so.

        Raises:
            Exception: What kept the view from being painted, if anything did.
        """
        self._task.cancel()
        try:
            await asyncio.wait([self._task])
            await asyncio.sleep(max(self._easel.painted_at + _LEAST - self._loop.time(), 0.0))
        finally:
            self.close()
        self._paint(self._easel.finish)
        if self._easel.failure is not None:
            raise self._easel.failure

    def _ipython_display_(self) -> None:
        """Show nothing: as the value of a cell it is on the screen already."""

    def __repr__(self) -> str:
        return f"<View of {self._sight.title}, {self._sight.count} values, {'live' if self.live else 'ended'}>"

    def _follow(self) -> abc.DisposableBase:
        source, scheduler = self.source, AsyncIOScheduler(self._loop)
        values = session_moments(source) if isinstance(source, Session) else source
        followed = values.subscribe(self._take, self._end, self._complete, scheduler=scheduler)
        if not isinstance(source, Session):
            return followed
        return CompositeDisposable(followed, source.faults.subscribe(self._note))

    def _take(self, value: object) -> None:
        try:
            self._sight = self._sight.after(self._loop.time() - self._began, value)
        except Exception as error:  # a value that cannot be drawn must not hurt the one who emitted it
            self.report(error)

    def _note(self, fault: Fault) -> None:
        self._sight = self._sight.noting(str(fault))

    def _end(self, error: Exception) -> None:
        self._sight = self._sight.ended(f"ended: {type(error).__name__}: {error}", "failed")

    def _complete(self) -> None:
        self._sight = self._sight.ended("ended", "completed")

    async def _paint_on(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            if not self._easel.shows(self._sight):
                self._paint(self._easel.paint)
            if not self.live:
                return

    def _hear(self, wish: Wish) -> None:
        if wish == "stop":
            self.close()
        else:
            self._paint(self._easel.paint)

    def _paint(self, paint: Callable[[Sight[Any]], Exception | None]) -> None:
        """Paint what is known now; where nothing can be painted any more, nothing is followed."""
        broken = paint(self._sight)
        if broken is not None:
            self._end(broken)
            self._subscription.dispose()


def _first(source: Session | Observable[Any], canvas: bool) -> Sight[Any]:
    if isinstance(source, Session):
        return Sight(SessionBoard() if canvas else SessionScene(), "session")
    return Sight(StreamBoard() if canvas else StreamScene(), "stream")


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError("show() follows in the background: call it where an event loop is running") from None

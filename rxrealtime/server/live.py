"""The engine of one connection with a clock: what time it is, and what happens if the engine fails."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Final

from rxrealtime.codec import decode_client
from rxrealtime.server.clocks import ServerClock
from rxrealtime.server.engine import failed, next_due, open_session, step
from rxrealtime.server.ids import Ids
from rxrealtime.server.outputs import Output
from rxrealtime.server.playing import Left, advance, open_script
from rxrealtime.server.scenarios import Scenario
from rxrealtime.server.script_state import Mismatch, ScriptChange, ScriptState
from rxrealtime.server.script_state import next_due as next_script_due
from rxrealtime.server.scripts import Script
from rxrealtime.server.state import Change, Input, Received, State, Tick

__all__ = ["LiveScript", "LiveSession"]

_LOG: Final = logging.getLogger("rxrealtime.server")
_SESSION_SECONDS: Final = 3600


class LiveSession:
    """One session in real time.

    Args:
        scenario: What the server answers.
        model: The model that the url named.
        number: Which connection of its server it is; its ids differ from those of the others.
        clock: What tells the time.
    """

    def __init__(self, scenario: Scenario, model: str, number: int, clock: ServerClock) -> None:
        self._open = partial(open_session, scenario, model=model, seed=number)
        self._ids = Ids(number)
        self._clock = clock
        self._opened = clock.now()
        self._seconds = scenario.expiry.seconds if scenario.expiry else _SESSION_SECONDS
        self._state: State | None = None

    def begin(self) -> tuple[Output, ...]:
        """Return what the server says first."""
        expires_at = int(time.time() + self._seconds)
        return self._advance(lambda: self._open(expires_at=expires_at, clock_text=_clock_text()))

    def receive(self, frame: bytes | str) -> tuple[Output, ...]:
        """Return what the server says to a frame of the client."""
        return self._take(Received(decode_client(frame), self._now(), _clock_text(), frame))

    def tick(self) -> tuple[Output, ...]:
        """Return what is due by now."""
        return self._take(Tick(self._now(), _clock_text()))

    def due(self) -> float | None:
        """Return when the next tick is worth while, on the clock; None if nothing waits."""
        at = next_due(self._state) if self._state else None
        return None if at is None else self._opened + at

    def _take(self, received: Input) -> tuple[Output, ...]:
        state = self._state
        return () if state is None else self._advance(lambda: step(state, received))

    def _advance(self, act: Callable[[], Change]) -> tuple[Output, ...]:
        try:
            self._state, outputs = act()
        except Exception as error:  # whatever is wrong in the engine, the client hears of it and the log has the place
            place = traceback.extract_tb(error.__traceback__)[-1]
            _LOG.error("the engine failed: %s in %s, line %s", type(error).__name__, place.name, place.lineno)
            return failed(self._state.ids if self._state else self._ids)
        return outputs

    def _now(self) -> float:
        return self._clock.now() - self._opened


class LiveScript:
    """One connection that a script plays, in real time.

    Args:
        script: What is expected and done.
        model: The model that the url named.
        number: Which connection of its server it is.
        clock: What tells the time.
    """

    def __init__(self, script: Script, model: str, number: int, clock: ServerClock) -> None:
        self._open = partial(open_script, script, model=model, seed=number)
        self._clock = clock
        self._opened = clock.now()
        self._state = ScriptState(script)

    def begin(self) -> tuple[Output, ...]:
        """Return what the server says first."""
        expires_at = int(time.time()) + _SESSION_SECONDS
        return self._take(self._open(expires_at=expires_at, clock_text=_clock_text()))

    def receive(self, frame: bytes | str) -> tuple[Output, ...]:
        """Return what the server says to a frame of the client."""
        return self._take(advance(self._state, Received(decode_client(frame), self._now(), _clock_text(), frame)))

    def tick(self) -> tuple[Output, ...]:
        """Return what is due by now."""
        return self._take(advance(self._state, Tick(self._now(), _clock_text())))

    def leave(self) -> Mismatch | None:
        """Note that the client has gone, and return what it did not do; None if it followed the script."""
        self._take(advance(self._state, Left(self._now())))
        return self._state.mismatch

    def due(self) -> float | None:
        """Return when the next tick is worth while, on the clock; None if nothing waits."""
        at = next_script_due(self._state)
        return None if at is None else self._opened + at

    def _take(self, change: ScriptChange) -> tuple[Output, ...]:
        self._state, outputs = change
        return outputs

    def _now(self) -> float:
        return self._clock.now() - self._opened


def _clock_text() -> str:
    return time.strftime("%H:%M")

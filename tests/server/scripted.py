"""Driving a script in virtual time, without a socket."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rxrealtime.codec import decode_client, encode
from rxrealtime.events import Event
from rxrealtime.server.outputs import Output, RawFrame
from rxrealtime.server.playing import Left, advance, open_script
from rxrealtime.server.script_state import Mismatch, ScriptState, next_due
from rxrealtime.server.scripts import Script
from rxrealtime.server.state import Received, Tick

__all__ = ["Played"]


@dataclass
class Played:
    """A client of one script; what came back is kept as JSON objects, strikes and garbled frames as they are."""

    script: Script
    now: float = 0.0
    got: list[Any] = field(default_factory=list)
    state: ScriptState = field(init=False)

    def __post_init__(self) -> None:
        self.state, outputs = open_script(self.script)
        self._keep(outputs)

    def send(self, *messages: Any) -> list[Any]:
        """Send messages, objects or raw frames, and return what they led to at once."""
        before = len(self.got)
        for message in messages:
            frame = message if isinstance(message, bytes | str) else json.dumps(message)
            self.state, outputs = advance(self.state, Received(decode_client(frame), self.now, "", frame))
            self._keep(outputs)
        return self.got[before:]

    def wait(self, seconds: float = 1e9) -> list[Any]:
        """Let time pass, not longer than something is due, and return what came."""
        before, end = len(self.got), self.now + seconds
        while (due := next_due(self.state)) is not None and due <= end:
            self.now = max(self.now, due)
            self.state, outputs = advance(self.state, Tick(self.now))
            self._keep(outputs)
        self.now = end if seconds < 1e9 else self.now
        return self.got[before:]

    def leave(self) -> Mismatch | None:
        """Go, and return what was not done."""
        self.state, outputs = advance(self.state, Left(self.now))
        self._keep(outputs)
        return self.state.mismatch

    def _keep(self, outputs: Iterable[Output]) -> None:
        self.got.extend(map(_shown, outputs))


def _shown(output: Output) -> Any:
    if isinstance(output, Event):
        return json.loads(encode(output))
    if not isinstance(output, RawFrame):
        return output
    try:
        return json.loads(output.data)
    except ValueError:
        return output.data

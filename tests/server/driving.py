"""Driving the engine of the embedded server in virtual time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rxrealtime.codec import decode_client, encode
from rxrealtime.events import Event
from rxrealtime.server.engine import next_due, open_session, step
from rxrealtime.server.outputs import Output
from rxrealtime.server.scenarios import DEFAULT, Scenario
from rxrealtime.server.state import Received, State, Tick

__all__ = ["Client", "at_once", "items_of", "text_item", "types_of"]

at_once = Scenario(pace=0)


@dataclass
class Client:
    """A client that talks to one engine and keeps what came back, as JSON objects, strikes as they are."""

    scenario: Scenario = DEFAULT
    now: float = 0.0
    got: list[Any] = field(default_factory=list)
    state: State = field(init=False)

    def __post_init__(self) -> None:
        self.state, outputs = open_session(self.scenario, clock_text="12:30")
        self._keep(outputs)

    def send(self, *messages: dict[str, Any]) -> list[Any]:
        """Send messages and return what they led to at once."""
        return self.send_raw(*(json.dumps(message) for message in messages))

    def send_raw(self, *frames: bytes | str) -> list[Any]:
        """Send frames as they are and return what they led to at once."""
        before = len(self.got)
        for frame in frames:
            self.state, outputs = step(self.state, Received(decode_client(frame), self.now, "12:30", frame))
            self._keep(outputs)
        return self.got[before:]

    def wait(self, seconds: float = 1e9) -> list[Any]:
        """Let time pass, not longer than something is due, and return what came."""
        before, end = len(self.got), self.now + seconds
        while (due := next_due(self.state)) is not None and due <= end:
            self.now = max(self.now, due)
            self.state, outputs = step(self.state, Tick(self.now))
            self._keep(outputs)
        self.now = end if seconds < 1e9 else self.now
        return self.got[before:]

    def ask(self, text: str, **response: Any) -> list[Any]:
        """Say something in text, ask for the answer, and return everything up to its end."""
        before = len(self.got)
        self.send(text_item(text), {"type": "response.create", "response": response})
        self.wait()
        return self.got[before:]

    def _keep(self, outputs: Iterable[Output]) -> None:
        self.got.extend(json.loads(encode(output)) if isinstance(output, Event) else output for output in outputs)


def text_item(text: str, **more: Any) -> dict[str, Any]:
    """Return a user's message in text."""
    content = [{"type": "input_text", "text": text}]
    return {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}} | more


def types_of(events: Iterable[Any]) -> list[str]:
    """Return the types of events, strikes as the names of their classes."""
    return [event["type"] if isinstance(event, dict) else type(event).__name__ for event in events]


def items_of(events: Iterable[Any], type: str) -> list[Any]:
    """Return the events of one type."""
    return [event for event in events if isinstance(event, dict) and event["type"] == type]

"""The embedded server's engine and a history that listens to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from rxrealtime import decode, decode_client
from rxrealtime.events import Message
from rxrealtime.history import History, fold
from rxrealtime.server.scenarios import DEFAULT, Scenario
from tests.server.driving import Client

__all__ = ["Listener", "words"]


@dataclass
class Listener:
    """A client of the pure engine that folds all its traffic, in virtual time."""

    scenario: Scenario = DEFAULT
    history: History = field(default_factory=History)
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(self.scenario)
        self.take(self.client.got)

    def send(self, *messages: Any) -> list[Any]:
        """Send messages; what was sent and what came back at once is folded."""
        answers: list[Any] = []
        for message in messages:
            text = json.dumps(message)
            self.history = fold(self.history, decode_client(text))
            answers += self.take(self.client.send_raw(text))
        return answers

    def wait(self, seconds: float = 1e9) -> list[Any]:
        """Let time pass; what came is folded."""
        return self.take(self.client.wait(seconds))

    def take(self, events: list[Any]) -> list[Any]:
        """Fold events that are JSON objects."""
        for event in events:
            self.history = fold(self.history, decode(json.dumps(event)))
        return events

    def conversation(self) -> list[tuple[str, str, str | None]]:
        """Give the conversation as the server has it: ids, kinds, and the words of what is not cut off."""
        return [(stored.id, *_told(stored.item)) for stored in self.client.state.items]

    def told(self) -> list[tuple[str, str, str | None]]:
        """Give the conversation as the history has it, in the same form."""
        return [(entry.id, *_told(entry.item)) for entry in self.history]


def _told(item: Any) -> tuple[str, str | None]:
    if isinstance(item, Message):
        return f"{item.type} {item.role}", words(item)
    return item.type, getattr(item, "arguments", None) or getattr(item, "output", None)


def words(item: Message) -> str:
    """Give the written words of a message; of what is spoken the server keeps a transcript only in part."""
    return "|".join(part.text or "" for part in item.content or ())

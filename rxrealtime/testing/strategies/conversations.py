"""Whole conversations in the order of the protocol: what the embedded server says to clients that are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Final

from hypothesis import strategies as st

from rxrealtime.codec import decode_client, encode
from rxrealtime.commands import answer_call, append_audio, cancel, configure, delete, respond, retrieve, say, truncate
from rxrealtime.events import ClientEvent, ConversationItemAdded, Event, ResponseFunctionCallArgumentsDone, ServerEvent
from rxrealtime.server.engine import next_due, open_session, step
from rxrealtime.server.outputs import Output
from rxrealtime.server.scenarios import Call, Failure, Rule, Scenario
from rxrealtime.server.state import Received, State, Tick
from rxrealtime.server.voices import speak

__all__ = ["TURNS", "conversations"]

_SCENARIO: Final = Scenario(
    (
        Rule("tools", say="Two.", call=(Call("one", "{}"), Call("two", {"x": 1}))),
        Rule("tool", call=(Call("one", '{"city": "Oslo"}'),)),
        Rule("fail", say="Well.", fail=Failure()),
        Rule("cut", say="Well.", fail=Failure(status="incomplete")),
    )
)
_BARGE_IN_S: Final = 0.1


@dataclass
class _Client:
    """A client of one engine, in virtual time, that keeps what it was told."""

    seed: int
    got: list[ServerEvent] = field(default_factory=list)
    now: float = 0.0
    state: State = field(init=False)

    def __post_init__(self) -> None:
        self.state, outputs = open_session(_SCENARIO, seed=self.seed, clock_text="12:30")
        self._keep(outputs)

    def send(self, *events: ClientEvent) -> None:
        """Send events."""
        for event in events:
            text = encode(event)
            self.state, outputs = step(self.state, Received(decode_client(text), self.now, "12:30", text))
            self._keep(outputs)

    def wait(self, seconds: float = 60.0) -> None:
        """Let time pass while something is due."""
        end = self.now + seconds
        while (due := next_due(self.state)) is not None and due <= end:
            self.now = max(self.now, due)
            self.state, outputs = step(self.state, Tick(self.now))
            self._keep(outputs)

    def _keep(self, outputs: tuple[Output, ...]) -> None:
        self.got.extend(output for output in outputs if isinstance(output, Event))


def _write(client: _Client, words: str = "hi") -> None:
    client.send(*say(words))
    client.wait()


def _read(client: _Client) -> None:
    client.send(*configure(output_modalities=("text",)), *say("hi"))
    client.wait()
    client.send(*configure(output_modalities=("audio",)))


def _speak(client: _Client) -> None:
    client.send(*append_audio(_speech()))
    client.wait()


def _call(client: _Client, words: str = "tool") -> None:
    """Have tools called, answer all of them, and ask for one response."""
    before = len(client.got)
    _write(client, words)
    calls = [event for event in client.got[before:] if isinstance(event, ResponseFunctionCallArgumentsDone)]
    client.send(*(answer for call in calls for answer in answer_call(call.call_id or "", "12")), *respond())
    client.wait()


def _barge_in(client: _Client) -> None:
    """Speak into an answer, and cut it to what was heard."""
    client.send(*say("hi"))
    client.wait(_BARGE_IN_S)
    client.send(*append_audio(_speech()))
    client.send(*(cut for item in _items(client)[-1:] for cut in truncate(item, 40)))
    client.wait()


def _cancel(client: _Client) -> None:
    client.send(*say("hi"))
    client.wait(_BARGE_IN_S)
    client.send(*cancel())
    client.wait()


def _aside(client: _Client) -> None:
    """Ask for a response out of band, beside one of the conversation."""
    client.send(*say("hi"), *respond(conversation="none", input=(), metadata={"topic": "aside"}))
    client.wait()


def _edit(client: _Client) -> None:
    for item in _items(client)[-1:]:
        client.send(*retrieve(item), *delete(item))


def _refused(client: _Client) -> None:
    client.send(*delete("item_unknown"), *cancel())


def _items(client: _Client) -> list[str]:
    return [event.item.id or "" for event in client.got if isinstance(event, ConversationItemAdded)]


@cache
def _speech() -> bytes:
    return speak("hi") + bytes(48_000)


TURNS: Final[Mapping[str, Callable[[_Client], None]]] = {
    "write": _write,
    "read": _read,
    "speak": _speak,
    "call": _call,
    "calls": lambda client: _call(client, "tools"),
    "barge in": _barge_in,
    "cancel": _cancel,
    "fail": lambda client: _write(client, "fail"),
    "cut": lambda client: _write(client, "cut"),
    "aside": _aside,
    "edit": _edit,
    "refused": _refused,
}
"""What a client may do in one turn, by name."""


def conversations(max_turns: int = 4) -> st.SearchStrategy[list[ServerEvent]]:
    """Draw what a server sends during one session: whole turns with text, audio, tools and interruptions.

    The events hold what a conformant server holds: unique ids, deltas inside their parts, every ``done`` once and in
    its place, one response at a time in the conversation.

    Args:
        max_turns: How many turns a conversation may have.

    Returns:
        Lists of events that begin with ``session.created``; the shortest is that alone.
    """
    names = st.lists(st.sampled_from(sorted(TURNS)), max_size=max_turns).map(tuple)
    return st.builds(lambda turns, seed: list(_converse(turns, seed)), names, st.integers(0, 3))


@lru_cache(maxsize=256)
def _converse(turns: tuple[str, ...], seed: int) -> tuple[ServerEvent, ...]:
    client = _Client(seed)
    for name in turns:
        TURNS[name](client)
    client.wait()
    return tuple(client.got)

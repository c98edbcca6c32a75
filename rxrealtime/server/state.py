"""The state of one session of the embedded server: frozen values, and the small changes that several parts share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.events import ClientEvent, ExceptionEvent, Item, McpCall, UnknownEvent
from rxrealtime.server.beats import Due, Finish, inserted
from rxrealtime.server.hearing import Hearing
from rxrealtime.server.ids import Ids
from rxrealtime.server.mind import Mind, PlannedCall
from rxrealtime.server.outputs import Output
from rxrealtime.server.settings import Settings

__all__ = [
    "Change",
    "Clock",
    "Draft",
    "Input",
    "Received",
    "Running",
    "State",
    "Stored",
    "Tick",
    "chain",
    "find_item",
    "mint",
    "replaced_item",
    "running_of",
    "scheduled",
    "unscheduled",
    "with_draft",
]


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed.

    Args:
        at: Now, in seconds since the session began; it never goes back.
        clock_text: The time of day in words, for a mind that is asked for it.
    """

    at: float
    clock_text: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A frame of the client.

    Args:
        event: What the codec made of it.
        at: When, in seconds since the session began.
        clock_text: The time of day in words.
        frame: The frame as it was; without it the engine cannot see that ``session.type`` was left out.
    """

    event: ClientEvent | UnknownEvent | ExceptionEvent
    at: float = 0.0
    clock_text: str = ""
    frame: bytes | str | None = field(default=None, repr=False)


Input = Received | Tick
"""What drives the engine."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, as the last input said."""

    at: float = 0.0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """An item of the conversation.

    Args:
        item: The item, audio included.
        format: The format of that audio.
        words: What was heard in it; None if nobody has listened to it yet.
    """

    item: Item
    format: AudioFormat = PCM16_24K
    words: str | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """The id of the item."""
        return self.item.id or ""


class Draft(NamedTuple):
    """One output item of a response: what is planned, and how much of it was played.

    Args:
        id: The id of the item.
        call_id: The id of the call, if it is one.
        plan: What is called; None for a message.
        audio: The audio of the whole message, empty if it is text.
        said: The text, transcript or arguments so far.
        heard: The bytes of audio so far.
        status: planned, in_progress, calling (an MCP call whose end is not known), completed or incomplete.
        cut: Where the client truncated it while it was being made, in bytes; None if it did not.
        previous: The item that it was added after.
        called: The MCP call as it ended.
    """

    id: str
    call_id: str = ""
    plan: PlannedCall | None = None
    audio: bytes = b""
    said: str = ""
    heard: int = 0
    status: str = "planned"
    cut: int | None = None
    previous: str | None = None
    called: McpCall | None = None

    def __repr__(self) -> str:
        return f"<Draft {self.id}, {self.status}>"


class Running(NamedTuple):
    """A response that is not done.

    Args:
        id: The id of the response.
        settings: What is in force for it.
        drafts: Its output items, by index.
        conversation_id: The conversation it writes to; None if it is out of band.
        metadata: What the client wants to have echoed.
        input_tokens: Tokens of its context, of text, of audio and of images.
        began: When, in seconds on the session's clock.
    """

    id: str
    settings: Settings
    drafts: tuple[Draft, ...]
    conversation_id: str | None
    metadata: dict[str, Any] | None
    input_tokens: tuple[int, int, int]
    began: float = 0.0


class State(NamedTuple):
    """Everything the server knows about one session.

    Args:
        mind: The scenario, and what it has used up.
        session: What is in force.
        ids: The source of identifiers.
        items: The default conversation, in order.
        hearing: The input audio buffer.
        responses: Those that are not done.
        agenda: What is to be given out, by time.
        clock: The time of the last input.
        imported: The labels of the MCP servers whose tools were asked for.
        approvals: MCP calls that wait for the client, by the id of the request.
        answers: Whether a turn that was found is answered; False if somebody else decides that.
    """

    mind: Mind
    session: Settings
    ids: Ids
    items: tuple[Stored, ...] = ()
    hearing: Hearing = Hearing()
    responses: tuple[Running, ...] = ()
    agenda: tuple[Due, ...] = ()
    clock: Clock = Clock()
    imported: tuple[str, ...] = ()
    approvals: tuple[tuple[str, Finish], ...] = ()
    answers: bool = True

    @property
    def active(self) -> Running | None:
        """The response that writes to the default conversation, if one does."""
        return next((running for running in self.responses if running.conversation_id), None)


Change = tuple[State, tuple[Output, ...]]
"""A state and what led to it was told."""


def chain(state: State, *steps: Callable[[State], Change]) -> Change:
    """Take steps one after the other and collect what they give out."""
    outputs: list[Output] = []
    for take in steps:
        state, more = take(state)
        outputs.extend(more)
    return state, tuple(outputs)


def mint(state: State, prefix: str) -> tuple[State, str]:
    """Return the state after giving out an id, and the id."""
    ids, made = state.ids.mint(prefix)
    return state._replace(ids=ids), made


def scheduled(state: State, *dues: Due) -> State:
    """Return the state with more on its agenda."""
    return state._replace(agenda=inserted(state.agenda, dues))


def unscheduled(state: State, owner: str) -> State:
    """Return the state without what an owner has on its agenda."""
    return state._replace(agenda=tuple(due for due in state.agenda if due.owner != owner))


def running_of(state: State, response_id: str) -> Running:
    """Return the response of an id; it is not done."""
    return next(running for running in state.responses if running.id == response_id)


def with_draft(state: State, running: Running, index: int, draft: Draft) -> State:
    """Return the state with another draft at this index of a response."""
    drafts = (*running.drafts[:index], draft, *running.drafts[index + 1 :])
    changed = running._replace(drafts=drafts)
    responses = tuple(changed if other.id == running.id else other for other in state.responses)
    return state._replace(responses=responses)


def find_item(state: State, item_id: str) -> int | None:
    """Return the place of an item in the conversation, None if it is not there."""
    return next((place for place, stored in enumerate(state.items) if stored.id == item_id), None)


def replaced_item(state: State, stored: Stored) -> State:
    """Return the state with an item in the place of the one of the same id."""
    return state._replace(items=tuple(stored if old.id == stored.id else old for old in state.items))

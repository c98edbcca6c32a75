"""The engine of the embedded server: one pure step from what a client sent to what the server answers.

It knows no clock, no socket and no randomness: the time comes with every input, ids come from a seed, and what is not
due yet waits in the state. `next_due` says when to tick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import Any, Final

import pydantic_core

from rxrealtime.events import (
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemRetrieve,
    ConversationItemTruncate,
    Event,
    ExceptionEvent,
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCommit,
    OutputAudioBufferClear,
    ResponseCancel,
    ResponseCreate,
    SessionCreated,
    SessionUpdate,
    SessionUpdated,
    UnknownEvent,
)
from rxrealtime.events.base import with_event_id
from rxrealtime.server.beats import Due, Expire, Finish, Idle, Invoke, ListTools
from rxrealtime.server.checks import check_session
from rxrealtime.server.conversation import delete_item, retrieve_item, truncate_item
from rxrealtime.server.hearing import Hearing
from rxrealtime.server.ids import Ids
from rxrealtime.server.mcp_calls import add_item, finish, import_tools, invoke, list_tools
from rxrealtime.server.mind import Mind
from rxrealtime.server.outputs import Disconnect, Output
from rxrealtime.server.performing import perform
from rxrealtime.server.refusals import (
    Refused,
    error_event,
    invalid_value,
    malformed,
    missing_parameter,
    server_error,
    unknown_type,
)
from rxrealtime.server.responses import cancel_response, create_response, greet
from rxrealtime.server.scenarios import DEFAULT, Scenario
from rxrealtime.server.settings import apply_update, default_settings
from rxrealtime.server.speech import append_audio, clear_audio, commit_audio, listening, retuned, time_out
from rxrealtime.server.state import Change, Clock, Input, Received, State, chain, scheduled

__all__ = ["DEFAULT_MODEL", "act", "failed", "next_due", "open_session", "step"]

DEFAULT_MODEL: Final = "gpt-realtime"
_MAX_EVENT_ID: Final = 512


def open_session(
    scenario: Scenario = DEFAULT,
    *,
    model: str = DEFAULT_MODEL,
    seed: int = 0,
    expires_at: int = 0,
    clock_text: str = "",
) -> Change:
    """Begin a session.

    Args:
        scenario: What the server answers, and how fast.
        model: The model that the url named.
        seed: Makes the ids of this session differ from those of others.
        expires_at: When the session ends, in Unix seconds; the engine only tells it.
        clock_text: The time of day in words.

    Returns:
        The state at time 0, and ``session.created`` with whatever else the scenario wants at the beginning.
    """
    ids = Ids(seed)
    session = default_settings(ids.session, model, expires_at)
    hearing = listening(Hearing(), session)
    state = State(Mind(scenario), session, ids, hearing=hearing, clock=Clock(0.0, clock_text))
    if scenario.expiry:
        state = scheduled(state, Due(scenario.expiry.seconds, Expire(scenario.expiry), "session"))
    state, outputs = chain(state, _created, greet, _flush)
    return _stamped(state, outputs)


def step(state: State, received: Input) -> Change:
    """Take one input.

    Args:
        state: The session.
        received: A frame of the client, or a tick, with the time.

    Returns:
        The session afterwards and what the server gives out, in order: first what was due before, then the answer.
    """
    clock = Clock(max(state.clock.at, received.at), received.clock_text or state.clock.text)
    state, outputs = chain(state, lambda state: _advance(state, clock), lambda state: _react(state, received), _flush)
    return _stamped(state, outputs)


def act(state: State, change: Callable[[State], Change], at: float) -> Change:
    """Change a session from within, without a frame of the client.

    Args:
        state: The session.
        change: What happens.
        at: When, in seconds since the session began.

    Returns:
        As `step`.
    """
    clock = replace(state.clock, at=max(state.clock.at, at))
    return _stamped(*chain(state, lambda state: _advance(state, clock), change, _flush))


def failed(ids: Ids) -> tuple[Output, ...]:
    """Return what the server gives out when its engine fails: one ``error`` of its own, and close 1011.

    Args:
        ids: Where the id of the event comes from.
    """
    _, event_id = ids.mint("event")
    return with_event_id(server_error(), event_id), Disconnect(1011, "internal server error")


def next_due(state: State) -> float | None:
    """Return when the next `Tick` is worth while, in seconds on the session's clock; None if nothing waits."""
    return state.agenda[0].at if state.agenda else None


def _created(state: State) -> Change:
    return state, (SessionCreated(session=state.session.config),)


def _flush(state: State) -> Change:
    """Play what is due."""
    return _advance(state, state.clock)


def _advance(state: State, clock: Clock) -> Change:
    """Let the time pass, and play what is due by then."""
    due = tuple(takewhile(lambda due: due.at <= clock.at, state.agenda))
    if not due and clock == state.clock:
        return state, ()
    state = state._replace(clock=clock, agenda=state.agenda[len(due) :])
    return chain(state, *(partial(_play, due=beat) for beat in due))


def _play(state: State, due: Due) -> Change:
    match due.beat:
        case Idle():
            return time_out(state)
        case Invoke():
            return invoke(state, due)
        case Finish():
            return finish(state, due)
        case ListTools():
            return list_tools(state, due)
        case _:
            return perform(state, due)


def _react(state: State, received: Input) -> Change:
    if not isinstance(received, Received):
        return state, ()
    event = received.event
    event_id = event.event_id
    try:
        if isinstance(event, ExceptionEvent):
            refused, event_id = malformed(event)
            raise refused
        if isinstance(event, UnknownEvent):
            raise unknown_type(event)
        _check_envelope(event, received.frame)
        return _REACTIONS[type(event)](state, event)
    except Refused as refused:
        return state, (error_event(refused, event_id),)


def _check_envelope(event: Event, frame: bytes | str | None) -> None:
    """Refuse what the model of the event cannot: an id that is too long, a ``session.type`` that is not there."""
    if event.event_id is not None and len(event.event_id) > _MAX_EVENT_ID:
        message = f"Invalid 'event_id': string too long. Expected at most {_MAX_EVENT_ID} characters."
        raise Refused("string_above_max_length", message, "event_id")
    if (
        isinstance(event, SessionUpdate)
        and frame is not None
        and "type" not in pydantic_core.from_json(frame)["session"]
    ):
        raise missing_parameter("session.type")


def _update_session(state: State, event: SessionUpdate) -> Change:
    check_session(event.session)
    session = apply_update(state.session, event.session.model_dump(exclude_unset=True, mode="json"))
    if session.raw["model"] != state.session.raw["model"]:
        raise invalid_value("session.model", "The model of a session cannot be changed.")
    if session.voice != state.session.voice and _has_spoken(state):
        message = "Cannot update a conversation's voice if assistant audio is present."
        raise Refused("cannot_update_voice", message)
    state, outputs = retuned(state, session)
    state, imports = import_tools(state, session.tools)
    return state, (*outputs, SessionUpdated(session=session.config), *imports)


def _create_response(state: State, event: ResponseCreate) -> Change:
    """Begin a response; the tools of MCP servers that it alone names are imported, too."""
    state, outputs = create_response(state, event)
    running = state.responses[-1]
    tools = running.settings.tools if running.conversation_id else ()
    state, imports = import_tools(state, tools)
    return state, (*outputs, *imports)


def _has_spoken(state: State) -> bool:
    """Tell whether the conversation holds audio of the model."""
    running = any(draft.heard for running in state.responses for draft in running.drafts)
    parts = (part for stored in state.items for part in getattr(stored.item, "content", None) or ())
    return running or any(part.type == "output_audio" for part in parts)


def _clear_output(state: State, event: OutputAudioBufferClear) -> Change:
    raise Refused("invalid_event", "output_audio_buffer.clear is only for connections over WebRTC and SIP.", "type")


def _stamped(state: State, outputs: tuple[Output, ...]) -> Change:
    """Give every event its own id, in the order in which they go out."""
    if not outputs:
        return state, ()
    ids, event_ids = state.ids.mint_all("event", sum(isinstance(output, Event) for output in outputs))
    left = iter(event_ids)
    stamped = tuple(with_event_id(output, next(left)) if isinstance(output, Event) else output for output in outputs)
    return state._replace(ids=ids), stamped


_REACTIONS: Final[Mapping[type[Event], Callable[[State, Any], Change]]] = {
    SessionUpdate: _update_session,
    ConversationItemCreate: add_item,
    ConversationItemDelete: delete_item,
    ConversationItemRetrieve: retrieve_item,
    ConversationItemTruncate: truncate_item,
    InputAudioBufferAppend: append_audio,
    InputAudioBufferClear: clear_audio,
    InputAudioBufferCommit: commit_audio,
    OutputAudioBufferClear: _clear_output,
    ResponseCreate: _create_response,
    ResponseCancel: cancel_response,
}

"""Responses: asked for, begun, cancelled.

Source: openai-openapi f85dbe2 (2026-08-21): one response at a time writes to the default conversation, others run
beside it out of band.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rxrealtime.events import (
    FunctionCall,
    FunctionCallOutput,
    Item,
    ItemReference,
    McpCall,
    Message,
    ResponseCancel,
    ResponseCreate,
    ResponseCreated,
    ResponseParams,
    StatusDetails,
)
from rxrealtime.server.beats import IDLE, End
from rxrealtime.server.checks import check_response
from rxrealtime.server.drafts import response_view
from rxrealtime.server.items import check_item
from rxrealtime.server.mind import Answered, Cue, Reply
from rxrealtime.server.performing import abandon
from rxrealtime.server.planning import plan_drafts, plan_score
from rxrealtime.server.refusals import Refused
from rxrealtime.server.settings import Settings, for_response
from rxrealtime.server.state import Change, Running, State, Stored, find_item, mint, scheduled, unscheduled
from rxrealtime.server.tokens import count_items, count_text
from rxrealtime.server.voices import transcribe

__all__ = ["begin", "cancel_response", "create_response", "greet", "interrupt", "respond"]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a response is to be made of."""

    settings: Settings
    context: tuple[Stored, ...]
    instructions: str = ""
    in_conversation: bool = True
    metadata: dict[str, Any] | None = None


def create_response(state: State, event: ResponseCreate) -> Change:
    """Begin the response that a client asks for.

    Raises:
        Refused: A parameter is not allowed, or a response is active in the default conversation.
    """
    params = event.response or ResponseParams()
    check_response(params)
    in_conversation = params.conversation != "none"
    if in_conversation:
        _check_free(state)
    wish = _Wish(
        for_response(state.session, params),
        _context(state, params.input),
        params.instructions or "",
        in_conversation,
        params.metadata,
    )
    return _answer(state, wish)


def respond(state: State) -> Change:
    """Begin the response to a turn of the user, as voice activity detection does.

    Raises:
        Refused: A response is active in the default conversation.
    """
    _check_free(state)
    return _answer(state, _Wish(state.session, state.items))


def greet(state: State) -> Change:
    """Begin the response that the scenario wants at the beginning of the session, if it wants one."""
    mind, reply = state.mind.answer(Cue(begins=True, tools=state.session.tools, clock_text=state.clock.text))
    state = state._replace(mind=mind)
    return (state, ()) if reply is None else begin(state, _Wish(state.session, ()), reply)


def cancel_response(state: State, event: ResponseCancel) -> Change:
    """Stop a response.

    Raises:
        Refused: There is none of that id, or none in the default conversation.
    """
    named = (running for running in state.responses if running.id == event.response_id)
    running = next(named, None) if event.response_id else state.active
    if running is None:
        raise Refused("response_cancel_not_active", "Cancellation failed: no active response found")
    return abandon(state, running, _cancelled("client_cancelled"))


def interrupt(state: State) -> Change:
    """Stop the response of the default conversation because the user speaks."""
    return (state, ()) if state.active is None else abandon(state, state.active, _cancelled("turn_detected"))


def _cancelled(reason: str) -> End:
    return End("cancelled", StatusDetails(type="cancelled", reason=reason))


def _check_free(state: State) -> None:
    if state.active is not None:
        message = (
            f"Conversation already has an active response in progress: {state.active.id}. Wait until the response is "
            "finished before creating a new one."
        )
        raise Refused("conversation_already_has_active_response", message)


def _context(state: State, input: tuple[Item, ...] | None) -> tuple[Stored, ...]:
    if input is None:
        return state.items
    return tuple(_input_item(state, item, f"response.input[{index}]") for index, item in enumerate(input))


def _input_item(state: State, item: Item, path: str) -> Stored:
    if isinstance(item, ItemReference):
        place = find_item(state, item.id or "")
        if place is None:
            raise Refused("invalid_value", f"Invalid '{path}.id': the item does not exist.", f"{path}.id")
        return state.items[place]
    check_item(item, path)
    return Stored(item, state.session.input_format)


def _answer(state: State, wish: _Wish) -> Change:
    mind, reply = state.mind.answer(_cue(state, wish))
    return begin(state._replace(mind=mind), wish, reply or Reply())


def begin(state: State, wish: _Wish, reply: Reply) -> Change:
    """Begin a response of which it is known what it will be."""
    state = unscheduled(state, IDLE) if wish.in_conversation else state
    state, response_id = mint(state, "resp")
    state, ids = _minted(state, ("item",) * (reply.say is not None) + ("item", "call") * len(reply.calls))
    drafts = plan_drafts(reply, wish.settings, ids)
    running = Running(
        response_id,
        wish.settings,
        drafts,
        state.ids.conversation if wish.in_conversation else None,
        wish.metadata,
        _input_tokens(wish),
        state.clock.at,
    )
    score = plan_score(
        reply, drafts, wish.settings, scenario=state.mind.scenario, start=state.clock.at, owner=response_id
    )
    state = scheduled(state, *score)._replace(responses=(*state.responses, running))
    return state, (ResponseCreated(response=response_view(running, "in_progress")),)


def _minted(state: State, prefixes: tuple[str, ...]) -> tuple[State, tuple[str, ...]]:
    made: list[str] = []
    for prefix in prefixes:
        state, one = mint(state, prefix)
        made.append(one)
    return state, tuple(made)


def _input_tokens(wish: _Wish) -> tuple[int, int, int]:
    text, audio, images = count_items((stored.item, stored.format) for stored in wish.context)
    return text + count_text(wish.settings.instructions), audio, images


def _cue(state: State, wish: _Wish) -> Cue:
    """Gather what the mind has to know: what was said, and what tools answered, since the model spoke last."""
    turn = _since_model_spoke(wish.context)
    names = {s.item.call_id: s.item.name or "" for s in wish.context if isinstance(s.item, FunctionCall)}
    outputs = [place for place, stored in enumerate(turn) if _is_answer(stored.item)]
    last = outputs[-1] if outputs else -1
    later = _last_words(turn[last + 1 :])
    return Cue(
        text=later or _last_words(turn[: last + 1]),
        answered=tuple(_answered(turn[place].item, names) for place in outputs),
        follow_up=later if outputs else "",
        tools=wish.settings.tools,
        tool_choice=wish.settings.tool_choice,
        instructions=wish.instructions,
        clock_text=state.clock.text,
    )


def _since_model_spoke(context: tuple[Stored, ...]) -> tuple[Stored, ...]:
    spoken = [n for n, s in enumerate(context) if isinstance(s.item, Message) and s.item.role == "assistant"]
    return context[spoken[-1] + 1 :] if spoken else context


def _is_answer(item: Item) -> bool:
    return isinstance(item, FunctionCallOutput) or (isinstance(item, McpCall) and bool(item.output or item.error))


def _answered(item: Item, names: dict[str | None, str]) -> Answered:
    if isinstance(item, McpCall):
        return Answered(item.name or "The tool", item.output or "an error")
    call_id, output = (item.call_id, item.output) if isinstance(item, FunctionCallOutput) else (None, None)
    return Answered(names.get(call_id) or "The tool", output or "")


def _last_words(items: tuple[Stored, ...]) -> str:
    spoken = [s for s in items if isinstance(s.item, Message) and s.item.role == "user"]
    return _words(spoken[-1]) if spoken else ""


def _words(stored: Stored) -> str:
    """Return what the user said, in text and in audio."""
    if stored.words is not None or not isinstance(stored.item, Message):
        return stored.words or ""
    parts = stored.item.content or ()
    said = (part.text or (transcribe(part.audio, stored.format) if part.audio else "") for part in parts)
    return " ".join(text for text in said if text)

"""Creates and cancels that somebody wants to send: what goes out now, what waits, what is dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from rxrealtime.activity import ResponseDropped
from rxrealtime.events import ClientEvent, ResponseCancel, ResponseCreate
from rxrealtime.operators._responses import Create, Scheduling
from rxrealtime.operators.wanted import CancelDropped, Hold, RaceLost, Release, Wanted

__all__ = ["Scheduled", "Stepped", "hold", "let_out", "make_way", "release", "then", "want"]

Scheduled = ClientEvent | ResponseDropped | RaceLost | CancelDropped
"""What `schedule` gives: what to send, and what became of what is not sent."""

Stepped = tuple[Scheduling, tuple[Scheduled, ...]]


def then(state: Scheduling, outputs: tuple[Scheduled, ...], *steps: Callable[[Scheduling], Stepped]) -> Stepped:
    """Take further steps, and collect what all of them give."""
    for step in steps:
        state, more = step(state)
        outputs += more
    return state, outputs


def let_out(state: Scheduling) -> Stepped:
    """Let the first create out that waits, if one may go."""
    if not state.waiting or not state.is_free:
        return state, ()
    first, *rest = state.waiting
    return replace(state, waiting=tuple(rest)).sending(first), (first.event,)


def make_way(state: Scheduling) -> Stepped:
    """Cancel the active response if a create is to replace it."""
    active = state.responses.active
    replaces = state.mode == "replace" and state.waiting and not state.held
    if not replaces or active is None or state.responses.is_cancelled(active):
        return state, ()
    return _cancel(state, active, ResponseCancel())


def want(state: Scheduling, value: Wanted) -> Stepped:
    """Take an event that somebody wants to send; all but creates and cancels pass."""
    match value.event:
        case ResponseCreate():
            return _want_create(state, value.event)
        case ResponseCancel():
            return _want_cancel(state, value.event)
        case event:
            return state, (event,)


def _want_create(state: Scheduling, event: ResponseCreate) -> Stepped:
    ids, event = state.ids.name(event)
    state = replace(state, ids=ids)
    if event.response is not None and event.response.conversation == "none":
        return state, (event,)
    state, outputs = _WAYS[state.mode](state, Create(event))
    return then(state, outputs, make_way, let_out)


def _queue(state: Scheduling, create: Create) -> Stepped:
    if len(state.waiting) >= state.max_waiting:
        return state, (ResponseDropped(create.event_id),)
    return replace(state, waiting=(*state.waiting, create)), ()


def _coalesce(state: Scheduling, create: Create) -> Stepped:
    same = next((waiting for waiting in state.waiting if waiting.asks_the_same(create)), None)
    return (state, (ResponseDropped(create.event_id, same.event_id),)) if same else _queue(state, create)


def _replace(state: Scheduling, create: Create) -> Stepped:
    return replace(state, waiting=(create,)), tuple(ResponseDropped(other.event_id) for other in state.waiting)


def _drop(state: Scheduling, create: Create) -> Stepped:
    if state.is_pending or state.responses.active is not None:
        return state, (ResponseDropped(create.event_id),)
    return _queue(state, create)


def _want_cancel(state: Scheduling, event: ResponseCancel) -> Stepped:
    response_id = event.response_id or state.responses.active
    if response_id is None:
        return _cancel_unanswered(state, event)
    over = response_id in state.responses.over
    if over or state.responses.is_cancelled(response_id):
        return state, (CancelDropped(event.event_id or None, response_id, over),)
    state, outputs = _cancel(state, response_id, event)
    return _unwanted(state, response_id, outputs[0].event_id), outputs


def _cancel(state: Scheduling, response_id: str, event: ResponseCancel) -> Stepped:
    """Cancel a response by its id."""
    named = event.model_copy(update={"response_id": response_id}) if response_id else event
    ids, named = state.ids.name(named)
    responses = state.responses.cancelled(response_id, named.event_id or "")
    return replace(state, ids=ids, responses=responses), (named,)


def _unwanted(state: Scheduling, response_id: str, event_id: str | None) -> Scheduling:
    """Know that the create is not wanted any more whose answer a cancelled response is taken for."""
    asked = tuple(
        replace(create, cancel=event_id) if create.response_id == response_id else create for create in state.asked
    )
    return replace(state, asked=asked)


def _cancel_unanswered(state: Scheduling, event: ResponseCancel) -> Stepped:
    """Cancel what is not known yet: the server takes events in order, so that the response to a create is meant."""
    create = state.unanswered
    if create is not None and create.cancel is not None:
        return state, (CancelDropped(event.event_id or None, None),)
    ids, event = state.ids.name(event)
    state = replace(state, ids=ids)
    if create is not None:
        state = state.without(create).sending(replace(create, cancel=event.event_id))
    return state, (event,)


def hold(state: Scheduling, told: Hold) -> Stepped:
    """Let no create out from now on."""
    return replace(state, held=state.held | {told.by}), ()


def release(state: Scheduling, told: Release) -> Stepped:
    """Let creates out again, if nobody else holds them."""
    return then(replace(state, held=state.held - {told.by}), (), make_way, let_out)


_WAYS: Mapping[str, Callable[[Scheduling, Create], Stepped]] = {
    "coalesce": _coalesce,
    "queue": _queue,
    "replace": _replace,
    "drop": _drop,
}

"""What becomes of creates and cancels: answered, over, refused, not sent, not answered."""

from __future__ import annotations

from dataclasses import replace

from rxrealtime.activity import ResponseDropped
from rxrealtime.events import (
    Error,
    ErrorDetail,
    ExceptionEvent,
    ResponseCreate,
    ResponseCreated,
    ResponseDone,
    SendFailed,
)
from rxrealtime.operators._creates import Stepped, let_out, make_way, then
from rxrealtime.operators._responses import Create, Responses, Scheduling, is_out_of_band
from rxrealtime.operators.wanted import RaceLost, Unanswered

__all__ = ["created", "done", "not_answered", "not_read", "not_sent", "refused", "sent"]

_ALREADY_ACTIVE = "conversation_already_has_active_response"
_NOT_ACTIVE = "response_cancel_not_active"


def created(state: Scheduling, event: ResponseCreated) -> Stepped:
    """Take a response for active, and for the answer to the create that has none."""
    response_id = event.response.id or ""
    if is_out_of_band(event.response) or state.responses.is_known(response_id):
        return state, ()
    responses = state.responses.begun(response_id)
    if state.unanswered is not None and state.unanswered.cancel is not None:
        responses = responses.cancelled(response_id, state.unanswered.cancel)
    return make_way(replace(state.answered(response_id), responses=responses))


def done(state: Scheduling, event: ResponseDone) -> Stepped:
    """Take a response for over, once."""
    response_id = event.response.id or ""
    if response_id in state.responses.over:
        return state, ()
    if not is_out_of_band(event.response):
        state = state.answered(response_id)  # it may be done without having been created
    return _over(state, response_id)


def _over(state: Scheduling, response_id: str) -> Stepped:
    return let_out(replace(state, responses=state.responses.ended(response_id)))


def refused(state: Scheduling, event: Error) -> Stepped:
    """Take an error in: about a create that it names, about a cancel that it names, or perhaps about a create."""
    detail = event.detail
    if detail.event_id is None:
        return _refused_perhaps(state, detail)
    error_id = str(event.event_id or "")
    if _is_told_again(state, detail.event_id, error_id):
        return state, (RaceLost(detail.event_id),)
    create = next((create for create in reversed(state.asked) if create.event_id == detail.event_id), None)
    if create is None:
        return _cancel_refused(state, detail.event_id, detail.code)
    return _create_refused(state, create, detail.code, error_id)


def _is_told_again(state: Scheduling, event_id: str, error_id: str) -> bool:
    """Tell whether an error is known to be a lost race."""
    known = (*state.waiting, *state.asked)
    return bool(error_id) and any((create.event_id, create.lost) == (event_id, error_id) for create in known)


def _create_refused(state: Scheduling, create: Create, code: str | None, error_id: str) -> Stepped:
    replaced = state.mode == "replace" and (bool(state.waiting) or state.asked[-1] is not create)
    state = state.without(create)
    if code != _ALREADY_ACTIVE or create.lost is not None:
        return let_out(state)
    if replaced or create.cancel is not None:  # nobody wants it any more
        return then(state, (RaceLost(create.event_id), ResponseDropped(create.event_id)), let_out)
    state, merged = _put_back(state, replace(create, lost=error_id, sent=False, response_id=None))
    return then(state, (RaceLost(create.event_id), *merged), make_way, let_out)


def _put_back(state: Scheduling, create: Create) -> Stepped:
    """Put a create that lost a race before those that never went out, and after those that lost one before it."""
    same = [other for other in state.waiting if state.mode == "coalesce" and other.asks_the_same(create)]
    rest = tuple(other for other in state.waiting if other not in same)
    ahead = sum(other.lost is not None for other in rest)
    merged = tuple(ResponseDropped(other.event_id, create.event_id) for other in same)
    return replace(state, waiting=(*rest[:ahead], create, *rest[ahead:])), merged


def _refused_perhaps(state: Scheduling, detail: ErrorDetail) -> Stepped:
    create = state.unanswered
    return let_out(state.without(create)) if create and _is_about_create(detail) else (state, ())


def _is_about_create(detail: ErrorDetail) -> bool:
    """Tell whether an error that names no event looks like that of a ``response.create``."""
    texts = [text for text in (detail.param, detail.message) if text]
    fields = any(text.startswith("response.") and not text.startswith("response.cancel") for text in texts)
    return detail.code == _ALREADY_ACTIVE or fields or any("response.create" in text for text in texts)


def _cancel_refused(state: Scheduling, event_id: str, code: str | None) -> Stepped:
    """Let a cancel be tried again, or believe the server that there was nothing to cancel."""
    response_id = next((found for found, cancel in state.responses.cancels if cancel == event_id), None)
    state = _cancellable(state, state.responses.uncancelled(event_id), event_id)
    return _over(state, response_id) if response_id is not None and code == _NOT_ACTIVE else (state, ())


def _cancellable(state: Scheduling, responses: Responses, *event_ids: str | None) -> Scheduling:
    """Forget that cancels went out."""
    asked = tuple(replace(create, cancel=None) if create.cancel in event_ids else create for create in state.asked)
    return replace(state, responses=responses, asked=asked)


def sent(state: Scheduling, event: ResponseCreate) -> Stepped:
    """Know that a create was sent, so that no failed send is about it."""
    create = state.unanswered
    if create is None or create.event_id != event.event_id:
        return state, ()
    return state.without(create).sending(replace(create, sent=True)), ()


def not_sent(state: Scheduling, failure: SendFailed) -> Stepped:
    """Free what could not be sent: the create, or the responses that were to be cancelled."""
    create = state.unanswered
    match failure.event_type:
        case "response.create" if create is not None and not create.sent:
            return let_out(state.without(create))
        case "response.cancel":
            cancels = [create.cancel for create in state.asked]
            return _cancellable(state, replace(state.responses, cancels=()), *cancels), ()
        case _:
            return state, ()


def not_read(state: Scheduling, failure: ExceptionEvent) -> Stepped:
    """Take a ``response.done`` that could not be read for that of the active response."""
    active = state.responses.active
    return (state, ()) if failure.event_type != "response.done" or active is None else _over(state, active)


def not_answered(state: Scheduling, told: Unanswered) -> Stepped:
    """Wait no longer for an answer."""
    create = state.unanswered
    return let_out(state.without(create)) if create and create.event_id == told.event_id else (state, ())

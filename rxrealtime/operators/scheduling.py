"""Which response may begin when: one at a time in the default conversation, whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from reactivex import Observable

from rxrealtime.activity import ResponseDropped
from rxrealtime.errors import ConfigurationError
from rxrealtime.events import (
    ClientEvent,
    ConnectionFailed,
    Error,
    ErrorDetail,
    ResponseCancel,
    ResponseCreate,
    ResponseCreated,
    ResponseDone,
    SendFailed,
)
from rxrealtime.operators._mealy import mealy

__all__ = [
    "RaceLost",
    "ResponseMode",
    "Scheduling",
    "Unanswered",
    "Wanted",
    "is_out_of_band",
    "schedule",
    "schedule_responses",
]

ResponseMode = Literal["coalesce", "queue", "replace", "drop", "direct"]
"""What becomes of a ``response.create`` while a response runs."""

MAX_WAITING: Final = 1024
_RACE: Final = "conversation_already_has_active_response"
_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody wants to send an event.

    Args:
        event: Which.
    """

    event: ClientEvent


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A ``response.create`` got no answer for too long.

    Args:
        event_id: Its ``event_id``.
    """

    event_id: str


@dataclass(frozen=True, slots=True)
class RaceLost:
    """A ``response.create`` was refused since another response had begun meanwhile; it is tried again.

    Args:
        event_id: Its ``event_id``.
    """

    event_id: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A ``response.create`` that was sent."""

    event: ResponseCreate
    again: bool = False


@dataclass(frozen=True, slots=True)
class Scheduling:
    """What is known about the responses of the default conversation.

    Args:
        mode: What becomes of a ``response.create`` while a response runs.
        active: Ids of the responses that were created and are not done. What ends one: its ``response.done``.
        done: The ids that were done lately.
        unanswered: Our create that was sent and not answered. What ends it: ``response.created``, its rejection, a
            failure to send it, `Unanswered`.
        latest: Our create that was sent last, answered or not: a lost race is told about it.
        waiting: Creates that wait for their turn.
        cancelling: Ids that a ``response.cancel`` was sent for.
        number: How many ids were given out.
    """

    mode: ResponseMode = "coalesce"
    active: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    unanswered: _Asked | None = None
    latest: _Asked | None = None
    waiting: tuple[_Asked, ...] = ()
    cancelling: tuple[str, ...] = ()
    number: int = 0

    @property
    def is_free(self) -> bool:
        """Whether a response may begin."""
        return not self.active and self.unanswered is None

    @property
    def is_idle(self) -> bool:
        """Whether no response runs, and none is going to."""
        return self.is_free and not self.waiting


_Output = ClientEvent | ResponseDropped | RaceLost
_Stepped = tuple[Scheduling, tuple[_Output, ...]]


def is_out_of_band(create: ResponseCreate) -> bool:
    """Tell whether a response is to run beside the default conversation."""
    return create.response is not None and create.response.conversation == "none"


def schedule(state: Scheduling, value: object) -> _Stepped:
    """Take one value.

    Args:
        state: What is known.
        value: Something that is `Wanted`, `Unanswered`, or anything else that came.

    Returns:
        What is known now, and what to do, in order: events to be sent, `ResponseDropped`, `RaceLost`.
    """
    step = _STEPS.get(type(value))
    if step is None:
        return state, ()
    state, outputs = step(state, value)
    state, more = _begin(state)
    return state, (*outputs, *more)


def schedule_responses(mode: ResponseMode = "coalesce") -> Callable[[Observable[object]], Observable[_Output]]:
    """Let responses begin one after the other.

    Marbles:
        in:   --c--s--e--d--|
        ops.schedule_responses()
        out:  --x--------y--|
        c = Wanted(ResponseCreate(event_id="one"))
        s = ResponseCreated(response=Response(id="r", conversation_id="conv"))
        e = Wanted(ResponseCreate(event_id="two"))
        d = ResponseDone(response=Response(id="r", status="completed"))
        x = ResponseCreate(event_id="one")
        y = ResponseCreate(event_id="two")

    Args:
        mode: "coalesce" (default): a create that waits stands for later ones with the same parameters. "queue": each
            gets its turn. "replace": a new one cancels the response that runs, and drops those that wait. "drop": it
            is dropped while anything runs or waits. "direct": everything goes out as it comes.

    Returns:
        The operator, over events of the server and `Wanted` ones of the client.

    Raises:
        ConfigurationError: There is no such mode.

    State: ids of the responses that run, at most 1,024 creates that wait, the last 64 ids that were done. All of it
        is freed when the connection is lost.
    Time: none.
    Errors: a create that is refused because another response began meanwhile is sent again once. Failures pass by.
    Protocol: ``response.created``, ``.done``, ``error`` (openai-openapi f85dbe2): one response at a time writes to the
        default conversation, and ``conversation: "none"`` keeps one out of it.

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import ResponseCreate
        >>> reactivex.of(Wanted(ResponseCreate())).pipe(schedule_responses()).run().type
        'response.create'
    """
    if mode not in ("coalesce", "queue", "replace", "drop", "direct"):
        raise ConfigurationError(f"responses={mode!r}: it is 'coalesce', 'queue', 'replace', 'drop' or 'direct'")
    return mealy(schedule, Scheduling(mode))


def _begin(state: Scheduling) -> _Stepped:
    if not (state.is_free and state.waiting):
        return state, ()
    first, *rest = state.waiting
    return replace(state, waiting=tuple(rest), unanswered=first, latest=first), (first.event,)


def _wanted(state: Scheduling, wanted: Wanted) -> _Stepped:
    match wanted.event:
        case ResponseCreate() as create if state.mode != "direct" and not is_out_of_band(create):
            return _create(*_identified(state, create))
        case ResponseCancel() as cancel if state.mode != "direct":
            return _cancel(state, cancel)
        case event:
            return state, (event,)


def _identified(state: Scheduling, create: ResponseCreate) -> tuple[Scheduling, ResponseCreate]:
    if create.event_id:
        return state, create
    number = state.number + 1
    return replace(state, number=number), create.model_copy(update={"event_id": f"rxr_response_{number}"})


def _create(state: Scheduling, create: ResponseCreate) -> _Stepped:
    event_id = create.event_id or ""
    if state.is_idle:
        return replace(state, waiting=(_Asked(create),)), ()
    if state.mode == "drop" or len(state.waiting) >= MAX_WAITING:
        return state, (ResponseDropped(event_id),)
    if state.mode == "replace":
        dropped = tuple(ResponseDropped(asked.event.event_id or "") for asked in state.waiting)
        state, cancels = _cancel(replace(state, waiting=(_Asked(create),)), ResponseCancel())
        return state, (*dropped, *cancels)
    if state.mode == "coalesce":
        for asked in state.waiting:
            if asked.event.response == create.response:
                return state, (ResponseDropped(event_id, asked.event.event_id),)
    return replace(state, waiting=(*state.waiting, _Asked(create))), ()


def _cancel(state: Scheduling, cancel: ResponseCancel) -> _Stepped:
    response_id = cancel.response_id or (state.active[-1] if state.active else None)
    if response_id is None:
        return state, (cancel,)
    if response_id in state.cancelling or response_id in state.done:
        return state, ()
    named = cancel.model_copy(update={"response_id": response_id})
    return replace(state, cancelling=(*state.cancelling, response_id)), (named,)


def _created(state: Scheduling, event: ResponseCreated) -> _Stepped:
    response = event.response
    out_of_band = response.conversation_id is None and "conversation_id" in response.model_fields_set
    if response.id is None or out_of_band or response.id in (*state.active, *state.done):
        return state, ()
    return replace(state, active=(*state.active, response.id), unanswered=None), ()


def _done(state: Scheduling, event: ResponseDone) -> _Stepped:
    response_id = event.response.id
    if response_id is None or response_id in state.done:
        return state, ()
    unseen = response_id not in state.active and event.response.conversation_id is not None
    return replace(
        state,
        active=tuple(other for other in state.active if other != response_id),
        done=(*state.done, response_id)[-_REMEMBERED:],
        unanswered=None if unseen else state.unanswered,
        cancelling=tuple(other for other in state.cancelling if other != response_id),
    ), ()


def _error(state: Scheduling, event: Error) -> _Stepped:
    detail = event.detail
    asked = state.latest
    if asked is not None and detail.event_id == asked.event.event_id:
        freed = replace(state, unanswered=None if state.unanswered == asked else state.unanswered, latest=None)
        if detail.code != _RACE or asked.again:
            return freed, ()
        again = _Asked(asked.event, again=True)
        return replace(freed, waiting=(again, *freed.waiting)), (RaceLost(asked.event.event_id or ""),)
    if detail.event_id is None and _is_about_a_response(detail):
        return replace(state, unanswered=None), ()
    return state, ()


def _is_about_a_response(detail: ErrorDetail) -> bool:
    named = f"{detail.param or ''} {detail.message or ''}"
    return detail.code == _RACE or (detail.param or "").startswith("response.") or "response.create" in named


def _send_failed(state: Scheduling, failed: SendFailed) -> _Stepped:
    if failed.event_type == "response.create":
        return replace(state, unanswered=None), ()
    if failed.event_type == "response.cancel":
        return replace(state, cancelling=()), ()
    return state, ()


def _unanswered(state: Scheduling, unanswered: Unanswered) -> _Stepped:
    asked = state.unanswered
    if asked is None or asked.event.event_id != unanswered.event_id:
        return state, ()
    return replace(state, unanswered=None), ()


def _lost(state: Scheduling, _: ConnectionFailed) -> _Stepped:
    dropped = tuple(ResponseDropped(asked.event.event_id or "") for asked in state.waiting)
    return Scheduling(state.mode, number=state.number), dropped


_STEPS: Final[Mapping[type, Callable[[Scheduling, Any], _Stepped]]] = {
    Wanted: _wanted,
    ResponseCreated: _created,
    ResponseDone: _done,
    Error: _error,
    SendFailed: _send_failed,
    Unanswered: _unanswered,
    ConnectionFailed: _lost,
}

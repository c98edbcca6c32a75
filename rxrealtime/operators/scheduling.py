"""When a response is asked for: never while another one runs.

It stands between everything that wants to send and the wire: the application, tools, guardrails. Everything but
``response.create`` and ``response.cancel`` passes at once.

Creates go out one at a time. What the server tells is matched to them by order: no ``response.created`` names the
create it answers, so that one which comes while a create is unanswered is taken for its answer. If it was the server's
own (voice activity detection was faster), the error that follows names the create, which then goes back to the front.
"""

from __future__ import annotations

from collections.abc import Callable

from reactivex import Observable

from rxrealtime.activity import ResponseDropped
from rxrealtime.events import (
    ClientEvent,
    ConnectionFailed,
    Error,
    JsonFailed,
    ResponseCreate,
    ResponseCreated,
    ResponseDone,
    SchemaFailed,
    SendFailed,
)
from rxrealtime.operators._answers import created, done, not_answered, not_read, not_sent, refused, sent
from rxrealtime.operators._creates import Scheduled, Stepped, hold, release, want
from rxrealtime.operators._mealy import mealy
from rxrealtime.operators._parts import Steps, by_class
from rxrealtime.operators._responses import ResponseMode, Scheduling
from rxrealtime.operators.wanted import CancelDropped, Hold, RaceLost, Release, Unanswered, Wanted

__all__ = ["ResponseMode", "Scheduled", "Scheduling", "abandon", "schedule", "schedule_responses"]


def schedule_responses(
    mode: ResponseMode = "coalesce", *, max_waiting: int = 1024
) -> Callable[[Observable[object]], Observable[ClientEvent | ResponseDropped]]:
    """Let client events out so that never two responses are asked for at once in the default conversation.

    A ``response.create`` goes out if no response of the default conversation is active and no other create is without
    its answer; a response that was cancelled is active until its ``response.done``. Out-of-band creates
    (``conversation="none"``) and everything else pass at once. What becomes of a create that cannot go out says the
    mode:

    - "coalesce": it waits for its turn; one that asks for the same as one that waits is dropped in favour of it.
    - "queue": it waits for its turn, whatever it asks for.
    - "replace": it cancels the active response and waits for its end; those that waited are dropped.
    - "drop": it is dropped.
    - "direct": none of this, everything passes as it is.

    A create that came too late, since the server began a response by itself, goes out a second time after that one.
    A ``response.cancel`` without an id gets that of the active response; it is not sent if the response is being
    cancelled already, or is over.

    Marbles:
        in:   --a--b--m--c--d--|
        ops.schedule_responses()
        out:  --x-----z-----y--|
        a = Wanted(ResponseCreate())
        b = Wanted(ResponseCreate(event_id="mine"))
        m = Wanted(ResponseCreate())
        c = ResponseCreated(response=Response(id="r"))
        d = ResponseDone(response=Response(id="r"))
        x = ResponseCreate(event_id="rxr_response_1")
        y = ResponseCreate(event_id="mine")
        z = ResponseDropped("rxr_response_2", merged_into="mine")

    Args:
        mode: What becomes of a create that cannot go out yet; default "coalesce".
        max_waiting: How many creates may wait, further ones are dropped; default 1024.

    Returns:
        The operator, over a stream of `Wanted` client events merged with the traffic: the events of the server,
        `SendFailed` and `ConnectionFailed`, the client events that were sent, if there are any, `Hold`, `Release` and
        `Unanswered`. It gives the client events to be sent, and `ResponseDropped`. Each create and cancel has an
        ``event_id``.

    Raises:
        ConfigurationError: There is no such mode, or `max_waiting` is not positive.

    State: the creates that wait, at most `max_waiting` and those that go out again; the last 17 that went out, for
        errors that come late;
        the ids of the active response, of those being cancelled, and of the last 64 that are over. What blocks a create
        ends so: an active response at its ``response.done`` (also one that could not be read), when another one is
        created, or when a cancel of it is refused since it is not active; an unanswered create at ``response.created``
        or an unknown ``response.done`` of the default conversation, at an error that names it (or names none, but is
        about a ``response.create``), when it could not be sent, or when it is told to be `Unanswered`; a `Hold` at its
        `Release`. When the connection is lost all of it is forgotten.
    Time: none.
    Errors: creates that wait when the connection is lost, or the source completes, are dropped, each with its
        `ResponseDropped`. The source's error passes by.
    Protocol: ``response.create`` and ``.cancel``, ``response.created``, ``response.done``, ``error``
        (openai-openapi f85dbe2); the codes ``conversation_already_has_active_response`` and
        ``response_cancel_not_active`` (public reports). A response may be done without having been created.

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import ResponseCreate
        >>> wanted = reactivex.of(*[Wanted(ResponseCreate())] * 2)
        >>> wanted.pipe(schedule_responses()).subscribe(lambda value: print(value.type, value.event_id)).dispose()
        response.create rxr_response_1
        response_dropped rxr_response_2
    """
    return mealy(_step, Scheduling(mode, max_waiting), _rest)


def schedule(state: Scheduling, value: object) -> Stepped:
    """Take in what is wanted, or what happened.

    Args:
        state: What is known; ``Scheduling(mode)`` at the beginning of a connection.
        value: A `Wanted` client event, `Hold`, `Release`, `Unanswered`, or any value of the traffic.

    Returns:
        What is known now, and what to do, in order: client events to be sent, and what became of others.
    """
    if state.mode == "direct":
        return state, (value.event,) if type(value) is Wanted else ()
    return _BY_CLASS(state, value)


def abandon(state: Scheduling) -> Stepped:
    """Forget everything, since nothing can be sent any more.

    Args:
        state: What was known.

    Returns:
        The state for a next connection, and a `ResponseDropped` for each create that waited.
    """
    dropped = tuple(ResponseDropped(create.event_id) for create in state.waiting)
    return Scheduling(state.mode, state.max_waiting, ids=state.ids), dropped


def _step(state: Scheduling, value: object) -> tuple[Scheduling, tuple[ClientEvent | ResponseDropped, ...]]:
    state, outputs = schedule(state, value)
    return state, tuple(output for output in outputs if not isinstance(output, RaceLost | CancelDropped))


def _rest(state: Scheduling) -> tuple[ResponseDropped, ...]:
    return tuple(ResponseDropped(create.event_id) for create in state.waiting)


def _lost(state: Scheduling, _: ConnectionFailed) -> Stepped:
    return abandon(state)


_STEPS: Steps[Scheduling, Scheduled] = {
    Wanted: want,
    Hold: hold,
    Release: release,
    ResponseCreate: sent,
    ResponseCreated: created,
    ResponseDone: done,
    Error: refused,
    SendFailed: not_sent,
    JsonFailed: not_read,
    SchemaFailed: not_read,
    Unanswered: not_answered,
    ConnectionFailed: _lost,
}
_BY_CLASS: Callable[[Scheduling, object], Stepped] = by_class(_STEPS)

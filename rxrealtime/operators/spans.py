"""What a trace shows of a session: a span for each response, for each call of a tool, and for the session itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from reactivex import Observable, abc

from rxrealtime.activity import AgentChanged
from rxrealtime.events import ConnectionFailed, Response, ResponseCreated, ResponseDone, SessionCreated, SessionUpdated
from rxrealtime.operators._clock import timed
from rxrealtime.operators._genai import (
    MODEL,
    SESSION,
    AttributeValue,
    Span,
    known,
    response_span,
    session_span,
    tool_span,
)
from rxrealtime.operators._mealy import mealy
from rxrealtime.operators._timing import (
    ANNOUNCED,
    CALL_STEPS,
    REMEMBERED,
    Calls,
    TimedSteps,
    ToolTime,
    by_timed_class,
    put,
)

__all__ = ["SESSION", "AttributeValue", "Span", "spans"]


def spans(scheduler: abc.SchedulerBase | None = None) -> Callable[[Observable[object]], Observable[Span]]:
    """Give the spans of a session as they end: its responses, the calls of its tools, and last the session itself.

    The names are those of the OpenTelemetry conventions for generative AI where one fits: ``chat`` and
    ``execute_tool``; what they have no name for begins with ``rxrealtime.``. A response is told before the calls it
    asked for, and the session when the stream ends, in whatever way; it began with the subscription.

    Marbles:
        in:   --c--d--|
        ops.spans()
        out:  -----x--(y,|)
        c = ResponseCreated(response=Response(id="r"))
        d = ResponseDone(response=Response(id="r", status="completed"))
        about = {"gen_ai.operation.name": "chat", "gen_ai.response.id": "r"}
        told = about | {"gen_ai.response.finish_reasons": ("completed",)}
        x = Span("response", "chat", "r", 2.0, 5.0, "session", told)
        y = Span("session", "realtime_session", "session", 0.0, 8.0)

    Args:
        scheduler: Whose clock to read; default None, the one of the subscription, else that of the event loop.

    Returns:
        The operator; `rxrealtime.telemetry.export_spans` takes what it gives. A response that was not seen to begin
        has no span.

    State: what is known of the session; the last 64 running responses and calls, and the spans of calls that ended
        before their response; the ids of the last 64 responses that ended.
    Time: the scheduler's clock, at each value that matters and at the end.
    Errors: a lost connection, an error and the completion of the source end all spans, those of responses and calls
        under way as well; after an error their ``error.type`` is its class. A failed response, and a call that ended
        with ``error``, ``timeout`` or ``unknown_tool``, is an error; one that was cancelled or rejected is none. The
        source's error passes by, after the span of the session.
    Protocol: ``session.created``, ``.updated``, ``response.created``, ``.done``, ``.output_item.*``,
        ``.function_call_arguments.done``, ``.mcp_call.*``, ``conversation.item.added`` and ``.create``
        (openai-openapi f85dbe2). Attributes: OpenTelemetry semantic conventions 1.44 (``gen_ai.*``, in development),
        which have no names yet for a realtime session, nor for tokens by modality.

    Example:
        >>> import reactivex
        >>> from reactivex.scheduler import VirtualTimeScheduler
        >>> names = reactivex.of("nothing known").pipe(spans(VirtualTimeScheduler()))
        >>> names.subscribe(lambda span: print(span.name, span.start, span.end)).dispose()
        realtime_session 0.0 0.0
    """

    def operator(source: Observable[object]) -> Observable[Span]:
        return source.pipe(_with_its_end, timed(scheduler), mealy(_step, _Trace()))

    return operator


@dataclass(frozen=True, slots=True)
class _Over:
    """Stands for the end of a stream, as its last value, since a step does not see ends."""

    exception: Exception | None = None


def _with_its_end(source: Observable[object]) -> Observable[object]:
    def subscribe(observer: abc.ObserverBase[object], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        def on_error(error: Exception) -> None:
            observer.on_next(_Over(error))
            observer.on_error(error)

        def on_completed() -> None:
            observer.on_next(_Over())
            observer.on_completed()

        return source.subscribe(observer.on_next, on_error, on_completed, scheduler=scheduler)

    return Observable(subscribe)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A response under way: when it began, what was known then, and the spans of its calls that have ended."""

    start: float
    about: Mapping[str, AttributeValue]
    held: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _Trace:
    """What has begun and not ended: the State of `spans`."""

    about: Mapping[str, AttributeValue] = field(default_factory=lambda: MappingProxyType({}))
    agent: str | None = None
    responses: Mapping[str, _Begun] = field(default_factory=lambda: MappingProxyType({}))
    ended: tuple[str, ...] = ()
    calls: Calls = field(default_factory=Calls)


_Stepped = tuple[Any, tuple[Span, ...]]
"""The next state, a `_Trace`, or None once the session was told, and the spans to give."""


def _step(trace: _Trace | None, moment: tuple[float, object]) -> _Stepped:
    return (None, ()) if trace is None else _step_of(trace, moment)


def _configured(trace: _Trace, _: float, event: SessionCreated | SessionUpdated) -> _Stepped:
    found = known({"rxrealtime.session.id": event.session.id, MODEL: event.session.model})
    return replace(trace, about=MappingProxyType({**trace.about, **found})), ()


def _agent_changed(trace: _Trace, _: float, value: AgentChanged) -> _Stepped:
    return replace(trace, agent=getattr(value.agent, "name", None)), ()


def _created(trace: _Trace, at: float, event: ResponseCreated) -> _Stepped:
    key = event.response.id
    if key is None or key in trace.responses or key in trace.ended:
        return trace, ()
    about = known({MODEL: trace.about.get(MODEL), "gen_ai.agent.name": trace.agent})
    return replace(trace, responses=put(trace.responses, key, _Begun(at, about))), ()


def _done(trace: _Trace, at: float, event: ResponseDone) -> _Stepped:
    key = event.response.id
    begun = trace.responses.get(key or "")
    if key is None or begun is None:
        return trace, ()
    left = {other: kept for other, kept in trace.responses.items() if other != key}
    after = replace(trace, responses=MappingProxyType(left), ended=(*trace.ended, key)[-REMEMBERED:])
    return after, (response_span(event, (begun.start, at), begun.about), *begun.held)


def _calling(
    step: Callable[[Calls, float, Any], tuple[Calls, tuple[ToolTime, ...]]],
) -> Callable[[_Trace, float, Any], _Stepped]:
    def timed_step(trace: _Trace, at: float, value: Any) -> _Stepped:
        calls, ended = step(trace.calls, at, value)
        after = trace if calls is trace.calls else replace(trace, calls=calls)
        return _call_ended(after, *ended) if ended else (after, ())

    return timed_step


def _call_ended(trace: _Trace, time: ToolTime) -> _Stepped:
    """Tell of a call, or keep it until its response was told."""
    key, span = time.call.response_id or "", tool_span(time, _parent(trace, time.call.response_id))
    begun = trace.responses.get(key)
    if begun is None:
        return trace, (span,)
    return replace(trace, responses=put(trace.responses, key, replace(begun, held=(*begun.held, span)))), ()


def _parent(trace: _Trace, response_id: str | None) -> str:
    seen = response_id in trace.responses or response_id in trace.ended
    return response_id if response_id and seen else SESSION


def _over(trace: _Trace, at: float, end: ConnectionFailed | _Over) -> _Stepped:
    """End everything: the responses with their calls, the calls under way, the session."""
    error = type(end.exception).__name__ if end.exception else None
    given: list[Span] = []
    for key, begun in trace.responses.items():
        cut = ResponseDone(response=Response(id=key))
        given += (response_span(cut, (begun.start, at), begun.about, error), *begun.held)
    for key, call in trace.calls.open.items():
        if call.since != ANNOUNCED:
            given.append(tool_span(ToolTime(key, call, at), _parent(trace, call.response_id), error))
    return None, (*given, session_span(trace.about, at, error))


_STEPS: TimedSteps[_Trace, Span] = {
    **{kind: _calling(step) for kind, step in CALL_STEPS.items()},
    SessionCreated: _configured,
    SessionUpdated: _configured,
    AgentChanged: _agent_changed,
    ResponseCreated: _created,
    ResponseDone: _done,
    ConnectionFailed: _over,
    _Over: _over,
}
_step_of = by_timed_class(_STEPS)

"""Spans to OpenTelemetry: the one place that knows its API, which is an optional package."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable

from rxrealtime._version import __version__
from rxrealtime.errors import ConfigurationError
from rxrealtime.operators.spans import SESSION, AttributeValue, Span

if TYPE_CHECKING:
    from opentelemetry import trace
    from opentelemetry.context import Context
    from opentelemetry.trace import Tracer

__all__ = ["export_spans"]

_REMEMBERED = 64
"""How many spans are remembered as parents; `spans` tells of a call while its response is among the last 64."""

_NANOSECONDS = 1_000_000_000


def export_spans(
    spans: Observable[Span],
    tracer: Tracer | None = None,
    *,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> abc.DisposableBase:
    """Give spans to OpenTelemetry, with the times at which they began and ended.

    The session's span is a child of the span that is current now. It starts with the first span that comes, at the
    time it began, so that the others have a parent, and ends with the stream, or when the subscription is disposed of.

    Args:
        spans: What `rxrealtime.operators.spans` gives.
        tracer: Where they go; default None, a tracer named ``rxrealtime`` of the global provider.
        attributes: What else every span is to say, such as ``{"gen_ai.provider.name": "openai"}``, which no event does.

    Returns:
        The subscription.

    Raises:
        ConfigurationError: OpenTelemetry is not installed.

    Example:
        >>> async def main():
        ...     session = Session("loopback:")
        ...     export_spans(session.events.pipe(ops.spans()))
        ...     async with session:
        ...         await session.request(commands.say("Hello")[0])
    """
    export = _Export(_output(tracer, attributes or {}))
    subscription = spans.subscribe(export.on_next, export.on_error, export.end)
    return CompositeDisposable(subscription, Disposable(export.end))


@dataclass(frozen=True, slots=True)
class _Output:
    """Where the spans of a session go: the API, the tracer, what every span is to say, and what is around all."""

    api: Any
    tracer: Tracer
    attributes: Mapping[str, AttributeValue]
    context: Context


def _output(tracer: Tracer | None, attributes: Mapping[str, AttributeValue]) -> _Output:
    try:
        from opentelemetry import context, trace
    except ImportError as missing:
        raise ConfigurationError(
            "spans need the OpenTelemetry API, which is not installed: pip install rxrealtime[otel]"
        ) from missing
    return _Output(trace, tracer or trace.get_tracer("rxrealtime", __version__), attributes, context.get_current())


class _Export:
    """The observer of the spans of one session."""

    def __init__(self, output: _Output) -> None:
        self._output = output
        self._tree: _Tree | None = None

    def on_next(self, span: Span) -> None:
        """Pass a span on; the first one ends now, which tells when second 0 was."""
        if self._tree is None:
            self._tree = _Tree(self._output, time.time_ns() - _nanoseconds(span.end))
        self._tree.add(span)

    def on_error(self, error: Exception) -> None:
        """End what is open; the error itself is told to those who listen to the session."""
        self.end(type(error).__name__)

    def end(self, error: str | None = None) -> None:
        """End what is open."""
        if self._tree is not None:
            self._tree.close(error)


class _Tree:
    """The spans of one session in OpenTelemetry: its root, and the responses that calls may belong to."""

    def __init__(self, output: _Output, epoch: int) -> None:
        self._output = output
        self._epoch = epoch
        self._latest = 0.0
        root = Span("session", "realtime_session", SESSION, 0.0, 0.0)
        self._root = self._start(root, output.context)
        self._parents = {SESSION: output.api.set_span_in_context(self._root, output.context)}

    def add(self, span: Span) -> None:
        """Start and end a span; the root is there already."""
        self._latest = max(self._latest, span.end)
        if span.kind == "session":
            self._root.update_name(span.name)
            self._root.set_attributes(span.attributes)
            self._end(self._root, span.end, span.error)
            return
        made = self._start(span, self._parents.get(span.parent_id or SESSION, self._parents[SESSION]))
        if span.kind == "response":
            self._remember(span.id, made)
        self._end(made, span.end, span.error)

    def close(self, error: str | None) -> None:
        """End the root, if the span of the session did not come."""
        if self._root.is_recording():
            self._end(self._root, self._latest, error)

    def _start(self, span: Span, context: Context) -> trace.Span:
        kinds = self._output.api.SpanKind
        return self._output.tracer.start_span(
            span.name,
            context=context,
            kind=kinds.CLIENT if span.kind == "response" else kinds.INTERNAL,
            attributes={**self._output.attributes, **span.attributes},
            start_time=self._epoch + _nanoseconds(span.start),
        )

    def _end(self, made: trace.Span, end: float, error: str | None) -> None:
        if error:
            made.set_status(self._output.api.StatusCode.ERROR, error)
        made.end(end_time=self._epoch + _nanoseconds(end))

    def _remember(self, key: str, made: trace.Span) -> None:
        if len(self._parents) > _REMEMBERED:
            del self._parents[list(self._parents)[1]]  # the first one is the root
        self._parents[key] = self._output.api.set_span_in_context(made, self._output.context)


def _nanoseconds(seconds: float) -> int:
    return round(seconds * _NANOSECONDS)

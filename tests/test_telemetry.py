"""Spans in OpenTelemetry: one trace a session, with the times at which things happened."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from reactivex import Observable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxrealtime import ConfigurationError, Session, commands, ops
from rxrealtime.activity import ToolEnded, ToolStarted
from rxrealtime.events import ConnectionFailed
from rxrealtime.telemetry import export_spans
from tests.leaks import run_clean
from tests.operators.wire import created, done

MS = 1_000_000
"""Nanoseconds in a millisecond."""


@pytest.fixture
def exported() -> Iterator[Any]:
    """A tracer whose spans are kept, and what it kept."""
    pytest.importorskip("opentelemetry.sdk.trace", reason="needs the OpenTelemetry SDK, which is not installed")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider.get_tracer("tests"), exporter
    provider.shutdown()


class _Watched:
    """A stream whose clock stands where the test wants it."""

    def __init__(self) -> None:
        self.clock = VirtualTimeScheduler()
        self.source: Subject[object] = Subject()
        self.spans: Observable[ops.Span] = self.source.pipe(ops.spans(self.clock))

    def tell(self, *moments: tuple[float, object]) -> None:
        """Let values come at times, in seconds."""
        for at, value in moments:
            self.clock.advance_to(at)
            self.source.on_next(value)


def _times(span: Any, zero: int) -> tuple[float, float]:
    return (span.start_time - zero) / MS, (span.end_time - zero) / MS


def test_a_session_is_one_trace(exported: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Calls below their response, responses below the session; times to the nanosecond, kinds and attributes kept."""
    tracer, exporter = exported
    watched = _Watched()
    export_spans(watched.spans, tracer, attributes={"gen_ai.provider.name": "openai"})
    before = time.time_ns()
    watched.tell((0.25, created()), (0.5, ToolStarted("c", "weather", "r")), (1.0, done(status="failed")))
    after = time.time_ns()
    watched.tell((2.0, ToolEnded("c", "weather", "r", "ok")))
    watched.clock.advance_to(4.0)
    watched.source.on_completed()

    response, tool, session = exporter.get_finished_spans()
    assert [span.name for span in (response, tool, session)] == ["chat", "execute_tool weather", "realtime_session"]
    assert (tool.parent, response.parent, session.parent) == (response.context, session.context, None)
    assert len({span.context.trace_id for span in (response, tool, session)}) == 1
    zero = session.start_time
    assert [_times(span, zero) for span in (response, tool, session)] == [(250, 1000), (500, 2000), (0, 4000)]
    assert before <= response.end_time <= after
    assert [span.kind.name for span in (response, tool, session)] == ["CLIENT", "INTERNAL", "INTERNAL"]
    assert [span.status.status_code.name for span in (response, tool, session)] == ["ERROR", "UNSET", "UNSET"]
    assert (response.status.description, response.attributes["error.type"]) == ("failed", "failed")
    assert response.attributes["gen_ai.response.finish_reasons"] == ("failed",)
    assert {span.attributes["gen_ai.provider.name"] for span in (response, tool, session)} == {"openai"}
    assert caplog.messages == [], "OpenTelemetry warns of a span that ends twice"


def test_a_session_is_a_part_of_what_is_current_when_it_is_subscribed(exported: Any) -> None:
    """Whoever runs later, and in whatever task: the context of the subscription counts."""
    tracer, exporter = exported
    watched = _Watched()
    with tracer.start_as_current_span("request") as request:
        export_spans(watched.spans, tracer)
    with tracer.start_as_current_span("something else"):
        watched.tell((1.0, created()), (2.0, done()))
        watched.source.on_completed()
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert spans["realtime_session"].parent == request.get_span_context()
    assert spans["chat"].parent == spans["realtime_session"].context


@pytest.mark.parametrize("failure", [ConnectionFailed(OSError("a secret")), None])
def test_an_error_ends_every_span_once(exported: Any, failure: object) -> None:
    """With its class and not its message, whether or not the lost connection was told before."""
    tracer, exporter = exported
    watched = _Watched()
    export_spans(watched.spans, tracer)
    watched.tell((1.0, created()), *([(2.0, failure)] if failure else []))
    watched.source.on_error(OSError("a secret"))
    response, session = exporter.get_finished_spans()
    for span in (response, session):
        assert (span.status.status_code.name, span.status.description) == ("ERROR", "OSError")
        assert "a secret" not in span.to_json()
    assert session.name == "realtime_session"


def test_unsubscribing_ends_the_session(exported: Any) -> None:
    """At the last time that is known, once; before anything came there is nothing to end."""
    tracer, exporter = exported
    watched = _Watched()
    subscription = export_spans(watched.spans, tracer)
    export_spans(watched.spans, tracer).dispose()
    assert exporter.get_finished_spans() == ()
    watched.tell((1.0, created()), (2.0, done()))
    subscription.dispose()
    subscription.dispose()
    watched.source.on_completed()
    response, session = exporter.get_finished_spans()
    assert _times(session, session.start_time) == (0, 2000)
    assert response.parent == session.context


def test_spans_that_end_without_a_session_are_ended(exported: Any) -> None:
    """Any stream of spans will do: when it ends or fails, so does the trace."""
    tracer, exporter = exported
    for end in (Subject.on_completed, lambda stream: stream.on_error(ValueError("a secret"))):
        stream: Subject[ops.Span] = Subject()
        export_spans(stream, tracer)
        stream.on_next(ops.Span("tool", "execute_tool x", "c", 1.0, 2.0, "nobody knows"))
        end(stream)
    tool, fine, other, failed = exporter.get_finished_spans()
    assert (tool.parent, other.parent) == (fine.context, failed.context)
    assert [fine.status.description, failed.status.description] == [None, "ValueError"]


def test_the_last_responses_are_known_as_parents(exported: Any) -> None:
    """64 of them; the calls of older ones belong to the session."""
    tracer, exporter = exported
    stream: Subject[ops.Span] = Subject()
    export_spans(stream, tracer)
    for index in range(100):
        stream.on_next(ops.Span("response", "chat", f"r{index}", 1.0, 2.0, "session"))
    for index in (36, 35):
        stream.on_next(ops.Span("tool", "execute_tool x", f"c{index}", 1.0, 3.0, f"r{index}"))
    stream.on_completed()
    *responses, known, forgotten, session = exporter.get_finished_spans()
    assert known.parent == responses[36].context
    assert forgotten.parent == session.context


def test_a_live_session_is_traced(exported: Any) -> None:
    """Against the embedded server: a conversation of one response, with its tokens, of the model in force."""
    tracer, exporter = exported

    async def main() -> None:
        session = Session("loopback:")
        export_spans(session.events.pipe(ops.spans()), tracer)
        async with session:
            await session.send(*commands.say("hello"))
            async for event in session:
                if event.type == "response.done":
                    break

    before = time.time_ns()
    run_clean(main)
    response, session = exporter.get_finished_spans()
    assert response.name == f"chat {response.attributes['gen_ai.request.model']}"
    assert response.attributes["gen_ai.usage.output_tokens"] > 0
    assert session.attributes["rxrealtime.session.id"]
    assert before - 10 * MS <= session.start_time <= response.start_time <= response.end_time <= session.end_time
    assert session.end_time <= time.time_ns() + 10 * MS


def test_without_a_tracer_spans_go_to_the_global_one() -> None:
    """Which drops them as long as the application has chosen none."""
    pytest.importorskip("opentelemetry.trace", reason="needs the OpenTelemetry API, which is not installed")
    watched = _Watched()
    export_spans(watched.spans)
    watched.tell((1.0, created()), (2.0, done()))
    watched.source.on_completed()


def test_a_missing_package_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, not when the first span comes; nothing is subscribed."""
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    watched = _Watched()
    with pytest.raises(ConfigurationError, match=r"pip install rxrealtime\[otel\]"):
        export_spans(watched.spans)
    assert watched.source.observers == []

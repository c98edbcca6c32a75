"""What a trace shows of a session: a tree of spans without payload, whole however the stream ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject
from reactivex.testing import ReactiveTest, TestScheduler

from rxrealtime import decode
from rxrealtime import operators as ops
from rxrealtime.activity import AgentChanged, ToolEnded, ToolOutcome, ToolStarted
from rxrealtime.codec import decode_client
from rxrealtime.events import (
    ConnectionFailed,
    FunctionCall,
    InputTokenDetails,
    McpCall,
    OutputTokenDetails,
    Response,
    ResponseCreated,
    ResponseDone,
    ResponseFunctionCallArgumentsDone,
    ResponseMcpCallCompleted,
    ResponseMcpCallInProgress,
    ResponseOutputItemAdded,
    SessionConfig,
    SessionCreated,
    SessionUpdated,
    StatusDetails,
    StatusError,
    Usage,
)
from tests.conftest import Recording
from tests.operators.streams import interleavings
from tests.operators.wire import created, done, said, say, spoken_item, transcribed

Moment = tuple[int, object]

_BEGIN = SessionCreated(session=SessionConfig(id="sess_1", model="gpt-realtime"))


@dataclass(frozen=True)
class _Agent:
    name: str


def _traced(*moments: Moment, end: Any = ReactiveTest.on_completed, after: int = 100) -> list[ops.Span]:
    """Give the spans of values and their times, in seconds, and of the end of their stream."""
    scheduler = TestScheduler()
    ends = [end(200 + after)] if end else []
    values = [ReactiveTest.on_next(200 + at, value) for at, value in moments]
    source = scheduler.create_hot_observable(*values, *ends)
    got = scheduler.start(lambda: source.pipe(ops.spans()))
    return [record.value.value for record in got.messages if record.value.kind == "N"]  # type: ignore[attr-defined]


def _ended(*moments: Moment) -> list[tuple[str, str, float, float]]:
    return [(span.name, str(span.parent_id), span.start, span.end) for span in _traced(*moments)]


def test_a_session_is_a_tree_of_responses_and_calls() -> None:
    """Each response is a part of the session, and each call of its response, also one that ends after it."""
    spans = _ended(
        (1, _BEGIN),
        (2, created("a")),
        (3, ToolStarted("c1", "weather", "a")),
        (5, done(response="a")),
        (8, ToolEnded("c1", "weather", "a", "ok")),
        (9, created("b")),
        (20, done(response="b")),
    )
    assert spans == [
        ("chat gpt-realtime", "session", 2.0, 5.0),
        ("execute_tool weather", "a", 3.0, 8.0),
        ("chat gpt-realtime", "session", 9.0, 20.0),
        ("realtime_session gpt-realtime", "None", 0.0, 100.0),
    ]


def test_a_call_is_told_after_its_response() -> None:
    """A tool that is faster than the rest of the response waits for it; others are not held up."""
    spans = _traced(
        (1, created("a")),
        (1, created("b")),
        (2, ToolStarted("c1", "fast", "a")),
        (2, ToolStarted("c2", "fast", "b")),
        (3, ToolEnded("c1", "fast", "a", "ok")),
        (4, ToolEnded("c2", "fast", "b", "ok")),
        (5, done(response="b")),
        (6, done(response="a")),
    )
    assert [span.id for span in spans] == ["b", "c2", "a", "c1", "session"]
    assert [(span.start, span.end) for span in spans[:4]] == [(1.0, 5.0), (2.0, 4.0), (1.0, 6.0), (2.0, 3.0)]


def test_a_call_of_a_response_nobody_saw_is_a_part_of_the_session() -> None:
    """No span names a parent that does not exist; a response that was not seen to begin has no span."""
    spans = _traced(
        (1, ToolStarted("c1", "weather", "x")), (2, done(response="x")), (3, ToolEnded("c1", "weather", "x", "ok"))
    )
    assert [(span.id, span.parent_id) for span in spans] == [("c1", "session"), ("session", None)]


def test_a_response_says_what_is_known_of_it() -> None:
    """By the names of the conventions: model, agent, ids, reason, modality and tokens, cached ones as a part."""
    read = InputTokenDetails(
        text_tokens=30, audio_tokens=10, cached_tokens=25, cached_tokens_details=InputTokenDetails(text_tokens=25)
    )
    used = Usage(
        input_tokens=40,
        output_tokens=9,
        input_token_details=read,
        output_token_details=OutputTokenDetails(text_tokens=2, audio_tokens=7, reasoning_tokens=0),
    )
    ended = Response(
        id="r",
        status="incomplete",
        status_details=StatusDetails(type="incomplete", reason="max_output_tokens"),
        conversation_id="conv_1",
        output_modalities=("audio",),
        max_output_tokens=50,
        usage=used,
    )
    agents = [(2, AgentChanged(_Agent("clerk"))), (3, created())]
    span, session = _traced((1, _BEGIN), *agents, (4, AgentChanged(_Agent("boss"))), (5, ResponseDone(response=ended)))
    assert span == ops.Span(
        "response",
        "chat gpt-realtime",
        "r",
        3.0,
        5.0,
        "session",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-realtime",
            "gen_ai.agent.name": "clerk",
            "gen_ai.response.id": "r",
            "gen_ai.conversation.id": "conv_1",
            "gen_ai.response.finish_reasons": ("max_output_tokens",),
            "gen_ai.output.type": "speech",
            "gen_ai.request.max_tokens": 50,
            "gen_ai.usage.input_tokens": 40,
            "gen_ai.usage.cache_read.input_tokens": 25,
            "gen_ai.usage.output_tokens": 9,
            "gen_ai.usage.reasoning.output_tokens": 0,
            "rxrealtime.usage.text.input_tokens": 30,
            "rxrealtime.usage.audio.input_tokens": 10,
            "rxrealtime.usage.text.cache_read.input_tokens": 25,
            "rxrealtime.usage.text.output_tokens": 2,
            "rxrealtime.usage.audio.output_tokens": 7,
        },
    )
    assert session.attributes == {"gen_ai.request.model": "gpt-realtime", "rxrealtime.session.id": "sess_1"}


def test_what_a_later_configuration_leaves_out_stays_known() -> None:
    """The model and the id come with session.created, or with session.updated on a call that was joined."""
    updated = SessionUpdated(session=SessionConfig(model="gpt-realtime-2"))
    *_, session = _traced((1, _BEGIN), (2, updated))
    assert session.attributes == {"gen_ai.request.model": "gpt-realtime-2", "rxrealtime.session.id": "sess_1"}
    *_, joined = _traced((1, SessionUpdated(session=SessionConfig(id="sess_2"))))
    assert (joined.name, joined.attributes) == ("realtime_session", {"rxrealtime.session.id": "sess_2"})


_FAILED = StatusDetails(type="failed", error=StatusError(type="server_error", code="rate_limit", message="no"))
_UNCODED = StatusDetails(type="failed", error=StatusError(type="server_error"))


@pytest.mark.parametrize(
    ("status", "details", "reason", "error"),
    [
        ("completed", None, "completed", None),
        ("cancelled", StatusDetails(type="cancelled", reason="turn_detected"), "turn_detected", None),
        ("incomplete", StatusDetails(reason="content_filter"), "content_filter", None),
        ("failed", _FAILED, "failed", "rate_limit"),
        ("failed", _UNCODED, "failed", "server_error"),
        ("failed", None, "failed", "failed"),
        ("failed", "in words", "failed", "failed"),
    ],
)
def test_only_a_failed_response_is_an_error(status: str, details: Any, reason: str, error: str | None) -> None:
    """What was cancelled or incomplete did not fail (R5)."""
    ended = Response(id="r", status=status, status_details=details)
    span, _ = _traced((1, created()), (2, ResponseDone(response=ended)))
    assert (span.error, span.attributes.get("error.type")) == (error, error)
    assert span.attributes["gen_ai.response.finish_reasons"] == (reason,)


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        ("ok", None),
        ("cancelled", None),
        ("rejected", None),
        ("error", "error"),
        ("timeout", "timeout"),
        ("unknown_tool", "unknown_tool"),
    ],
)
def test_a_call_says_how_it_ended(outcome: ToolOutcome, error: str | None) -> None:
    """What somebody decided is no error; what went wrong is."""
    span, _ = _traced((1, ToolStarted("c", "weather", "r")), (2, ToolEnded("c", "weather", "r", outcome)))
    known = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.id": "c",
        "gen_ai.tool.type": "function",
        "rxrealtime.tool.outcome": outcome,
    }
    assert span.attributes == known | ({"error.type": error} if error else {})


def test_a_tool_of_an_mcp_server_is_one_that_the_server_calls() -> None:
    """Its call may end after its response has ended."""
    item = McpCall(id="m", name="search", server_label="docs")
    _, span, _ = _traced(
        (1, created()),
        (2, ResponseOutputItemAdded(response_id="r", output_index=0, item=item)),
        (3, ResponseMcpCallInProgress(item_id="m", output_index=0)),
        (4, done(item)),
        (6, ResponseMcpCallCompleted(item_id="m", output_index=0)),
    )
    assert (span.name, span.id, span.parent_id, span.start, span.end) == ("execute_tool search", "m", "r", 3.0, 6.0)
    assert (span.attributes["gen_ai.tool.type"], span.error) == ("extension", None)


_OPEN: list[Moment] = [
    (1, created()),
    (2, ToolStarted("c1", "quick", "r")),
    (3, ToolEnded("c1", "quick", "r", "ok")),
    (4, ToolStarted("c2", "slow", "r")),
]


def _announced(call_id: str) -> ResponseOutputItemAdded:
    return ResponseOutputItemAdded(response_id="r", output_index=0, item=FunctionCall(call_id=call_id, name="weather"))


@pytest.mark.parametrize(
    ("moments", "end", "error"),
    [
        ([], ReactiveTest.on_completed, None),
        ([], lambda at: ReactiveTest.on_error(at, ValueError("a secret")), "ValueError"),
        ([(9, ConnectionFailed(OSError("a secret")))], None, "OSError"),
        ([(9, ConnectionFailed(OSError("a secret")))], ReactiveTest.on_completed, "OSError"),
        ([(9, ConnectionFailed(OSError()))], lambda at: ReactiveTest.on_error(at, ValueError()), "OSError"),
    ],
)
def test_everything_ends_with_the_stream(moments: list[Moment], end: Any, error: str | None) -> None:
    """Once, in whatever way it ends: the response, its calls, one that still runs, and the session, with the error."""
    spans = _traced(*_OPEN, (5, _announced("c3")), *moments, end=end, after=9)
    assert [(span.id, span.parent_id, span.start, span.end, span.error) for span in spans] == [
        ("r", "session", 1.0, 9.0, error),
        ("c1", "r", 2.0, 3.0, None),
        ("c2", "r", 4.0, 9.0, error),
        ("session", None, 0.0, 9.0, error),
    ]
    assert "a secret" not in repr(spans)


def test_the_error_of_the_source_passes_by_after_the_session() -> None:
    """The terminal is the source's own."""
    source: Subject[object] = Subject()
    told: list[object] = []
    source.pipe(ops.spans(VirtualTimeScheduler())).subscribe(lambda span: told.append(span.id), told.append)
    error = ValueError("gone")
    source.on_error(error)
    assert told == ["session", error]


@forall(st.data())
def test_a_trace_is_whole_wherever_it_is_cut(data: st.DataObject) -> None:
    """Of any prefix of any interleaving: one span for all that began, children after parents, the session last."""
    rows: list[list[object]] = [
        [created("a"), ToolStarted("c1", "x", "a"), ToolEnded("c1", "x", "a", "ok"), done(response="a")],
        [created("b"), ToolStarted("c2", "x", "b"), done(response="b"), ToolEnded("c2", "x", "b", "error")],
        [ToolStarted("c3", "x", "b"), ConnectionFailed(OSError("gone"))],
    ]
    order = data.draw(interleavings(*rows))[: data.draw(st.integers(0, 10))]
    lost = next((index for index, value in enumerate(order) if isinstance(value, ConnectionFailed)), len(order))
    seen = order[:lost]

    spans = _traced(*enumerate(order, 1))

    begun = [v.response.id if isinstance(v, ResponseCreated) else getattr(v, "call_id", None) for v in seen]
    expected = {"session", *(key for key in begun if key)}
    assert Counter(span.id for span in spans) == Counter(expected)
    assert spans[-1].kind == "session"
    told = {"session"}
    for span in spans[:-1]:
        assert span.parent_id in told, "a parent is told before its children"
        told.add(span.id)
    assert all(0 <= span.start <= span.end <= spans[-1].end for span in spans)


def test_no_span_holds_what_was_said_or_given_to_a_tool() -> None:
    """A canary in every transcript, instruction, argument, output, message and metadata is in no span (D7)."""
    canary = "zork-canary"
    call = FunctionCall(id="f", call_id="c", name="weather", arguments=canary, status="completed")
    failed = StatusDetails(type="failed", error=StatusError(code="oops", message=canary))
    ended = Response(
        id="r",
        status="failed",
        status_details=failed,
        output=(spoken_item("a", canary, "assistant"), call),
        metadata={"topic": canary},
    )
    spans = _traced(
        (1, SessionCreated(session=SessionConfig(id="s", model="m", instructions=canary))),
        (2, transcribed(canary)),
        (3, ResponseCreated(response=Response(id="r", metadata={"topic": canary}))),
        (4, say(canary)),
        (4, said(canary)),
        (5, ResponseFunctionCallArgumentsDone(response_id="r", item_id="f", call_id="c", name="w", arguments=canary)),
        (6, ToolStarted("c", "weather", "r", canary)),
        (7, ToolEnded("c", "weather", "r", "ok", canary)),
        (8, ResponseDone(response=ended)),
        (9, ConnectionFailed(OSError(canary))),
    )
    assert [span.kind for span in spans] == ["response", "tool", "session"]
    assert canary not in repr(spans)


def test_duplicates_have_no_second_span() -> None:
    """A response or a call that begins or ends again is the same one."""
    moments: list[Moment] = [*_OPEN, (5, created()), (6, done()), (7, ToolEnded("c2", "slow", "r", "ok"))]
    again = [(at + 10, value) for at, value in moments]
    assert [(span.id, span.start) for span in _traced(*moments, *again)] == [
        ("r", 1.0),
        ("c1", 2.0),
        ("c2", 4.0),
        ("session", 0.0),
    ]


_RECORDED: dict[str, Sequence[tuple[str, str | None]]] = {
    "openai-tool-call-round": [
        ("chat gpt-realtime", "session"),
        ("execute_tool get_weather", "chat gpt-realtime"),
        ("chat gpt-realtime", "session"),
    ],
    "openai-webrtc-sideband-text-turn": [("chat gpt-realtime", "session")],
    "azure-audio-in-server-vad-transcribes": [("chat gpt-realtime", "session")],
}


@pytest.mark.parametrize("name", _RECORDED)
def test_recorded_sessions_have_the_spans_a_reader_would_draw(
    name: str, recordings: Callable[[str], Recording]
) -> None:
    """Every response and every call of the recording, below the session."""
    frames = recordings(name)
    values = [decode(data) if direction == "received" else decode_client(data) for direction, data in frames]
    *spans, session = _traced(*enumerate(values), after=len(values))
    names = {span.id: span.name for span in spans} | {"session": "session"}
    assert [(span.name, names[span.parent_id or ""]) for span in spans] == list(_RECORDED[name])
    assert (session.name, session.end) == ("realtime_session gpt-realtime", float(len(values)))

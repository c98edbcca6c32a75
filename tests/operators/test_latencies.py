"""How long a user waits, measured by a pure step and by the operator that runs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import reactivex
from hypothesis import given as forall
from hypothesis import strategies as st
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.testing import ReactiveTest, TestScheduler

from rxrealtime import ConfigurationError, Frame, ReplayTransport, Session, decode
from rxrealtime import operators as ops
from rxrealtime.activity import ToolEnded, ToolStarted
from rxrealtime.codec import decode_client
from rxrealtime.events import (
    ConnectionFailed,
    ConversationItemAdded,
    ConversationItemCreate,
    FunctionCall,
    FunctionCallOutput,
    InputAudioBufferCommit,
    InputAudioBufferSpeechStarted,
    InputAudioBufferSpeechStopped,
    McpCall,
    OutputAudioBufferStarted,
    Response,
    ResponseCancel,
    ResponseCreate,
    ResponseCreated,
    ResponseDone,
    ResponseFunctionCallArgumentsDone,
    ResponseMcpCallCompleted,
    ResponseMcpCallFailed,
    ResponseMcpCallInProgress,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
    ResponseParams,
)
from rxrealtime.operators.latencies import latency_step, latency_summary
from tests.conftest import Recording
from tests.leaks import run_clean
from tests.operators.streams import interleavings, terminal
from tests.operators.wire import audio, committed, created, done, say, text_item, write

Moment = tuple[float, object]

STARTED = "input_audio_buffer.speech_started"
STOPPED = "input_audio_buffer.speech_stopped"
CREATED = "response.created"
CREATE = ResponseCreate()
CALL = FunctionCall(id="f", call_id="c", name="weather", arguments="{}", status="completed")
OUTPUT = FunctionCallOutput(call_id="c", output="{}")


def _fold(moments: Sequence[Moment]) -> list[ops.Latency]:
    """Give what the pure step makes of values and their times."""
    state, found = ops.LatencyState(), []
    for moment in moments:
        state, given = latency_step(state, moment)
        found += given
    return found


def _only(kind: str, *moments: Moment) -> list[ops.Latency]:
    return [latency for latency in _fold(moments) if latency.kind == kind]


def _speech(item: str = "u") -> InputAudioBufferSpeechStarted:
    return InputAudioBufferSpeechStarted(audio_start_ms=0, item_id=item)


def _silence(item: str = "u") -> InputAudioBufferSpeechStopped:
    return InputAudioBufferSpeechStopped(audio_end_ms=900, item_id=item)


def _asked(text: str = "Hi") -> ConversationItemCreate:
    return ConversationItemCreate(item=text_item("u", text))


def _aside(response: str = "x") -> ResponseCreated:
    return ResponseCreated(response=Response(id=response, conversation_id=None))


_OUT_OF_BAND = ResponseCreate(response=ResponseParams(conversation="none"))


@pytest.mark.parametrize(
    ("turn", "since", "at"),
    [
        ([(1.0, _speech()), (2.0, _silence()), (2.5, committed())], STOPPED, 2.0),
        ([(2.0, _silence()), (2.5, committed("another"))], STOPPED, 2.0),
        ([(2.0, _silence()), (2.25, InputAudioBufferCommit()), (2.5, committed())], STOPPED, 2.0),
        ([(1.0, _silence("v")), (1.5, _speech()), (2.0, _silence()), (2.25, committed("v"))], STOPPED, 2.0),
        ([(2.0, committed())], "input_audio_buffer.committed", 2.0),
        ([(1.0, committed("v")), (2.0, committed())], "input_audio_buffer.committed", 2.0),
        ([(2.0, InputAudioBufferCommit()), (2.25, CREATE), (2.5, committed())], "input_audio_buffer.commit", 2.0),
        ([(1.0, InputAudioBufferCommit()), (2.0, InputAudioBufferCommit())], "input_audio_buffer.commit", 2.0),
        ([(1.0, _asked()), (2.0, CREATE)], "response.create", 2.0),
        ([(1.0, _silence()), (1.5, _asked()), (2.0, CREATE)], "response.create", 2.0),
        ([(2.0, CREATE), (2.5, CREATE)], "response.create", 2.0),
        ([(2.0, _silence()), (2.5, CREATE)], STOPPED, 2.0),
        ([(1.0, CREATE), (2.0, _silence())], STOPPED, 2.0),
        ([(1.0, _OUT_OF_BAND)], CREATED, 3.0),
        ([(1.0, _silence()), (2.0, _speech())], CREATED, 3.0),
        ([(1.0, ConversationItemCreate(item=text_item("a", "Hi", "assistant")))], CREATED, 3.0),
        ([(2.0, _silence()), (2.5, _aside())], STOPPED, 2.0),
        ([], CREATED, 3.0),
    ],
)
def test_the_users_turn_ends_with_what_tells_so_best(turn: list[Moment], since: str, at: float) -> None:
    """Speech that stopped, else a commit, else the sent response.create, else response.created; the latest one."""
    assert _only("first_audio", *turn, (3.0, created()), (4.0, audio(b"..")), (9.0, done())) == [
        ops.Latency("first_audio", 4.0 - at, since, "completed", "r")
    ]


def test_one_turn_is_answered_once() -> None:
    """The next response has a turn of its own: a late commit of the same item is none."""
    first = [(1.0, _silence()), (2.0, created()), (3.0, audio(b"..")), (4.0, committed()), (5.0, done())]
    second = [(6.0, created("s")), (7.0, audio(b"..", response="s")), (8.0, done(response="s"))]
    assert [latency.seconds for latency in _only("first_audio", *first, *second)] == [2.0, 1.0]
    assert [latency.since for latency in _only("first_audio", *first, *second)] == [STOPPED, CREATED]


@pytest.mark.parametrize("status", ["completed", "cancelled", "incomplete", "failed"])
def test_what_was_waited_for_is_tagged_with_how_the_response_ended(status: str) -> None:
    """Everything about a response is given at its response.done, with the status."""
    moments = [(1.0, _silence()), (2.0, created()), (2.5, say("Hi")), (4.0, audio(b"..")), (4.5, say("!"))]
    assert _fold(moments) == []
    assert _fold([*moments, (7.0, done(status=status))]) == [
        ops.Latency("first_audio", 3.0, STOPPED, status, "r"),
        ops.Latency("first_text", 1.5, STOPPED, status, "r"),
        ops.Latency("response", 5.0, CREATED, status, "r"),
    ]


def test_an_empty_piece_is_not_the_first_one() -> None:
    """A delta without sound or text does not end the wait; written text counts as a transcript does."""
    empty = [(1.0, created()), (2.0, audio(b"")), (3.0, say("")), (4.0, write(""))]
    assert [latency.kind for latency in _fold([*empty, (9.0, done())])] == ["response"]
    got = _fold([*empty, (5.0, audio(b"..")), (6.0, write("Hi")), (7.0, say("Hi")), (9.0, done())])
    assert [(latency.kind, latency.seconds) for latency in got] == [
        ("first_audio", 4.0),
        ("first_text", 5.0),
        ("response", 8.0),
    ]


def test_audio_that_goes_another_way_is_first_heard_when_the_server_plays_it() -> None:
    """On WebRTC and SIP there are no deltas, but output_audio_buffer.started."""
    played = OutputAudioBufferStarted(response_id="r")
    assert _only("first_audio", (1.0, created()), (3.0, played), (9.0, done()))[0].seconds == 2.0
    assert _only("first_audio", (1.0, created()), (2.0, audio(b"..")), (3.0, played), (9.0, done()))[0].seconds == 1.0


def test_a_user_who_waits_for_a_tool_waits_from_the_end_of_the_turn() -> None:
    """A response that only calls tools hands the turn on; the response.create after the outputs does not restart it."""
    turn = [(1.0, _silence()), (2.0, created()), (3.0, done(CALL)), (4.0, CREATE)]
    answer = [(5.0, created("s")), (7.0, audio(b"..", response="s")), (8.0, done(response="s"))]
    (latency,) = _only("first_audio", *turn, *answer)
    assert latency == ops.Latency("first_audio", 6.0, STOPPED, "completed", "s")
    (latency,) = _only("first_audio", *turn[1:], *answer)
    assert latency == ops.Latency("first_audio", 5.0, CREATED, "completed", "s")


def test_a_call_beside_the_conversation_keeps_nobody_waiting() -> None:
    """An out-of-band response that calls a tool hands no turn to the responses of the conversation."""
    ended = ResponseDone(response=Response(id="x", conversation_id=None, status="completed", output=(CALL,)))
    answer = [(5.0, created("s")), (7.0, audio(b"..", response="s")), (8.0, done(response="s"))]
    (latency,) = _only("first_audio", (1.0, _aside()), (2.0, ended), *answer)
    assert latency == ops.Latency("first_audio", 2.0, CREATED, "completed", "s")


@pytest.mark.parametrize(
    "silent",
    [
        [(2.0, created()), (3.0, done(CALL, status="cancelled"))],
        [(2.0, created()), (2.5, write("One moment")), (3.0, done(CALL))],
        [(2.0, created()), (3.0, done())],
        [(2.0, created()), (3.0, done(text_item("a", "", "assistant")))],
    ],
)
def test_a_turn_is_handed_on_only_by_a_completed_response_that_did_nothing_but_call(silent: list[Moment]) -> None:
    """After any other one the wait is over, and the next response counts from the request for it."""
    answer = [(5.0, created("s")), (7.0, audio(b"..", response="s")), (8.0, done(response="s"))]
    (latency,) = _only("first_audio", (1.0, _silence()), *silent, (4.0, CREATE), *answer)
    assert latency == ops.Latency("first_audio", 3.0, "response.create", "completed", "s")


@forall(st.data())
def test_responses_that_interleave_do_not_mix(data: st.DataObject) -> None:
    """A response of the conversation and one beside it, in any order: each has the waits of its own events (R6)."""
    inside = [_silence(), created(), say("Hi"), audio(b".."), say("!"), done()]
    beside = [_aside(), write("{", response="x"), write("}", response="x"), done(response="x", status="cancelled")]
    rows: list[list[object]] = [list(inside), list(beside)]
    order = data.draw(interleavings(*rows))
    at = {id(value): float(2**index) for index, value in enumerate(order)}
    stopped, begun, said, heard, _, ended = (at[id(value)] for value in inside)
    begun_x, wrote_x, _, ended_x = (at[id(value)] for value in beside)

    got = _fold([(at[id(value)], value) for value in order])

    assert sorted(got, key=lambda latency: (str(latency.response_id), latency.kind)) == [
        ops.Latency("first_audio", heard - stopped, STOPPED, "completed", "r"),
        ops.Latency("first_text", said - stopped, STOPPED, "completed", "r"),
        ops.Latency("response", ended - begun, CREATED, "completed", "r"),
        ops.Latency("first_text", wrote_x - begun_x, CREATED, "cancelled", "x"),
        ops.Latency("response", ended_x - begun_x, CREATED, "cancelled", "x"),
    ]


_CANCEL = ResponseCancel()


@pytest.mark.parametrize(
    ("cut", "since", "at"),
    [
        ([(2.0, _speech())], STARTED, 2.0),
        ([(2.0, _speech()), (3.0, _silence())], STARTED, 2.0),
        ([(2.0, _CANCEL)], "response.cancel", 2.0),
        ([(2.0, ResponseCancel(response_id="r"))], "response.cancel", 2.0),
        ([(2.0, _CANCEL), (3.0, _CANCEL)], "response.cancel", 2.0),
        ([(2.0, _CANCEL), (3.0, _speech())], "response.cancel", 2.0),
        ([(2.0, _speech()), (3.0, _CANCEL)], STARTED, 2.0),
        ([(2.0, _speech()), (3.0, _silence()), (4.0, _CANCEL)], "response.cancel", 4.0),
        ([(2.0, _speech()), (3.0, _silence()), (4.0, _speech("v"))], STARTED, 4.0),
    ],
)
def test_an_interruption_lasts_until_the_cancelled_response_has_ended(cut: list[Moment], since: str, at: float) -> None:
    """From the speech of the user that goes on, or from the first response.cancel."""
    (latency,) = _only("interrupt", (1.0, created()), *cut, (5.0, done(status="cancelled")))
    assert latency == ops.Latency("interrupt", 5.0 - at, since, "cancelled", "r")


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed"])
def test_a_response_that_ended_otherwise_was_not_interrupted(status: str) -> None:
    """Somebody spoke into it, or the cancel came too late or was for another one."""
    ended = (5.0, done(status=status))
    assert _only("interrupt", (1.0, created()), (2.0, _speech()), (3.0, _CANCEL), ended) == []
    other = ResponseCancel(response_id="another")
    assert _only("interrupt", (1.0, created()), (2.0, other), (5.0, done(status="cancelled"))) == []


_ADDED = ResponseOutputItemAdded(response_id="r", output_index=0, item=CALL)
_ARGUED = ResponseFunctionCallArgumentsDone(response_id="r", item_id="f", call_id="c", name="weather", arguments="{}")
_CALLED = ResponseOutputItemDone(response_id="r", output_index=0, item=CALL)
_STARTED = ToolStarted("c", "weather", "r")
_ENDED = ToolEnded("c", "weather", "r", "ok")
_SENT = ConversationItemCreate(item=OUTPUT)
_CONFIRMED = ConversationItemAdded(item=OUTPUT)


@pytest.mark.parametrize(
    ("moments", "since", "seconds", "outcome"),
    [
        ([(1.0, _CALLED), (3.0, _CONFIRMED)], "response.output_item.done", 2.0, None),
        ([(1.0, _ADDED), (1.5, _ARGUED), (2.0, _CALLED), (3.0, _CONFIRMED)], _ARGUED.type, 1.5, None),
        ([(1.0, _ARGUED), (2.0, _SENT), (2.5, _CALLED), (3.0, _CONFIRMED)], _ARGUED.type, 1.0, None),
        ([(1.0, _CALLED), (2.0, _STARTED), (2.5, _ENDED), (3.0, _SENT), (4.0, _CONFIRMED)], "tool_started", 0.5, "ok"),
        ([(1.0, _CALLED), (2.0, _STARTED), (3.0, _SENT), (3.5, _ENDED)], "tool_started", 1.5, "ok"),
        ([(1.0, _CALLED), (2.0, ToolEnded("c", "weather", "r", "rejected"))], _CALLED.type, 1.0, "rejected"),
        ([(1.0, _STARTED), (1.5, _CALLED), (2.0, _STARTED), (3.0, _ENDED), (4.0, _ENDED)], "tool_started", 2.0, "ok"),
    ],
)
def test_a_tool_takes_from_its_call_to_its_output(
    moments: list[Moment], since: str, seconds: float, outcome: str | None
) -> None:
    """As its runner says, else from the whole arguments to the output; each call once, however often it is told."""
    expected = [ops.Latency("tool", seconds, since, outcome, "r", "c")]
    assert _only("tool", *moments) == _only("tool", *moments, (7.0, _ENDED), (8.0, _CALLED), (9.0, _SENT)) == expected


def test_tools_that_run_at_once_do_not_mix() -> None:
    """Each call has a time of its own; an output without a call has none."""
    started = [(1.0, ToolStarted("c", "weather", "r")), (2.0, ToolStarted("d", "time", "r"))]
    ended = [(4.0, ToolEnded("d", "time", "r", "timeout")), (8.0, ToolEnded("c", "weather", "r", "ok"))]
    got = _only("tool", *started, *ended, (9.0, ToolEnded("e", "zork", "r", "unknown_tool")))
    assert [(latency.call_id, latency.seconds, latency.status) for latency in got] == [
        ("d", 2.0, "timeout"),
        ("c", 7.0, "ok"),
    ]


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (ResponseMcpCallCompleted(item_id="m", output_index=0), "ok"),
        (ResponseMcpCallFailed(item_id="m", output_index=0), "error"),
    ],
)
def test_a_tool_of_an_mcp_server_is_measured_from_its_start(end: object, outcome: str) -> None:
    """Also after the response has ended; its id is the item's."""
    item = McpCall(id="m", name="search", server_label="docs")
    added = ResponseOutputItemAdded(response_id="r", output_index=0, item=item)
    begun = ResponseMcpCallInProgress(item_id="m", output_index=0)
    got = _only("tool", (1.0, created()), (2.0, added), (3.0, begun), (4.0, done(item)), (8.0, end))
    assert got == [ops.Latency("tool", 5.0, begun.type, outcome, "r", "m")]


def test_what_was_waited_for_is_told_when_the_end_is_not_seen() -> None:
    """With the status None, when the connection is lost and when the stream completes; no duration is made up."""
    moments = [(1.0, created()), (2.0, audio(b"..")), (3.0, _CALLED), (3.0, created("s"))]
    waited = [ops.Latency("first_audio", 1.0, CREATED, None, "r")]
    lost = ConnectionFailed(OSError("gone"))
    assert _fold([*moments, (4.0, lost), (5.0, lost), (6.0, done()), (7.0, _CONFIRMED)]) == waited

    scheduler = VirtualTimeScheduler()
    values = reactivex.of(created(), audio(b"..")).pipe(ops.latencies(scheduler))
    assert terminal(values) == ([ops.Latency("first_audio", 0.0, CREATED, None, "r")], "completed")


def test_duplicates_measure_nothing_twice() -> None:
    """A response that begins or ends again, and what comes after its end, changes nothing."""
    moments = [(1.0, created()), (2.0, created()), (3.0, audio(b"..")), (4.0, audio(b"..")), (5.0, done())]
    late = [(6.0, created()), (7.0, audio(b"..")), (8.0, done()), (9.0, done(response="unknown"))]
    assert _fold([*moments, *late]) == [
        ops.Latency("first_audio", 2.0, CREATED, "completed", "r"),
        ops.Latency("response", 4.0, CREATED, "completed", "r"),
    ]


def test_what_never_ends_is_kept_within_bounds() -> None:
    """A thousand responses and calls without an end: the last 64 are known, the others forgotten."""
    state = ops.LatencyState()
    for index in range(1000):
        begun = ToolStarted(f"call_{index}", "weather", "r")
        state, _ = latency_step(state, (float(index), created(f"resp_{index}")))
        state, _ = latency_step(state, (float(index), begun))
    assert list(state.responses) == [f"resp_{index}" for index in range(936, 1000)]
    assert list(state.calls.open) == [f"call_{index}" for index in range(936, 1000)]
    for index in range(1000, 2000):
        for value in (created(f"resp_{index}"), ToolStarted(f"call_{index}", "weather", "r")):
            state, _ = latency_step(state, (1000.0, value))
        for value in (done(response=f"resp_{index}"), ToolEnded(f"call_{index}", "weather", "r", "ok")):
            state, _ = latency_step(state, (1000.0, value))
    assert state.ended == tuple(f"resp_{index}" for index in range(1936, 2000))
    assert state.calls.answered == tuple(f"call_{index}" for index in range(1936, 2000))
    assert (len(state.responses), len(state.calls.open)) == (63, 63)


@forall(st.lists(st.integers(0, 1000), min_size=1, max_size=50))
def test_percentiles_are_by_nearest_rank(milliseconds: list[int]) -> None:
    """Each is a value that was measured, not exceeded by that share of them, and the smallest such one."""
    summary = latency_summary(ops.Latency("tool", float(ms), "tool_started") for ms in milliseconds)
    assert list(summary) == ["tool"]
    assert (summary["tool"].count, summary["tool"].max) == (len(milliseconds), max(milliseconds))
    for percent, found in ((50, summary["tool"].p50), (95, summary["tool"].p95)):
        assert found in milliseconds
        assert sum(ms <= found for ms in milliseconds) * 100 >= percent * len(milliseconds)
        assert sum(ms < found for ms in milliseconds) * 100 < percent * len(milliseconds)


def test_each_kind_is_summed_up_by_itself() -> None:
    """A kind that was not measured is not there."""
    waits = [ops.Latency("first_audio", seconds, STOPPED) for seconds in (4.0, 1.0, 3.0, 2.0)]
    found = latency_summary([*waits, ops.Latency("interrupt", 0.5, STARTED)])
    expected = {"first_audio": ops.LatencySummary(4, 2.0, 4.0, 4.0), "interrupt": ops.LatencySummary(1, 0.5, 0.5, 0.5)}
    assert (found, latency_summary([])) == (expected, {})


def test_printing_reads_well() -> None:
    """The first thing a user does is to print them."""
    assert str(ops.Latency("first_audio", 0.31, STOPPED, "completed", "r")) == "first_audio: 0.310 s (completed)"
    assert str(ops.Latency("tool", 2.0, "tool_started")) == "tool: 2.000 s"


def _received(at: float, **event: Any) -> Frame:
    return Frame("received", json.dumps(event).encode(), at)


def _talk() -> list[Frame]:
    """A session that was never held, with times that add up exactly."""
    piece = {"response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0}
    last = {"response_id": "r3", "item_id": "a3", "output_index": 0, "content_index": 0}
    call = {"type": "function_call", "id": "f", "call_id": "c", "name": "weather", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": "{}"}
    return [
        _received(0.0, type="session.created", session={"id": "s"}),
        _received(0.5, type="input_audio_buffer.speech_started", audio_start_ms=100, item_id="u1"),
        _received(1.5, type="input_audio_buffer.speech_stopped", audio_end_ms=1100, item_id="u1"),
        _received(1.5, type="input_audio_buffer.committed", item_id="u1"),
        _received(1.75, type="response.created", response={"id": "r1", "conversation_id": "v"}),
        _received(2.0, type="response.output_audio_transcript.delta", delta="Once", **piece),
        _received(2.125, type="response.output_audio.delta", delta="AAA=", **piece),
        _received(4.0, type="input_audio_buffer.speech_started", audio_start_ms=3600, item_id="u2"),
        _received(4.25, type="response.done", response={"id": "r1", "status": "cancelled"}),
        _received(5.0, type="input_audio_buffer.speech_stopped", audio_end_ms=4600, item_id="u2"),
        _received(5.25, type="response.created", response={"id": "r2", "conversation_id": "v"}),
        _received(5.5, type="response.output_item.done", response_id="r2", output_index=0, item=call),
        _received(5.75, type="response.done", response={"id": "r2", "status": "completed", "output": [call]}),
        Frame("sent", json.dumps({"type": "conversation.item.create", "item": output}).encode(), 7.5),
        Frame("sent", json.dumps({"type": "response.create"}).encode(), 7.5),
        _received(7.75, type="conversation.item.added", item=output),
        _received(8.0, type="response.created", response={"id": "r3", "conversation_id": "v"}),
        _received(8.5, type="response.output_audio.delta", delta="AAA=", **last),
        _received(10.0, type="response.done", response={"id": "r3", "status": "completed"}),
    ]


def _by_hand(answered: float) -> list[ops.Latency]:
    """Give what a stop-watch shows of `_talk`, if the output of the tool was seen at some time."""
    return [
        ops.Latency("first_audio", 0.625, STOPPED, "cancelled", "r1"),
        ops.Latency("first_text", 0.5, STOPPED, "cancelled", "r1"),
        ops.Latency("response", 2.5, CREATED, "cancelled", "r1"),
        ops.Latency("interrupt", 0.25, STARTED, "cancelled", "r1"),
        ops.Latency("response", 0.5, CREATED, "completed", "r2"),
        ops.Latency("tool", answered - 5.5, "response.output_item.done", None, "r2", "c"),
        ops.Latency("first_audio", 3.5, STOPPED, "completed", "r3"),
        ops.Latency("response", 2.0, CREATED, "completed", "r3"),
    ]


def test_a_recording_folds_to_what_a_stop_watch_shows() -> None:
    """A plain fold over the frames and their times; what was sent makes it better, what was received is enough."""
    moments = [(f.at, decode(f.data) if f.direction == "received" else decode_client(f.data)) for f in _talk()]
    received = [(f.at, decode(f.data)) for f in _talk() if f.direction == "received"]
    assert _fold(moments) == _by_hand(7.5)
    assert _fold(received) == _by_hand(7.75)


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_a_replay_in_virtual_time_measures_what_the_recording_holds(speed: float) -> None:
    """Exactly, to the last bit, divided by the speed: the clock of the operator is that of the scheduler."""

    async def main() -> list[ops.Latency]:
        scheduler = VirtualTimeScheduler()
        session = Session(ReplayTransport(_talk(), speed=speed, scheduler=scheduler))
        got: list[ops.Latency] = []
        session.events.pipe(ops.latencies(scheduler)).subscribe(got.append)
        async with session:
            scheduler.start()
            await session.closed
        return got

    got = run_clean(main)
    assert [latency.seconds * speed for latency in got] == [latency.seconds for latency in _by_hand(7.75)]
    assert [(latency.kind, latency.since) for latency in got] == [(hand.kind, hand.since) for hand in _by_hand(7.75)]


def test_the_clock_is_that_of_the_scheduler_that_was_given() -> None:
    """Not that of the subscription, if both are there; without any clock the stream errs."""
    mine, other = VirtualTimeScheduler(), TestScheduler()
    values = other.create_hot_observable(ReactiveTest.on_next(210, created()), ReactiveTest.on_next(240, done()))
    got = other.start(lambda: values.pipe(ops.latencies(mine)))
    assert [record.value.value.seconds for record in got.messages] == [0.0]  # type: ignore[attr-defined]

    _, error = terminal(reactivex.of(created()).pipe(ops.latencies()))
    assert isinstance(error, ConfigurationError)


_RECORDED: dict[str, list[tuple[str, int, str]]] = {
    "openai-audio-in-server-vad-turn": [
        ("first_audio", 75 - 59, STOPPED),
        ("first_text", 70 - 59, STOPPED),
        ("response", 123 - 63, CREATED),
    ],
    "openai-text-in-audio-out-turn": [
        ("first_audio", 14 - 4, "response.create"),
        ("first_text", 11 - 4, "response.create"),
        ("response", 23 - 7, CREATED),
    ],
    "openai-tool-call-round": [
        ("tool", 23 - 22, "response.function_call_arguments.done"),
        ("response", 26 - 7, CREATED),
        ("first_text", 34 - 4, "response.create"),
        ("response", 49 - 30, CREATED),
    ],
    "openai-webrtc-sideband-audio-turn": [
        ("first_audio", 13 - 3, "response.create"),
        ("first_text", 10 - 3, "response.create"),
        ("response", 19 - 6, CREATED),
    ],
    "azure-audio-in-server-vad-transcribes": [
        ("first_audio", 75 - 59, STOPPED),
        ("first_text", 70 - 59, STOPPED),
        ("response", 112 - 63, CREATED),
    ],
    "azure-message-history-seeding": [("first_text", 17 - 6, "response.create"), ("response", 52 - 13, CREATED)],
    "xai-audio-in-server-vad-turn": [
        ("first_audio", 73 - 64, STOPPED),
        ("first_text", 74 - 64, STOPPED),
        ("response", 87 - 69, CREATED),
    ],
    "xai-tool-call-round": [
        ("first_audio", 12 - 6, "response.create"),
        ("first_text", 13 - 6, "response.create"),
        ("response", 29 - 8, CREATED),
        ("tool", 30 - 27, "response.function_call_arguments.done"),
        ("first_audio", 37 - 31, "response.create"),
        ("first_text", 38 - 31, "response.create"),
        ("response", 55 - 33, CREATED),
    ],
}
"""What was waited for in recorded sessions, and how many frames it took; the numbers are places in the recording."""


@pytest.mark.parametrize("name", _RECORDED)
def test_recorded_sessions_are_measured_as_they_were_held(name: str, recordings: Callable[[str], Recording]) -> None:
    """With one frame every 10 ms, each wait is as long as the frames between its ends."""
    frames = enumerate(recordings(name))
    moments: list[Moment] = [
        (10.0 * index, decode(data) if direction == "received" else decode_client(data))
        for index, (direction, data) in frames
    ]
    got = _fold(moments)
    assert [(latency.kind, latency.seconds / 10.0, latency.since) for latency in got] == _RECORDED[name]
    assert {latency.status for latency in got if latency.kind != "tool"} == {"completed"}

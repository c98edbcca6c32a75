"""D: decoding is total, in place and in order."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import pickle
import sys
import traceback
import tracemalloc
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxrealtime
from rxrealtime import (
    FailureKind,
    MemoryTransport,
    SchemaError,
    Session,
    decode,
    encode,
)
from rxrealtime.codec import decode_client
from rxrealtime.events import SERVER_EVENTS, Error, Event, ExceptionEvent, UnknownEvent
from rxrealtime.recording import read_recording
from tests.frames import BAD_FRAMES, audio_delta, bad_frames, good_frames, transcript_delta
from tests.sessions import collect

CANARY = "CANARY-7f3a"
_SIGNS = st.characters(exclude_categories=["Cs"])
"""What JSON text may hold; of lone surrogates see D6."""
_TEXT = st.text(_SIGNS)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200), good_frames(), bad_frames()))
def test_d1_any_frame_gives_exactly_one_value_and_raises_nothing(data: bytes | str) -> None:
    """D1: decoding is total."""
    assert isinstance(decode(data), (Event, UnknownEvent, ExceptionEvent))
    assert isinstance(decode_client(data), (Event, UnknownEvent, ExceptionEvent))


@given(st.lists(st.one_of(good_frames().map(lambda f: (True, f)), bad_frames().map(lambda f: (False, f))), max_size=30))
def test_d1_n_frames_give_n_values_in_their_places_and_the_session_lives(frames: list[tuple[bool, bytes]]) -> None:
    """D1: N frames with k bad ones give N-k events and k failures, in order, and the socket stays open."""
    values, outcome = asyncio.run(collect([frame for _, frame in frames]))
    assert [not isinstance(value, ExceptionEvent) for value in values] == [good for good, _ in frames]
    kept = [value.frame.data for value in values if isinstance(value, ExceptionEvent) and value.frame]
    assert kept == [frame for good, frame in frames if not good]
    assert outcome.cause is None


def test_d2_a_failure_says_which_frame_what_kind_which_event_and_when() -> None:
    """D2: frame (whole), exception, kind, event type if it could be read, time."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport)
        seen: list[Any] = []
        session.failures.subscribe(seen.append)
        async with session:
            transport.peer.send(b'{"type": "response.done", "response": 5}', at=1.5)
            await transport.peer.flush()
        (failure,) = seen
        assert failure.frame is not None
        assert failure.frame.data == b'{"type": "response.done", "response": 5}'
        assert isinstance(failure.exception, SchemaError)
        assert (failure.kind, failure.event_type, failure.at) == (FailureKind.SCHEMA, "response.done", 1.5)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("data", "tag"),
    [
        (b'{"type": "response.done", "response": {', "response.done"),
        ('{"event_id": "e", "type" : "response.done"', "response.done"),
        (b'{"type": "a secret", "response": {', None),
        (b"response.done", None),
    ],
)
def test_d2_the_type_of_what_is_no_json_is_said_if_it_is_one(data: bytes | str, tag: str | None) -> None:
    """D2: only a type that there is, since anything else may be payload."""
    failure = decode(data)
    assert isinstance(failure, ExceptionEvent)
    assert (failure.kind, failure.event_type) == (FailureKind.JSON, tag)


def test_d2_kinds_are_these() -> None:
    """D2: kinds are an enum with stable values."""
    kinds = {kind.value for kind in FailureKind}
    assert kinds == {"json", "schema", "binary", "handler", "send", "tool", "guardrail", "connection", "response"}


@pytest.mark.parametrize(
    "tag", ["ping", "__class__", "constructor", "__proto__", "toString", "exception", "zork" * 500]
)
def test_d3_an_unknown_type_is_an_ordinary_value(tag: str) -> None:
    """D3: no type name is special, and the whole object is kept."""
    event = decode(json.dumps({"type": tag, "event_id": "event_1", "more": {"x": [1]}}))
    assert event == UnknownEvent(tag, {"type": tag, "event_id": "event_1", "more": {"x": [1]}})
    assert event.event_id == "event_1"


def test_d3_an_unknown_type_costs_no_validation_of_46_models() -> None:
    """D3: one look-up, in the table of pydantic; neither calls nor memory grow with the number of models."""
    data = json.dumps({"type": "zork", "response": {"id": 1}, "item": 5, "delta": 7})
    decode(data)
    validations: list[str] = []

    def note(frame: Any, kind: str, called: Any) -> None:
        if kind == "c_call" and called.__name__.startswith("validate"):
            validations.append(called.__name__)

    sys.setprofile(note)
    try:
        decode(data)
    finally:
        sys.setprofile(None)
    assert validations == ["validate_json"]
    gc.collect()
    tracemalloc.start()
    decode(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000


@given(st.dictionaries(st.text(_SIGNS, min_size=1, max_size=8), st.none() | _TEXT | st.integers(), max_size=4))
def test_d4_unknown_fields_are_kept_and_survive_reencoding(extra: dict[str, Any]) -> None:
    """D4: what we do not know is not lost."""
    event = {**extra, "type": "input_audio_buffer.committed", "item_id": "item_1", "event_id": "e"}
    event.setdefault("previous_item_id", None)
    decoded = decode(json.dumps(event))
    assert not isinstance(decoded, ExceptionEvent)
    assert json.loads(encode(decoded)) == event


@pytest.mark.parametrize("tag", sorted(SERVER_EVENTS))
def test_d4_optional_means_absent_or_null(tag: str) -> None:
    """D4: every field that may be absent may be null, in every server event."""
    model = SERVER_EVENTS[tag]
    optional = [name for name, field in model.model_fields.items() if not field.is_required() and name != "type"]
    samples: dict[str, Any] = {"output_index": 0, "content_index": 0, "audio_start_ms": 0, "audio_end_ms": 0}
    samples |= {"received_at": 0, "item": {}, "response": {}, "session": {}, "conversation": {}, "part": {}}
    required = {name: samples.get(name, "AAAA") for name, field in model.model_fields.items() if field.is_required()}
    for fields in (required, required | dict.fromkeys(optional)):
        event = decode(json.dumps({"type": tag, **fields}))
        assert type(event) is model, event
        assert all(getattr(event, name) is None for name in optional)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | _TEXT, lambda x: st.lists(x) | st.dictionaries(_TEXT, x)),
    st.none() | _TEXT | st.integers(),
)
def test_d5_an_error_always_parses(error: Any, event_id: Any) -> None:
    """D5: whatever an error frame lacks or holds, it is an Error."""
    event = decode(json.dumps({"type": "error", "error": error, "event_id": event_id}))
    assert isinstance(event, Error)
    assert event.detail.code is None or isinstance(event.detail.code, str)
    assert isinstance(decode(b'{"type": "error"}'), Error)


@pytest.mark.parametrize("error", ["all seats taken", {"message": "all seats taken", "code": {"no": 1}}])
def test_d5_what_an_error_says_is_found_in_any_form(error: Any) -> None:
    """D5: text alone is the message; a field of another kind does not hide the others."""
    event = decode(json.dumps({"type": "error", "error": error}))
    assert isinstance(event, Error)
    assert (event.detail.message, event.detail.code) == ("all seats taken", None)


def test_d5_a_number_for_a_code_is_a_code() -> None:
    """D5: codes are an open set."""
    event = decode(b'{"type": "error", "error": {"code": 429, "message": "slow down"}}')
    assert isinstance(event, Error)
    assert (event.detail.code, event.detail.message) == ("429", "slow down")


@pytest.mark.parametrize("name", sorted(BAD_FRAMES))
def test_d6_each_kind_of_bad_frame_has_a_stated_outcome(name: str) -> None:
    """D6: the table of the codec's docstring."""
    data, kind = BAD_FRAMES[name]
    failure = decode(data)
    assert isinstance(failure, ExceptionEvent)
    assert failure.kind is kind
    assert failure.frame is not None
    assert failure.frame.data is data


def test_d6_json_in_a_binary_frame_and_text_give_the_same_event() -> None:
    """D6: the opcode does not matter, the content does."""
    assert decode(audio_delta()) == decode(audio_delta().decode())


def test_d6_a_lone_surrogate_in_a_python_str_is_a_json_failure() -> None:
    """D6: a str that UTF-8 cannot express does not raise."""
    failure = decode('{"type": "\ud83d"}')
    assert isinstance(failure, ExceptionEvent)
    assert failure.kind is FailureKind.JSON


def test_d6_duplicate_keys_the_last_one_counts() -> None:
    """D6: as in every common parser."""
    event = decode(b'{"type": "zork", "type": "input_audio_buffer.cleared"}')
    assert event.type == "input_audio_buffer.cleared"


def test_d6_an_odd_number_of_bytes_is_carried_over_to_the_next_delta() -> None:
    """D6: half a sample is no failure; the events keep the bytes as they came, the chunks hold whole samples."""

    async def main() -> tuple[list[Any], list[bytes]]:
        transport = MemoryTransport()
        session = Session(transport)
        events: list[Any] = []
        chunks: list[bytes] = []
        session.events.subscribe(events.append)
        session.events.pipe(rxrealtime.ops.audio_chunks()).subscribe(lambda chunk: chunks.append(chunk.data))
        async with session:
            for piece in (b"abc", b"d", b"ef"):
                transport.peer.send(audio_delta(b64encode(piece).decode()))
            await transport.peer.flush()
        return events, chunks

    events, chunks = asyncio.run(main())
    assert [event.delta for event in events] == [b"abc", b"d", b"ef"]
    assert b"".join(chunks) == b"abcdef"
    assert all(len(chunk) % 2 == 0 for chunk in chunks)


def test_d6_a_million_bad_elements_are_one_error() -> None:
    """D6/B3: a hostile frame is refused at its first bad element."""
    data = b'{"type": "rate_limits.updated", "rate_limits": [' + b",".join([b"1"] * 1_000_000) + b"]}"
    failure = decode(data)
    assert isinstance(failure, ExceptionEvent)
    assert len(str(failure.exception)) < 500


def test_d6_audio_survives_whatever_its_base64_alphabet_says() -> None:
    """D6: audio decodes exactly and is written with the standard alphabet."""
    event = decode(audio_delta("+/+/"))
    assert isinstance(event, rxrealtime.ResponseOutputAudioDelta)
    assert event.delta == b"\xfb\xff\xbf"
    assert '"+/+/"' in encode(event)


def _with_canary(tag: str) -> bytes:
    """Break one field of an event and put the canary into all the others."""
    model = SERVER_EVENTS[tag]
    fields: dict[str, Any] = dict.fromkeys(model.model_fields, CANARY)
    fields |= {"type": tag, "output_index": [CANARY], "response": [CANARY], "item": CANARY, "session": CANARY}
    fields |= {CANARY: CANARY, "delta": {CANARY: CANARY}, "item_id": {CANARY: CANARY}, "rate_limits": CANARY}
    fields |= {"conversation": CANARY, "audio_start_ms": CANARY, "received_at": CANARY, "response_id": [CANARY]}
    return json.dumps(fields).encode()


def _everything_said(failure: ExceptionEvent) -> str:
    error = failure.exception
    lines = [repr(failure), str(failure), f"{failure}", repr(error), str(error)]
    return "\n".join([*lines, *traceback.format_exception(error)])


@pytest.mark.parametrize("tag", sorted(set(SERVER_EVENTS) - {"error", "input_audio_buffer.cleared"}))
def test_d7_no_payload_in_what_a_schema_failure_says(tag: str) -> None:
    """D7: a canary in every field of every event."""
    failure = decode(_with_canary(tag))
    assert isinstance(failure, ExceptionEvent)
    assert CANARY not in _everything_said(failure)


@pytest.mark.parametrize(
    "data",
    [
        CANARY.encode(),
        f'{{"type": "{CANARY}", "x": '.encode(),
        f'{{"{CANARY}": NaN}}'.encode(),
        b"\xff" + CANARY.encode(),
        f'["{CANARY}"]'.encode(),
        f'{{"type": {{"{CANARY}": 1}}}}'.encode(),
    ],
)
def test_d7_no_payload_in_what_other_failures_say(data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """D7: nor in JSON and binary failures, nor in the log of a session that met them."""
    failure = decode(data)
    assert isinstance(failure, ExceptionEvent)
    assert CANARY not in _everything_said(failure)
    with caplog.at_level(logging.DEBUG):
        asyncio.run(collect([data]))
    assert CANARY not in caplog.text


def test_d7_frames_and_unknown_events_do_not_show_their_payload() -> None:
    """D7: repr names sizes."""
    assert CANARY not in repr(decode(json.dumps({"type": "zork", "text": CANARY})))
    assert CANARY not in repr(rxrealtime.Frame("received", CANARY.encode(), 0.0))


def test_d7_a_failure_can_be_pickled() -> None:
    """Failures travel between processes, as test reports do."""
    failure = decode(b"nope")
    assert isinstance(failure, ExceptionEvent)
    copy = pickle.loads(pickle.dumps(failure))  # noqa: S301
    assert (copy.kind, str(copy.exception), copy.frame) == (failure.kind, str(failure.exception), failure.frame)


FRAMES = [transcript_delta("a"), b"nope", transcript_delta("b"), b"[1]", b"\xff", transcript_delta("c")]


def test_d8_emit_puts_failures_in_their_places() -> None:
    """D8: the default."""
    values, outcome = asyncio.run(collect(FRAMES, on_failure="emit"))
    kinds = [value.kind.value if isinstance(value, ExceptionEvent) else "event" for value in values]
    assert kinds == ["event", "json", "event", "schema", "binary", "event"]
    assert outcome.cause is None


def test_d8_drop_counts_by_kind() -> None:
    """D8: dropped failures are counted, not silent."""
    values, outcome = asyncio.run(collect(FRAMES, on_failure="drop"))
    assert [getattr(value, "delta", None) for value in values] == ["a", "b", "c"]
    assert dict(outcome.dropped) == {"json": 1, "schema": 1, "binary": 1}


@pytest.mark.parametrize(("bad", "kind"), [(b"nope", "json"), (b"[1]", "schema"), (b"\xff", "binary")])
def test_d8_fail_ends_the_session_at_the_first_failure(bad: bytes, kind: str) -> None:
    """D8: everything before is delivered, teardown completes, then everybody gets the exception."""

    async def main() -> None:
        transport = MemoryTransport()
        session = Session(transport, on_failure="fail")
        seen: list[Any] = []
        ends: list[tuple[Exception, int | None]] = []
        session.events.subscribe(seen.append, lambda error: ends.append((error, transport.peer.close_code)))
        await session.open()
        for data in (transcript_delta("a"), bad, transcript_delta("late")):
            transport.peer.send(data)
        iterated: list[Any] = []
        with pytest.raises(rxrealtime.DecodeError) as raised:
            async for event in session:
                iterated.append(event)
        assert [getattr(value, "delta", None) for value in seen] == ["a", None]
        assert seen[-1].kind.value == kind
        assert iterated == seen
        assert ends == [(raised.value, 1000)], "teardown was not complete before on_error"
        assert (await session.closed).cause is raised.value

    asyncio.run(main())


OPENAI_AND_AZURE = ("openai", "azure")


def _received(path: Path) -> list[bytes | str]:
    return [frame.data for frame in read_recording(path) if frame.direction == "received"]


def test_d9_every_recorded_frame_of_openai_and_azure_decodes(shared: Path) -> None:
    """D9: real traffic, without a failure."""
    paths = [path for path in (shared / "recordings").glob("*.jsonl") if path.name.startswith(OPENAI_AND_AZURE)]
    failures = [str(e) for path in paths for e in map(decode, _received(path)) if isinstance(e, ExceptionEvent)]
    assert len(paths) >= 14
    assert failures == []


NOT_VALID = {
    ("spec", "conversation.item.retrieved"): "the audio is the text 'base64EncodedAudio...', which is not base64",
    ("spec", "response.output_audio.delta"): "the audio is the text 'Base64EncodedAudioDelta', which is not base64",
}
"""Published GA examples that do not decode, each with its reason."""


def test_d9_every_published_ga_example_decodes_or_is_listed(shared: Path) -> None:
    """D9: the vendor's own examples; what does not decode is listed with its reason."""
    rows = [json.loads(line) for line in (shared / "protocol/examples_server.jsonl").read_text("utf-8").splitlines()]
    failed = {
        (row["kind"], row["event"]["type"])
        for row in rows
        if row["protocol"] == "ga" and isinstance(decode(json.dumps(row["event"])), ExceptionEvent)
    }
    assert failed == set(NOT_VALID)


def test_d9_recorded_frames_survive_reencoding(shared: Path) -> None:
    """D4/D9: decode and encode give the same JSON back, for recorded GA traffic."""
    paths = list((shared / "recordings").glob("openai-*.jsonl"))
    assert paths
    for path in paths:
        for data in _received(path):
            event = decode(data)
            assert not isinstance(event, ExceptionEvent)
            assert json.loads(encode(event)) == json.loads(data)

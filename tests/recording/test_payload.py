"""What was said can be taken out of a recording; its structure stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rxrealtime import Frame, decode, decode_client, open_recording, read_recording
from rxrealtime.events import ExceptionEvent
from rxrealtime.recording.payload import Redaction, without_payload
from rxrealtime.recording.write import RecordingWriter

CANARY = "Canary"
BOTH: tuple[Redaction, ...] = ("transcripts", "audio")


def redacted(event: dict[str, Any], *names: Redaction) -> Any:
    """Take something out of an event."""
    return json.loads(without_payload(Frame("received", json.dumps(event)), names).data)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"type": "response.output_text.delta", "delta": CANARY}, {"delta": "xxxxxx"}),
        ({"type": "response.output_audio_transcript.delta", "delta": CANARY}, {"delta": "xxxxxx"}),
        ({"type": "response.text.done", "text": CANARY}, {"text": "xxxxxx"}),
        ({"type": "response.function_call_arguments.delta", "delta": CANARY}, {"delta": ""}),
        ({"type": "response.function_call_arguments.done", "arguments": CANARY}, {"arguments": "{}"}),
        ({"type": "t", "item": {"content": [{"text": CANARY}]}}, {"item": {"content": [{"text": "xxxxxx"}]}}),
        ({"type": "t", "item": {"output": CANARY, "id": "i"}}, {"item": {"output": "xxxxxx", "id": "i"}}),
        ({"type": "t", "response": {"output": [{"id": "i"}]}}, {"response": {"output": [{"id": "i"}]}}),
        ({"type": "t", "logprobs": [{"token": CANARY}]}, {"logprobs": []}),
        ({"type": "nobody.knows", "delta": CANARY}, {"delta": "xxxxxx"}),
        ({"type": "t", "transcript": None, "logprobs": None}, {"transcript": None, "logprobs": None}),
    ],
)
def test_what_was_said_or_written_is_taken_out(event: dict[str, Any], expected: dict[str, Any]) -> None:
    """As many letters stay, so that deltas still add up; audio is another matter."""
    assert redacted(event, "transcripts") == {"type": event["type"], **expected}
    assert redacted(event, "audio") == event


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.output_audio.delta", "delta": "AbCdEf=="},
        {"type": "response.audio.delta", "delta": "AbCdEf=="},
        {"type": "input_audio_buffer.append", "audio": "AbCdEf=="},
        {"type": "t", "item": {"content": [{"type": "input_audio", "audio": "AbCdEf=="}]}},
    ],
)
def test_audio_becomes_silence_of_the_same_length(event: dict[str, Any]) -> None:
    """It is still base64, and a text beside it stays."""
    assert json.dumps(redacted(event, "audio")) == json.dumps(event).replace("AbCdEf==", "AAAAAA==")
    assert redacted(event, "transcripts") == event


@pytest.mark.parametrize("data", [b"Canary", b'{"text": "Canary', b'["Canary"]', b"\xffCanary"])
def test_nobody_knows_what_is_in_a_broken_frame(data: bytes) -> None:
    """So all of it is taken out, but for its length."""
    assert without_payload(Frame("received", data), ("audio",)).data == b"x" * len(data)


def test_the_structure_of_every_recorded_session_stays(shared: Path, tmp_path: Path) -> None:
    """Type by type, and nothing fails that did not; what was said is gone."""
    for path in (shared / "recordings").glob("*.jsonl"):
        writer = RecordingWriter(tmp_path / "x.jsonl", redact=BOTH)
        before = list(read_recording(path))
        for frame in before:
            writer.write(frame)
        writer.close()
        found = open_recording(tmp_path / "x.jsonl")
        assert found.header.redacted == BOTH
        kept = list(found.frames())
        assert [_kind(frame) for frame in kept] == [_kind(frame) for frame in before]
        assert [frame.at for frame in kept] == [frame.at for frame in before]
        assert not (_said(before) & _said(kept))


def _kind(frame: Frame) -> tuple[str, str, bool]:
    event = decode(frame.data) if frame.direction == "received" else decode_client(frame.data)
    return frame.direction, str(event.type), isinstance(event, ExceptionEvent)


def _said(frames: list[Frame]) -> set[str]:
    events = [json.loads(frame.data) for frame in frames]
    return {event["transcript"] for event in events if event.get("transcript")}

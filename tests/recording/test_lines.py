"""The lines of a recording: every byte of every frame comes back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxrealtime import Frame, RecordingError
from rxrealtime.recording.entries import Header, Mark
from rxrealtime.recording.lines import is_whole, line_of_frame, line_of_header, line_of_mark, parsed
from rxrealtime.testing.strategies import frames, malformed_frames

PAYLOADS = st.one_of(frames(), malformed_frames(), st.binary(), st.text(st.characters(exclude_categories=())))
TIMES = st.integers(0, 2**52).map(lambda micros: micros / 1_000_000)
DIRECTIONS = st.sampled_from(["received", "sent"])


def in_bytes(data: bytes | str) -> bytes:
    """Give a payload as it was on the wire."""
    return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data


@given(DIRECTIONS, PAYLOADS, TIMES, st.sampled_from([None, False, True]))
def test_a_frame_comes_back_byte_for_byte(direction: str, data: bytes | str, at: float, binary: bool | None) -> None:
    """Good and broken, text and binary, in one line, at its time to the microsecond."""
    line = line_of_frame(Frame(direction, data, at), binary)  # type: ignore[arg-type]  # one of the two
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    content, op = parsed(line, "here")
    assert isinstance(content, Frame)
    assert (content.direction, in_bytes(content.data), content.at) == (direction, in_bytes(data), at)
    assert op == "binary" if binary else op == "text" if binary is False else op in ("text", "binary")


@given(PAYLOADS)
def test_an_op_survives_rewriting(data: bytes | str) -> None:
    """What was read as binary is written as binary again, and what was text as text."""
    for binary in (False, True):
        line = line_of_frame(Frame("received", data), binary)
        frame, op = parsed(line, "here")
        assert isinstance(frame, Frame)
        again = parsed(line_of_frame(frame, op == "binary"), "here")
        assert (in_bytes(again.content.data), again.op) == (in_bytes(data), op)  # type: ignore[union-attr]


def test_text_is_readable_in_the_file() -> None:
    """As a JSON string, not escaped beyond need; bytes that are no text are base64."""
    assert line_of_frame(Frame("sent", '{"é": 1}', 1.5)) == (
        '{"t":1500000,"dir":"sent","op":"text","raw":"{\\"é\\": 1}"}\n'.encode()
    )
    assert line_of_frame(Frame("sent", b"\xff", 0.0)) == b'{"t":0,"dir":"sent","op":"binary","base64":"/w=="}\n'
    assert b'"op":"text","base64"' in line_of_frame(Frame("sent", b"\xff"), binary=False)
    assert b'"op":"binary","base64":"e30="' in line_of_frame(Frame("sent", b"{}"), binary=True)


@given(
    st.sampled_from(["failure", "fault", "lost", "end"]), TIMES, st.text(), st.dictionaries(st.text(), st.integers())
)
def test_a_mark_comes_back(kind: str, at: float, text: str, detail: dict[str, int]) -> None:
    """With its details."""
    mark = Mark(kind, at, text, detail)  # type: ignore[arg-type]  # one of them
    assert parsed(line_of_mark(mark), "here").content == mark


def test_a_header_comes_back() -> None:
    """With everything that it says."""
    header = Header(origin="wss://host/v1", started="2026-11-24T10:00:00+00:00", redacted=("audio",))
    assert parsed(line_of_header(header), "here") == (header, None)


def test_the_simple_form_is_read() -> None:
    """One event a line, perhaps with its time."""
    event = {"type": "input_audio_buffer.cleared"}
    line = json.dumps({"direction": "sent", "event": event, "at": 2})
    assert parsed(line.encode(), "here").content == Frame("sent", json.dumps(event).encode(), 2.0)
    assert parsed(b'{"meta": {"source": "there"}}', "here").content == Header(0, "there", clock="")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"t":1,"dir":"up","op":"text","raw":""}\n', "not a line of a recording"),
        (b'{"t":1,"dir":"sent","op":"pigeon","raw":""}\n', "not a line of a recording"),
        (b'{"t":1,"dir":"sent","op":"text"}\n', "not a line of a recording"),
        (b'{"t":1,"dir":"sent","op":"text","base64":"?"}\n', "not a line of a recording"),
        (b'{"t":1,"mark":"party","text":""}\n', "not a line of a recording"),
        (b'{"t":"noon","dir":"sent","op":"text","raw":""}\n', "not a line of a recording"),
        (b'{"rxrealtime":2}\n', "newer"),
        (b"[1]\n", "expected"),
        (b"{\n", "is not JSON"),
        (b"{", "is cut off"),
    ],
)
def test_what_is_no_line_is_named(line: bytes, said: str) -> None:
    """With its place, and without quoting it."""
    with pytest.raises(RecordingError, match=rf"^here\b.*{said}"):
        parsed(line, "here")


@given(PAYLOADS, st.data())
def test_a_line_that_is_cut_off_is_told_apart(data: bytes | str, draw: st.DataObject) -> None:
    """Wherever it is cut."""
    line = line_of_frame(Frame("received", data))
    assert is_whole(line) and is_whole(line[:-1])
    assert not is_whole(line[: draw.draw(st.integers(0, len(line) - 2))])

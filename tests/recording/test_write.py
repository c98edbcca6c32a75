"""Writing and reading recordings, plain and sealed."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import rxrealtime
from rxrealtime import ConfigurationError, Frame, RecordingError, open_recording, read_recording
from rxrealtime.recording.credentials import without_credentials
from rxrealtime.recording.entries import Entry, Header, Mark
from rxrealtime.recording.write import RecordingWriter
from rxrealtime.testing.strategies import frames, malformed_frames
from tests.recording.test_lines import in_bytes

FORMS = ["talk.jsonl", "talk.jsonl.zst"]


def recorded(path: Path, entries: Sequence[Entry], header: Header = Header()) -> None:  # noqa: B008 (frozen)
    """Write a recording."""
    writer = RecordingWriter(path, header)
    for entry in entries:
        if isinstance(entry, Mark):
            writer.mark(entry)
        else:
            writer.write(entry)
    writer.close()


@pytest.mark.parametrize("form", FORMS)
@example([("received", b'{"type":"session.created","session":{"tools":[{"authorization":"x"}]}}'), ("sent", b"{")])
@given(st.lists(st.tuples(st.sampled_from(["received", "sent"]), st.one_of(frames(), malformed_frames(), st.binary()))))
def test_d1_what_is_written_is_read_byte_for_byte(form: str, payloads: list[tuple[str, bytes | str]]) -> None:
    """N frames with k broken ones give N frames, in order and in their places.

    What a field for credentials holds is masked and nothing else: that is held by the tests of `without_credentials`.
    """
    given_frames = [Frame(direction, data, n / 1000) for n, (direction, data) in enumerate(payloads)]  # type: ignore[arg-type]
    with TemporaryDirectory() as folder:
        path = Path(folder) / form
        recorded(path, given_frames)
        found = open_recording(path)
        read = list(found.frames())
        assert found.complete
        assert list(read_recording(path)) == read
        assert [file.name for file in Path(folder).iterdir()] == [form]
    assert [(one.direction, in_bytes(one.data), one.at) for one in read] == [
        (one.direction, in_bytes(one.data), one.at) for one in map(without_credentials, given_frames)
    ]


@pytest.mark.parametrize("form", FORMS)
def test_header_marks_and_end_are_read_as_they_are(tmp_path: Path, form: str) -> None:
    """What is no frame keeps its place among the frames."""
    header = Header(origin="ws://host/v1", started="2026-11-24T10:00:00.000+00:00")
    entries = [
        Frame("sent", b"{}", 0.25),
        Mark("failure", 0.5, "a tool failed", {"kind": "tool", "event_type": None}),
        Frame("received", b"\xff\x00", 0.75),
        Mark("fault", 1.0, "truncate", {"frame": 7}),
    ]
    recorded(tmp_path / form, entries, header)
    found = open_recording(tmp_path / form)
    assert found.header == header
    assert list(found.entries()) == [*entries, Mark("end", 1.0, "the recording was closed")]


def test_b1_frames_that_find_no_room_are_counted_in_their_place(tmp_path: Path) -> None:
    """Never in silence, and nobody waits."""
    writer = RecordingWriter(tmp_path / "x.jsonl", limit_bytes=1000)
    for n, size in enumerate((10, 5000, 5000, 10, 5000)):
        writer.write(Frame("received", b"x" * size, float(n)))
    writer.close()
    assert writer.lost == 3
    kept = [(type(entry), entry.at) for entry in open_recording(tmp_path / "x.jsonl").entries()]
    assert kept == [(Frame, 0.0), (Mark, 2.0), (Frame, 3.0), (Mark, 4.0), (Mark, 4.0)]
    lost = [entry.detail for entry in open_recording(tmp_path / "x.jsonl").entries() if isinstance(entry, Mark)]
    assert [one.get("entries") for one in lost] == [2, 1, None]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_told_once_and_when_closing() -> None:
    """What comes later is ignored."""
    writer = RecordingWriter("/dev/full")
    told: list[str] = []
    while not told:
        try:
            writer.write(Frame("received", b"{}"))
        except RecordingError as error:
            told.append(str(error))
    writer.write(Frame("received", b"{}"))
    assert told == ["cannot write the recording /dev/full: No space left on device"]
    for _ in range(2):
        with pytest.raises(RecordingError, match="No space left on device"):
            writer.close()


@pytest.mark.parametrize("form", FORMS)
def test_closing_tells_how_much_is_sealed(tmp_path: Path, form: str) -> None:
    """From 0 to 1, never backwards; a plain recording has nothing to seal."""
    writer = RecordingWriter(tmp_path / form)
    for n in range(50):
        writer.write(Frame("received", b"x" * 100_000, n / 10))
    told: list[float] = []
    writer.close(told.append)
    assert told == sorted(told)
    assert all(0.0 <= done <= 1.0 for done in told)
    assert told[-1] == 1.0


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    """Before anything is recorded that would be lost."""
    with pytest.raises(RecordingError, match=r"cannot write the recording .*nowhere/x\.jsonl: No such file"):
        RecordingWriter(tmp_path / "nowhere" / "x.jsonl")


def test_a_closed_recording_takes_nothing(tmp_path: Path) -> None:
    """It says so; closing again is nothing."""
    writer = RecordingWriter(tmp_path / "x.jsonl")
    writer.close()
    writer.close()
    with pytest.raises(RecordingError, match="is closed"):
        writer.write(Frame("sent", b"{}"))


def test_only_its_owner_may_read_a_recording(tmp_path: Path) -> None:
    """People speak in it."""
    for form in FORMS:
        recorded(tmp_path / form, [])
        assert stat.S_IMODE((tmp_path / form).stat().st_mode) == 0o600


def test_without_zstd_sealing_is_refused_at_the_start_by_name(tmp_path: Path) -> None:
    """One sentence that says what to install; plain recordings need nothing."""
    code = (
        "import sys; sys.modules['backports.zstd'] = sys.modules['compression.zstd'] = None\n"
        "from rxrealtime.recording import RecordingWriter\n"
        "RecordingWriter(sys.argv[1] + '/plain.jsonl').close()\n"
        "RecordingWriter(sys.argv[1] + '/sealed.jsonl.zst')"
    )
    root = Path(rxrealtime.__file__).parent.parent
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 (ours)
    assert "recordings that end in .zst need" in done.stderr
    assert "pip install 'rxrealtime[recording]', or record to .jsonl" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["plain.jsonl"]


def test_what_is_to_be_redacted_has_a_name(tmp_path: Path) -> None:
    """A misspelt one would keep what was to be left out."""
    with pytest.raises(ConfigurationError, match="'transcript' is neither"):
        RecordingWriter(tmp_path / "x.jsonl", redact=["transcript"])

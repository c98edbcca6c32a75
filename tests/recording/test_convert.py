"""Recordings in other forms."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from rxrealtime import ConfigurationError, Frame, RecordingError, open_recording
from rxrealtime.recording.convert import convert
from rxrealtime.recording.entries import Entry, Header, Mark
from tests.recording.test_write import FORMS, recorded

ENTRIES: list[Entry] = [
    Frame("received", b'{"type": "session.created", "x" : 1}', 0.25),
    Frame("sent", b"{", 0.5),
    Mark("fault", 0.75, "truncate", {"number": 1}),
    Frame("received", b"\xff\x00", 1.0),
    Frame("received", "é".encode(), 1.25),
]
END = Mark("end", 1.25, "the recording was closed")
ORIGIN = Header(origin="wss://host/v1/realtime?model=m", started="2026-11-24T10:00:00.000+00:00")


@pytest.fixture(params=FORMS)
def source(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A recording with something of everything, in either form."""
    path = tmp_path / f"source-{request.param}"
    recorded(path, ENTRIES, ORIGIN)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_plain_and_sealed_are_converted_without_loss(source: Path, form: str, tmp_path: Path) -> None:
    """Every byte, every mark, and the header."""
    done: list[float] = []
    convert(open_recording(source), tmp_path / form, done.append)
    found = open_recording(tmp_path / form)
    assert list(found.entries()) == [*ENTRIES, END]
    assert list(found.raw_lines()) == list(open_recording(source).raw_lines())
    assert (found.header, found.complete) == (ORIGIN, True)
    assert done == sorted(done) and done[-1] == 1.0
    assert {file.name for file in tmp_path.iterdir()} == {source.name, form}


def test_the_simple_form_is_converted_to_the_present_one(shared: Path, tmp_path: Path) -> None:
    """With where it came from; that its end was not recorded is said."""
    for path in (shared / "recordings").glob("*.jsonl"):
        before = open_recording(path)
        convert(before, tmp_path / "x.jsonl.zst")
        found = open_recording(tmp_path / "x.jsonl.zst")
        assert list(found.frames()) == list(before.frames())
        assert (found.header.version, found.header.origin, found.complete) == (1, before.header.origin, True)


@pytest.mark.parametrize("form", ["x.jsonl", "x.jsonl.zst", "x.parquet", "x.har"])
def test_credentials_of_a_foreign_recording_are_left_behind(form: str, tmp_path: Path) -> None:
    """In frames and in where it came from; what is around them stays."""
    if form.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="needs the extra parquet")
    canary = "sk-canary-0123456789abcdef"
    event = {"type": "session.update", "event_id": "kept", "session": {"tools": [{"headers": {"X-Key": canary}}]}}
    lines = [{"meta": {"source": f"wss://host/v1?api_key={canary}"}}, {"direction": "sent", "event": event, "at": 1.0}]
    source = tmp_path / "foreign.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    convert(open_recording(source), tmp_path / form)
    written = _plain_bytes(tmp_path / form)
    assert canary.encode() not in written
    assert b"kept" in written and b"wss://host/v1?api_key=" in written


def _plain_bytes(path: Path) -> bytes:
    """Give what a file holds, uncompressed."""
    if path.suffix == ".parquet":
        table = pytest.importorskip("pyarrow.parquet").read_table(path)
        return b"".join(map(bytes, table["raw"].to_pylist())) + b"".join(table.schema.metadata.values())
    return b"".join(open_recording(path).raw_lines()) if path.suffix == ".zst" else path.read_bytes()


def test_a_recording_without_its_end_stays_without_it(source: Path, tmp_path: Path) -> None:
    """What a killed process left is converted as far as it goes."""
    lines = list(open_recording(source).raw_lines())
    (tmp_path / "cut.jsonl").write_bytes(b"".join(lines[:-1]) + lines[-1][:5])
    convert(open_recording(tmp_path / "cut.jsonl"), tmp_path / "out.jsonl.zst")
    found = open_recording(tmp_path / "out.jsonl.zst")
    assert (list(found.entries()), found.complete) == (ENTRIES, False)


def test_parquet_has_a_row_an_entry(source: Path, tmp_path: Path) -> None:
    """With the bytes as they are, and the type where it can be read."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    convert(open_recording(source), tmp_path / "x.parquet")
    table = parquet.read_table(tmp_path / "x.parquet")
    assert table.column_names == ["t", "dir", "op", "raw", "type"]
    rows = [tuple(row.values()) for row in table.to_pylist()]
    assert rows[0] == (250_000, "received", "text", b'{"type": "session.created", "x" : 1}', "session.created")
    assert rows[1] == (500_000, "sent", "text", b"{", None)
    assert rows[2][:3] == (750_000, None, "mark")
    assert rows[2][4] == "fault"
    assert json.loads(rows[2][3]) == {"text": "truncate", "detail": {"number": 1}}
    assert rows[3] == (1_000_000, "received", "binary", b"\xff\x00", None)
    assert [row[4] for row in rows[-1:]] == ["end"]
    assert table.schema.metadata[b"origin"] == ORIGIN.origin.encode()


def test_har_is_what_browsers_show(source: Path, tmp_path: Path) -> None:
    """One websocket with its messages; times since 1970; no header of the handshake."""
    convert(open_recording(source), tmp_path / "x.har")
    log = json.loads((tmp_path / "x.har").read_bytes())["log"]
    (entry,) = log["entries"]
    assert (log["version"], entry["_resourceType"], entry["response"]["status"]) == ("1.2", "websocket", 101)
    assert entry["request"]["url"] == ORIGIN.origin
    assert entry["request"]["headers"] == []
    assert entry["startedDateTime"] == "2026-11-24T10:00:00+00:00"
    messages = [(one["type"], one["opcode"], one["data"]) for one in entry["_webSocketMessages"]]
    assert messages == [
        ("receive", 1, '{"type": "session.created", "x" : 1}'),
        ("send", 1, "{"),
        ("receive", 2, base64.b64encode(b"\xff\x00").decode()),
        ("receive", 1, "é"),
    ]
    assert entry["_webSocketMessages"][2]["time"] - entry["_webSocketMessages"][0]["time"] == 0.75


@pytest.mark.parametrize(
    ("target", "error", "said"),
    [
        ("x.mp3", ConfigurationError, "can be converted to .jsonl, .zst, .parquet, .har"),
        ("nowhere/x.jsonl", RecordingError, "No such file"),
        ("nowhere/x.har", RecordingError, "No such file"),
    ],
)
def test_what_cannot_be_written_is_named(
    source: Path, tmp_path: Path, target: str, error: type[Exception], said: str
) -> None:
    """And nothing is left of it."""
    with pytest.raises(error, match=said):
        convert(open_recording(source), tmp_path / target)
    assert [file.name for file in tmp_path.iterdir()] == [source.name]


def test_a_recording_is_not_converted_into_itself(source: Path) -> None:
    """It would be read while it is written."""
    with pytest.raises(ConfigurationError, match="into itself"):
        convert(open_recording(source), source)

"""Reading recordings from a time on, cut off, or damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxrealtime import Frame, RecordingError, open_recording, read_recording
from rxrealtime.recording.entries import Header
from rxrealtime.recording.stored import PlainLines, open_stored
from rxrealtime.recording.zstd import block_table, zstd_module
from tests.recording.test_write import FORMS, recorded

PAYLOAD = b'{"type": "response.output_audio.delta", "delta": "%s"}' % (b"AbCd" * 1000)
COUNT = 800


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one long recording in both forms, some of its entries a little out of order."""
    folder = tmp_path_factory.mktemp("long")
    for form in FORMS:
        recorded(folder / form, [Frame("received", PAYLOAD, max(n * 0.1 - n % 3 * 0.3, 0.0)) for n in range(COUNT)])
    return folder


@pytest.mark.parametrize("form", FORMS)
@given(at=st.floats(-1.0, COUNT * 0.1 + 5.0))
def test_a_seek_gives_exactly_what_is_later(form: str, at: float, long: Path) -> None:
    """Whatever the time, also where entries are out of order by less than a second."""
    found = open_recording(long / form)
    assert [entry.at for entry in found.since(at)] == [entry.at for entry in found.entries() if entry.at >= at]


def test_a_seek_reads_little_of_the_file(long: Path) -> None:
    """By bisection: the lines begin near the time."""
    file, stored = open_stored(long / FORMS[0])
    with file:
        assert isinstance(stored, PlainLines)
        passed = [b'"t":%d' % round(n * 1e5) for n in range(COUNT // 2)]
        asked: list[bytes] = []

        def before(line: bytes) -> bool:
            asked.append(line)
            return any(time in line[:20] for time in passed)

        next(stored.since(before))
    assert len(asked) < 12


def test_a_sealed_recording_is_plain_zstd_in_independent_frames(long: Path) -> None:
    """Any decoder gives the lines; each frame can be read alone."""
    zstd = zstd_module()
    sealed, plain = ((long / form).read_bytes() for form in reversed(FORMS))
    assert zstd.decompress(sealed) == plain
    with (long / FORMS[1]).open("rb") as file:
        table = block_table(file)
    assert len(table) >= 3
    lines = b"".join(zstd.decompress(sealed[one.offset : one.offset + one.size_bytes]) for one in table)
    assert lines == plain
    assert all(zstd.decompress(sealed[one.offset :][: one.size_bytes]).endswith(b"\n") for one in table)


def test_a_recording_that_another_program_compressed_is_read(long: Path, tmp_path: Path) -> None:
    """Without a table it is read from its beginning."""
    path = tmp_path / "theirs.jsonl.zst"
    path.write_bytes(zstd_module().compress((long / FORMS[0]).read_bytes()))
    found = open_recording(path)
    assert found.complete
    assert list(found.entries()) == list(open_recording(long / FORMS[0]).entries())
    assert len(list(found.since(COUNT * 0.1 - 1))) < 15


@given(cut=st.integers(1, 4_000))
def test_a_torn_last_line_ends_a_recording(cut: int, long: Path) -> None:
    """Wherever it is torn: what is before is read, and the end is said to be missing."""
    whole = (long / FORMS[0]).read_bytes()
    end = whole.rfind(b"\n", 0, whole.rfind(b"\n", 0, -1)) + 1  # the last frame begins here, the end mark follows
    path = long / "torn.jsonl"
    path.write_bytes(whole[: end + cut])
    found = open_recording(path)
    assert not found.complete
    assert len(list(found.entries())) == COUNT - 1
    assert len(list(found.raw_lines())) == COUNT
    with pytest.raises(RecordingError, match="is cut off"):
        list(read_recording(path))


def test_an_end_that_is_missing_is_told_without_a_torn_line(tmp_path: Path) -> None:
    """A process may be killed between two lines."""
    recorded(tmp_path / "x.jsonl", [Frame("sent", b"{}")])
    lines = (tmp_path / "x.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "x.jsonl").write_bytes(b"".join(lines[:-1]))
    found = open_recording(tmp_path / "x.jsonl")
    assert not found.complete
    assert list(found.frames()) == [Frame("sent", b"{}")]


@pytest.mark.parametrize("content", [b"", b"\n", b'{"rxrealtime":1,"ori'])
def test_a_recording_of_nothing_can_be_opened(tmp_path: Path, content: bytes) -> None:
    """A process may be killed at its start."""
    (tmp_path / "x.jsonl").write_bytes(content)
    found = open_recording(tmp_path / "x.jsonl")
    assert (found.header, found.complete, list(found.entries())) == (Header(0, clock=""), False, [])
    assert list(found.since(1.0)) == []


def test_a_damaged_frame_is_named(long: Path, tmp_path: Path) -> None:
    """With its place; what is before it is read."""
    damaged = bytearray((long / FORMS[1]).read_bytes())
    with (long / FORMS[1]).open("rb") as file:
        second = block_table(file)[1]
    damaged[second.offset + 8 : second.offset + 40] = bytes(32)
    (tmp_path / "x.jsonl.zst").write_bytes(damaged)
    seen = []
    with pytest.raises(RecordingError, match=f"zstd frame at byte {second.offset} is damaged"):
        seen.extend(open_recording(tmp_path / "x.jsonl.zst").entries())
    frames = open_recording(tmp_path / "x.jsonl.zst").frames()
    assert next(frames).data == PAYLOAD


def test_a_recording_that_was_never_sealed_is_pointed_to(tmp_path: Path) -> None:
    """What a killed process leaves has another name."""
    (tmp_path / "x.unsealed.jsonl").write_bytes(b"")
    with pytest.raises(RecordingError, match=r"it was not sealed, but there is .*x\.unsealed\.jsonl"):
        open_recording(tmp_path / "x.jsonl.zst")


def test_every_shared_recording_opens(shared: Path) -> None:
    """Those of the simple form are complete as far as anybody can tell."""
    for path in (shared / "recordings").glob("*.jsonl"):
        found = open_recording(path)
        assert found.complete and found.header.version == 0 and found.header.origin
        assert len(list(found.entries())) == len(path.read_bytes().splitlines()) - 1

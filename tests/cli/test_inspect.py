"""inspect on the command line: words, JSON and pictures of a recording, whatever is in it."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from rxrealtime import Frame
from rxrealtime.cli import main
from rxrealtime.cli.strips import strips
from rxrealtime.errors import ConfigurationError
from rxrealtime.recording import Recording
from rxrealtime.views import Timeline, summarize
from rxrealtime.views.picture import rendered
from rxrealtime.views.sketch import LANES, Bar, Cross
from tests.recording.test_write import FORMS, recorded
from tests.views.story import STORY

_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def _run(*arguments: object) -> Result:
    result = CliRunner().invoke(main, ["inspect", *(str(one) for one in arguments)], env={"COLUMNS": "100"})
    assert "Traceback" not in result.output
    assert not _STEERING.search(result.output)
    return result


@pytest.fixture(params=FORMS)
def story(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The story as a recording."""
    path = tmp_path / request.param
    recorded(path, STORY[:-1])
    return path


def test_a_recording_in_words(story: Path) -> None:
    """How much, who said what, what was called, waited for, used and failed, and how it ended; markup stays text."""
    result = _run(story)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:3] == [
        "15 frames received, 2 sent, in 3.9 s",
        "  user: <script>alert(1)</script> & ",
        "  assistant: A long story begins [cancelled]",
    ]
    assert "tools: get_weather (1)" in lines
    assert "tool: p50 0.700 s, p95 0.700 s, max 0.700 s (1)" in lines
    assert lines[-3:] == [
        "failures: 1",
        "  1.800 s  json in response.output_audio.delta",
        "ended: the recording was closed",
    ]


def test_summing_up_tells_how_far_it_is(story: Path) -> None:
    """From the first line to the last, never backwards."""
    told: list[float] = []
    assert summarize(story, told.append) == summarize(story)
    assert len(told) > len(STORY)
    assert told == sorted(told) and told[-1] == 1.0


def test_of_many_failures_the_first_are_told(tmp_path: Path) -> None:
    """And how many more there are."""
    recorded(tmp_path / "x.jsonl", [Frame("received", b"{", n / 10) for n in range(25)])
    lines = _run(tmp_path / "x.jsonl").stdout.splitlines()
    assert lines[1] == "failures: 25"
    assert lines[-3:-1] == ["  1.900 s  json", "  and 5 more: --json has them all"]


def test_a_recording_as_json(story: Path) -> None:
    """The same for programs, in one object a line, and nothing else."""
    result = _run(story, "--json", "--timeline", "--svg", story.parent / "x.svg")
    (line,) = result.stdout.splitlines()
    said = json.loads(line)
    assert said["type"] == "rxrealtime.inspected"
    expected = json.loads(json.dumps(summarize(Recording(story)).to_dict()))
    assert {name: said[name] for name in expected} == expected
    assert said["frames"] == {"received": 15, "sent": 2}


def test_the_timeline_in_the_terminal(story: Path) -> None:
    """A row a lane, each as wide as the terminal; what failed is a cross at its place."""
    plain, drawn = (_run(story, *more).stdout.splitlines() for more in ((), ("--timeline",)))
    assert drawn[: len(plain)] == plain
    rows = drawn[len(plain) :]
    assert {len(row) for row in rows[:-1]} == {100}
    assert next(row for row in rows if "failures" in row).count("x") == 1
    assert next(row for row in rows if "tools" in row).count("[get_weather==]") == 1
    assert rows[-1].split() == ["0.0", "s", "3.9", "s"]


_BARS = st.builds(
    lambda lane, start, length, text: Bar(lane, start, None if length is None else start + length, text),
    st.sampled_from(LANES),
    st.floats(0, 100),
    st.none() | st.floats(0, 100),
    st.text(st.characters(exclude_categories=["Mn", "Me", "Cf"])),
)


@given(st.lists(_BARS, max_size=3), st.integers(0, 200))
def test_whatever_was_said_the_rows_are_of_one_width(bars: list[Bar], width: int) -> None:
    """Wide letters, control characters, line ends: nothing shifts, nothing steers."""
    timeline = Timeline(tuple(bars), (Cross(1.0, "x"),), end=200.0)
    rows = list(strips(timeline, width))
    assert {cell_len(row) for row in rows} == {max(width, 37)} | {cell_len(rows[-1])}
    assert not any(_STEERING.search(row) for row in rows)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)


def test_pictures_go_to_files(story: Path, tmp_path: Path) -> None:
    """As one page, and as a drawing; what was said is text in both, and what was written is told."""
    page, drawing = tmp_path / "x.html", tmp_path / "x.svg"
    result = _run(story, "--html", page, "--svg", drawing)
    assert result.stdout.splitlines()[-2:] == [f"wrote {page}", f"wrote {drawing}"]
    root = ElementTree.fromstring(drawing.read_text("utf-8"))  # noqa: S314 (our own)
    assert root.tag.endswith("svg")
    tags = _Tags()
    tags.feed(page.read_text("utf-8"))
    assert {"svg", "pre", "title"} <= tags.seen
    assert "script" not in tags.seen
    assert drawing.read_text("utf-8").strip() in page.read_text("utf-8")


def test_points_go_to_a_file(story: Path, tmp_path: Path) -> None:
    """With the extra png, and fonts."""
    pytest.importorskip("resvg_py", reason="needs the extra png")
    try:
        rendered(Timeline.of(STORY).to_svg())
    except ConfigurationError:
        pytest.skip("this machine has no fonts")
    assert _run(story, "--png", tmp_path / "x.png").exit_code == 0
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_points_without_the_extra_are_one_line(story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That says what to install."""
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    result = _run(story, "--png", tmp_path / "x.png")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "pip install 'rxrealtime[png]'" in result.stderr


@pytest.mark.parametrize("option", ["--html", "--svg", "--png"])
def test_a_place_that_cannot_be_written_is_one_line(story: Path, option: str) -> None:
    """So is the recording itself, which stays."""
    if option == "--png":
        pytest.importorskip("resvg_py", reason="needs the extra png")
    before = story.read_bytes()
    refused = _run(story, option, story)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == f"rxrealtime: {story}: this is the recording, no place for a picture\n"
    assert story.read_bytes() == before
    nowhere = story.parent / "nowhere" / "x"
    result = _run(story, option, nowhere)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith(f"rxrealtime: cannot write {nowhere}: No such file") or "no fonts" in result.stderr


def test_an_end_that_is_missing_is_told(tmp_path: Path) -> None:
    """As a killed process leaves it, within a line or between two."""
    path = tmp_path / "talk.jsonl"
    recorded(path, STORY[:-1])
    lines = path.read_bytes().splitlines(keepends=True)
    for left in (b"".join(lines[:-1]), path.read_bytes()[:-9]):
        path.write_bytes(left)
        assert _run(path).stdout.endswith(
            "ended: not recorded\nthe end of the recording is missing: whoever recorded it was stopped\n"
        )
        assert json.loads(_run(path, "--json").stdout)["complete"] is False


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read the recording {path}: No such file or directory"),
        (b"hello\n", "{path}, line 1 is not JSON: the recording ends here"),
        (b'{"rxrealtime":99}\n', "{path}, line 1: the format 99 is newer than this rxrealtime, which reads 1"),
        (b"\x28\xb5\x2f\xfd damaged", "the recording is not zstd, or damaged"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, content: bytes | None, said: str) -> None:
    """With exit code 1, and nothing on stdout that could be taken for a result."""
    path = tmp_path / "x.jsonl"
    if content is not None:
        path.write_bytes(content)
    result = _run(path)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert result.stderr.startswith(f"rxrealtime: {said.format(path=path)}")


def test_every_shared_recording_is_inspected(shared: Path, tmp_path: Path) -> None:
    """Real sessions of four providers: in words, as JSON and as a page."""
    for file in sorted((shared / "recordings").glob("*.jsonl")):
        result = _run(file, "--timeline", "--html", tmp_path / "x.html")
        assert (result.exit_code, result.stderr) == (0, ""), file.name
        assert json.loads(_run(file, "--json").stdout)["turns"], file.name

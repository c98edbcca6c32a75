"""Every picture: well-formed, harmless, the same as the one that was looked at."""

from __future__ import annotations

import base64
import math
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxrealtime.audio import pcm16_from_samples
from rxrealtime.errors import ConfigurationError
from rxrealtime.frames import Frame
from rxrealtime.operators import Latency
from rxrealtime.recording import Mark
from rxrealtime.testing.strategies import frames, malformed_frames
from rxrealtime.views import Latencies, Marbles, Picture, Timeline, TokensUsed, Waveform, moments, summarize
from rxrealtime.views.sketch import Bar
from tests.recording.test_write import recorded
from tests.views.story import MARKUP, STORY

_GOLDEN = Path(__file__).parent / "golden"
_DOCUMENTS = Path(__file__).parents[2] / "docs"
_ALLOWED = {"svg", "rect", "path", "text", "title", "circle"}
_FORBIDDEN = {"style", "id", "class", "href", "clip-path"}
_SOUND = pcm16_from_samples(int(28_000 * math.sin(n / 7) * math.sin(n / 800)) for n in range(2_400))

_PICTURES: dict[str, Callable[[], Picture]] = {
    "timeline": lambda: Timeline.of(STORY),
    "marbles": lambda: Marbles.of(moments(STORY[:-1]), "completed"),
    "latencies": lambda: Latencies(summarize(STORY).waits),
    "tokens": lambda: TokensUsed.of(summarize(STORY).used),
    "waveform": lambda: Waveform(_SOUND),
}


def parsed(picture: Picture) -> ElementTree.Element:
    """Parse a picture, and see that it holds nothing a notebook would take out."""
    root = ElementTree.fromstring(picture.to_svg())  # noqa: S314 (our own)
    for element in root.iter():
        assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in _ALLOWED
        assert not _FORBIDDEN & {name.rpartition("}")[2] for name in element.attrib}
        assert not any(name.startswith("on") for name in element.attrib)
    return root


def shape(root: ElementTree.Element) -> list[tuple[str, dict[str, str], str]]:
    """Give the elements of a drawing in order."""
    return [(element.tag, dict(element.attrib), element.text or "") for element in root.iter()]


def texts(picture: Picture) -> list[str]:
    """Give what is written in a picture."""
    return [element.text or "" for element in parsed(picture).iter() if element.tag.endswith("}text")]


@pytest.mark.parametrize("name", _PICTURES)
def test_picture_is_the_one_that_was_looked_at(name: str) -> None:
    """The drawing is the golden one; RXREALTIME_GOLDEN=1 writes it anew, to be looked at."""
    golden, picture = _GOLDEN / f"{name}.svg", _PICTURES[name]()
    if os.environ.get("RXREALTIME_GOLDEN"):
        golden.write_text(picture.to_svg() + "\n", "utf-8")
    looked_at = ElementTree.fromstring(golden.read_text("utf-8"))  # noqa: S314 (our own)
    assert shape(parsed(picture)) == shape(looked_at)


def test_the_documents_show_every_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The golden ones, and the program that draws them runs."""
    text = (_DOCUMENTS / "views.md").read_text("utf-8")
    shown = [(_DOCUMENTS / path).resolve() for path in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)]
    assert shown == [_GOLDEN / f"{name}.svg" for name in _PICTURES]
    monkeypatch.chdir(tmp_path)
    recorded(Path("talk.jsonl"), STORY[:-1])
    for program in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(program, "views.md", "exec"), {})  # noqa: S102 (the document's own program)
    drawn = {path.name for path in tmp_path.glob("*.svg")}
    assert drawn == {f"picture-{number}.svg" for number in range(4)}


@pytest.mark.parametrize("name", _PICTURES)
def test_a_notebook_shows_it_as_an_image(name: str) -> None:
    """An image whose data is the drawing, which an untrusted notebook shows, too; and a page of its own."""
    picture = _PICTURES[name]()
    data = picture._repr_html_().partition("base64,")[2].partition('"')[0]
    assert base64.b64decode(data).decode() == picture.to_svg()
    assert picture.to_svg() in picture.to_html()
    assert "<script" not in picture.to_html()


def test_markup_that_was_said_stays_text() -> None:
    """What a user said is written as it was; control characters are replaced."""
    written = next(one for one in texts(Timeline.of(STORY, width=2400)) if "script" in one)
    assert MARKUP.startswith(written.split("\ufffd")[0].rstrip("…"))
    assert "<script>" not in Timeline.of(STORY).to_svg()


@given(st.lists(st.tuples(frames() | malformed_frames(), st.floats(0, 1e6), st.sampled_from(["received", "sent"]))))
def test_whatever_comes_is_drawn(lines: list[tuple[bytes | str, float, str]]) -> None:
    """Any frames, malformed ones too, give a well-formed and harmless picture, with a cross for each bad one."""
    seen = [Frame(direction, data, at) for data, at, direction in lines]  # type: ignore[arg-type]
    timeline = Timeline.of(seen)
    parsed(timeline)
    parsed(Marbles.of(moments(seen), "failed"))
    bad = sum(hasattr(moment.event, "exception") for moment in moments(seen))
    assert len(timeline.crosses) >= bad


@given(st.text(st.characters()), st.text())
def test_any_text_is_drawn(said: str, label: str) -> None:
    """Surrogates, control characters, markup: the drawing can be parsed, and written as UTF-8."""
    picture = Timeline((Bar("user said", 0.0, 100.0, said), Bar("tools", 1.0, None, label)), end=100.0)
    parsed(picture)
    picture.to_svg().encode()


@pytest.mark.parametrize(
    "bars",
    [
        (),
        (Bar("response", 0.0, 0.0),),
        (Bar("response", 0.0, None),),
        (Bar("response", 5.0, None), Bar("response", 5.0, 5.0)),
        tuple(Bar("response", n / 1000, n / 1000 + 0.0001) for n in range(5000)),
    ],
    ids=["nothing", "one at 0", "no end", "all at once", "five thousand"],
)
def test_edge_cases_are_drawn(bars: tuple[Bar, ...]) -> None:
    """Nothing, one moment, no end, all at once; thousands of bars become marks that can be told apart."""
    drawn = list(parsed(Timeline(bars)).iter())
    assert len(drawn) < 3000


def test_interruption_cuts_what_was_heard() -> None:
    """Three seconds came, one was heard; the line is where the response ended."""
    timeline = Timeline.of(STORY)
    (heard,) = [bar for bar in timeline.bars if bar.lane == "audio as heard"]
    assert (heard.start, heard.end) == (1.4, 2.4)
    assert timeline.interruptions == (2.6,)
    assert [cross.text for cross in timeline.crosses] == ["json in response.output_audio.delta"]


def test_a_recording_without_times_is_drawn_in_order() -> None:
    """The axis counts events then, and says so; what needs times is left out."""
    timeline = Timeline.of([entry._replace(at=0.0) for entry in STORY if isinstance(entry, Frame)])
    assert not timeline.timed
    assert "audio as heard" not in {bar.lane for bar in timeline.bars}
    assert "no times" in texts(timeline)[0]


def test_waveform_of_half_a_sample_is_refused() -> None:
    """A waveform that cannot be one is refused in one sentence; none at all is a line."""
    with pytest.raises(ConfigurationError, match="whole samples"):
        Waveform(b"\0")
    parsed(Waveform(b""))


def test_summary_tells_what_happened() -> None:
    """Turns, tools, waits, tokens, failures, end: each once."""
    summary = summarize(STORY)
    assert [turn.role for turn in summary.turns][:2] == ["user", "assistant"]
    assert summary.tools == {"get_weather": 1}
    assert {wait.kind for wait in summary.waits} >= {"first_audio", "tool", "response"}
    assert sum(report.tally.total or 0 for report in summary.used) == 300
    assert (summary.end, summary.complete) == ("closed by us", True)
    assert not summarize(STORY[:-1]).complete
    assert len(summary.pictures) == 3


def test_every_recording_is_drawn(shared: Path) -> None:
    """Real sessions of four providers give a timeline without a failure of ours, and a summary with turns."""
    for file in sorted((shared / "recordings").glob("*.jsonl")):
        summary = summarize(file)
        parsed(summary.timeline)
        assert summary.received > 0, file.name
        assert summary.turns, file.name


def test_png_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without resvg-py one sentence says what to install."""
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'rxrealtime\[png\]'"):
        Waveform(b"").to_png()


def test_png_is_a_png() -> None:
    """With it, points; where there are no fonts it says so in place of a picture without text."""
    pytest.importorskip("resvg_py", reason="needs the extra png")
    try:
        data = Timeline.of(STORY).to_png()
    except ConfigurationError:
        pytest.skip("this machine has no fonts")
    assert data.startswith(b"\x89PNG")


def test_latencies_of_one_kind_are_a_row() -> None:
    """A row a kind of waiting, with its numbers."""
    assert "2 / 3 s" in texts(Latencies((Latency("response", 2.0, "x"), Latency("response", 3.0, "x"))))
    assert "nothing was measured" in texts(Latencies(()))


def test_marks_are_failures_but_for_the_end() -> None:
    """What the writer lost is a cross in the diagram; the end is not."""
    lost = Marbles.of(moments([Mark("lost", 1.0, "3 entries"), Mark("end", 2.0, "closed")]))
    strokes = [element.attrib["stroke"] for element in parsed(lost).iter() if element.tag.endswith("}path")]
    assert strokes.count("#d55e00") == 1


@given(st.lists(st.floats(0, 100, width=32), max_size=60).map(sorted))
def test_no_marble_covers_another_and_each_stands_at_its_time(times: list[float]) -> None:
    """Those that would are in lanes below, as long as there is room."""
    places = [
        (float(element.attrib["cx"]), float(element.attrib["cy"]))
        for element in parsed(Marbles.of([(at, "x") for at in times])).iter()
        if element.tag.endswith("}circle")
    ][: len(times)]
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    full = len({y for _, y in places}) == 16
    apart = [math.dist(one, other) for number, one in enumerate(places) for other in places[:number]]
    assert full or min(apart, default=16.0) >= 16.0


def test_a_failure_in_a_crowd_is_seen() -> None:
    """The cross is drawn after what would cover it."""
    values: list[tuple[float, object]] = [(0.0, "x"), (1.0, ValueError()), *[(1.0, "x")] * 400, (9.0, "x")]
    tags = [element.tag.rpartition("}")[2] for element in parsed(Marbles.of(values)).iter()]
    after_the_cross = tags[len(tags) - tags[::-1].index("path") :]
    assert after_the_cross.count("circle") == 1  # that of the legend

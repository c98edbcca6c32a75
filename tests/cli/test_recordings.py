"""record, replay and convert on the command line."""

from __future__ import annotations

import asyncio
import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from websockets.asyncio.client import connect

from rxrealtime import Frame, open_recording
from rxrealtime.cli import main
from rxrealtime.cli.progress import Progress
from rxrealtime.cli.replay import Playing, play
from rxrealtime.recording.entries import Mark
from tests.leaks import run_clean
from tests.recording.test_write import recorded


def _run(*arguments: object, typed: str | None = None) -> Result:
    result = CliRunner().invoke(main, [str(one) for one in arguments], input=typed)
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A small recording."""
    path = tmp_path / "talk.jsonl"
    created = b'{"type":"session.created","event_id":"e","session":{"type":"realtime"}}'
    entries = [
        Frame("received", created, 0.5),
        Frame("sent", b'{"type":"response.create"}', 1.0),
        Frame("received", b"{\x1b", 2.0),
        Mark("fault", 2.5, "truncate\x1b[2J"),
    ]
    recorded(path, entries)
    return path


def test_a_recording_is_shown_frame_by_frame(talk: Path) -> None:
    """With direction, type and size; nothing steers the terminal."""
    result = _run("replay", talk, "--speed", 0)
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "    0.500 s  <  session.created  71 bytes",
        "    1.000 s  >  response.create  26 bytes",
        "    2.000 s  <  no event (json)  2 bytes",
        "    2.500 s  *  fault: truncate",
        "    2.500 s  *  end: the recording was closed",
    ]


def test_a_recording_is_shown_as_json(talk: Path) -> None:
    """One object a line, without payload."""
    rows = [json.loads(line) for line in _run("replay", talk, "--speed", 0, "--json").output.splitlines()]
    assert rows[0] == {"at": 0.5, "direction": "received", "type": "session.created", "bytes": 71}
    assert rows[2] == {"at": 2.0, "direction": "received", "type": "exception", "bytes": 2, "failure": "json"}
    assert rows[-1]["type"] == "rxrealtime.end"


@pytest.mark.parametrize("options", [("--from", 0.75), ("--event", "response.create")])
def test_it_begins_where_it_is_told_to(talk: Path, options: tuple[object, ...]) -> None:
    """At a time, or at an event."""
    assert _run("replay", talk, "--speed", 0, *options).output.startswith("    1.000 s  >")


def test_it_steps_at_each_line(talk: Path) -> None:
    """And stops with the input."""
    assert len(_run("replay", talk, "--step", typed="\n\n").output.splitlines()) == 2


@pytest.mark.parametrize(("speed", "expected"), [(1.0, [0.5, 1.0, 0.5, 0.0]), (2.0, [0.25, 0.5, 0.25, 0.0])])
def test_it_keeps_the_pace_of_the_recording(talk: Path, speed: float, expected: list[float]) -> None:
    """Or so many times it."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    run_clean(lambda: play(Playing(talk, speed), sleep))
    assert waits == expected


def test_a_recording_that_is_cut_off_says_so(talk: Path) -> None:
    """After what there is."""
    talk.write_bytes(talk.read_bytes()[:-3])
    result = _run("replay", talk, "--speed", 0)
    assert len(result.stdout.splitlines()) == 4
    assert result.stderr == "rxrealtime: the recording is cut off: its end is missing\n"


def test_a_recording_is_converted(talk: Path, tmp_path: Path) -> None:
    """What was written is said; nothing is written over by mistake."""
    target = tmp_path / "talk.jsonl.zst"
    result = _run("convert", talk, target)
    assert (result.exit_code, result.output) == (0, f"wrote {target}, {target.stat().st_size} bytes\n")
    assert list(open_recording(target).entries()) == list(open_recording(talk).entries())
    refused = _run("convert", talk, target)
    assert (refused.exit_code, refused.output) == (
        1,
        f"rxrealtime: {target} is there already: --force writes over it\n",
    )
    said = json.loads(_run("convert", talk, target, "--force", "--json").output)
    assert (said["type"], said["complete"], said["bytes"]) == ("rxrealtime.converted", True, target.stat().st_size)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("replay", "nowhere.jsonl"), "cannot read the recording nowhere.jsonl: No such file or directory"),
        (("replay", "x.jsonl", "--event", "hm"), "x.jsonl: no event of the type 'hm' from 0 s on"),
        (("convert", "nowhere.jsonl", "x.har"), "cannot read the recording nowhere.jsonl: No such file or directory"),
        (("record", "--out", "x/y.jsonl", "--port", "0"), "cannot write the recording x/y.jsonl: there is no folder x"),
        (("record", "--out", "y.jsonl", "--redact", "names"), "redact: 'names' is neither 'transcripts' nor 'audio'"),
    ],
)
def test_what_is_wrong_is_one_line(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With exit code 1."""
    monkeypatch.chdir(tmp_path)
    recorded(Path("x.jsonl"), [Frame("sent", b"{}")])
    result = _run(*arguments)
    assert (result.exit_code, result.output) == (1, f"rxrealtime: {said}\n")


async def _talk(url: str) -> None:
    async with connect(url) as client:
        await client.recv()
        await client.send('{"type":"input_audio_buffer.clear"}')
        await client.recv()


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_what_goes_through_is_recorded_until_it_is_told_to_stop(tmp_path: Path, options: tuple[str, ...]) -> None:
    """In front of the embedded server; each connection is a file, and is counted at the end."""
    out = tmp_path / "talk.jsonl"
    command = [sys.executable, "-m", "rxrealtime", "record", "--out", str(out), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:  # noqa: S603 (ours)
        assert process.stdout is not None
        said = process.stdout.readline()
        url = json.loads(said)["url"] if options else said.split()[-1]
        for _ in range(2):
            asyncio.run(_talk(url))
        process.send_signal(signal.SIGINT)
        lines = process.stdout.read().splitlines()
        assert process.wait(20) == 0
    paths = [out, tmp_path / "talk-2.jsonl"]
    counts = [len(list(open_recording(path).frames())) for path in paths]
    assert all(open_recording(path).complete and count >= 3 for path, count in zip(paths, counts, strict=True))
    if options:
        assert [(json.loads(line)["path"], json.loads(line)["frames"]) for line in lines] == [
            (str(path), count) for path, count in zip(paths, counts, strict=True)
        ]
    else:
        assert lines == [f"recorded {count} frames in {path}" for path, count in zip(paths, counts, strict=True)]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [_Terminal(), io.StringIO()], ids=["terminal", "pipe"])
def test_progress_is_shown_after_a_second_and_only_on_a_terminal(stream: Any) -> None:
    """At most ten times a second; then it goes away."""
    now = 0.0
    progress = Progress("converting", stream, lambda: now)
    for step in range(200):
        now = step / 100
        progress(step / 200)
    progress.clear()
    now = 9.0
    progress(1.0)  # too late to be shown
    shown = stream.getvalue().split("\r")
    assert len(shown) == (13 if stream.isatty() else 1)
    assert "50%" in stream.getvalue() or not stream.isatty()
    assert shown[-1] == ""

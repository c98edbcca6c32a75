"""A recording process that is killed leaves everything up to its last flush."""

from __future__ import annotations

import subprocess
import sys
from itertools import count
from pathlib import Path

import rxrealtime
from rxrealtime import Frame, open_recording

FRAMES = 100_000
CODE = f"""
import sys
from rxrealtime.frames import Frame
from rxrealtime.recording import RecordingWriter
writer = RecordingWriter(sys.argv[1], limit_bytes=1 << 30)
for n in range({FRAMES}):
    writer.write(Frame("received", b'{{"type":"response.output_audio.delta","n":%d}}' % n, n / 1000))
    if n == {FRAMES // 2}:
        while writer.written < 1000:
            pass
        print(writer.written, flush=True)
        sys.stdin.read()
"""


def test_what_was_flushed_before_a_sigkill_is_readable(tmp_path: Path) -> None:
    """In the middle of 100,000 frames: none of them is missing or damaged, and the end is said to be missing."""
    command = [sys.executable, "-c", CODE, str(tmp_path / "talk.jsonl.zst")]
    cwd = Path(rxrealtime.__file__).parent.parent
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=cwd, **pipes) as process:  # type: ignore[call-overload]  # noqa: S603 (ours)
        assert process.stdout is not None
        flushed = int(process.stdout.readline())
        process.kill()
    found = open_recording(tmp_path / "talk.unsealed.jsonl")
    frames = list(found.frames())
    assert FRAMES > len(frames) >= flushed - 1 >= 999  # the header counts as one that was written
    assert all(
        frame == Frame("received", b'{"type":"response.output_audio.delta","n":%d}' % n, n / 1000)
        for n, frame in zip(count(), frames)
    )
    assert not found.complete
    middle = frames[len(frames) // 2]
    assert next(found.since(middle.at)) == middle

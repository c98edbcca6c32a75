"""What a recording costs the event loop: CPU time of its thread a frame, with and without one, in rounds.

    python benchmarks/recording.py [frames]     # default 5000, in each of 9 rounds

The process is held on one core: elsewhere the two threads change places between cores, which often are two halves of
one, and what that costs differs tenfold from run to run. The writing thread's CPU is in the last figure: it is not the
loop's, but shares the interpreter with it.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from processes import available_cores, pin

from rxrealtime import MemoryTransport, Session, open_recording, record

FRAME = b'{"type":"response.output_audio.delta","event_id":"e","delta":"%s"}' % (b"AbCd" * 250)
BATCH = 100
ROUNDS = 9


async def _run(frames: int, path: Path | None) -> tuple[float, float]:
    """Give the microseconds of CPU a frame, of the loop's thread and of all threads."""
    transport = MemoryTransport()
    session = Session(transport)
    recording = record(session, path) if path else None
    async with session:
        own, whole = time.thread_time(), time.process_time()
        for _ in range(frames // BATCH):
            for _ in range(BATCH):
                transport.peer.send(FRAME)
            await transport.peer.flush()
        own, whole = time.thread_time() - own, time.process_time() - whole
    if recording:
        await recording.close()
        kept = sum(1 for _ in open_recording(recording.path).frames())
        if recording.lost or kept != frames:
            raise RuntimeError(f"{recording.lost} frames were lost, {kept} kept of {frames}")
    return own / frames * 1e6, whole / frames * 1e6


def main() -> None:
    """Measure, without and with a recording in turns."""
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    pin(os.getpid(), available_cores()[:1])
    with tempfile.TemporaryDirectory() as folder:
        added = [_round(frames, Path(folder) / "talk.jsonl") for _ in range(ROUNDS)]
    print(f"added to the loop: {statistics.median(added):+.1f} us a frame ({min(added):+.1f} to {max(added):+.1f})")


def _round(frames: int, path: Path) -> float:
    """Measure without a recording and with one, and give the difference for the loop's thread."""
    without, _ = asyncio.run(_run(frames, None))
    own, whole = asyncio.run(_run(frames, path))
    print(f"loop: {without:.1f} us a frame, recording {own:.1f} us: {own - without:+.1f}; all: {whole:.1f}")
    return own - without


if __name__ == "__main__":
    main()

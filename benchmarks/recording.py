"""What a recording costs the event loop: CPU time of its thread a frame, with and without one.

    python benchmarks/recording.py [frames]

The writing thread's CPU is shown beside it: it is not the loop's, but shares the interpreter with it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from rxrealtime import MemoryTransport, Session, open_recording, record

FRAME = b'{"type":"response.output_audio.delta","event_id":"e","delta":"%s"}' % (b"AbCd" * 250)
BATCH = 100


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
        print(f"lost: {recording.lost}, kept: {sum(1 for _ in open_recording(recording.path).frames())}")
    return own / frames * 1e6, whole / frames * 1e6


def main() -> None:
    """Measure, without and with a recording in turns."""
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(3):
            without, _ = asyncio.run(_run(frames, None))
            own, whole = asyncio.run(_run(frames, Path(folder) / "talk.jsonl"))
            print(f"loop: {without:.1f} us a frame, recording {own:.1f} us: {own - without:+.1f}; all: {whole:.1f}")


if __name__ == "__main__":
    main()

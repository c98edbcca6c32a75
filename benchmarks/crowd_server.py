"""The embedded server in a process of its own, for `crowd.py`.

Run as `python benchmarks/crowd_server.py CHUNK`: it prints its url, answers every line of its standard input with the
seconds that it has used the CPU and has waited for it, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.scenarios import Rule, Scenario

__all__ = ["ANSWER", "main"]

ANSWER = "The weather in Oslo is fine and it will stay fine."
"""What every conversation is answered: 50 bytes, 2 s of speech."""


def main(chunk: float) -> None:
    """Serve until standard input ends.

    Args:
        chunk: The seconds of audio in one delta.
    """
    asyncio.run(serve(Scenario(rules=(Rule("*", say=ANSWER),), pace=1.0, chunk=chunk)))


async def serve(scenario: Scenario) -> None:
    """Serve the scenario on an ephemeral port of 127.0.0.1, and tell the CPU time when asked."""
    async with LoopbackServer(scenario) as server:
        print(server.url, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(time.process_time(), waited_seconds(), flush=True)


def waited_seconds() -> float:
    """Read how long this thread was ready while something else had the core; 0 where the system does not tell.

    Source: Documentation/scheduler/sched-stats.rst of Linux: nanoseconds on the CPU, then on a run queue.
    """
    statistics = Path("/proc/self/schedstat")
    return int(statistics.read_text(encoding="ascii").split()[1]) / 1e9 if statistics.exists() else 0.0


if __name__ == "__main__":
    main(float(sys.argv[1]))

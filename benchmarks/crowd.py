"""How many spoken conversations the embedded server holds in real time on one core.

Run as `python benchmarks/crowd.py [--crowds 1,200] [--seconds 6] [--chunk 0.2]`; see README.md beside it for what is
measured and what is not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.metadata
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from crowd_server import ANSWER
from machine import machine_line
from processes import FOLDER, available_cores, pin
from websockets.asyncio.client import ClientConnection, connect

__all__ = ["main"]

LATE_SECONDS = 0.1
"""An audio delta that comes this much after it is due makes its conversation fall behind."""

MAX_CROWD, MAX_SECONDS = 1_000, 60.0
GRACE_SECONDS = 30.0
"""How long connecting, and what is still to come at the end, may take: a server that is overrun must not hang this."""

BYTES_A_SECOND = 48_000
ANSWER_SECONDS = len(ANSWER) * 0.04
OPENING = (
    {
        "type": "session.update",
        "session": {"type": "realtime", "output_modalities": ["audio"], "audio": {"input": {"turn_detection": None}}},
    },
    {
        "type": "conversation.item.create",
        "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "the weather"}]},
    },
)
HEADER = (
    "conversations   audio deltas  late p50      p95      p99      max   core used   core taken   clients   kept up"
)
ASKING = json.dumps({"type": "response.create"})


@dataclass
class Crowd:
    """What a number of conversations saw.

    Args:
        lateness: Of every audio delta, in seconds after it was due.
        behind: The numbers of the conversations of which a delta was too late.
        answers: How many responses were heard to their end.
        wall_seconds: From the first question to the end of the last answer.
        server_cpu_seconds: What the server's process used meanwhile.
        server_waited_seconds: How long it was ready meanwhile while something else had its core.
        client_cpu_seconds: What this process used meanwhile.
    """

    size: int
    lateness: list[float] = field(default_factory=list)
    behind: set[int] = field(default_factory=set)
    answers: int = 0
    wall_seconds: float = 0.0
    server_cpu_seconds: float = 0.0
    server_waited_seconds: float = 0.0
    client_cpu_seconds: float = 0.0

    def heard(self, number: int, late: float) -> None:
        """Note one audio delta of a conversation."""
        self.lateness.append(late)
        if late > LATE_SECONDS:
            self.behind.add(number)


def main(arguments: Sequence[str] | None = None) -> int:
    """Hold the conversations, one crowd after the other, and print a table.

    Args:
        arguments: The command line without the program's name; that of the process by default.

    Returns:
        The exit code: 1 if a crowd failed; one that falls behind is printed, not punished.
    """
    options = parsed(arguments)
    print(machine_line({"websockets": importlib.metadata.version("websockets")}))
    pinned = "" if len(available_cores()) > 1 else " (not pinned: one core, or a system that cannot)"
    print(f"spoken answers of {ANSWER_SECONDS:g} s in deltas of {options.chunk:g} s; the server has one core{pinned}\n")
    print(HEADER)
    pin(os.getpid(), available_cores()[:-1])
    failed = False
    for size in options.crowds:
        try:
            with server(options.chunk) as process:
                print(row(asyncio.run(hold(process, size, options.seconds))), flush=True)
        except* (OSError, TimeoutError, RuntimeError) as errors:
            failed = True
            print(f"{size:>13}   failed: {errors.exceptions[0]!r}")
    return 1 if failed else 0


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Hold many spoken conversations with the embedded server at once.")
    parser.add_argument("--crowds", type=crowds, default=(1, 200), metavar="1,200", help="conversations at once")
    parser.add_argument("--seconds", type=seconds, default=6.0, help="how long questions are asked (default 6)")
    parser.add_argument("--chunk", type=seconds, default=0.2, help="seconds of audio in a delta (default 0.2)")
    return parser.parse_args(arguments)


def crowds(text: str) -> tuple[int, ...]:
    """Read sizes of crowds, each from 1 to `MAX_CROWD`."""
    sizes = tuple(int(part) for part in text.split(","))
    if not all(1 <= size <= MAX_CROWD for size in sizes):
        raise argparse.ArgumentTypeError(f"each from 1 to {MAX_CROWD}")
    return sizes


def seconds(text: str) -> float:
    """Read a time of more than nothing."""
    number = float(text)
    if not 0 < number <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most {MAX_SECONDS:g}")
    return number


@contextlib.contextmanager
def server(chunk: float) -> Iterator[subprocess.Popen[str]]:
    """Run the server on the last core for the time of a `with` block; closing its standard input ends it."""
    command = [sys.executable, str(FOLDER / "crowd_server.py"), str(chunk)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        pin(process.pid, available_cores()[-1:])
        yield process


def told(process: subprocess.Popen[str]) -> str:
    """Read a line of the server."""
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError("the server has ended")
    return line.strip()


def cpu_of(process: subprocess.Popen[str]) -> tuple[float, float]:
    """Ask the server how long it has used the CPU, and waited for it."""
    if process.stdin:
        process.stdin.write("\n")
        process.stdin.flush()
    used, waited = map(float, told(process).split())
    return used, waited


async def hold(process: subprocess.Popen[str], size: int, asking_seconds: float) -> Crowd:
    """Connect everybody, then let all of them ask and listen."""
    crowd = Crowd(size)
    url = told(process)
    async with contextlib.AsyncExitStack() as stack:
        async with asyncio.timeout(GRACE_SECONDS):
            sockets = [await stack.enter_async_context(opened(url)) for _ in range(size)]
        used, waited = await asyncio.to_thread(cpu_of, process)
        own_cpu, began = time.process_time(), time.perf_counter()
        async with asyncio.timeout(asking_seconds + GRACE_SECONDS), asyncio.TaskGroup() as group:
            for number, socket in enumerate(sockets):
                group.create_task(converse(crowd, number, socket, asking_seconds))
        crowd.wall_seconds = time.perf_counter() - began
        crowd.client_cpu_seconds = time.process_time() - own_cpu
        used_then, waited_then = await asyncio.to_thread(cpu_of, process)
        crowd.server_cpu_seconds, crowd.server_waited_seconds = used_then - used, waited_then - waited
    return crowd


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[ClientConnection]:
    """Connect and say what the answers are to be about; all of it is answered before the clock runs."""
    async with connect(url, max_size=None, compression=None, proxy=None) as socket:
        for message in OPENING:
            await socket.send(json.dumps(message))
        while json.loads(await socket.recv())["type"] != "conversation.item.done":
            continue
        yield socket


async def converse(crowd: Crowd, number: int, socket: ClientConnection, asking_seconds: float) -> None:
    """Ask, hear the answer, ask again. The first questions are spread over the length of an answer."""
    end = time.perf_counter() + asking_seconds
    await asyncio.sleep(ANSWER_SECONDS * number / crowd.size)
    while time.perf_counter() < end:
        asked = time.perf_counter()
        await socket.send(ASKING)
        played = await listen(crowd, number, socket, asked)
        if not math.isclose(played, ANSWER_SECONDS):
            raise RuntimeError(f"{played:g} of {ANSWER_SECONDS:g} s of audio arrived")
        crowd.answers += 1


async def listen(crowd: Crowd, number: int, socket: ClientConnection, asked: float) -> float:
    """Hear one answer and return how many seconds it has; a delta is due when all audio before it has been played."""
    played = 0.0
    async for frame in socket:
        event: dict[str, Any] = json.loads(frame)
        if event["type"] == "response.output_audio.delta":
            crowd.heard(number, time.perf_counter() - asked - played)
            played += audio_bytes(event["delta"]) / BYTES_A_SECOND
        elif event["type"] == "rate_limits.updated":
            break
    return played


def audio_bytes(text: str) -> int:
    """Count the bytes that a base64 text stands for, without decoding it."""
    return len(text) // 4 * 3 - text.count("=", -2)


def row(crowd: Crowd) -> str:
    """Set one line of the table."""
    late = sorted(crowd.lateness)
    ranks = (late[min(int(len(late) * share), len(late) - 1)] * 1e3 for share in (0.5, 0.95, 0.99, 1.0))
    times = "".join(f"{milliseconds:>6.1f} ms" for milliseconds in ranks)
    used, waited, clients = (
        f"{share / crowd.wall_seconds:.0%}"
        for share in (crowd.server_cpu_seconds, crowd.server_waited_seconds, crowd.client_cpu_seconds)
    )
    verdict = "yes" if not crowd.behind else f"NO: {len(crowd.behind)} fell behind"
    return f"{crowd.size:>13}   {len(late):>12} {times}   {used:>9}   {waited:>10}   {clients:>7}   {verdict}"


if __name__ == "__main__":
    sys.exit(main())

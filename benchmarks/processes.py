"""Processes of the benchmark: a server on a core of its own, every contestant's run in a fresh one beside it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["available_cores", "run_contestant", "server_url"]

FOLDER = Path(__file__).parent
RUN_TIMEOUT_SECONDS = 600.0
QUIET_ENVIRONMENT = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "OPENAI_AGENTS_DISABLE_TRACING": "1"}


def available_cores() -> list[int]:
    """List the cores that this process may use.

    Returns:
        Their numbers in order; an empty list where the system cannot pin processes.
    """
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


@contextlib.contextmanager
def server_url(frames: int) -> Iterator[str]:
    """Run the server on the last core for the time of a `with` block; closing its standard input ends it.

    Args:
        frames: How many deltas it sends to each client.

    Returns:
        A context manager that gives the server's address.
    """
    command = [sys.executable, str(FOLDER / "server.py"), str(frames)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        pin(server.pid, available_cores()[-1:])
        port = int(server.stdout.readline() if server.stdout else "")
        yield f"ws://127.0.0.1:{port}/v1/realtime?model=m"


def run_contestant(letter: str, url: str, frames: int) -> dict[str, Any]:
    """Run a contestant once in a fresh process, on the cores that the server does not use.

    Args:
        letter: The contestant's letter.
        url: The server's address.
        frames: How many deltas the server sends.

    Returns:
        Its report: a measurement, `{"missing": [...]}`, or `{"failed": last line of its errors}`.
    """
    command = [sys.executable, str(FOLDER / "contestant.py"), letter, url, str(frames)]
    environment = {**os.environ, **QUIET_ENVIRONMENT}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as contestant:
        pin(contestant.pid, available_cores()[:-1])
        try:
            output, errors = contestant.communicate(timeout=RUN_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            contestant.kill()
            return {"failed": f"no end after {RUN_TIMEOUT_SECONDS:.0f} s"}
    if contestant.returncode:
        return {"failed": (errors.strip().splitlines() or [f"exit code {contestant.returncode}"])[-1]}
    report: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return report


def pin(pid: int, cores: list[int]) -> None:
    """Keep a process on the given cores; does nothing without any (one core, or a system that cannot)."""
    if cores and sys.platform == "linux":
        os.sched_setaffinity(pid, cores)

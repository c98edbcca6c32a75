"""How long imports take: each in fresh processes, interleaved, warm.

Run as `python benchmarks/imports.py [--runs 11]`.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Sequence, Set
from dataclasses import dataclass

from machine import machine_line
from report import Spread

__all__ = ["main"]

TARGET = 0.5
"""`import rxrealtime` is to take at most this share of `import openai`. An import that only puts its work off must not
pass for a fast one: the same is printed for the names that a program begins with."""

PROBE = """
import importlib.util, json, sys, time
if importlib.util.find_spec(sys.argv[1]) is None:
    print(json.dumps(None))
else:
    cpu, wall = time.process_time(), time.perf_counter()
    exec(sys.argv[2])
    print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement to time, and the package it needs."""

    statement: str
    package: str
    distribution: str


OURS = Candidate("import rxrealtime", "rxrealtime", "rxrealtime")
THEIRS = Candidate("import openai", "openai", "openai")
OURS_IN_USE = Candidate("from rxrealtime import Session, WebSocketTransport, ops", "rxrealtime", "rxrealtime")
CANDIDATES = (
    OURS,
    OURS_IN_USE,
    THEIRS,
    Candidate("from openai.types import realtime", "openai", "openai"),
    Candidate("import agents.realtime", "agents", "openai-agents"),
)


@dataclass(frozen=True, slots=True)
class Timing:
    """One import: seconds by the clock and seconds of CPU."""

    wall_seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a candidate has no time."""

    reason: str
    failed: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Time every import in turn, again and again, and print the medians.

    Args:
        arguments: The command line without the program's name; that of the process by default.

    Returns:
        The exit code: 1 if an import failed; a target that is missed is printed, not punished.
    """
    parser = argparse.ArgumentParser(description="Time imports in fresh processes.")
    parser.add_argument("--runs", type=int, default=11, help="runs of each after one warm-up (default 11, least 7)")
    runs = max(7, parser.parse_args(arguments).runs)
    warm = {candidate: time_import(candidate) for candidate in CANDIDATES}
    absent = {candidate: result for candidate, result in warm.items() if isinstance(result, Absence)}
    print("\n".join(printed(timings(warm.keys() - absent.keys(), runs), absent, runs)))
    return 1 if any(absence.failed for absence in absent.values()) else 0


def timings(present: Set[Candidate], runs: int) -> dict[Candidate, list[Timing]]:
    """Time the candidates one after the other, `runs` times over."""
    found: dict[Candidate, list[Timing]] = {candidate: [] for candidate in CANDIDATES if candidate in present}
    for _ in range(runs):
        for candidate, own in found.items():
            result = time_import(candidate)
            if isinstance(result, Timing):
                own.append(result)
    return found


def time_import(candidate: Candidate) -> Timing | Absence:
    """Import once in a fresh process that may write its bytecode.

    Args:
        candidate: What to import.

    Returns:
        The time it took, or why there is none.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-P", "-c", PROBE, candidate.package, candidate.statement]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        return Absence(f"failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}", failed=True)
    seconds = json.loads(done.stdout)
    return Absence("not installed", failed=False) if seconds is None else Timing(*seconds)


def printed(found: dict[Candidate, list[Timing]], absent: dict[Candidate, Absence], runs: int) -> list[str]:
    """Compose what is shown: a line a candidate, then the ratio."""
    return [
        machine_line({candidate.distribution: version(candidate.distribution) for candidate in found}),
        f"{runs} interleaved fresh processes after one warm-up: median (least-greatest)",
        "",
        f"{'statement':<57} {'milliseconds':<24} CPU milliseconds",
        *(f"{candidate.statement:<57} {figures(found[candidate])}" for candidate in found),
        *(f"{candidate.statement:<57} {absence.reason}" for candidate, absence in absent.items()),
        "",
        ratio_line(found, OURS),
        ratio_line(found, OURS_IN_USE),
    ]


def figures(own: Sequence[Timing]) -> str:
    """Summarise one candidate's times."""
    wall = Spread.of(timing.wall_seconds * 1e3 for timing in own)
    cpu = Spread.of(timing.cpu_seconds * 1e3 for timing in own)
    return f"{wall!s:<24} {cpu}"


def ratio_line(found: dict[Candidate, list[Timing]], ours: Candidate) -> str:
    """Say whether the target is reached, by the clock, round by round; never if a part of ours cannot be imported."""
    name = f"({ours.statement}) / ({THEIRS.statement})"
    if not found.keys() >= {OURS, OURS_IN_USE, THEIRS}:
        return f"{name}  not measured (target at most {TARGET:g})"
    pairs = zip(found[ours], found[THEIRS], strict=True)
    ratio = Spread.of(own.wall_seconds / other.wall_seconds for own, other in pairs)
    verdict = "reached" if ratio.middle <= TARGET else "MISSED"
    return f"{name}  {ratio}  target at most {TARGET:g}  {verdict}"


def version(distribution: str) -> str:
    """Name a package's version; a checkout on the path has none."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "(not installed as a package)"


if __name__ == "__main__":
    sys.exit(main())

"""The side-by-side run: one stream of 20,000 frames, received in six ways, in interleaved rounds.

Run as `python benchmarks/stream.py [--frames 20000] [--rounds 5] [--json FILE] [--only a,b,e]`; see README.md beside
it for what is measured and what is not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from contestants import CONTESTANTS, SIX
from machine import machine_line
from processes import run_contestant, server_url
from report import TARGETS, Run, outcome_line, ratio, table

__all__ = ["main"]


@dataclass
class Findings:
    """What the rounds gave so far."""

    runs: list[Run] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    versions: dict[str, str] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rounds and print the table.

    Args:
        arguments: The command line without the program's name; that of the process by default.

    Returns:
        The exit code: 1 if a contestant failed; a target that is missed is printed, not punished.
    """
    options = parsed(arguments)
    findings = Findings()
    with server_url(options.frames) as url:
        for number, letter in schedule(options.only, options.rounds):
            if letter not in findings.absent:
                take(findings, letter, number, run_contestant(letter, url, options.frames), options.frames)
    lines = printed(findings, options.frames, options.rounds)
    print("\n".join(lines))
    if options.json is not None:
        options.json.write_text(json.dumps(kept(findings, options.frames), indent=2) + "\n", encoding="utf-8")
    return 1 if findings.failed else 0


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Receive one realtime stream in six ways and compare the cost.")
    parser.add_argument("--frames", type=positive, default=20_000, help="deltas in the stream (default 20000)")
    parser.add_argument("--rounds", type=positive, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run to this file")
    parser.add_argument("--only", type=letters, default=SIX, metavar="a,b,e", help="some contestants")
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    """Read a count of at least one."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def letters(text: str) -> tuple[str, ...]:
    """Read contestants' letters."""
    chosen = tuple(part.strip() for part in text.split(","))
    unknown = [letter for letter in chosen if letter not in CONTESTANTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown {', '.join(unknown)}; there are {', '.join(CONTESTANTS)}")
    return chosen


def schedule(chosen: Sequence[str], rounds: int) -> Iterator[tuple[int, str]]:
    """Interleave: every contestant once, then every contestant again, so that a slow spell of the machine hits all."""
    return ((number, letter) for number in range(rounds) for letter in chosen)


def take(findings: Findings, letter: str, number: int, report: dict[str, Any], frames: int) -> None:
    """Keep one contestant's report; one that is missing or failed is not run again."""
    if "missing" in report:
        findings.absent[letter] = f"not installed: {', '.join(report['missing'])}"
        return
    if "failed" in report:
        findings.absent[letter] = f"failed: {report['failed']}"
        findings.failed.add(letter)
        return
    cpu = report["cpu_seconds"] / frames * 1e6
    run = Run(letter, number, cpu, frames / report["wall_seconds"], report["peak_rss_bytes"])
    findings.runs.append(run)
    findings.versions.update(report["versions"])
    print(f"round {number + 1} {letter}: {cpu:.1f} us an event", file=sys.stderr)


def printed(findings: Findings, frames: int, rounds: int) -> list[str]:
    """Compose what is shown at the end."""
    return [
        machine_line(findings.versions),
        f"{frames:,} frames, {rounds} interleaved rounds: median (least-greatest)",
        "",
        *table(findings.runs, findings.absent),
        "",
        "ratios of CPU time, round by round:",
        *(outcome_line(findings.runs, target) for target in TARGETS),
    ]


def kept(findings: Findings, frames: int) -> dict[str, Any]:
    """Compose what `--json` writes: every run, the ratios, the machine."""
    ratios = {f"{target.over}/{target.under}": ratio(findings.runs, target) for target in TARGETS}
    return {
        "machine": machine_line(findings.versions),
        "frames": frames,
        "runs": [asdict(run) for run in findings.runs],
        "absent": findings.absent,
        "ratios": {name: asdict(spread) for name, spread in ratios.items() if spread is not None},
    }


if __name__ == "__main__":
    sys.exit(main())

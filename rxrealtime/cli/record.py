"""Recording on the command line: a proxy in front of a server, which records what its clients see."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import click

from rxrealtime.cli.convert import check_absent
from rxrealtime.cli.printable import one_line
from rxrealtime.cli.progress import progressing
from rxrealtime.cli.serve import stop_on_signals
from rxrealtime.recording.read import open_recording
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.testing.plans import FaultPlan
from rxrealtime.testing.proxy import FaultProxy
from rxrealtime.testing.specs import parse_fault
from rxrealtime.testing.tapes import numbered

__all__ = ["RecordWanted", "run_record"]


@dataclass(frozen=True, slots=True)
class RecordWanted:
    """What to record, and how.

    Args:
        out: Where the first connection goes; the others are numbered.
        upstream: The server; the embedded one if None.
        address: Where to listen, and the port.
        token: What clients must know.
        redact: What to take out.
        faults: What goes wrong on the way, in words; see `parse_fault`.
        seed: The same seed gives the same faults.
        as_json: Whether to print JSON objects.
    """

    out: Path
    upstream: str | None
    address: tuple[str, int]
    token: str | None = None
    redact: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    seed: int = 0
    as_json: bool = False


async def run_record(wanted: RecordWanted, *, force: bool) -> None:
    """Record until SIGINT or SIGTERM, then say what was recorded.

    Args:
        wanted: What, and how.
        force: Whether files that are there may be written over.

    Raises:
        RealtimeError: A file is there already or cannot be written, or the proxy cannot be started.
    """
    check_absent(wanted.out, force)
    plan = FaultPlan(wanted.seed, *(parse_fault(spec) for spec in wanted.faults))
    stop = asyncio.Event()
    stop_on_signals(stop)
    before = {path: path.stat().st_mtime_ns for path in _files(wanted.out)}
    async with AsyncExitStack() as stack:
        upstream = wanted.upstream or (await stack.enter_async_context(LoopbackServer())).url
        host, port = wanted.address
        proxy = FaultProxy(
            upstream, plan, host=host, port=port, token=wanted.token, record=wanted.out, redact=wanted.redact
        )
        await stack.enter_async_context(proxy)
        _say({"type": "rxrealtime.serving", "url": proxy.url}, f"recording at {proxy.url}", wanted.as_json)
        await stop.wait()
        with progressing(f"writing {one_line(wanted.out.name)}") as progress:
            await proxy.close(progress)
    _sum_up([path for path in _files(wanted.out) if before.get(path) != path.stat().st_mtime_ns], wanted.as_json)


def _files(out: Path) -> Iterator[Path]:
    for number in count():
        path = numbered(out, number)
        if not path.exists():
            return
        yield path


def _sum_up(paths: list[Path], as_json: bool) -> None:
    if not paths and not as_json:
        click.echo("nothing was recorded: no client connected")
    for path in paths:
        recording = open_recording(path)
        with progressing(f"counting {one_line(path.name)}") as progress:
            frames = sum(1 for _ in recording.frames(progress))
        said = {"type": "rxrealtime.recorded", "path": str(path), "frames": frames, "complete": recording.complete}
        _say(said, f"recorded {frames} frames in {path}", as_json)


def _say(row: dict[str, object], line: str, as_json: bool) -> None:
    click.echo(json.dumps(row) if as_json else one_line(line))

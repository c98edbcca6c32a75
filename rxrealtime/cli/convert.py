"""Converting a recording on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rxrealtime.cli.printable import one_line
from rxrealtime.cli.progress import progressing
from rxrealtime.errors import ConfigurationError
from rxrealtime.recording.convert import convert
from rxrealtime.recording.read import open_recording

__all__ = ["check_absent", "run_convert"]


def check_absent(path: Path, force: bool) -> None:
    """See to it that no file is written over by mistake.

    Raises:
        ConfigurationError: There is one, and nobody said that it may be.
    """
    if path.exists() and not force:
        raise ConfigurationError(f"{path} is there already: --force writes over it")


def run_convert(source: Path, target: Path, *, force: bool, as_json: bool) -> None:
    """Convert a recording, and say what was done.

    Args:
        source: The recording.
        target: Where to; its ending says in which form.
        force: Whether a file that is there may be written over.
        as_json: Whether to say it as one JSON object.

    Raises:
        RealtimeError: As `convert`, or the target is there already.
    """
    check_absent(target, force)
    recording = open_recording(source)
    with progressing(f"converting {one_line(source.name)}") as progress:
        convert(recording, target, progress)
    size, complete = target.stat().st_size, recording.complete
    if as_json:
        said = {"type": "rxrealtime.converted", "source": str(source), "target": str(target), "bytes": size}
        click.echo(json.dumps({**said, "complete": complete}))
        return
    missing = "" if complete else "; the end of the recording is missing"
    click.echo(one_line(f"wrote {target}, {size} bytes{missing}"))

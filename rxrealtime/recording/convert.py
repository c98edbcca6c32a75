"""Recordings in other forms: plain, sealed, a table, or what browsers show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from rxrealtime.errors import ConfigurationError, RecordingError
from rxrealtime.recording.clean import clean_lines
from rxrealtime.recording.entries import FORMAT_VERSION, Header, Mark
from rxrealtime.recording.files import written_whole
from rxrealtime.recording.har import write_har
from rxrealtime.recording.lines import Line, line_of_frame, line_of_header, line_of_mark
from rxrealtime.recording.parquet import write_parquet
from rxrealtime.recording.read import Recording
from rxrealtime.recording.zstd import seal, zstd_module

__all__ = ["convert"]

Progress = Callable[[float], None]


def convert(recording: Recording, target: str | Path, progress: Progress = lambda done: None) -> None:
    """Write a recording in another form, which the end of the name says.

    ``.jsonl`` and ``.jsonl.zst`` lose nothing. ``.parquet`` is a table with a row a frame or mark: ``t``
    (microseconds), ``dir``, ``op`` ("text", "binary" or "mark"), ``raw`` (bytes) and ``type``. ``.har`` is lossy: marks
    are left out, and bytes that are no text become replacement characters. Credentials that a recording of the simple
    form holds are masked, in each form.

    Args:
        recording: What to convert. If it is cut off, so is the result.
        target: Where to; a file that is there is written over, whole or not at all.
        progress: Told how much is done, from 0 to 1.

    Raises:
        ConfigurationError: There is no such form, or a package is missing for it; the message names it.
        RecordingError: The recording is damaged, or the file cannot be written.
    """
    path = Path(target)
    write = _FORMS.get(path.suffix)
    if write is None:
        raise ConfigurationError(f"{path.name}: recordings can be converted to {', '.join(_FORMS)}")
    if path.exists() and path.samefile(recording.path):
        raise ConfigurationError(f"{path}: a recording cannot be converted into itself")
    try:
        write(recording, path, progress)
    except OSError as error:
        raise RecordingError(f"cannot write {path}: {error.strerror}") from error


def _plain(recording: Recording, path: Path, progress: Progress) -> None:
    with written_whole(path) as file:
        file.writelines(_rewritten(recording, progress))


def _sealed(recording: Recording, path: Path, progress: Progress) -> None:
    zstd_module()
    with written_whole(path) as file:
        seal(_rewritten(recording, progress), file)


def _rewritten(recording: Recording, progress: Progress) -> Iterator[bytes]:
    """Give the lines in the present form."""
    lines = clean_lines(recording, progress)
    at = 0.0
    yield line_of_header(_present(recording.header))
    for line in lines:
        if not isinstance(line.content, Header):
            at = line.content.at
            yield _line(line)
    if recording.header.version == 0 and recording.complete:
        yield line_of_mark(Mark("end", at, "how it ended was not recorded"))


def _present(header: Header) -> Header:
    return Header(FORMAT_VERSION, header.origin, header.started, header.clock, header.redacted)


def _line(line: Line) -> bytes:
    content = line.content
    if isinstance(content, Mark):
        return line_of_mark(content)
    if isinstance(content, Header):
        return line_of_header(content)
    return line_of_frame(content, line.op == "binary")


_FORMS: Final[dict[str, Callable[[Recording, Path, Progress], None]]] = {
    ".jsonl": _plain,
    ".zst": _sealed,
    ".parquet": write_parquet,
    ".har": write_har,
}

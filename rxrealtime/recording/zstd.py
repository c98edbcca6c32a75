"""Sealed recordings: independent zstd frames of whole lines, and a table of where each begins.

The table is that of the seekable format (facebook/zstd, contrib/seekable_format, 0.1.1): a skippable frame at the end,
so that ``zstd -d`` and every other decoder still give the lines.
"""

from __future__ import annotations

import importlib
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any, BinaryIO, Final, NamedTuple

from rxrealtime.errors import ConfigurationError, RecordingError

__all__ = ["Block", "block_table", "blocks_of", "decompressed", "seal", "unsealed", "zstd_module"]

_SKIPPABLE: Final = 0x184D2A5E
_SEEKABLE: Final = 0x8F92EAB1
_BLOCK_BYTES: Final = 1 << 20
_HEAD: Final = struct.Struct("<II")
_ENTRY: Final = struct.Struct("<II")
_FOOTER: Final = struct.Struct("<IBI")


class Block(NamedTuple):
    """One zstd frame of a sealed recording.

    Args:
        offset: Where it begins in the file, in bytes.
        size_bytes: How long it is there.
        line_bytes: How long its lines are.
    """

    offset: int
    size_bytes: int
    line_bytes: int


def zstd_module() -> Any:
    """Give Python's zstd: ``compression.zstd`` of 3.14, or the same from the package ``backports.zstd``.

    Raises:
        ConfigurationError: There is none; the message says what to install.
    """
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ConfigurationError(
            f"recordings that end in .zst need {name}: pip install 'rxrealtime[recording]', or record to .jsonl"
        ) from None


def seal(lines: Iterable[bytes], target: BinaryIO, progress: Callable[[int], None] = lambda done: None) -> None:
    """Compress lines into independent frames with a table at the end.

    Args:
        lines: The lines, each with its end.
        target: Where the frames go.
        progress: Told after each frame how many bytes of lines are done.

    Raises:
        ConfigurationError: There is no zstd.
        OSError: The frames cannot be written.
    """
    compress = zstd_module().compress
    table: list[tuple[int, int]] = []
    done = 0
    for gathered in _gathered(lines):
        block = compress(gathered)
        target.write(block)
        table.append((len(block), len(gathered)))
        done += len(gathered)
        progress(done)
    target.write(_written_table(table))


def block_table(file: BinaryIO) -> list[Block]:
    """Read the table of a sealed recording.

    Args:
        file: The file; where it is read from next is undefined afterwards.

    Returns:
        The frames in order; empty if the file has no table, which other programs do not write.
    """
    size = file.seek(0, 2)
    if size < _FOOTER.size:
        return []
    file.seek(size - _FOOTER.size)
    count, flags, magic = _FOOTER.unpack(file.read(_FOOTER.size))
    length = count * _ENTRY.size + _FOOTER.size
    if magic != _SEEKABLE or flags or size < length + _HEAD.size:
        return []
    file.seek(size - length - _HEAD.size)
    if file.read(_HEAD.size) != _HEAD.pack(_SKIPPABLE, length):
        return []
    return list(_blocks(_ENTRY.iter_unpack(file.read(count * _ENTRY.size))))


def blocks_of(file: BinaryIO, table: list[Block], first: int = 0) -> Iterator[bytes]:
    """Give the lines, from a frame on.

    Args:
        file: The file.
        table: Its table.
        first: The number of the frame to begin with, from 0.

    Raises:
        RecordingError: A frame is damaged.
    """
    for block in table[first:]:
        yield from BytesIO(decompressed(file, block))


def decompressed(file: BinaryIO, block: Block) -> bytes:
    """Decompress one frame.

    Raises:
        RecordingError: It is damaged.
    """
    zstd = zstd_module()
    file.seek(block.offset)
    try:
        lines: bytes = zstd.decompress(file.read(block.size_bytes))
    except zstd.ZstdError as error:
        raise RecordingError(f"the zstd frame at byte {block.offset} is damaged: {error}") from None
    return lines


def unsealed(file: BinaryIO) -> Iterator[bytes]:
    """Give the lines of a file without a table, from its beginning.

    Raises:
        RecordingError: It is not zstd, or damaged.
    """
    zstd = zstd_module()
    file.seek(0)
    try:
        with zstd.open(file, "rb") as lines:
            yield from lines
    except (zstd.ZstdError, EOFError) as error:
        raise RecordingError(f"the recording is not zstd, or damaged: {error}") from None


def _gathered(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Give as many lines at a time as make a block."""
    gathered = bytearray()
    for line in lines:
        gathered += line
        if len(gathered) >= _BLOCK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _written_table(table: list[tuple[int, int]]) -> bytes:
    entries = b"".join(_ENTRY.pack(*sizes) for sizes in table)
    footer = _FOOTER.pack(len(table), 0, _SEEKABLE)
    return _HEAD.pack(_SKIPPABLE, len(entries) + len(footer)) + entries + footer


def _blocks(sizes: Iterator[tuple[Any, ...]]) -> Iterator[Block]:
    offset = 0
    for size_bytes, line_bytes in sizes:
        yield Block(offset, size_bytes, line_bytes)
        offset += size_bytes

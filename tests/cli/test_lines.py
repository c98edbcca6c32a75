"""Lines are read from pipes and files, when asked for, without threads."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from rxrealtime.cli.lines import lines_of
from tests.leaks import run_clean


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe: where to read and where to write."""
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)


async def _all(descriptor: int) -> list[str]:
    return [line async for line in lines_of(descriptor)]


def test_a_pipe_gives_its_lines_and_ends(pipe: tuple[int, int]) -> None:
    """Line ends of both kinds are removed, the last line needs none, what is no UTF-8 is replaced."""
    os.write(pipe[1], b"one\r\n\ntw\xffo\nthree")
    os.close(pipe[1])
    assert run_clean(lambda: _all(pipe[0])) == ["one", "", "tw\ufffdo", "three"]


def test_a_file_gives_its_lines(tmp_path: Path) -> None:
    """A file, which no event loop can wait for, is read as well."""
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntwo\n")
    with path.open("rb") as file:
        assert run_clean(lambda: _all(file.fileno())) == ["one", "two"]


def test_a_line_may_come_in_pieces_and_the_loop_runs_meanwhile(pipe: tuple[int, int]) -> None:
    """Waiting for the rest of a line holds nothing up and starts no thread."""

    async def main() -> list[str]:
        reading = asyncio.create_task(_all(pipe[0]))
        for piece in (b"o", b"ne\nt", b"wo\n"):
            os.write(pipe[1], piece)
            for _ in range(5):
                await asyncio.sleep(0)
        assert threading.active_count() == before
        os.close(pipe[1])
        return await reading

    before = threading.active_count()
    assert run_clean(main) == ["one", "two"]


def test_waiting_can_be_given_up(pipe: tuple[int, int]) -> None:
    """A cancelled wait leaves nothing with the loop, and what is typed later is not lost."""

    async def main() -> str:
        waiting = asyncio.ensure_future(anext(lines_of(pipe[0])))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        os.write(pipe[1], b"later\n")
        async with aclosing(lines_of(pipe[0])) as lines:
            return await anext(lines)

    assert run_clean(main) == "later"
    os.close(pipe[1])

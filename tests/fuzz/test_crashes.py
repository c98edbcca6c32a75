"""Every input that the fuzzer ever stopped at stays fixed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.fuzz_decode import seed_corpus
from tests.fuzz.target import check

INPUTS = sorted(path for path in (Path(__file__).parent / "crashes").iterdir() if path.suffix != ".md")


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_a_crash_that_was_found_stays_fixed(path: Path) -> None:
    """The bytes that were kept, through the whole target."""
    check(path.read_bytes())


def test_the_seed_corpus_passes(tmp_path: Path) -> None:
    """Legal and broken frames of every kind: the fuzzer starts from something that holds."""
    assert seed_corpus(tmp_path) > 200
    for path in tmp_path.iterdir():
        check(path.read_bytes())

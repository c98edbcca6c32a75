"""Every recorded session folds to the conversation that a reader would write down."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from rxrealtime import decode, decode_client
from rxrealtime.events import FunctionCall, FunctionCallOutput
from rxrealtime.history import History, HistoryItem, fold
from tests.conftest import Recording

_EXPECTATIONS = Path(__file__).parents[1] / "expectations"
_NAMES = sorted(path.stem for path in _EXPECTATIONS.glob("*.txt"))


def traffic(recording: Recording) -> list[Any]:
    """What was received and what was sent, in order."""
    return [decode(data) if direction == "received" else decode_client(data) for direction, data in recording]


def written_down(entry: HistoryItem) -> str:
    """One item as the expectations have it."""
    item: Any = entry.item
    said = "(transcription failed)" if entry.untranscribed else entry.text
    if isinstance(item, FunctionCall):
        said = f"{item.name} {json.dumps(json.loads(item.arguments or ''))}"
    if isinstance(item, FunctionCallOutput):
        said = item.output or ""
    return f"{entry.role or item.type} [{entry.status or '-'}]: {said}\n"


@pytest.mark.parametrize("name", _NAMES)
def test_a_recorded_session_reads_as_it_was_held(name: str, recordings: Callable[[str], Recording]) -> None:
    """The history of a recorded session is the checked-in expectation, line by line, and nothing is left open."""
    history = reduce(fold, traffic(recordings(name)), History())

    assert "".join(map(written_down, history)) == (_EXPECTATIONS / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", _NAMES)
def test_a_recorded_session_folds_twice(name: str, recordings: Callable[[str], Recording]) -> None:
    """Folding each event twice, and then all of them again, gives the same history (H1)."""
    values = traffic(recordings(name))
    history = reduce(fold, values, History())

    assert reduce(fold, [value for value in values for _ in range(2)], History()) == history
    assert reduce(fold, values, history) == history


def test_there_is_an_expectation_for_every_recording(shared: Path) -> None:
    """None of the recordings is left out."""
    assert {path.stem for path in (shared / "recordings").glob("*.jsonl")} == set(_NAMES)


def test_a_spoken_session_is_readable_while_it_goes_on(recordings: Callable[[str], Recording]) -> None:
    """What both say grows word by word, in the order of the conversation, though the words interleave."""
    values = traffic(recordings("openai-audio-in-server-vad-turn"))
    history, seen = History(), ["", ""]
    for value in values:
        history = fold(history, value)
        if str(history) != seen[-1]:
            seen.append(str(history))

    assert "user: Hello, my\nassistant: Hello, Marcelo!..." in seen
    assert "user: Hello, my name is Marcelo.\nassistant: Hello, Marcelo! Great to meet you. How..." in seen
    assert [text.count("\n") for text in seen] == sorted(text.count("\n") for text in seen)

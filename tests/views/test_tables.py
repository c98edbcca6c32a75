"""Tables: rows without any extra, data frames with it."""

from __future__ import annotations

import sys

import pytest

from rxrealtime.errors import ConfigurationError
from rxrealtime.views import event_rows, latency_rows, response_rows, summarize, to_dataframe, turn_rows
from tests.views.story import MARKUP, STORY


def test_one_row_an_event() -> None:
    """Every entry is a row, in order, with its ids and without what was said."""
    rows = list(event_rows(STORY))
    assert [row["n"] for row in rows] == list(range(len(STORY)))
    assert [row["type"] for row in rows if row["failed"]] == ["exception"]
    assert {row["response_id"] for row in rows} == {"r1", "r2", None}
    assert MARKUP not in repr(rows)


def test_responses_turns_and_waits_are_tables() -> None:
    """One row each."""
    summary = summarize(STORY)
    assert [row["status"] for row in response_rows(summary)] == ["cancelled", "completed"]
    assert len(turn_rows(summary)) == len(summary.turns)
    assert {row["kind"] for row in latency_rows(summary)} == {wait.kind for wait in summary.waits}


def test_a_data_frame_has_the_rows() -> None:
    """With the extra, the same rows in columns."""
    pytest.importorskip("pyarrow", reason="needs the extra dataframe")
    pytest.importorskip("pandas", reason="needs pandas")
    frame = to_dataframe(STORY)
    assert list(frame["type"]) == [row["type"] for row in event_rows(STORY)]
    assert len(to_dataframe(turn_rows(summarize(STORY)))) == len(summarize(STORY).turns)


def test_a_data_frame_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it one sentence says what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"rxrealtime\[dataframe\]"):
        to_dataframe(STORY)

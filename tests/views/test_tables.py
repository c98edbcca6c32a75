"""Tables: rows without any extra, data frames with it."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
import reactivex
from reactivex.testing import ReactiveTest, TestScheduler

from rxrealtime import MemoryTransport, Session, decode
from rxrealtime.errors import ConfigurationError
from rxrealtime.events import InputAudioBufferClear
from rxrealtime.testing import virtual_run
from rxrealtime.views import event_rows, latency_rows, moments, response_rows, summarize, to_dataframe, turn_rows
from rxrealtime.views.tables import Rows
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


def _columns(frame: Any) -> dict[str, list[Any]]:
    """Give a data frame of either library as lists, None for what is missing."""
    if hasattr(frame, "to_dicts"):
        return {name: frame[name].to_list() for name in frame.columns}
    whole = frame.astype(object)
    return {name: list(whole[name].where(whole[name].notna(), None)) for name in frame.columns}


@pytest.fixture(params=["pandas", "polars"])
def library(request: pytest.FixtureRequest) -> Any:
    """A library that data frames can be of."""
    pytest.importorskip("pyarrow", reason="needs the extra dataframe")
    pytest.importorskip(request.param, reason=f"needs {request.param}")
    return request.param


def test_a_data_frame_has_the_rows(library: Any) -> None:
    """Value for value, of entries, of a recording's moments and of a list of them, and of every other table."""
    expected = list(event_rows(STORY))
    for source in (STORY, moments(STORY), list(moments(STORY)), expected):
        found = _columns(to_dataframe(source, library))
        assert found == {name: [row[name] for row in expected] for name in expected[0]}
    summary = summarize(STORY)
    for rows in (turn_rows(summary), latency_rows(summary), response_rows(summary)):
        found = _columns(to_dataframe(rows, library))
        assert {name: list(map(_plain, values)) for name, values in found.items()} == {
            name: [_plain(row[name]) for row in rows] for name in rows.columns
        }


def test_a_stream_gives_its_data_frame_at_its_end(library: Any) -> None:
    """Moments and entries keep their time; so does a recording that is a stream."""
    expected = _columns(to_dataframe(STORY, library))
    for values in (STORY, list(moments(STORY))):
        found: list[Any] = []
        to_dataframe(reactivex.from_iterable(values), library).subscribe(found.append)
        assert [_columns(one) for one in found] == [expected]


def test_events_of_a_stream_have_the_time_of_their_scheduler_and_a_failure_is_the_last_row(library: Any) -> None:
    """D1: nothing that came is lost because the stream failed."""
    scheduler = TestScheduler()
    created = decode(b'{"type":"session.created","event_id":"e1","session":{"type":"realtime"}}')
    source = scheduler.create_hot_observable(
        ReactiveTest.on_next(210, created),
        ReactiveTest.on_next(212.5, InputAudioBufferClear()),
        ReactiveTest.on_next(213, "a word"),
        ReactiveTest.on_error(214, ValueError("late")),
    )
    frames: list[Any] = []
    ends: list[str] = []
    scheduler.schedule_absolute(
        200,
        lambda *_: to_dataframe(source, library).subscribe(
            frames.append, on_completed=lambda: ends.append("completed"), scheduler=scheduler
        ),
    )
    scheduler.start()
    (found,) = map(_columns, frames)
    assert ends == ["completed"]
    assert found["t"] == [10.0, 12.5, 13.0, 14.0]
    assert found["direction"] == ["received", "sent", None, None]
    assert found["type"] == ["session.created", "input_audio_buffer.clear", "str", "ValueError"]
    assert found["failed"] == [False, False, False, True]
    assert found["event_id"] == ["e1", None, None, None]


def test_a_session_gives_its_data_frame_when_it_ends(library: Any) -> None:
    """Both directions; subscribed to before it is entered, as a stream is."""

    async def main() -> Any:
        transport = MemoryTransport()
        session = Session(transport)
        found: list[Any] = []
        to_dataframe(session, library).subscribe(found.append)
        async with session:
            transport.peer.send('{"type":"session.created","event_id":"e0","session":{"type":"realtime"}}')
            await session.send(InputAudioBufferClear())
            await asyncio.sleep(1.0)  # of virtual time
        return found

    (found,) = map(_columns, virtual_run(main))
    rows = set(zip(found["direction"], found["type"], strict=True))
    assert rows >= {("received", "session.created"), ("sent", "input_audio_buffer.clear")}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def test_a_table_without_rows_has_its_columns(library: Any) -> None:
    """So that a question to it has an empty answer and no error."""
    summary = summarize(())
    for source in ([], (), turn_rows(summary), latency_rows(summary), response_rows(summary)):
        frame = to_dataframe(source, library)
        assert len(frame) == 0
        assert {"type", "kind", "role", "tokens"} & set(frame.columns)


def test_whole_numbers_stay_whole_beside_what_is_missing(library: Any) -> None:
    """And a column in which nothing is known has the type of the others."""
    known, unknown = (Rows(("tokens", "status"), [{"tokens": one, "status": None}]) for one in (2**60, None))
    both = Rows(known.columns, [*known, *unknown])
    assert _columns(to_dataframe(both, library)) == {"tokens": [2**60, None], "status": [None, None]}
    types = [[str(one) for one in to_dataframe(rows, library).dtypes] for rows in (known, unknown, both)]
    assert types[0] == types[1] == types[2]


def test_rows_of_ones_own_need_not_be_alike(library: Any) -> None:
    """Columns are all that any row names, of the type that their values have."""
    rows = [{"type": 1}, {"type": None, "items": ["a", "b"]}, {"items": None, "n": "x"}]
    assert _columns(to_dataframe(rows, library)) == {
        "type": [1, None, None],
        "items": [None, ["a", "b"], None],
        "n": [None, None, "x"],
    }


def test_there_are_two_libraries() -> None:
    """Another one is refused by name."""
    with pytest.raises(ConfigurationError, match="'dask' is neither 'pandas' nor 'polars'"):
        to_dataframe(STORY, "dask")  # type: ignore[arg-type]


def test_a_data_frame_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it one sentence says what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"rxrealtime\[dataframe\]"):
        to_dataframe(STORY)

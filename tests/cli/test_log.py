"""The log shows every event, runs of deltas as one line for each type, failures in their places."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rxrealtime.cli.log import Log, logged
from rxrealtime.events import Error, ErrorDetail, InputAudioBufferAppend, UnknownEvent
from tests.cli import telling
from tests.cli.telling import received, sent


def _log(*moments: Any) -> Log:
    log = Log()
    for moment in moments:
        log = logged(log, moment)
    return log


def test_interleaved_deltas_are_one_line_for_each_type() -> None:
    """Audio and text deltas of one run are counted apart, with the time of the first of each."""
    log = _log(*(received(event, at) for at, event in enumerate([telling.audio(), telling.text()] * 3)))
    assert [(entry.at, entry.name, entry.count, entry.audio_bytes) for entry in log.entries] == [
        (0, "response.output_audio.delta", 3, 12),
        (1, "response.output_text.delta", 3, 0),
    ]
    assert log.received == 6


def test_a_failure_splits_a_run_at_its_place() -> None:
    """What came before a failure is above it, what came after is below."""
    log = _log(*map(received, (telling.text(), telling.failure(), telling.text(), telling.text())))
    assert [(entry.kind, entry.failure, entry.count) for entry in log.entries] == [
        ("received", "", 1),
        ("failed", "json", 1),
        ("received", "", 2),
    ]
    assert (log.received, log.failures) == (3, 1)
    assert log.entries[1].detail == "not JSON: cut off"


def test_sent_and_received_do_not_join() -> None:
    """An append of ours and a delta of the server are two lines, each counted on its side."""
    append = InputAudioBufferAppend(audio=b"1234")
    log = _log(sent(append), received(telling.audio()), sent(append))
    assert [(entry.kind, entry.count) for entry in log.entries] == [("sent", 2), ("received", 1)]
    assert (log.received, log.sent) == (1, 2)


def test_an_error_of_the_server_is_marked() -> None:
    """An error event is shown as one, with its message, but is no failure of a frame."""
    log = _log(received(Error(error=ErrorDetail(message="No\nway."))))
    assert [(entry.kind, entry.failure, entry.detail) for entry in log.entries] == [("failed", "server", "No way.")]
    assert log.failures == 0


def test_a_type_of_the_server_cannot_steer_the_terminal() -> None:
    """The type of an unknown event is shown without control characters."""
    log = _log(received(UnknownEvent("evil\x1b[2J\n", {})))
    assert log.entries[0].name == "evil"


@given(st.lists(st.sampled_from([telling.audio(), telling.text(), telling.failure(), telling.started()]), max_size=40))
def test_every_event_is_in_the_log(events: list[Any]) -> None:
    """The counts of the lines add up to the events, in order of their numbers; closed lines do not change again."""
    log = Log()
    closed: tuple[Any, ...] = ()
    for event in events:
        log = logged(log, received(event))
        assert log.closed[: len(closed)] == closed
        closed = log.closed
    assert sum(entry.count for entry in log.entries) == len(events)
    assert [entry.number for entry in log.entries] == list(range(1, len(log.entries) + 1))


def test_the_log_is_bounded() -> None:
    """However long a session is, the log keeps the last 300 lines and counts all."""
    log = _log(*(received(telling.started()) for _ in range(1000)))
    assert (len(log.entries), log.received, log.entries[-1].number) == (300, 1000, 1000)

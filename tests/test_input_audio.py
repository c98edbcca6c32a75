"""How much audio is in the input buffer: never less than the server has."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxrealtime import commands
from rxrealtime.audio import PCM16_24K, PCMU, AudioFormat
from rxrealtime.errors import CommitTooShortError
from rxrealtime.events import (
    ConnectionFailed,
    Error,
    ErrorDetail,
    Event,
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCleared,
    InputAudioBufferCommit,
    InputAudioBufferCommitted,
    InputAudioBufferSpeechStopped,
    InputAudioBufferTimeoutTriggered,
    ResponseCancel,
    SessionConfig,
    SessionUpdated,
)
from rxrealtime.input_audio import InputAudio, check_commit, check_commits, listen

_COMMIT, _COMMITTED = InputAudioBufferCommit(), InputAudioBufferCommitted(item_id="u")
_CLEAR, _CLEARED = InputAudioBufferClear(), InputAudioBufferCleared()
_EMPTY = Error(error=ErrorDetail(type="invalid_request_error", code="input_audio_buffer_commit_empty", message="no"))


def _append(ms: int, format: AudioFormat = PCM16_24K) -> InputAudioBufferAppend:
    return InputAudioBufferAppend(audio=bytes(format.ms_to_bytes(ms)))


def _after(*values: object) -> InputAudio:
    return reduce(listen, values, InputAudio())


def _stopped(audio_end_ms: int) -> InputAudioBufferSpeechStopped:
    return InputAudioBufferSpeechStopped(audio_end_ms=audio_end_ms, item_id="u")


def _in_force(**input: Any) -> SessionUpdated:
    return SessionUpdated(session=SessionConfig.model_validate({"type": "realtime", "audio": {"input": input}}))


@given(st.lists(st.integers(0, 400), max_size=8))
def test_appends_add_up_until_the_buffer_is_emptied(sizes: list[int]) -> None:
    """The sum counts, to the byte; a sent commit or clear empties it."""
    appends = [InputAudioBufferAppend(audio=bytes(size)) for size in sizes]
    assert _after(*appends).buffered_bytes == sum(sizes)
    for emptied in (_COMMIT, _CLEAR):
        assert _after(*appends, emptied).buffered_bytes == 0
        assert _after(_append(500), emptied, *appends).buffered_bytes == sum(sizes)


def test_what_was_appended_before_the_confirmation_counts() -> None:
    """It belongs to the next turn: neither committed nor cleared takes it away."""
    assert _after(_append(200), _COMMIT, _append(70), _COMMITTED).buffered_ms == 70
    assert _after(_append(200), _CLEAR, _append(70), _CLEARED).buffered_ms == 70
    twice = (_append(200), _COMMIT, _append(200), _COMMIT, _append(70))
    assert _after(*twice, _COMMITTED, _COMMITTED).buffered_ms == 70


def test_the_server_takes_what_belongs_to_a_turn() -> None:
    """With turn detection a turn reaches to the end of its speech; without a word about it, to the last byte."""
    assert _after(_append(900), _stopped(800), _append(100), _COMMITTED).buffered_ms == 200
    assert _after(_append(900), _COMMITTED).buffered_ms == 0
    assert _after(_append(900), _stopped(800), _COMMITTED, _append(10), _COMMITTED).buffered_ms == 0
    foreign = InputAudioBufferCommitted(item_id="other")
    assert _after(_append(900), _stopped(800), foreign).buffered_ms == 0
    timeout = InputAudioBufferTimeoutTriggered(audio_start_ms=0, audio_end_ms=850, item_id="u")
    assert _after(_append(900), timeout, _COMMITTED).buffered_ms == 50
    # a position beyond what was appended here, or before what was taken already
    assert _after(_append(100), _stopped(9999), _COMMITTED).buffered_ms == 0
    assert _after(_append(900), _CLEAR, _append(50), _stopped(300), _COMMITTED).buffered_ms == 50


def test_what_a_refused_commit_was_to_take_is_still_there() -> None:
    """It counts for the next commit; cleared audio does not, and an error about something else changes nothing."""
    assert _after(_append(60), _COMMIT, _append(40), _EMPTY).buffered_ms == 100
    assert _after(_append(60), _COMMIT, _append(40), _COMMIT, _EMPTY).buffered_ms == 0
    assert _after(_append(60), _COMMIT, _append(30), _COMMIT, _append(5), _EMPTY, _EMPTY).buffered_ms == 95
    assert _after(_append(60), _COMMIT, _append(40), _COMMIT, _append(5), _EMPTY, _COMMITTED).buffered_ms == 5
    assert _after(_append(60), _COMMIT, _CLEAR, _append(40), _EMPTY).buffered_ms == 40
    other = Error(error=ErrorDetail(type="server_error", code="odd", message="no"))
    assert _after(_append(60), _COMMIT, _append(40), other).buffered_ms == 40


def test_a_commit_may_race_the_servers_own() -> None:
    """The server's turn is told by its item: the refused commit leaves what the turn left."""
    raced = (_append(900), _stopped(850), _COMMIT, _COMMITTED, _EMPTY)
    assert _after(*raced).buffered_ms == 50
    won = (_append(900), _stopped(700), _COMMIT, _COMMITTED, InputAudioBufferCommitted(item_id="v"), _append(10))
    assert _after(*won).buffered_ms == 10


def test_bytes_of_another_format_do_not_count() -> None:
    """A change of the format begins anew; positions count all audio of the session."""
    telephone = _in_force(format={"type": "audio/pcmu"})
    state = _after(_append(1000), telephone, _append(400, PCMU))
    assert (state.format, state.buffered_ms) == (PCMU, 400)
    assert reduce(listen, (_stopped(1300), _COMMITTED), state).buffered_ms == 100
    assert reduce(listen, (_stopped(900), _COMMITTED), state).buffered_ms == 400
    assert _after(_append(70), _in_force(format={"type": "audio/pcm"})).buffered_ms == 70


def test_turns_are_manual_if_nothing_detects_them() -> None:
    """Null, absent and a null type are no turn detection; an update that does not speak of the input keeps it."""
    assert not _after().manual
    for off in ({"turn_detection": None}, {}, {"turn_detection": {"type": None}}):
        assert _after(_in_force(**off)).manual
        assert _after(_in_force(**off), SessionUpdated(session=SessionConfig())).manual
        assert not _after(_in_force(**off), _in_force(turn_detection={"type": "server_vad"})).manual


def test_a_new_connection_begins_with_nothing() -> None:
    """The buffer ended with the connection."""
    assert _after(_in_force(), _append(500), _COMMIT, ConnectionFailed(OSError("gone"))) == InputAudio()


def test_commits_are_checked_in_their_turn() -> None:
    """What is sent together is judged together: appends before a commit count, those after it do not."""
    check_commits(InputAudio(), (*commands.append_audio(bytes(4800)), *commands.commit_audio(), ResponseCancel()))
    check_commits(_after(_append(100)), commands.commit_audio())
    check_commits(InputAudio(), (*commands.append_audio(b"12"), *commands.clear_audio()))
    late: tuple[Any, ...] = (*commands.commit_audio(), *commands.append_audio(bytes(4800)))
    twice: tuple[Any, ...] = (*commands.append_audio(bytes(4800)), *commands.commit_audio(), *commands.commit_audio())
    for events in (late, twice):
        with pytest.raises(CommitTooShortError) as refused:
            check_commits(InputAudio(), events)
        assert refused.value.ms == 0


def test_other_values_change_nothing() -> None:
    """The bulk of the traffic gives the same state back."""
    state = _after(_append(5))
    for value in (ResponseCancel(), Event(), object(), _CLEARED, _EMPTY):
        assert listen(state, value) is state
    with pytest.raises(CommitTooShortError, match="5 ms"):
        check_commit(state)

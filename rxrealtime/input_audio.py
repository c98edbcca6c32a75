"""How much audio is in the server's input buffer, as a pure fold: so that a commit which is too short is not sent.

A client appends, and the server takes audio out: all of it at a commit or a clear, and with turn detection what belongs
to a turn, up to the end of its speech. Then only the server knows exactly what is left, since it forgets silence. What
is counted here is never less: a commit is refused only if the server would refuse it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from rxrealtime.audio import PCM16_24K, AudioFormat
from rxrealtime.errors import CommitTooShortError
from rxrealtime.events import (
    ClientEvent,
    ConnectionFailed,
    Error,
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCommit,
    InputAudioBufferCommitted,
    InputAudioBufferSpeechStopped,
    InputAudioBufferTimeoutTriggered,
    SessionCreated,
    SessionUpdated,
)
from rxrealtime.settings import input_format

__all__ = ["InputAudio", "check_commit", "check_commits", "listen"]

_MIN_COMMIT_MS: Final = 100
_TOO_SHORT: Final = "input_audio_buffer_commit_empty"


@dataclass(frozen=True, slots=True)
class InputAudio:
    """What was appended in a session, and how much of it the server took out of its buffer.

    Args:
        format: What the bytes are.
        manual: Whether turns are committed by the client, since there is no turn detection.
        appended_bytes: How much was appended in this format.
        taken_bytes: How much of that is not in the buffer any more.
        earlier_ms: How much was appended before, in other formats.
        committing: For each commit that was sent and is not confirmed, how much had been taken before it.
        turn: The item that the server will commit next, and where it ends, counted in all audio of the session.
    """

    format: AudioFormat = PCM16_24K
    manual: bool = False
    appended_bytes: int = 0
    taken_bytes: int = 0
    earlier_ms: int = 0
    committing: tuple[int, ...] = ()
    turn: tuple[str, int] | None = None

    @property
    def buffered_bytes(self) -> int:
        """How much is in the buffer at most; without turn detection, exactly."""
        return self.appended_bytes - self.taken_bytes

    @property
    def buffered_ms(self) -> int:
        """The same in whole milliseconds."""
        return self.format.bytes_to_ms(self.buffered_bytes)


def listen(state: InputAudio, value: object) -> InputAudio:
    """Take in one value of the traffic.

    Args:
        state: What was known.
        value: What came, or was sent.

    Returns:
        What is known now.

    Source: openai-openapi f85dbe2 (2026-08-21); ``audio_end_ms`` counts all audio written in the session (recorded,
        2026-08).
    """
    change = _CHANGES.get(type(value))
    return change(state, value) if change else state


def check_commit(state: InputAudio) -> None:
    """Refuse a commit of less than 100 ms of audio.

    Args:
        state: What is known of the buffer.

    Raises:
        CommitTooShortError: There is less. The whole samples in 100 ms are enough, so one chunk of that length is.

    Source: a server answers such a commit with ``input_audio_buffer_commit_empty`` (openai-openapi f85dbe2).
    """
    if state.buffered_bytes < state.format.ms_to_bytes(_MIN_COMMIT_MS):
        raise CommitTooShortError(state.buffered_ms)


def check_commits(state: InputAudio, events: Iterable[ClientEvent]) -> None:
    """Refuse events that are to be sent together, if a commit among them is too short.

    Args:
        state: What is known of the buffer.
        events: What is to be sent, in order.

    Raises:
        CommitTooShortError: When its turn comes, there is less than 100 ms of audio for a commit.
    """
    for event in events:
        if isinstance(event, InputAudioBufferCommit):
            check_commit(state)
        state = listen(state, event)


def _append(state: InputAudio, event: InputAudioBufferAppend) -> InputAudio:
    appended_bytes = state.appended_bytes + len(event.audio)
    # by far the most events; written out, since `replace` takes three times as long
    return InputAudio(
        state.format, state.manual, appended_bytes, state.taken_bytes, state.earlier_ms, state.committing, state.turn
    )


def _commit(state: InputAudio, _: InputAudioBufferCommit) -> InputAudio:
    """Count the buffer as empty from now on: what is appended before the confirmation is of the next turn."""
    return replace(state, taken_bytes=state.appended_bytes, committing=(*state.committing, state.taken_bytes))


def _clear(state: InputAudio, _: InputAudioBufferClear) -> InputAudio:
    nothing = (state.appended_bytes,) * len(state.committing)
    return replace(state, taken_bytes=state.appended_bytes, committing=nothing)


def _committed(state: InputAudio, event: InputAudioBufferCommitted) -> InputAudio:
    if state.turn is not None and state.turn[0] == event.item_id:
        return _taken_to(state, state.turn[1])
    if state.committing:
        return replace(state, committing=state.committing[1:])
    return replace(state, taken_bytes=state.appended_bytes)


def _taken_to(state: InputAudio, end_ms: int) -> InputAudio:
    """Take out a turn that the server found; what was appended behind it is still there."""
    end_bytes = min(state.format.ms_to_bytes(max(end_ms - state.earlier_ms, 0)), state.appended_bytes)
    committing = tuple(max(before, end_bytes) for before in state.committing)
    return replace(state, taken_bytes=max(state.taken_bytes, end_bytes), committing=committing, turn=None)


def _turn_ended(
    state: InputAudio, event: InputAudioBufferSpeechStopped | InputAudioBufferTimeoutTriggered
) -> InputAudio:
    return replace(state, turn=(event.item_id, event.audio_end_ms))


def _refused(state: InputAudio, event: Error) -> InputAudio:
    """Put back what a commit was to take: the server kept it, for the next commit or as what is there."""
    if event.detail.code != _TOO_SHORT or not state.committing:
        return state
    before, *later = state.committing
    if later:
        return replace(state, committing=(before, *later[1:]))
    return replace(state, committing=(), taken_bytes=before)


def _session(state: InputAudio, event: SessionCreated | SessionUpdated) -> InputAudio:
    """Take in what is in force; bytes of another format cannot be counted on with those of the new one."""
    source = event.session.audio.input if event.session.audio else None
    if source is None:
        return state
    manual = source.turn_detection is None or source.turn_detection.type is None
    format = input_format(event.session, state.format)
    if format == state.format:
        return replace(state, manual=manual)
    earlier_ms = state.earlier_ms + state.format.bytes_to_ms(state.appended_bytes)
    return InputAudio(format, manual, earlier_ms=earlier_ms, committing=(0,) * len(state.committing))


def _lost(_: InputAudio, __: ConnectionFailed) -> InputAudio:
    return InputAudio()


_CHANGES: Mapping[type, Callable[[InputAudio, Any], InputAudio]] = {
    InputAudioBufferAppend: _append,
    InputAudioBufferCommit: _commit,
    InputAudioBufferClear: _clear,
    InputAudioBufferCommitted: _committed,
    InputAudioBufferSpeechStopped: _turn_ended,
    InputAudioBufferTimeoutTriggered: _turn_ended,
    Error: _refused,
    SessionCreated: _session,
    SessionUpdated: _session,
    ConnectionFailed: _lost,
}

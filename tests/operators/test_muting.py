"""After an interruption nothing of the response is delivered but its end."""

from __future__ import annotations

from typing import Any

import pytest

from rxrealtime import operators as ops
from rxrealtime.activity import GuardrailTripped, Interrupted
from rxrealtime.codec import decode
from rxrealtime.events import (
    ConnectionFailed,
    ConversationItemTruncated,
    OutputAudioBufferCleared,
    Response,
    ResponseCancel,
    ResponseCreated,
    ResponseFunctionCallArgumentsDelta,
    UnknownEvent,
)
from rxrealtime.operators.muting import NOTHING_MUTED, is_muted, mute
from tests.operators.barging import SPEECH, aside, in_force
from tests.operators.streams import results
from tests.operators.wire import (
    added,
    audio,
    audio_done,
    call,
    created,
    done,
    item_done,
    output_added,
    said,
    say,
    spoken_item,
    write,
    wrote,
)

_STOP = Interrupted("r", "a", 0, 100, 200)
_ITEM = spoken_item("a", "Hel", role="assistant")
_ARGUMENTS = ResponseFunctionCallArgumentsDelta(response_id="r", item_id="f", delta="{")
_OF_R = [
    audio(b"12"),
    audio_done(),
    say("Hel"),
    said("Hello"),
    write("Hel"),
    wrote("Hello"),
    output_added(call()),
    _ARGUMENTS,
    UnknownEvent("response.viseme.delta", {"type": "response.viseme.delta", "response_id": "r"}),
]
_OTHERS = [
    audio(b"12", response="s"),
    write("Hi", response="s"),
    added(_ITEM),
    item_done(_ITEM),
    ConversationItemTruncated(item_id="a", content_index=0, audio_end_ms=100),
    OutputAudioBufferCleared(response_id="r"),
    GuardrailTripped("g", "r"),
    UnknownEvent("response.odd", {"type": "response.odd", "response_id": ["r"]}),
    UnknownEvent("rate.odd", {"type": "rate.odd", "response_id": "r"}),
    decode(b'{"type": "response.output_audio.delta", "response_id": "r"}'),
]


def _delivered(*values: Any) -> list[Any]:
    return results(ops.mute_interrupted(), values)


@pytest.mark.parametrize("stop", [_STOP, ResponseCancel(response_id="r"), ResponseCancel(), SPEECH])
def test_nothing_of_a_stopped_response_is_delivered_but_its_end(stop: Any) -> None:
    """An interruption, a cancel with or without a name, and speech stop it; others, and what is around it, flow."""
    end = done(status="cancelled")
    values = [created(), *_OF_R, stop, *_OF_R, *_OTHERS, end]
    assert _delivered(*values) == [created(), *_OF_R, stop, *_OTHERS, end]


def test_after_its_end_a_name_is_free_again() -> None:
    """What is stopped is forgotten at response.done, and with the connection."""
    for end in (done(), ConnectionFailed(OSError("gone"))):
        assert _delivered(created(), _STOP, end, audio(b"12"))[-1] == audio(b"12")


def test_of_a_response_that_is_done_nothing_is_kept() -> None:
    """Generation runs ahead: interrupting what is done leaves no trace."""
    state = NOTHING_MUTED
    for number in range(50):
        for value in (created(f"r{number}"), done(response=f"r{number}"), Interrupted(f"r{number}", "a", 0, 1, 2)):
            state = mute(state, value)
    assert (state.running, state.muted, len(state.ended)) == ({}, frozenset(), 32)
    assert mute(state, ResponseCreated(response=Response())) is state


def test_a_response_of_which_the_beginning_was_not_seen_is_stopped_too() -> None:
    """Its created may have been a bad frame."""
    assert _delivered(audio(b"12"), _STOP, audio(b"12"), done(), audio(b"34"))[2:] == [done(), audio(b"34")]


def test_speech_stops_only_what_the_server_stops() -> None:
    """Not out-of-band responses, not those in text, none where interrupt_response is off; a cancel names no others."""
    text = ResponseCreated(response=Response(id="r", output_modalities=("text",)))
    for before in ([aside("r")], [text], [in_force(type="server_vad", interrupt_response=False), created()]):
        assert _delivered(*before, SPEECH, audio(b"12"))[-1] == audio(b"12")
    assert _delivered(aside("r"), ResponseCancel(), audio(b"12"))[-1] == audio(b"12")
    spoken = ResponseCreated(response=Response(id="r", output_modalities=("audio",), conversation_id="conv_1"))
    assert _delivered(spoken, SPEECH, audio(b"12")) == [spoken, SPEECH]


def test_the_bulk_of_the_traffic_changes_nothing() -> None:
    """The step gives the same state back, and while nothing is stopped nothing is muted."""
    state = mute(NOTHING_MUTED, created())
    for value in [*_OF_R, *_OTHERS]:
        assert mute(state, value) is state
        assert not is_muted(state, value)
    assert [is_muted(mute(state, _STOP), value) for value in _OF_R] == [True] * len(_OF_R)

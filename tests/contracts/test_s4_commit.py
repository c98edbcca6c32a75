"""S4: a commit of less than 100 ms of audio is refused here, by name, not by the server."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rxrealtime.audio import PCM16_24K, PCMA, PCMU, AudioFormat
from rxrealtime.codec import decode
from rxrealtime.errors import CommitTooShortError, SendError
from rxrealtime.events import InputAudioBufferAppend, InputAudioBufferClear, InputAudioBufferCommit
from rxrealtime.input_audio import InputAudio, check_commit, listen
from rxrealtime.server.voices import speak
from tests.server.driving import Client, at_once, items_of

_FORMATS = [PCM16_24K, PCMU, PCMA, AudioFormat(rate=8_000), AudioFormat(rate=11_025), AudioFormat(rate=44_100)]
_EMPTY = "input_audio_buffer_commit_empty"


def _heard(client: Client, state: InputAudio, *values: Any) -> InputAudio:
    """Send events to the server, and fold what was sent and what came back."""
    for value in values:
        state = listen(state, value)
        for message in client.send_raw(value.model_dump_json(exclude_none=True)):
            state = listen(state, _decoded(message))
    return state


def _decoded(message: dict[str, Any]) -> object:
    return decode(json.dumps(message).encode())


def _refused(state: InputAudio) -> bool:
    try:
        check_commit(state)
    except CommitTooShortError:
        return True
    return False


def _client(format: AudioFormat, turn_detection: dict[str, Any] | None = None) -> tuple[Client, InputAudio]:
    client = Client(at_once)
    wire = {"type": format.encoding} | ({"rate": format.rate} if format.encoding == "audio/pcm" else {})
    input = {"format": wire, "turn_detection": turn_detection}
    client.send({"type": "session.update", "session": {"type": "realtime", "audio": {"input": input}}})
    return client, reduce(listen, map(_decoded, client.got), InputAudio())


@pytest.mark.parametrize("format", _FORMATS, ids=lambda format: f"{format.encoding}-{format.rate}")
def test_s4_a_commit_needs_100_ms_to_the_sample(format: AudioFormat) -> None:
    """S4: one sample less than 100 ms is refused with how much there is, 100 ms are not; and so says the server."""
    enough = format.ms_to_samples(100)
    for samples, refused in ((enough - 1, True), (enough, False)):
        client, state = _client(format)
        state = _heard(client, state, InputAudioBufferAppend(audio=bytes(format.samples_to_bytes(samples))))
        assert (state.format, state.manual, _refused(state)) == (format, True, refused)
        answer = client.send({"type": "input_audio_buffer.commit"})
        assert [event["error"]["code"] for event in items_of(answer, "error")] == [_EMPTY] * refused


def test_s4_the_refusal_says_how_much_there_is() -> None:
    """S4: it is a SendError with the milliseconds, and half a sample does not count."""
    with pytest.raises(CommitTooShortError, match="99 ms") as refused:
        check_commit(InputAudio(appended_bytes=4799))
    assert isinstance(refused.value, SendError)
    assert refused.value.ms == 99


_DEED = st.one_of(
    st.integers(0, 130).map(lambda ms: InputAudioBufferAppend(audio=bytes(PCMU.ms_to_bytes(ms)))),
    st.just(InputAudioBufferCommit()),
    st.just(InputAudioBufferClear()),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_DEED, max_size=12))
def test_s4_we_refuse_exactly_what_the_server_refuses(deeds: list[Any]) -> None:
    """S4: in manual turns, for any appends, clears and commits, the verdict is the server's own."""
    client, state = _client(PCMU)
    for deed in deeds:
        expected = isinstance(deed, InputAudioBufferCommit) and _refused(state)
        before = len(client.got)
        state = _heard(client, state, deed)
        assert bool(items_of(client.got[before:], "error")) == expected


def test_s4_with_turn_detection_nothing_is_refused_that_the_server_would_take() -> None:
    """S4: the server takes turns out of the buffer by itself; what is counted here is never less than it has."""
    client, state = _client(PCM16_24K, {"type": "server_vad", "silence_duration_ms": 200})
    audio = (speak("hi") + bytes(PCM16_24K.ms_to_bytes(700))) * 3
    for at in range(0, len(audio), 2400):
        state = _heard(client, state, InputAudioBufferAppend(audio=audio[at : at + 2400]))
        twin = Client(at_once)
        twin.state = client.state
        assert not _refused(state) or items_of(twin.send({"type": "input_audio_buffer.commit"}), "error")
    assert len(items_of(client.got, "input_audio_buffer.committed")) == 3


def test_s4_an_empty_commit_that_raced_turn_detection_is_an_ordinary_event() -> None:
    """S4: where the server was faster, its error is a value in the stream like any other, and the count goes on."""
    client, state = _client(PCM16_24K, {"type": "server_vad", "silence_duration_ms": 200})
    spoken = InputAudioBufferAppend(audio=speak("hi") + bytes(PCM16_24K.ms_to_bytes(200)))
    state = _heard(client, state, spoken, InputAudioBufferCommit())
    assert [event["error"]["code"] for event in items_of(client.got, "error")] == [_EMPTY]
    assert len(items_of(client.got, "input_audio_buffer.committed")) == 1
    assert _heard(client, state, InputAudioBufferAppend(audio=bytes(4800))).buffered_ms >= 100

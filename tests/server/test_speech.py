"""What the user says: turns found by voice activity detection, and turns that the client commits."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pytest

from rxrealtime.audio import PCM16_24K, PCMU, AudioFormat
from rxrealtime.server.voices import speak, transcribe
from tests.server.driving import Client, at_once, items_of, text_item, types_of

_STARTED = "input_audio_buffer.speech_started"
_STOPPED = "input_audio_buffer.speech_stopped"
_COMMITTED = "input_audio_buffer.committed"
_DONE = "response.output_audio_transcript.done"


def _append(audio: bytes) -> dict[str, Any]:
    return {"type": "input_audio_buffer.append", "audio": b64encode(audio).decode()}


def _say(client: Client, text: str, *, format: AudioFormat = PCM16_24K, step: int = 4800) -> list[Any]:
    """Say something and be silent for a second, in small chunks."""
    quiet = b"\xff" if format == PCMU else b"\0"
    audio = speak(text, format) + quiet * format.ms_to_bytes(1000)
    return client.send(*(_append(audio[at : at + step]) for at in range(0, len(audio), step)))


def _listen(client: Client, **input: Any) -> None:
    (answer,) = client.send({"type": "session.update", "session": {"type": "realtime", "audio": {"input": input}}})
    assert answer["type"] == "session.updated"


def _turns(**detection: Any) -> dict[str, Any]:
    return {"type": "server_vad", **detection}


def test_spoken_turn_is_heard_and_answered() -> None:
    """What is said is committed under the id of its speech, heard, and answered."""
    client = Client(at_once)
    got = _say(client, "banana")
    started, stopped, committed = (items_of(got, kind)[0] for kind in (_STARTED, _STOPPED, _COMMITTED))
    assert started["item_id"] == stopped["item_id"] == committed["item_id"]
    assert items_of(got, _DONE)[0]["transcript"] == "You said: banana"


def test_appends_are_never_acknowledged() -> None:
    """Appending silence leads to nothing at all."""
    client = Client(at_once)
    assert client.send(*[_append(bytes(4800))] * 20) == []


def test_times_count_all_audio_of_the_session() -> None:
    """audio_start_ms and audio_end_ms count from the first byte of the session and include padding and silence."""
    client = Client(at_once)
    client.send(_append(bytes(PCM16_24K.ms_to_bytes(2000))))
    got = _say(client, "one") + _say(client, "two")
    starts = [event["audio_start_ms"] for event in items_of(got, _STARTED)]
    ends = [event["audio_end_ms"] for event in items_of(got, _STOPPED)]
    assert starts == [1700, pytest.approx(2000 + 1120 - 300, abs=40)]
    assert ends == [pytest.approx(2000 + 120 + 500, abs=40), pytest.approx(2000 + 1120 + 120 + 500, abs=40)]


def test_item_holds_the_speech() -> None:
    """The committed item's audio lasts from start to end, and carries what was said."""
    client = Client(at_once)
    got = _say(client, "hello")
    start, end = items_of(got, _STARTED)[0]["audio_start_ms"], items_of(got, _STOPPED)[0]["audio_end_ms"]
    id = items_of(got, _COMMITTED)[0]["item_id"]
    (part,) = client.send({"type": "conversation.item.retrieve", "item_id": id})[0]["item"]["content"]
    audio = b64decode(part["audio"])
    assert PCM16_24K.bytes_to_ms(len(audio)) == end - start
    assert transcribe(audio) == "hello"


@pytest.mark.parametrize("step", [97, 777, 4801])
def test_any_split_of_the_audio_is_the_same(step: int) -> None:
    """However the audio is cut into appends, half samples included, the same is told."""
    client, whole = Client(at_once), Client(at_once)
    assert types_of(_say(client, "hello", step=step)) == types_of(_say(whole, "hello", step=1 << 20))


def test_telephone() -> None:
    """G.711 is heard and spoken at 8 kHz."""
    client = Client(at_once)
    telephone = {"format": {"type": "audio/pcmu"}}
    client.send({"type": "session.update", "session": {"type": "realtime", "audio": {"input": telephone}}})
    client.send({"type": "session.update", "session": {"type": "realtime", "audio": {"output": telephone}}})
    got = _say(client, "hi", format=PCMU, step=160)
    answer = b"".join(b64decode(event["delta"]) for event in items_of(got, "response.output_audio.delta"))
    assert transcribe(answer, PCMU) == items_of(got, _DONE)[0]["transcript"]
    assert len(answer) == PCMU.ms_to_bytes(40 * len("Hello! How can I help?"))


def test_barge_in() -> None:
    """Speech stops the active response: speech_started, its .done events, response.done cancelled, nothing after."""
    client = Client()
    client.send(text_item("tell me who are you"), {"type": "response.create"})
    client.wait(0.1)
    got = _say(client, "stop")
    kinds = types_of(got)
    assert kinds[:7] == [
        _STARTED,
        "response.output_audio.done",
        _DONE,
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    done = got[6]["response"]
    assert (done["status"], done["status_details"]) == ("cancelled", {"type": "cancelled", "reason": "turn_detected"})
    assert done["output"][0]["status"] == "incomplete"
    later = client.got[client.got.index(got[6]) + 1 :] + client.wait()
    assert not [event for event in later if event.get("response_id") == done["id"]]
    assert "You said: stop" in [event["transcript"] for event in items_of(later, _DONE)]


def test_no_interruption_if_not_wanted() -> None:
    """With interrupt_response off a response goes on while the user speaks; its turn meets it and is refused."""
    client = Client()
    _listen(client, turn_detection=_turns(interrupt_response=False))
    client.send(text_item("tell me who are you"), {"type": "response.create"})
    client.wait(0.1)
    kinds = types_of(_say(client, "and"))
    assert kinds == [_STARTED, _STOPPED, _COMMITTED, "conversation.item.added", "conversation.item.done", "error"]
    assert items_of(client.wait(), "response.done")[0]["response"]["status"] == "completed"


def test_no_response_if_not_wanted() -> None:
    """With create_response off a turn is committed and the client asks for the response itself."""
    client = Client(at_once)
    _listen(client, turn_detection=_turns(create_response=False))
    assert types_of(_say(client, "hi"))[-1] == "conversation.item.done"
    assert items_of(client.send({"type": "response.create"}), _DONE)[0]["transcript"] == "Hello! How can I help?"


@pytest.mark.parametrize(("eagerness", "turns"), [("high", 2), ("low", 1)])
def test_semantic_detection_waits_by_eagerness(eagerness: str, turns: int) -> None:
    """semantic_vad ends a turn earlier the more eager it is: a pause of a second splits it, or does not."""
    client = Client(at_once)
    _listen(client, turn_detection={"type": "semantic_vad", "eagerness": eagerness})
    got = _say(client, "one") + _say(client, "two") + client.send(_append(bytes(96_000)))
    assert len(items_of(got, _COMMITTED)) == turns


def test_manual_turn() -> None:
    """Without turn detection nothing is told until the client commits; the response has to be asked for."""
    client = Client(at_once)
    _listen(client, turn_detection=None)
    assert _say(client, "seven") == []
    kinds = types_of(client.send({"type": "input_audio_buffer.commit"}))
    assert kinds == [_COMMITTED, "conversation.item.added", "conversation.item.done"]
    assert items_of(client.send({"type": "response.create"}), _DONE)[0]["transcript"] == "You said: seven"


@pytest.mark.parametrize(("ms", "refused"), [(0, True), (99, True), (100, False)])
def test_commit_needs_100_ms(ms: int, refused: bool) -> None:
    """Less than 100 ms of audio cannot be committed; the error says how much there is."""
    client = Client(at_once)
    _listen(client, turn_detection=None)
    client.send(_append(bytes(PCM16_24K.ms_to_bytes(ms))))
    first = client.send({"type": "input_audio_buffer.commit"})[0]
    assert (first["type"] == "error") == refused
    if refused:
        assert first["error"]["code"] == "input_audio_buffer_commit_empty"
        assert f"only has {ms:.2f}ms" in first["error"]["message"]


def test_trailing_commit_is_refused_benignly() -> None:
    """A commit right after the server's own finds an empty buffer: one error, no item."""
    client = Client(at_once)
    audio = speak("hi") + bytes(PCM16_24K.ms_to_bytes(520))
    client.send(_append(audio))
    assert _COMMITTED in types_of(client.got)
    (answer,) = client.send({"type": "input_audio_buffer.commit"})
    assert answer["error"]["code"] == "input_audio_buffer_commit_empty"


def test_clear_forgets_the_audio() -> None:
    """After a clear nothing is left to commit, and the times go on counting what was cleared."""
    client = Client(at_once)
    _listen(client, turn_detection=None)
    client.send(_append(bytes(PCM16_24K.ms_to_bytes(1000))))
    assert types_of(client.send({"type": "input_audio_buffer.clear"})) == ["input_audio_buffer.cleared"]
    assert types_of(client.send({"type": "input_audio_buffer.commit"})) == ["error"]
    _listen(client, turn_detection=_turns(prefix_padding_ms=0))
    assert items_of(_say(client, "hi"), _STARTED)[0]["audio_start_ms"] == pytest.approx(1000, abs=20)


@pytest.mark.parametrize("ended_by", ["input_audio_buffer.clear", "input_audio_buffer.commit"])
def test_speech_that_the_client_ends_is_told_to_have_stopped(ended_by: str) -> None:
    """Every speech_started has its speech_stopped, also where a clear or a commit ends the speech."""
    client = Client(at_once)
    client.send(_append(speak("hello there")))
    kinds = types_of(client.send({"type": ended_by}))
    assert kinds[0] == _STOPPED
    assert (_COMMITTED in kinds) == ended_by.endswith("commit")


def test_format_change_empties_the_buffer() -> None:
    """Audio in the old format is not read as audio in the new one."""
    client = Client(at_once)
    _listen(client, turn_detection=None)
    client.send(_append(bytes(48_000)))
    _listen(client, format={"type": "audio/pcmu"})
    assert types_of(client.send({"type": "input_audio_buffer.commit"})) == ["error"]


def test_append_of_more_than_15_mib_is_refused() -> None:
    """One append holds at most 15 MiB of audio."""
    client = Client(at_once)
    _listen(client, turn_detection=None)
    limit = 15 * 1024 * 1024
    assert client.send(_append(bytes(limit))) == []
    (answer,) = client.send(_append(bytes(limit + 1)))
    assert (answer["error"]["code"], answer["error"]["param"]) == ("invalid_value", "audio")


def test_silence_is_not_kept() -> None:
    """With detection on, an hour of silence leaves less than a second in memory."""
    client = Client(at_once)
    client.send(*[_append(bytes(480_000))] * 12)
    assert client.state.hearing.size < PCM16_24K.ms_to_bytes(1000)
    assert client.state.hearing.position_ms(PCM16_24K) == 120_000


def test_transcript_is_kept_with_its_item() -> None:
    """After the transcription is completed the retrieved item has the transcript."""
    client = Client(at_once)
    _listen(client, transcription={"model": "whisper-1"})
    got = _say(client, "hi")
    id = items_of(got, _COMMITTED)[0]["item_id"]
    item = client.send({"type": "conversation.item.retrieve", "item_id": id})[0]["item"]
    assert item["content"][0]["transcript"] == "hi"


def test_transcription_of_a_deleted_item_stays_out() -> None:
    """Nothing more is told of the transcription of an item that was deleted."""
    client = Client()
    _listen(client, transcription={"model": "whisper-1"}, turn_detection=_turns(create_response=False))
    got = _say(client, "a long story")
    id = items_of(got, _COMMITTED)[0]["item_id"]
    client.send({"type": "conversation.item.delete", "item_id": id})
    assert client.wait() == []

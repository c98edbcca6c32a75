"""Time of the embedded server: the idle time-out, the end of a session, transcription that fails, images."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from rxrealtime.errors import ScenarioError
from rxrealtime.server.outputs import Disconnect
from rxrealtime.server.scenarios import Expiry, Failure, Rule, Scenario
from rxrealtime.server.voices import speak
from tests.server.driving import Client, at_once, items_of, text_item, types_of

_TIMED_OUT = "input_audio_buffer.timeout_triggered"
_FAILED = "conversation.item.input_audio_transcription.failed"


def _listening(client: Client, **input: Any) -> Client:
    client.send({"type": "session.update", "session": {"type": "realtime", "audio": {"input": input}}})
    return client


def _append(audio: bytes) -> dict[str, Any]:
    return {"type": "input_audio_buffer.append", "audio": b64encode(audio).decode()}


def _idle(seconds: float = 5.0) -> dict[str, Any]:
    return {"turn_detection": {"type": "server_vad", "idle_timeout_ms": int(seconds * 1000)}}


def test_idle_time_out() -> None:
    """After the answer was played and the idle time has passed the silence becomes a turn, which is answered."""
    client = _listening(Client(), **_idle())
    client.send(text_item("hi"), {"type": "response.create"})
    client.wait(1.0)
    played = 0.040 * len("Hello! How can I help?")
    client.send(_append(bytes(48_000)))
    assert client.wait(played + 5.0 - 1.0 - 0.01) == []
    got = client.wait(0.02)
    assert types_of(got)[:5] == [
        _TIMED_OUT,
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    assert got[0]["item_id"] == got[1]["item_id"] == got[2]["item"]["id"]
    assert (got[0]["audio_start_ms"], got[0]["audio_end_ms"]) == (0, 1000)


@pytest.mark.parametrize("what", ["speech", "off", "response"])
def test_no_idle_time_out(what: str) -> None:
    """Speech, a session without it, and another response end the waiting."""
    client = _listening(Client(at_once), **_idle())
    client.send(text_item("hi"), {"type": "response.create"})
    if what == "speech":
        client.send(_append(speak("hello")))
    elif what == "off":
        _listening(client, turn_detection=None)
    else:
        client.wait(4.0)
        client.send({"type": "response.create"})
    assert not items_of(client.wait(5.5), _TIMED_OUT)


@pytest.mark.parametrize(("error", "close"), [(True, True), (True, False), (False, True)])
def test_expiry(error: bool, close: bool) -> None:
    """A session ends when it is to, with an error, close 1001, or both, and not before."""
    client = Client(Scenario(expiry=Expiry(60, error=error, close=close)))
    assert client.wait(59.9) == []
    got = client.wait(0.2)
    assert types_of(got) == ["error"] * error + ["Disconnect"] * close
    assert not error or got[0]["error"]["code"] == "session_expired"
    assert not close or (isinstance(got[-1], Disconnect) and got[-1].code == 1001)


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"seconds": float("nan")}, {"error": False, "close": False}])
def test_expiry_that_is_none(wrong: dict[str, Any]) -> None:
    """An expiry has a time, and something happens then."""
    with pytest.raises(ScenarioError):
        Expiry(**wrong)


@pytest.mark.parametrize("times", [None, 1])
def test_transcription_fails_by_rule(times: int | None) -> None:
    """A rule makes the transcription fail, as often as it fires; the answer is given all the same."""
    rule = Rule("deaf", deaf=Failure("c", "m", "t"), times=times)
    client = _listening(Client(Scenario((rule,), pace=0)), transcription={"model": "whisper-1"})
    for _ in range(2):
        client.send(_append(speak("deaf") + bytes(48_000)))
    failed = items_of(client.got, _FAILED)
    assert len(failed) == (times or 2)
    assert {k: failed[0]["error"][k] for k in ("code", "message", "type")} == {"code": "c", "message": "m", "type": "t"}
    assert len(items_of(client.got, "response.done")) == 2


@pytest.mark.parametrize(("audio", "fails"), [(bytes(48_000), False), ((b"\x10\x27" * 12 + b"\0\0" * 12) * 1000, True)])
def test_transcription_of_what_is_no_voice(audio: bytes, fails: bool) -> None:
    """Sound without words cannot be transcribed; silence is transcribed as nothing."""
    client = _listening(Client(at_once), transcription={"model": "whisper-1"}, turn_detection=None)
    client.send(_append(audio), {"type": "input_audio_buffer.commit"})
    assert bool(items_of(client.got, _FAILED)) == fails
    assert bool(items_of(client.got, "conversation.item.input_audio_transcription.completed")) != fails


def test_images_are_counted() -> None:
    """An image is taken, counted as input, and has no say in the answer."""
    client = Client(at_once)
    parts = [{"type": "input_image", "image_url": "data:,"}, {"type": "input_text", "text": "banana"}]
    message = {"type": "message", "role": "user", "content": parts}
    client.send({"type": "conversation.item.create", "item": message})
    client.send({"type": "response.create", "response": {"output_modalities": ["text"]}})
    done = items_of(client.got, "response.done")[0]["response"]
    assert done["output"][0]["content"][0]["text"] == "You said: banana"
    details = done["usage"]["input_token_details"]
    assert details["image_tokens"] > 0
    assert done["usage"]["input_tokens"] == sum(details[f"{kind}_tokens"] for kind in ("text", "audio", "image"))

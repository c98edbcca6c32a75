"""The switches for what OpenAI does: each breaks its own invariant, and only that."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from rxrealtime.server.quirks import OPENAI, STRICT, Quirks
from rxrealtime.server.scenarios import Call, Rule, Scenario
from rxrealtime.server.voices import speak
from tests.server.driving import Client, items_of, types_of
from tests.server.invariants import Checker

_RULES = (Rule("two", say="Two of them.", call=(Call("tool", "{}"),)),)
_TRANSCRIPTION = "conversation.item.input_audio_transcription"


def _conversation(quirks: Quirks) -> list[Any]:
    """Ask in text and aloud, with a transcription, and return everything that came."""
    client = Client(Scenario(_RULES, pace=0, quirks=quirks))
    listen = {"input": {"transcription": {"model": "whisper-1"}}}
    client.send({"type": "session.update", "session": {"type": "realtime", "audio": listen}})
    client.ask("two", output_modalities=["text"])
    client.send({"type": "input_audio_buffer.append", "audio": b64encode(speak("hi there") + bytes(48_000)).decode()})
    client.wait()
    return client.got


def _heard(got: list[Any]) -> tuple[str, str]:
    deltas = "".join(event["delta"] for event in items_of(got, f"{_TRANSCRIPTION}.delta"))
    return deltas, items_of(got, f"{_TRANSCRIPTION}.completed")[0]["transcript"]


@pytest.mark.parametrize(
    ("quirks", "number"),
    [
        (Quirks(unplaced_done=True), "I6"),
        (Quirks(early_transcripts=True), "I19"),
        (Quirks(padded_transcripts=True), "I20"),
        (Quirks(interleaved_items=True), "I21"),
    ],
)
def test_each_breaks_its_invariant(quirks: Quirks, number: str) -> None:
    """A quirk breaks its invariant for a checker that does not know of it, and nothing for one that does."""
    got = _conversation(quirks)
    Checker(quirks).saw(got)
    with pytest.raises(AssertionError, match=number):
        Checker(STRICT).saw(got)


def test_none_by_default() -> None:
    """Without quirks all invariants are held, I6, I19, I20 and I21 too."""
    Checker(STRICT).saw(_conversation(Scenario().quirks))


def test_openai() -> None:
    """OPENAI is all of them, in the recorded order and form."""
    got = _conversation(OPENAI)
    kinds = types_of(got)
    assert _heard(got) == (" hi there\n", "hi there")
    assert kinds.index("input_audio_buffer.speech_started") < kinds.index(f"{_TRANSCRIPTION}.delta")
    assert kinds.index(f"{_TRANSCRIPTION}.delta") < kinds.index("input_audio_buffer.speech_stopped")
    added = [n for n, kind in enumerate(kinds) if kind == "response.output_item.added"]
    assert added[0] < added[1] < kinds.index("response.output_text.done")
    done = [e for e in items_of(got, "conversation.item.done") if e["item"].get("role") != "user"]
    assert {event["previous_item_id"] for event in done} == {None}

"""The checker of the invariants finds each of them broken: a conversation that holds them all, with one thing amiss."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from rxrealtime.server.scenarios import Call, Rule, Scenario
from rxrealtime.server.voices import speak
from tests.server.driving import Client, text_item
from tests.server.invariants import Checker

_Events = list[dict[str, Any]]
_Fault = Callable[[_Events], None]
_RULES = (Rule("two", say="Two of them.", call=(Call("tool", '{"a": 1}'),)),)
_RESPONSE = {"type": "response.create", "response": {"output_modalities": ["text"]}}
_ASIDE = {"type": "response.create", "response": {"conversation": "none", "output_modalities": ["text"]}}


@cache
def _talked() -> _Events:
    """Talk in text, out of band and aloud; the last response is cancelled in the middle."""
    client = Client(Scenario(_RULES, pace=8))
    listen = {"input": {"transcription": {"model": "whisper-1"}}}
    client.send({"type": "session.update", "session": {"type": "realtime", "audio": listen}})
    for create in (_RESPONSE, _ASIDE):
        client.send(text_item("two"), create)
        client.wait()
    client.send({"type": "input_audio_buffer.append", "audio": b64encode(speak("hello you") + bytes(48_000)).decode()})
    client.wait(0.1)
    client.send({"type": "response.cancel"})
    client.wait()
    return client.got


def _conversation() -> _Events:
    """Give the conversation, to be changed."""
    return deepcopy(_talked())


def _at(events: _Events, kind: str, number: int = 0) -> int:
    """Find the n-th event of a type."""
    return [place for place, event in enumerate(events) if event["type"] == kind][number]


def _without(kind: str, number: int = 0) -> _Fault:
    """Leave the n-th event of a type out."""
    return lambda events: events.__delitem__(_at(events, kind, number))


def _again(kind: str, number: int = 0, *, last: bool = False, **change: Any) -> _Fault:
    """Send the n-th event of a type once more, with another id, at once or at the end."""

    def fault(events: _Events) -> None:
        place = _at(events, kind, number)
        copy = deepcopy(events[place]) | {"event_id": "event_again"} | change
        events.insert(len(events) if last else place + 1, copy)

    return fault


def _changed(kind: str, *path: str, to: Any, number: int = 0) -> _Fault:
    """Change one field of the n-th event of a type."""

    def fault(events: _Events) -> None:
        found = events[_at(events, kind, number)]
        for name in path[:-1]:
            found = found[name]
        assert found[path[-1]] != to
        found[path[-1]] = to

    return fault


def _swapped(first: str, second: str, number: int = 0) -> _Fault:
    """Let the next event of a type come before the n-th of another."""

    def fault(events: _Events) -> None:
        place = _at(events, first, number)
        later = next(n for n in range(place, len(events)) if events[n]["type"] == second)
        events.insert(place, events.pop(later))

    return fault


def _reversed_output(events: _Events) -> None:
    done = events[_at(events, "response.done")]["response"]
    assert len(done["output"]) == 2
    done["output"] = done["output"][::-1]


def _same_id(events: _Events) -> None:
    events[-1]["event_id"] = events[0]["event_id"]


def _aside_in_conversation(events: _Events) -> None:
    """Add the item of the out-of-band response to the conversation."""
    place = _at(events, "response.output_item.added", 2)
    added = {"type": "conversation.item.added", "event_id": "event_again", "previous_item_id": None}
    events.insert(place + 1, added | {"item": events[place]["item"]})


_ADDED, _DONE, _OUTPUT = "conversation.item.added", "conversation.item.done", "response.output_item"
_PART, _SAID, _CALL = "response.content_part", "response.output_text", "response.function_call_arguments"
_ALOUD = "response.output_audio_transcript"
_FAULTS: dict[str, tuple[_Fault, ...]] = {
    "I1": (_without("session.created"), _again("session.created")),
    "I2": (_same_id,),
    "I4": (_again(_ADDED), _again(_DONE), _swapped(_ADDED, _DONE)),
    "I5": (_changed(_ADDED, "previous_item_id", to="item_nowhere"),),
    "I7": (
        _swapped("input_audio_buffer.committed", _ADDED),
        _changed("input_audio_buffer.committed", "item_id", to="item_other"),
    ),
    "I8": (
        _again("response.created", response={"id": "r", "conversation_id": "c", "status": "in_progress", "output": []}),
    ),
    "I9": (
        _changed("response.created", "response", "status", to="completed"),
        _changed("response.created", "response", "output", to=[{}]),
    ),
    "I10": (_changed(f"{_OUTPUT}.added", "output_index", to=1),),
    "I11": (_swapped(f"{_OUTPUT}.added", _ADDED),),
    "I12": (_swapped(_DONE, f"{_OUTPUT}.done", 1), _changed(f"{_OUTPUT}.done", "item", "status", to="odd")),
    "I13": (
        _without(f"{_PART}.added"),
        _without(f"{_PART}.added", -1),
        _again(f"{_SAID}.done"),
    ),
    "I14": (
        _changed(f"{_SAID}.done", "text", to="Two"),
        _changed(f"{_ALOUD}.done", "transcript", to="Two"),
        _changed(f"{_CALL}.done", "arguments", to="{}"),
    ),
    "I15": (
        _changed(f"{_PART}.done", "part", "text", to="Two"),
        _changed(f"{_PART}.done", "part", "transcript", to="Two", number=-1),
    ),
    "I16": (_without(f"{_OUTPUT}.done", 1), _reversed_output),
    "I17": (
        _again("response.done"),
        _changed("response.done", "response", "status", to="in_progress"),
        _again("response.created", 0, last=True),
    ),
    "I18": (_changed("response.done", "response", "usage", "total_tokens", to=1),),
    "I19": (_swapped("input_audio_buffer.committed", "conversation.item.input_audio_transcription.delta"),),
    "I20": (_changed("conversation.item.input_audio_transcription.completed", "transcript", to="hell"),),
    "I22": (_swapped("response.output_audio.done", f"{_ALOUD}.done"), _without(f"{_SAID}.done")),
    "I23": (_swapped("response.done", "rate_limits.updated"),),
    "I24": (_without(f"{_PART}.done", -1),),
    "I25": (_again("session.updated", type="error", error={"event_id": "event_TODO"}),),
    "I26": (_again(f"{_SAID}.delta", last=True), _again(f"{_OUTPUT}.added", last=True, output_index=2)),
    "I27": (_aside_in_conversation,),
}
"""For each invariant, faults that break it. I6 and I21 are broken by the quirks, I3 and I28 by what is not answered."""


def test_the_conversation_holds_them_all() -> None:
    """As it is, there is nothing amiss, and everything that the faults need."""
    events = _conversation()
    Checker().saw(events)
    statuses = [event["response"]["status"] for event in events if event["type"] == "response.done"]
    assert statuses == ["completed", "completed", "cancelled"]


@pytest.mark.parametrize(
    ("number", "fault"),
    [pytest.param(n, fault, id=f"{n}-{i}") for n, faults in _FAULTS.items() for i, fault in enumerate(faults)],
)
def test_each_invariant_that_is_broken_is_named(number: str, fault: _Fault) -> None:
    """The checker stops at the fault, with the number of the invariant."""
    events = _conversation()
    fault(events)
    with pytest.raises(AssertionError, match=rf"\b{number}\b"):
        Checker().saw(events)


_UPDATE = {"type": "session.update", "event_id": "mine", "session": {"type": "realtime", "instructions": "Hi."}}


@pytest.mark.parametrize("times", [0, 2])
@pytest.mark.parametrize("refused", [False, True])
def test_i3_i28_an_answer_that_is_missing_or_given_twice_is_found(times: int, refused: bool) -> None:
    """I3, I28: one confirmation or one refusal, neither none nor two."""
    client, checker = Client(), Checker()
    checker.saw(client.got)
    message = _UPDATE | ({"session": {"type": "no.such"}} if refused else {})
    (answer,) = client.send(message)
    assert answer["type"] == ("error" if refused else "session.updated")
    with pytest.raises(AssertionError, match="I3, I28"):
        checker.sent(message, [answer | {"event_id": f"event_{number}"} for number in range(times)])


def test_i28_an_append_that_is_acknowledged_is_found() -> None:
    """I28: nothing confirms an append."""
    client, checker = Client(), Checker()
    checker.saw(client.got)
    answers = client.send({"type": "input_audio_buffer.clear"})
    with pytest.raises(AssertionError, match="I28"):
        checker.sent({"type": "input_audio_buffer.append", "audio": ""}, answers)


def test_i14_i24_a_call_that_is_cut_off_ends_with_the_arguments_that_were_said() -> None:
    """I14, I24: the item is incomplete, and its arguments are what the deltas came to."""
    client, checker = Client(Scenario(_RULES, pace=1)), Checker()
    client.send(text_item("two"), _RESPONSE)
    while client.got[-1]["type"] != f"{_CALL}.delta":
        client.wait(0.05)
    client.send({"type": "response.cancel"})
    checker.saw(client.got)
    done = client.got[_at(client.got, f"{_CALL}.done")]
    assert 0 < len(done["arguments"]) < len('{"a": 1}')
    assert client.got[_at(client.got, "response.done")]["response"]["output"][-1]["status"] == "incomplete"

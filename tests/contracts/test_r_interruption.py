"""R2, R3, R4 and R6: an interruption cuts to what was heard, silences the rest, and mixes nothing up."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rxrealtime.activity import Interrupted
from rxrealtime.audio import PCM16_24K, PCMA, PCMU, AudioFormat
from rxrealtime.events import (
    ConversationItemTruncate,
    ConversationItemTruncated,
    Error,
    ResponseCancel,
    ResponseDone,
)
from rxrealtime.server.scenarios import Rule, Scenario
from rxrealtime.server.voices import BYTE_MS, transcribe
from rxrealtime.signals import Interrupt, Played
from tests.contracts.calling import Call
from tests.operators.barging import SPEECH, Talk, cut, in_force, interrupted
from tests.operators.streams import interleavings
from tests.operators.wire import audio, audio_done, created, done
from tests.server.driving import items_of, text_item

_FORMATS = [PCM16_24K, AudioFormat(rate=16_000), PCMU, PCMA]
_STORY = "Once upon a time there was a fox who lived in a forest."
_TELLS = Scenario(rules=(Rule("story", say=_STORY), Rule("*", say="Go on.")))
_OWNERS = {"a": "r", "b": "r", "c": "s"}
_ITEMS = st.sampled_from(sorted(_OWNERS))
_STEPS = st.one_of(
    st.tuples(st.just("audio"), _ITEMS, st.integers(0, 30_000)),
    st.tuples(st.just("audio_done"), _ITEMS, st.none()),
    st.tuples(st.just("done"), st.sampled_from("rs"), st.none()),
    st.tuples(st.just("played"), _ITEMS, st.integers(0, 800)),
    st.tuples(st.just("wait"), st.integers(0, 700), st.none()),
    st.tuples(st.just("speech"), st.none(), st.none()),
    st.tuples(st.just("interrupt"), st.sampled_from(["r", "s", None]), st.sampled_from([(1, 1), (1, 0), (0, 1)])),
)


class _Told:
    """What was told to a policy, and what may therefore be asked of it."""

    def __init__(self, format: AudioFormat, assume_playing: bool) -> None:
        self.talk = Talk(assume_playing=assume_playing)
        self.received: dict[str, int] = {}
        self.running = {"r", "s"}
        self.cancelled: list[str] = []
        self.interrupted: list[str] = []
        self._format = format
        self._now = 0.0
        self.tell(in_force({"type": format.encoding, "rate": format.rate}), created("r"), created("s"))

    def tell(self, *values: Any) -> list[Any]:
        """Tell something at the present time."""
        return self.talk.at(self._now, *values)

    def step(self, kind: str, who: Any, what: Any) -> list[Any]:
        """Take one step of a random script."""
        match kind:
            case "wait":
                self._now += who / 1000
                return []
            case "audio":
                self.received[who] = self.received.get(who, 0) + what
                return self.tell(audio(bytes(what), who, 0, _OWNERS[who]))
            case "done":
                self.running.discard(who)
                return self.tell(done(response=who))
            case "played":
                return self.tell(Played(who, ms=what))
            case _:
                return self.tell(self._event(kind, who, what))

    def _event(self, kind: str, who: Any, what: Any) -> Any:
        if kind == "audio_done":
            return audio_done(who, 0, _OWNERS[who])
        return SPEECH if kind == "speech" else Interrupt(who, generation=bool(what[0]), playback=bool(what[1]))

    def check(self, outputs: list[Any]) -> None:
        """Check what the policy gave."""
        ranks = [(Interrupted, ConversationItemTruncate, ResponseCancel).index(type(output)) for output in outputs]
        assert ranks == sorted(ranks)
        heard = {output.item_id: output for output in outputs if isinstance(output, Interrupted)}
        for found in heard.values():
            assert found.response_id == _OWNERS[found.item_id]
            assert 0 <= found.heard_ms <= found.received_ms <= self._ms(found.item_id)
        for output in outputs:
            if isinstance(output, ConversationItemTruncate):
                assert 0 < output.audio_end_ms == heard[output.item_id].heard_ms
            if isinstance(output, ResponseCancel):
                assert output.response_id in self.running
                self.cancelled.append(output.response_id or "")
        self.interrupted += [item for item in heard if _OWNERS[item] in self.running]

    def _ms(self, item: str) -> int:
        return self._format.bytes_to_ms(self.received.get(item, 0))


@settings(max_examples=150, deadline=None)
@given(st.lists(_STEPS, max_size=25), st.sampled_from(_FORMATS), st.booleans())
def test_r2_a_cut_is_above_zero_and_within_what_was_received(
    script: list[tuple[str, Any, Any]], format: AudioFormat, assume_playing: bool
) -> None:
    """R2: for any traffic, any reports and any clock 0 < audio_end_ms <= received; each is told and cancelled once."""
    told = _Told(format, assume_playing)
    for step in script:
        told.check(told.step(*step))
    assert len(told.cancelled) == len(set(told.cancelled))
    assert len(told.interrupted) == len(set(told.interrupted))


@pytest.mark.parametrize("stop", [Interrupt(), Interrupt(generation=False), Interrupt(playback=False)])
def test_r3_after_an_interruption_nothing_of_the_response_is_delivered_but_its_done(stop: Interrupt) -> None:
    """R3: what was on its way is not delivered, the end is; the next response is, whole."""
    call = Call(_TELLS)
    call.say(text_item("a story"), {"type": "response.create"})
    call.wait(0.1)
    before = len(call.delivered)
    call.on_the_way = []
    call.wait(0.1)
    call.tell(stop)
    late = items_of(call.on_the_way, "response.output_audio.delta")
    call.arrive()
    call.wait(1)
    call.say(text_item("more"), {"type": "response.create"})
    call.wait(1)
    after = call.delivered[before:]
    assert len(late) > 2
    assert {getattr(value, "response_id", None) for value in after if value.type.startswith("response.output")} == {
        value.response.id for value in after if isinstance(value, ResponseDone)
    } - {late[0]["response_id"]}
    ends = [value.response for value in after if isinstance(value, ResponseDone)]
    assert ends[0].id == late[0]["response_id"]
    assert [end.status for end in ends] == ["cancelled" if stop.generation else "completed", "completed"]


@pytest.mark.parametrize("format", _FORMATS, ids=lambda format: f"{format.encoding}-{format.rate}")
@pytest.mark.parametrize("speaker", [True, False])
def test_r4_what_is_kept_of_an_item_is_what_was_heard(format: AudioFormat, speaker: bool) -> None:
    """R4: after barge-in the server's item lasts exactly as long as what was played, and carries its beginning."""
    call = Call(_TELLS, format, speaker=speaker)
    call.say(text_item("a story"), {"type": "response.create"})
    call.wait(0.83)
    call.speak("stop")
    ((_, (mark, truncate)),) = call.told
    assert mark.heard_ms == truncate.audio_end_ms
    assert 800 < mark.heard_ms < 1000 <= mark.received_ms
    assert [(found.item_id, found.audio_end_ms) for found in call.of(ConversationItemTruncated)] == [
        (mark.item_id, mark.heard_ms)
    ]
    (retrieved,) = call.server.send({"type": "conversation.item.retrieve", "item_id": mark.item_id})
    (part,) = retrieved["item"]["content"]
    kept = b64decode(part["audio"])
    assert (len(kept), part.get("transcript")) == (format.ms_to_bytes(mark.heard_ms), None)
    words = transcribe(kept, format)
    assert _STORY.startswith(words)
    assert len(words) - mark.heard_ms // BYTE_MS in (0, 1)
    assert call.of(Error) == []


@pytest.mark.parametrize(("pace", "seconds"), [(0, 0.5), (1, 0.7), (8, 0.2)])
@pytest.mark.parametrize("speaker", [True, False])
def test_r4_a_barge_in_is_one_step(pace: int, seconds: float, speaker: bool) -> None:
    """R4: mark, cut and cancel come with what interrupts, before anything else, at any pace of the server."""
    call = Call(Scenario(rules=_TELLS.rules, pace=pace), speaker=speaker)
    call.say(text_item("a story"), {"type": "response.create"})
    call.wait(seconds)
    call.tell(Interrupt())
    ((place, outputs),) = call.told
    kinds = [Interrupted, ConversationItemTruncate] + [ResponseCancel] * (pace > 0)
    assert [type(output) for output in outputs] == kinds
    assert call.delivered[place : place + len(outputs)] == outputs
    assert 0 < outputs[0].heard_ms <= seconds * 1000
    call.wait(5)
    call.tell(Interrupt())
    assert len(call.told) == 1
    assert call.of(Error) == []


def test_r4_what_was_heard_to_its_end_is_kept_whole() -> None:
    """R4: speech after the last word cuts nothing, and the transcript stays."""
    call = Call(_TELLS)
    call.say(text_item("a story"), {"type": "response.create"})
    call.wait(len(_STORY) * BYTE_MS / 1000 + 0.5)
    call.speak("and then?")
    assert call.told == []
    spoken = [event["item"] for event in items_of(call.server.got, "conversation.item.done")]
    assert _STORY in [part.get("transcript") for item in spoken for part in item["content"]]


def _rows() -> Iterator[list[Any]]:
    for item, index, response, size in (
        ("a", 0, "r", 4800),
        ("a", 1, "r", 9600),
        ("b", 0, "r", 2400),
        ("a", 0, "s", 480),
    ):
        yield [audio(bytes(size), item, index, response)] * 3


@given(st.data())
def test_r6_parts_are_told_apart_however_they_interleave(data: st.DataObject) -> None:
    """R6: what was received is counted by response, item and content index, whatever the order of the deltas."""
    talk = Talk(assume_playing=False)
    talk.at(0.0, created("r"), created("s"), *data.draw(interleavings(*_rows())))
    talk.at(0.0, Played("b", ms=70), Played("a", ms=250, content_index=1))
    assert set(talk.at(0.0, Interrupt("r", generation=False))) == {
        interrupted(0, 300),
        interrupted(250, 600, index=1),
        interrupted(70, 150, "b"),
        cut(250, index=1),
        cut(70, "b"),
    }
    assert talk.at(0.0, SPEECH) == [interrupted(0, 30, response="s")]

"""R4: what is kept of an interrupted transcript never exceeds the audio that was played."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from rxrealtime.activity import Interrupted
from rxrealtime.audio import PCM16_24K, PCMU, AudioFormat
from rxrealtime.events import (
    ContentPart,
    ConversationItemAdded,
    ConversationItemRetrieved,
    ConversationItemTruncated,
    Message,
    SessionUpdated,
)
from rxrealtime.history import History, fold
from rxrealtime.server.scenarios import Rule, Scenario
from rxrealtime.server.voices import transcribe
from tests.history.engines import Listener
from tests.history.traces import folded
from tests.operators.wire import added, audio, done, item_done, output_added, said, say, spoken_item
from tests.server.driving import text_item as typed

_TEXTS = st.text(st.sampled_from("ab é,\N{HIRAGANA LETTER A}  "), min_size=1, max_size=24).filter(
    lambda text: text.strip()
)


def interrupted(heard_ms: int, received_ms: int = 0, item: str = "a", index: int = 0) -> Interrupted:
    """The playback of an item was stopped."""
    return Interrupted("r", item, index, heard_ms, received_ms)


def begun(*more: Any) -> list[Any]:
    """A spoken item of a response begins."""
    empty = Message(id="a", role="assistant", status="in_progress", content=())
    return [output_added(empty), ConversationItemAdded(item=empty), *more]


def sound(ms: int) -> Any:
    """A piece of audio."""
    return audio(bytes(48 * ms))


def spoken(*, each_ms: int = 1000) -> list[Any]:
    """Three words of a second each, told when their audio begins, to their end."""
    words = [event for word in ("One", " two", " three") for event in (say(word), sound(each_ms))]
    whole = spoken_item("a", "One two three", "assistant")
    return begun(*words, said("One two three"), item_done(whole), done(whole))


def text_of(*values: Any) -> str:
    """What the history says after some values."""
    return folded(values).items[0].text


def heard_by_the_server(listener: Listener, format: AudioFormat, heard_ms: int) -> str:
    """Listen to what was heard, as the embedded server would."""
    deltas = [event["delta"] for event in listener.client.got if event["type"] == "response.output_audio.delta"]
    return transcribe(b"".join(map(b64decode, deltas))[: format.ms_to_bytes(heard_ms)], format)


@settings(deadline=None, max_examples=40)
@forall(
    text=_TEXTS,
    pace=st.sampled_from([1.0, 8.0, 0.0]),
    chunk=st.sampled_from([0.02, 0.1, 0.2]),
    after=st.integers(0, 1200),
    share=st.integers(0, 100),
    telephone=st.booleans(),
    local=st.booleans(),
)
def test_r4_the_transcript_kept_is_in_the_audio_heard(
    *, text: str, pace: float, chunk: float, after: int, share: int, telephone: bool, local: bool
) -> None:
    """Whenever the embedded server is interrupted, what is kept is what its voice said in the audio that was heard."""
    format = PCMU if telephone else PCM16_24K
    listener = Listener(Scenario((Rule("*", say=text),), pace=pace, chunk=chunk))
    if telephone:
        output = {"output": {"format": {"type": "audio/pcmu"}}}
        listener.send({"type": "session.update", "session": {"type": "realtime", "audio": output}})
    listener.send(typed("go"), {"type": "response.create"})
    listener.wait(after / 1000)
    item_id = listener.history.items[-1].id
    size = sum(len(b64decode(e["delta"])) for e in listener.client.got if e["type"] == "response.output_audio.delta")
    received_ms = format.bytes_to_ms(size)
    heard_ms = received_ms * share // 100
    if local:
        listener.history = fold(listener.history, Interrupted("", item_id, 0, heard_ms, received_ms))
    cut = {"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0, "audio_end_ms": heard_ms}
    for step in ([cut], [{"type": "response.cancel"}], []):
        listener.send(*step)
        kept = listener.history.items[-1].text
        assert heard_by_the_server(listener, format, heard_ms).startswith(kept)
    listener.wait()

    entry = listener.history.items[-1]
    assert heard_by_the_server(listener, format, heard_ms).startswith(entry.text)
    assert entry.heard_ms == {0: heard_ms}
    assert entry.status in ("completed", "incomplete")
    assert entry.full_text.startswith(entry.text)


def test_r4_every_word_that_was_heard_to_its_end_is_kept() -> None:
    """Where words come when their audio begins, and all of it came, exactly the words that were heard are kept."""
    text = "The quick brown fox"
    listener = Listener(Scenario((Rule("*", say=text),), chunk=0.02))
    listener.send(typed("go"), {"type": "response.create"})
    listener.wait()
    item_id, whole = listener.history.items[-1].id, 40 * len(text)

    for heard_ms in range(0, whole + 1, 10):
        cut = fold(listener.history, Interrupted("", item_id, 0, heard_ms, whole)).items[-1].text
        assert cut == max((text[:end] for end in (0, 3, 9, 15, 19) if 40 * end <= heard_ms), key=len)


@pytest.mark.parametrize(
    ("heard_ms", "kept"),
    [
        *((0, ""), (-5, ""), (999, "")),
        *((1000, "One"), (1999, "One"), (2000, "One two"), (2999, "One two")),
        *((3000, "One two three"), (9000, "One two three")),
    ],
)
def test_r4_a_word_counts_when_the_next_one_was_reached(heard_ms: int, kept: str) -> None:
    """Three words of a second each: each is kept from its end on, whoever tells how much was heard."""
    cut = ConversationItemTruncated(item_id="a", content_index=0, audio_end_ms=heard_ms)

    assert text_of(*spoken(), interrupted(heard_ms)) == kept
    assert text_of(*spoken(), cut) == kept
    assert folded([*spoken(), cut]).items[0].full_text == "One two three"


@forall(st.integers(0, 3000), st.data())
def test_r4_what_comes_later_does_not_undo_the_cut(heard_ms: int, data: st.DataObject) -> None:
    """Wherever the interruption is told, what comes after it is kept as far as it was heard."""
    events = spoken()
    at = data.draw(st.integers(2, len(events)))
    whole = spoken_item("a", "One two three", "assistant")

    history = folded([*events[:at], interrupted(heard_ms), *events[at:], ConversationItemRetrieved(item=whole)])

    assert history == folded([*events, interrupted(heard_ms)])
    assert history.items[0].status == "completed"


def test_r4_the_last_word_of_what_was_cut_off_is_not_kept() -> None:
    """A response that was cancelled sent words for which it did not send all the audio."""
    cut = spoken_item("a", "One two", "assistant", "incomplete")
    events = begun(say("One"), sound(1000), say(" two"), sound(10), interrupted(1010, 1010))

    assert text_of(*events) == "One"
    assert text_of(*events, said("One two"), item_done(cut), done(cut, status="cancelled")) == "One"


def test_r4_words_that_run_ahead_are_kept_by_their_share() -> None:
    """Words that came before any audio count by the share that was heard, and no faster than anybody speaks."""
    text = "One two three four five six"
    early = begun(*(say(word) for word in (text[:3], text[3:])))

    assert text_of(*early, sound(1000), interrupted(1000)) == "One"
    assert text_of(*early, sound(9000), interrupted(900)) == ""
    whole = [*early, sound(9000), item_done(spoken_item("a", text, "assistant"))]
    assert text_of(*whole, interrupted(3000)) == "One"
    fast = [*begun(say(text), sound(200), say(" and so on")), interrupted(400, 400)]
    assert text_of(*fast) == "One two"


def test_r4_more_audio_means_that_less_of_it_was_heard() -> None:
    """Audio that comes after the interruption shows that the words were further ahead than was thought."""
    early = begun(say("One two three"), say(" four"), sound(1000), interrupted(900, 1000))
    more = [sound(1000), sound(1000), sound(1000)]

    assert text_of(*early) == "One two three"
    assert text_of(*early, *more) == "One"


def test_r4_of_audio_that_was_never_received_nothing_is_known() -> None:
    """Over WebRTC no audio comes here: without a word about its length nothing is kept, with one the share is."""
    events = begun(say("One"), say(" two"), say(" three"), item_done(spoken_item("a", "One two three", "assistant")))

    assert text_of(*events, ConversationItemTruncated(item_id="a", content_index=0, audio_end_ms=2000)) == ""
    assert text_of(*events, interrupted(2000, 3000)) == "One two"
    assert text_of(*events, interrupted(3000, 3000)) == "One two three"


@forall(st.lists(st.integers(0, 3500), min_size=1, max_size=4), st.data())
def test_r4_the_least_that_was_heard_counts(marks: list[int], data: st.DataObject) -> None:
    """If several tell how far an item was heard, in any order, the least of it counts."""
    told = [interrupted(ms) if data.draw(st.booleans()) else _truncated(ms) for ms in marks]

    history = folded([*spoken(), *told])

    assert history.items[0].heard_ms == {0: min(marks)}
    assert history == folded([*spoken(), interrupted(min(marks))])


def _truncated(heard_ms: int) -> ConversationItemTruncated:
    return ConversationItemTruncated(item_id="a", content_index=0, audio_end_ms=heard_ms)


def test_r4_only_what_the_model_said_is_cut() -> None:
    """What the user said, what is written, and what nobody knows of are not."""
    user = [added(spoken_item("a", "Hello"))]
    assert text_of(*user, interrupted(0)) == "Hello"
    assert folded([interrupted(0), _truncated(0)]) == History()
    two = (ContentPart(type="output_audio", transcript="One"), ContentPart(type="output_text", text="Two"))
    item = Message(id="a", role="assistant", status="completed", content=two)
    assert text_of(added(item), interrupted(0)) == "Two"
    assert text_of(added(item), interrupted(0, index=7)) == "One\nTwo"


def test_r4_retrieved_audio_is_cut_where_its_transcript_is() -> None:
    """An item that was retrieved with its audio has as much of it as was heard; the rest is kept aside."""
    part = ContentPart(type="output_audio", audio=bytes(range(256)) * 16, transcript="One two three")
    item = Message(id="a", role="assistant", status="completed", content=(part,))

    entry = folded([*spoken(), interrupted(10), ConversationItemRetrieved(item=item)]).items[0]

    assert isinstance(entry.item, Message) and isinstance(entry.full, Message)
    assert [found.audio for found in entry.item.content or ()] == [(part.audio or b"")[:480]]
    assert [found.audio for found in entry.full.content or ()] == [part.audio]


def test_r4_audio_is_measured_in_the_format_of_the_session() -> None:
    """A second of G.711 has 8000 bytes."""
    config = SessionUpdated.model_validate({"session": {"audio": {"output": {"format": {"type": "audio/pcmu"}}}}})
    words = begun(say("One"), audio(bytes(8000)), say(" two"), audio(bytes(8000)), say(" three"))
    events = [config, *words, SessionUpdated.model_validate({"session": {}}), interrupted(1000)]

    assert text_of(*events) == "One"
    assert text_of(*events[:-1], _truncated(999)) == ""
    odd = SessionUpdated.model_validate({"session": {"audio": {"output": {"format": "opus"}}}})
    assert text_of(odd, *spoken(), interrupted(1000)) == "One"

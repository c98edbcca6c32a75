"""Scripts in virtual time: what is expected, what is done, and what is said when a client does something else."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from rxrealtime.errors import ConfigurationError, ScenarioError
from rxrealtime.errors.base import ScriptMismatchError
from rxrealtime.server.outputs import Disconnect
from rxrealtime.server.playing import advance, open_script
from rxrealtime.server.scenarios import Call, Failure
from rxrealtime.server.script_state import mismatch_error
from rxrealtime.server.scripts import (
    AnyOrder,
    Close,
    Drop,
    Expect,
    Garble,
    Interrupt,
    Listen,
    Respond,
    Script,
    Send,
    Step,
    Wait,
)
from rxrealtime.server.state import Tick
from rxrealtime.server.voices import speak
from tests.server.driving import items_of, text_item, types_of
from tests.server.scripted import Played

_CREATE = {"type": "response.create"}
_CANCEL = {"type": "response.cancel"}
_TEXT = {"type": "response.create", "response": {"output_modalities": ["text"]}}
_CLEAR = {"type": "input_audio_buffer.clear"}
_ASKED = (Expect("conversation.item.create"), Expect("response.create"))
_LONG = "one two three four five six seven eight nine ten"


def _played(*steps: Step, **options: Any) -> Played:
    return Played(Script(steps, **{"pace": 0, **options}))


def _texts(events: list[Any]) -> list[str]:
    return [event["text"] for event in items_of(events, "response.output_text.done")]


def test_a_turn() -> None:
    """The engine answers what is expected, and a response begins with the step that says what it is."""
    played = _played(*_ASKED, Respond("Good day."), Close(1000, "bye"))
    assert types_of(played.got) == ["session.created"]
    assert types_of(played.send(text_item("hello"))) == ["conversation.item.added", "conversation.item.done"]
    got = played.send(_TEXT) + played.wait()
    assert types_of(got)[:2] == ["response.created", "response.output_item.added"]
    assert _texts(got) == ["Good day."]
    assert types_of(got)[-3:] == ["response.done", "rate_limits.updated", "Disconnect"]
    assert got[-1] == Disconnect(1000, "bye")
    assert played.leave() is None


def test_a_response_follows_its_request() -> None:
    """In text or audio as asked for, with the metadata of the request; the step may choose the other one."""
    played = _played(Expect("response.create"), Respond("a"), Expect("response.create"), Respond("b", modality="text"))
    spoken = played.send({**_CREATE, "response": {"metadata": {"topic": "x"}}})
    assert "response.output_audio.done" in types_of(spoken)
    assert spoken[0]["response"]["metadata"] == {"topic": "x"}
    assert _texts(played.send(_CREATE)) == ["b"]


def test_a_server_may_begin() -> None:
    """Without a request it is a response of the server's own."""
    played = _played(Respond("Welcome.", modality="text"), Respond("Again.", modality="text"))
    assert _texts(played.got) == ["Welcome.", "Again."]


def test_calls_and_words_are_one_response() -> None:
    """A step that says something and calls tools gives one response, the message first."""
    calls = (Call("get_weather", {"city": "Oslo"}), Call("raw", "{"))
    played = _played(Respond("Let me look.", call=calls, modality="text"))
    (done,) = items_of(played.got, "response.done")
    assert [item["type"] for item in done["response"]["output"]] == ["message", "function_call", "function_call"]
    assert [item.get("arguments") for item in done["response"]["output"]] == [None, '{"city": "Oslo"}', "{"]


def test_a_response_fails() -> None:
    """As the step says, after what is said."""
    played = _played(Respond("Well", fail=Failure("my_code", "No."), modality="text"))
    (done,) = items_of(played.got, "response.done")
    assert done["response"]["status_details"]["error"]["code"] == "my_code"
    assert _texts(played.got) == ["Well"]


def test_time_passes() -> None:
    """A wait lasts as long as it says, also when the clock comes late, and waits add up."""
    mark: dict[str, Any] = {"type": "mark"}
    played = _played(Wait(1.0), Send(mark), Wait(2.0), Send(mark))
    assert played.wait(0.9) == []
    assert played.wait(0.2) == [mark]
    assert played.wait(1.8) == []
    assert played.wait(0.2) == [mark]


def test_a_late_clock_does_not_make_waits_longer() -> None:
    """One tick after all of them is enough."""
    mark: dict[str, Any] = {"type": "mark"}
    state, _ = open_script(Script((Wait(1.0), Send(mark), Wait(2.0), Send(mark)), bare=True))
    _, outputs = advance(state, Tick(3.0))
    assert len(outputs) == 2


def test_a_close_waits_for_the_end_of_the_response() -> None:
    """The client has everything before it, as it comes."""
    played = _played(Respond(_LONG), Close(), pace=1)
    assert Disconnect(1000, "") not in played.got
    assert types_of(played.wait())[-3:] == ["response.done", "rate_limits.updated", "Disconnect"]


def test_a_request_is_answered_once() -> None:
    """The next response is one of the server's own, without the metadata of the request."""
    played = _played(Expect("response.create"), Respond("a"), Respond("b"))
    got = played.send({**_CREATE, "response": {"metadata": {"topic": "x"}}})
    assert [done["response"].get("metadata") for done in items_of(got, "response.done")] == [{"topic": "x"}, None]


def test_what_was_said_is_not_said_again() -> None:
    """After a response of a loose script the default mind has its own words."""
    played = _played(Respond("Welcome."), strict=False)
    assert _texts(played.send(text_item("hello"), _TEXT)) == ["Hello! How can I help?"]


def test_a_failure_names_what_could_still_have_come() -> None:
    """Not what came already, but what was optional too."""
    group = AnyOrder((Expect("a", answered=False), Expect("b", answered=False)))
    played = _played(Expect("c", optional=True), group)
    played.send({"type": "a"}, {"type": "a"})
    assert _failure(played).expected == ({"type": "b"}, {"type": "c"})
    other = _played(Expect("c", optional=True), group)
    other.send({"type": "d"})
    assert _failure(other).expected == ({"type": "a"}, {"type": "b"}, {"type": "c"})


def test_what_comes_early_waits_for_its_step() -> None:
    """A client that sends ahead is within the script, and is answered when it is its turn."""
    played = _played(Expect("response.create"), Wait(1.0), Respond("a"), Expect("input_audio_buffer.clear"))
    assert types_of(played.send(_TEXT, _CLEAR)) == []
    got = types_of(played.wait())
    assert got.index("response.done") < got.index("input_audio_buffer.cleared")
    assert played.leave() is None


def test_an_interruption_cancels_what_runs() -> None:
    """The server finds speech, and the response ends as cancelled by the turn detection."""
    played = _played(Expect("response.create"), Respond(_LONG), Wait(0.2), Interrupt(), Respond("Yes?"), pace=1)
    played.send(_CREATE)
    got = played.wait()
    first, second = items_of(got, "response.done")
    assert first["response"]["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert second["response"]["status"] == "completed"
    started = types_of(got).index("input_audio_buffer.speech_started")
    assert started < types_of(got).index("response.done")


def test_the_speech_of_an_interruption_ends_with_silence() -> None:
    """What begins is also told to have stopped when the client's audio is silent, and no response follows by itself."""
    played = _played(Interrupt())
    got = played.send({"type": "input_audio_buffer.append", "audio": "A" * 64000})
    assert types_of(got)[:2] == ["input_audio_buffer.speech_stopped", "input_audio_buffer.committed"]
    assert "response.created" not in types_of(got + played.wait())


def test_a_client_cancels_while_it_is_expected_to() -> None:
    """A response runs on while the script waits for the client."""
    played = _played(Expect("response.create"), Respond(_LONG), Expect("response.cancel"), Close(), pace=1)
    played.send(_CREATE)
    played.wait(0.5)
    got = played.send(_CANCEL)
    (done,) = items_of(got, "response.done")
    assert done["response"]["status_details"]["reason"] == "client_cancelled"
    assert got[-1] == Disconnect(1000, "")


def test_strikes() -> None:
    """Frames as they are, events as given, and the end without a close frame; nothing follows it."""
    event = {"type": "error", "error": {"message": "as given"}}
    played = _played(Garble(('{"type": "resp', b"\xff")), Send(event), Drop(), Send(event))
    assert played.got[1:] == ['{"type": "resp', b"\xff", event, Disconnect(None)]
    assert played.send(_CREATE) == [] == played.wait()


def test_the_script_may_answer_itself() -> None:
    """What is expected without an answer is not told to the engine."""
    played = _played(
        Expect("session.update", answered=False), Send({"type": "error"}), Expect("response.create", answered=False)
    )
    assert played.send({"type": "session.update", "session": {"type": "realtime"}}) == [{"type": "error"}]
    assert played.send(_CREATE) == []


def test_any_order() -> None:
    """Whichever comes first; the step is over when everything came that must."""
    step = AnyOrder(
        (Expect("response.cancel", answered=False), Expect("response.create"), Expect("a.b", optional=True))
    )
    for messages in ([_CANCEL, _CREATE], [_CREATE, _CANCEL], [_CREATE, {"type": "a.b"}, _CANCEL]):
        played = _played(step, Send({"type": "over"}))
        assert {"type": "over"} not in played.send(*messages[:-1])
        assert {"type": "over"} in played.send(messages[-1])
        assert played.leave() is None


def test_each_of_any_order_comes_once() -> None:
    """The same event twice is one too many."""
    played = _played(AnyOrder((Expect("response.create"), Expect("response.cancel"))))
    played.send(_CREATE, _CREATE)
    assert played.leave() is not None


@pytest.mark.parametrize(
    ("sent", "fine"),
    [
        (["b"], True),
        (["a", "b"], True),
        (["c", "a", "b"], True),
        (["b", "a"], False),
        (["a", "a", "b"], False),
        (["a"], False),
    ],
)
def test_an_optional_event_may_come_until_the_next_one_that_must(sent: list[str], fine: bool) -> None:
    """It may be left out, it does not hold up what follows, and it comes once."""
    optional = [Expect(name, optional=True, answered=False) for name in ("a", "c")]
    played = _played(*optional, Send({"type": "at once"}), Expect("b", answered=False))
    assert played.got[-1] == {"type": "at once"}
    played.send(*({"type": name} for name in sent))
    assert (played.leave() is None) is fine


def _spoken(text: str, silence_ms: int = 700) -> list[dict[str, Any]]:
    audio = speak(text) + bytes(48 * silence_ms)
    return [
        {"type": "input_audio_buffer.append", "audio": b64encode(audio[at : at + 9600]).decode()}
        for at in range(0, len(audio), 9600)
    ]


def test_listening_waits_for_the_end_of_a_turn() -> None:
    """Speech alone is not enough; when silence ended it, it is committed and the script goes on."""
    played = _played(Listen(), Respond("Yes.", modality="text"), Listen(), Close())
    *speech, silence = _spoken("one", 600)
    assert "response.created" not in types_of(played.send(*speech))
    got = types_of(played.send(silence))
    order = [got.index(f"input_audio_buffer.{name}") for name in ("speech_stopped", "committed")]
    assert [*order, got.index("response.created")] == sorted([*order, got.index("response.created")])
    assert Disconnect(1000, "") not in played.got
    assert played.send(*_spoken("two"))[-1] == Disconnect(1000, "")
    assert played.leave() is None


def test_a_turn_that_ended_early_is_listened_to_once() -> None:
    """What the user says while the server waits counts when its step comes; one turn is not two."""
    played = _played(Wait(1.0), Listen(), Send({"type": "first"}), Listen(), Send({"type": "second"}))
    played.send(*_spoken("one"))
    assert {"type": "first"} in played.wait()
    assert {"type": "second"} not in played.got
    assert {"type": "second"} in played.send(*_spoken("two"))


@pytest.mark.parametrize("end", ["input_audio_buffer.commit", "input_audio_buffer.clear"])
def test_a_client_that_ends_its_speech_itself(end: str) -> None:
    """A commit makes a turn of it, a clear does not."""
    played = _played(Listen(), ignored=("input_audio_buffer.append", end))
    played.send(*_spoken("one", 0), {"type": end})
    assert (played.leave() is None) is (end == "input_audio_buffer.commit")


def test_a_turn_that_never_ends_is_missing() -> None:
    """The message says what was listened for, and at which step."""
    for sent in ([], _spoken("one", 0), [{"type": "input_audio_buffer.append", "audio": "A" * 64000}]):
        played = _played(Expect("response.cancel", optional=True), Listen(), Expect("response.create"))
        played.send(*sent)
        error = _failure(played)
        assert (error.step, error.expected, error.actual) == (2, ({"listen": True},), None)
        assert "the end of a turn is missing" in str(error)


def test_turns_that_ended_before_the_client_left_count() -> None:
    """Each for one step, whatever the server still had to do."""
    for turns, missing in ((2, False), (1, True)):
        played = _played(Wait(9.0), Listen(), Respond("a"), Listen(), Expect("input_audio_buffer.clear"))
        for _ in range(turns):
            played.send(*_spoken("one"))
        played.send(_CLEAR)
        assert (played.leave() is not None) is missing


def test_what_is_sent_while_a_turn_is_listened_for() -> None:
    """What a later step expects waits for it; anything else is a failure that names both."""
    played = _played(Listen(), Expect("response.create"), Respond("Yes.", modality="text"))
    played.send(_CREATE)
    assert _texts(played.send(*_spoken("one"))) == ["Yes."]
    assert played.leave() is None
    wrong = _played(Listen(), Expect("response.create"))
    wrong.send(_CLEAR)
    error = _failure(wrong)
    assert (error.step, error.expected) == (1, ({"listen": True}, {"type": "response.create"}))


def _failure(played: Played) -> ScriptMismatchError:
    mismatch = played.leave()
    assert mismatch is not None
    return mismatch_error(mismatch)


def test_an_unexpected_event_fails_and_closes() -> None:
    """The connection ends with 1008 at once, and expected and actual stand side by side, with a mark between them."""
    item = {"item": {"role": "user", "content": [{"text": "hello"}]}}
    played = _played(Expect("conversation.item.create", item), Respond("never"))
    assert played.send(text_item("good bye")) == [
        Disconnect(1008, "script, at step 1: unexpected conversation.item.create")
    ]
    error = _failure(played)
    assert str(error).splitlines() == [
        "the client did not follow the script at step 1:",
        "expected                                actual",
        "{                                       {",
        '  "type": "conversation.item.create"      "type": "conversation.item.create"',
        '  "item": {                               "item": {',
        '    "role": "user"                          "role": "user"',
        '    "content": [                            "content": [',
        "      {                                       {",
        '        "text": "hello"               !         "text": "good bye"',
        '                                                "type": "input_text"',
        "      }                                       }",
        "    ]                                       ]",
        '                                            "type": "message"',
        "  }                                       }",
        "}                                       }",
    ]
    assert (error.step, error.actual) == (1, text_item("good bye"))
    assert error.expected == ({"type": "conversation.item.create", **item},)


def test_a_missing_event_fails() -> None:
    """When the client leaves, what it should have sent is named."""
    played = _played(*_ASKED, Respond("a"))
    played.send(text_item("hello"))
    error = _failure(played)
    assert (error.step, error.actual) == (2, None)
    assert "an event is missing" in str(error)
    assert '  "type": "response.create"  !' in str(error).splitlines()


def test_what_was_sent_before_leaving_counts() -> None:
    """A client that sends everything and goes has followed the script, whatever the server still had to do."""
    played = _played(Expect("response.create"), Wait(5.0), Respond(_LONG), Expect("response.cancel"), pace=1)
    played.send(_CREATE, _CANCEL)
    assert played.leave() is None


def test_an_event_after_the_last_step_fails() -> None:
    """There the script is over."""
    played = _played(Expect("response.create"))
    played.send(_CREATE, _CREATE)
    error = _failure(played)
    assert (error.step, error.expected) == (None, ())
    assert "after its last step" in str(error)


@pytest.mark.parametrize("frame", ['{"type": ', b"\xff", "[1]", '"text"', "null", ""])
def test_a_frame_that_is_no_event_is_unexpected(frame: bytes | str) -> None:
    """It has no type that could be expected."""
    played = _played(Expect("response.create"))
    assert played.send(frame) == [Disconnect(1008, "script, at step 1: unexpected frame")]


def test_a_hostile_type_fits_into_a_close_frame() -> None:
    """The reason stays below its 123 bytes, whatever the client calls its event."""
    (closed,) = _played().send({"type": "\U0001f600" * 500})
    assert isinstance(closed, Disconnect)


def test_audio_is_ignored_unless_it_is_expected() -> None:
    """Appends come in any number; other types can be ignored too, and appends be counted."""
    append = {"type": "input_audio_buffer.append", "audio": "AAAA"}
    played = _played(Expect("response.create"))
    played.send(append, append, _CREATE, append)
    assert played.leave() is None
    strict = _played(Expect(append["type"]), ignored=("input_audio_buffer.clear",))
    strict.send(_CLEAR, append, append)
    assert strict.leave() is not None


def test_a_loose_script_leaves_the_rest_to_the_engine() -> None:
    """What is not expected is answered as if there were no script, and nothing is missing."""
    played = _played(Expect("input_audio_buffer.clear"), Expect("never"), strict=False)
    got = played.send(text_item("hello"), _TEXT)
    assert _texts(got) == ["Hello! How can I help?"]
    assert played.leave() is None


def test_a_bare_script_has_no_engine() -> None:
    """Nothing goes out but what the steps send."""
    played = _played(Send({"type": "mine"}), Expect("response.create"), bare=True)
    played.send(_CREATE)
    assert played.got == [{"type": "mine"}]


def test_names_of_the_client() -> None:
    """Ids of the script give way to those of the client, where a whole value is one."""
    expected = Expect("conversation.item.create", names={"item.id": "ITEM"}, answered=False)
    played = _played(expected, Send({"type": "x", "ids": ["ITEM", "ITEM 2"], "text": "ITEM"}))
    message = text_item("hello")
    message["item"]["id"] = "mine"
    assert played.send(message) == [{"type": "x", "ids": ["mine", "ITEM 2"], "text": "mine"}]


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Expect(""), "type must not be empty"),
        (lambda: Expect("a", {"type": "a"}), "not in them"),
        (lambda: AnyOrder((Expect("a", optional=True),)), "must not be optional"),
        (lambda: AnyOrder(()), "must not be optional"),
        (lambda: Respond(), "says something"),
        (lambda: Respond("{who}"), "unknown placeholder"),
        (lambda: Respond("a", modality="video"), "modality must be"),  # type: ignore[arg-type]
        (lambda: Wait(-1), "wait must be 0"),
        (lambda: Wait(float("nan")), "wait must be 0"),
        (lambda: Script((Respond("a"),), bare=True), "no engine"),
        (lambda: Script(pace=-1), "pace must be 0"),
        (lambda: Script(chunk=0), "chunk must be more"),
    ],
)
def test_steps_that_make_no_sense(build: Any, said: str) -> None:
    """They are refused where they are written."""
    with pytest.raises(ScenarioError, match=said):
        build()


@pytest.mark.parametrize("build", [lambda: Close(1005), lambda: Close(1000, "x" * 124), lambda: Garble(("\ud800",))])
def test_what_cannot_be_sent(build: Any) -> None:
    """A code, a reason or a frame that the wire cannot carry is refused where it is written."""
    with pytest.raises(ConfigurationError):
        build()

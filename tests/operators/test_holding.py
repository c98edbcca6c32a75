"""Audio that is held back until its words were checked."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import reactivex
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st
from reactivex.subject import Subject

from rxrealtime import operators as ops
from rxrealtime.activity import AgentChanged, GuardrailPassed, GuardrailTripped, Interrupted
from rxrealtime.errors import BufferOverflowError, ConfigurationError
from rxrealtime.events import ConnectionFailed, GuardrailFailed
from rxrealtime.guardrails import Guardrail
from rxrealtime.operators.checking import Checked, RunCheck, Watch, advance, watching
from rxrealtime.signals import Interrupt
from tests.operators.streams import interleavings, results, splits, terminal
from tests.operators.wire import audio, audio_done, created, done, said, say, spoken_item, write

_LOST = ConnectionFailed(OSError("gone"))


def _never(text: str, context: Any) -> bool:
    raise AssertionError("nothing is checked here")


_WHOLE = bytes(range(60))
_G = Guardrail("g", _never, on_error="block", every_chars=3)
_H = Guardrail("h", _never, on_error="block", every_chars=7)


def _heard(*traffic: object, guardrails: Sequence[Guardrail] = (_G,), **more: Any) -> list[bytes]:
    return [chunk.data for chunk in results(ops.checked_audio(guardrails, **more), traffic) if hasattr(chunk, "data")]


def test_audio_waits_for_a_check_that_reaches_beyond_it() -> None:
    """A check covers what came before its last words; what came with or after them waits for the next one."""
    traffic = [say("Hello"), audio(b"aa"), say("!"), audio(b"bb"), GuardrailPassed("g", "r", 5)]
    assert _heard(*traffic) == []
    assert _heard(*traffic, GuardrailPassed("g", "r", 6)) == [b"aa"]
    assert _heard(*traffic, say("?"), GuardrailPassed("g", "r", 7)) == [b"aa", b"bb"]


def test_audio_before_the_first_word_waits_too() -> None:
    """Some servers send audio before its transcript."""
    assert _heard(created(), audio(b"aa"), say("Hi")) == []
    assert _heard(created(), audio(b"aa"), say("Hi"), GuardrailPassed("g", "r", 2)) == [b"aa"]


def test_the_rest_is_given_when_all_was_passed() -> None:
    """After the last word nothing reaches further: response.done and the whole text passed, in either order."""
    whole = [say("Hi"), audio(b"aa"), audio(b"bb"), said("Hi"), audio_done()]
    for end in ([GuardrailPassed("g", "r", 2), done()], [done(), GuardrailPassed("g", "r", 2)]):
        assert _heard(*whole, *end[:1]) == []
        assert _heard(*whole, *end) == [b"aa", b"bb"]
    assert _heard(*whole, done(), GuardrailPassed("g", "r", 1)) == []
    assert _heard(*whole[:3], said("Hi!"), GuardrailPassed("g", "r", 3)) == [b"aa", b"bb"]
    assert _heard(audio(b"aa"), done(spoken_item("a", "Hi", "assistant")), GuardrailPassed("g", "r", 2)) == [b"aa"]
    assert _heard(audio(b"aa"), done(spoken_item("a", "Hi", "assistant"))) == []


def test_nothing_is_added_to_a_response_that_is_done() -> None:
    """Audio and words that come late are no part of it, though it still waits for its verdict."""
    traffic = [say("Hi"), audio(b"aa"), done(), audio(b"bb"), say("!"), GuardrailPassed("g", "r", 2)]

    assert _heard(*traffic, done(), audio(b"cc"), GuardrailPassed("g", "r", 9)) == [b"aa"]


def test_every_guardrail_has_to_pass() -> None:
    """The slowest one decides; those that are not in force have no say, and verdicts never go back."""
    traffic = [say("Hi"), audio(b"aa"), say("!"), GuardrailPassed("g", "r", 3), GuardrailPassed("x", "r", 3)]
    assert _heard(*traffic, guardrails=[_G, _H]) == []
    assert _heard(*traffic, GuardrailPassed("h", "s", 3), guardrails=[_G, _H]) == []
    last = [GuardrailPassed("g", "r", 1), GuardrailPassed("h", "r", 3)]
    assert _heard(*traffic, *last, guardrails=[_G, _H]) == [b"aa"]


@pytest.mark.parametrize(
    "end",
    [
        GuardrailTripped("g", "r"),
        Interrupted("r", "a", 0, 0, 40),
        Interrupt("r"),
        Interrupt(),
        Interrupt("r", generation=False),
        done(status="cancelled"),
        _LOST,
    ],
    ids=repr,
)
def test_audio_of_a_response_that_is_stopped_is_dropped(end: object) -> None:
    """What is held and what comes later, whatever is passed then; another response is not touched."""
    before = [created("s"), created(), say("Hi"), audio(b"aa"), end]
    after = [audio(b"bb"), say("!", response="r"), GuardrailPassed("g", "r", 3), done(), audio(b"cc"), created()]
    assert _heard(*before, *after, GuardrailPassed("g", "r", 9), audio(b"dd")) == []
    if end != Interrupt() and end is not _LOST:
        other = [say("Hi", response="s"), audio(b"ss", response="s"), done(response="s"), GuardrailPassed("g", "s", 2)]
        assert _heard(*before, *other) == [b"ss"]


def test_what_does_not_stop_a_response_does_not_drop_it() -> None:
    """A call that was not run, an interruption of the generation alone, failures, another response."""
    others = [
        GuardrailTripped("g", "r", call_id="call_1"),
        Interrupt("r", playback=False),
        GuardrailFailed(OSError("x")),
        Interrupt("s"),
        done(response="s", status="cancelled"),
    ]

    assert _heard(created(), say("Hi"), audio(b"aa"), *others, say("!"), GuardrailPassed("g", "r", 3)) == [b"aa"]


def test_without_guardrails_nothing_waits() -> None:
    """Audio is given as it comes where none is in force when the response begins, until its end."""
    free = AgentChanged(SimpleNamespace(output_guardrails=()))
    bound = AgentChanged(SimpleNamespace(output_guardrails=[_H]))

    assert _heard(created(), audio(b"aa"), say("Hi"), audio(b"bb"), done(), guardrails=[]) == [b"aa", b"bb"]
    assert _heard(free, created(), bound, audio(b"aa"), created("s"), audio(b"bb", response="s")) == [b"aa"]
    passed = [say("Hi", response="s"), done(response="s"), GuardrailPassed("h", "s", 2)]
    assert _heard(bound, created("s"), free, audio(b"bb", response="s"), *passed) == [b"bb"]


def test_a_response_without_a_word_is_given_at_its_end() -> None:
    """There is nothing that a guardrail could look at; before the end nobody knows that."""
    assert _heard(created(), audio(b"aa"), audio(b"bb")) == []
    assert _heard(created(), audio(b"aa"), audio(b"bb"), done()) == [b"aa", b"bb"]
    assert _heard(created(), audio(b"aa"), write("Hi"), done()) == []


def test_chunks_hold_whole_samples() -> None:
    """As audio_chunks gives them: odd bytes wait for the next delta, or are no audio (D6)."""
    traffic = [audio(b"123"), say("Hi"), audio(b"456"), audio(b"7"), done(), GuardrailPassed("g", "r", 2)]

    assert _heard(*traffic) == [b"12", b"3456"]
    assert _heard(*traffic, bytes_per_sample=1) == [b"123", b"456", b"7"]


def test_too_much_audio_is_dropped_and_told() -> None:
    """What cannot be held cannot be checked in time: it is not given, and the failure says whose it was (B1)."""
    traffic = [created(), say("canary"), audio(b"x" * 700), audio(b"y" * 700), audio(b"z" * 700)]
    end = [done(), GuardrailPassed("g", "r", 6)]
    other = [say("Hi", response="s"), audio(b"ss", response="s"), done(response="s"), GuardrailPassed("g", "s", 2)]

    first, *rest = results(ops.checked_audio([_G], max_bytes=1000), [*traffic, *end, *other])

    assert isinstance(first, GuardrailFailed)
    assert isinstance(first.exception, BufferOverflowError)
    assert "'r'" in str(first.exception) and "max_bytes" in str(first.exception)
    assert "canary" not in f"{first}{first.exception}"
    assert rest == [ops.AudioChunk("s", "a", 0, b"ss")]


def test_many_small_chunks_have_a_limit_too() -> None:
    """A chunk costs more than its bytes; what is given makes room again."""
    tiny = [audio(b"xx") for _ in range(10)]
    assert [type(value) for value in results(ops.checked_audio([_G], max_bytes=1000), tiny)] == [GuardrailFailed]

    rounds = [event for number in range(1, 50) for event in (*tiny[:2], say("."), GuardrailPassed("g", "r", number))]
    assert len(_heard(*rounds, max_bytes=1000)) == 98


def test_what_is_kept_of_responses_that_are_over_is_bounded() -> None:
    """After hundreds of responses there is little more in memory than after one (B1)."""
    source: Subject[Any] = Subject()
    given: list[int] = []
    subscription = source.pipe(ops.checked_audio([_G])).subscribe(lambda chunk: given.append(1))
    tracemalloc.start()
    try:
        for number in range(600):
            name = f"{number:01000}"
            for event in (say("Hi", response=name), audio(b"aa", response=name), done(response=name)):
                source.on_next(event)
            source.on_next(GuardrailPassed("g", name, 2))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(given), kept < 200_000) == (600, True)
    subscription.dispose()


def test_the_end_of_the_source_drops_what_was_not_checked() -> None:
    """Neither its completion nor its error gives anything away."""
    assert _heard(say("Hi"), audio(b"aa")) == []
    failing = reactivex.concat(reactivex.of(say("Hi"), audio(b"aa")), reactivex.throw(OSError("gone")))
    got, end = terminal(failing.pipe(ops.checked_audio([_G])))
    assert (got, type(end)) == ([], OSError)


def test_disposing_leaves_the_source() -> None:
    """The source is subscribed to once, and left."""
    source: Subject[Any] = Subject()
    subscription = source.pipe(ops.checked_audio([_G])).subscribe()
    assert len(source.observers) == 1

    subscription.dispose()

    assert source.observers == []


def test_impossible_settings_are_refused() -> None:
    """When the pipeline is made."""
    with pytest.raises(ConfigurationError, match="max_bytes"):
        ops.checked_audio(max_bytes=0)
    with pytest.raises(ConfigurationError, match="'g'"):
        ops.checked_audio([_G, _G])
    with pytest.raises(ValueError, match="bytes_per_sample"):
        ops.checked_audio(bytes_per_sample=0)


@st.composite
def _response(draw: st.DrawFn, name: str) -> list[Any]:
    """A response that says and sounds things in any order, in two parts, to its end."""
    words = [say(piece, item, response=name) for item in "ab" for piece in draw(st.lists(st.text("xyz", max_size=4)))]
    sounds = [audio(piece, "a", response=name) for piece in draw(splits(_WHOLE))]
    middle = draw(interleavings(words, sounds))
    status = draw(st.sampled_from(["completed", "completed", "incomplete", "cancelled"]))
    return [created(name), *middle, done(response=name, status=status)]


@st.composite
def _traffic(draw: st.DrawFn) -> list[Any]:
    """Two responses that interleave, and the verdicts on them in any order, as late as can be."""
    watch = watching([_G, _H])
    checks: list[RunCheck] = []
    traffic: list[Any] = []

    def step(watch: Watch, value: object) -> Watch:
        watch, effects = advance(watch, value)
        checks.extend(effect for effect in effects if isinstance(effect, RunCheck))
        traffic.extend(effect for effect in effects if not isinstance(effect, RunCheck))
        return watch

    for event in draw(interleavings(draw(_response("r")), draw(_response("s")))):
        traffic.append(event)
        watch = step(watch, event)
        while checks and draw(st.booleans()):
            watch = step(watch, _answer(draw, checks))
    while checks:
        watch = step(watch, _answer(draw, checks))
    return traffic


def _answer(draw: st.DrawFn, checks: list[RunCheck]) -> Checked:
    check = checks.pop(draw(st.integers(0, len(checks) - 1)))
    return Checked(check.response_id, check.guardrail, draw(st.sampled_from([None] * 9 + ["rude"])))


def _said_before(traffic: Sequence[Any], name: str) -> int:
    """Give how much a response had said by the end of a stretch of traffic."""
    parts: dict[str, str] = {}
    for event in traffic:
        if event.type == "response.output_audio_transcript.delta" and event.response_id == name and event.delta:
            parts[event.item_id] = parts.get(event.item_id, "") + event.delta
    return len("\n".join(parts.values()))


def _reached(traffic: Sequence[Any], name: str) -> int:
    """Give how far every guardrail has passed a response by the end of a stretch of traffic."""
    passed = [event for event in traffic if isinstance(event, GuardrailPassed) and event.response_id == name]
    return min(max([0, *(event.checked for event in passed if event.guardrail == which)]) for which in "gh")


@settings(max_examples=60, deadline=None)
@forall(_traffic())
def test_audio_is_given_in_order_once_and_never_before_its_check(traffic: list[Any]) -> None:
    """For any interleaving of two responses and the verdicts on them; what is tripped or cancelled gives no more."""
    source: Subject[Any] = Subject()
    given: list[tuple[int, ops.AudioChunk]] = []
    at = 0
    source.pipe(ops.checked_audio([_G, _H])).subscribe(lambda chunk: given.append((at, chunk)))  # type: ignore[arg-type]
    for at, event in enumerate(traffic):  # noqa: B007 - read by the subscriber
        source.on_next(event)

    for name in "rs":
        heard = b"".join(chunk.data for _, chunk in given if chunk.response_id == name)
        over, status = next((at, event.response.status) for at, event in enumerate(traffic) if _is_end(event, name))
        stopped = [at for at, event in enumerate(traffic) if event == GuardrailTripped("g", name, "rude")]
        stopped += [at for at, event in enumerate(traffic) if event == GuardrailTripped("h", name, "rude")]
        stopped += [over] if status == "cancelled" else []
        assert _WHOLE.startswith(heard), "in order, at most once"
        assert heard == _WHOLE or stopped, "nothing else is lost"
        for when, received in _releases(traffic, given, name):
            reached = _reached(traffic[: when + 1], name)
            final = over <= when and reached >= _said_before(traffic, name)
            assert final or reached > _said_before(traffic[:received], name), "not before its check"
            assert all(when < stop for stop in stopped)


def _is_end(event: Any, name: str) -> bool:
    return bool(event.type == "response.done" and event.response.id == name)


def _releases(traffic: Sequence[Any], given: Sequence[tuple[int, Any]], name: str) -> list[tuple[int, int]]:
    """For each chunk of a response: when it was given, and when its last byte had come."""
    arrivals: list[int] = []
    for index, event in enumerate(traffic):
        if event.type == "response.output_audio.delta" and event.response_id == name:
            arrivals += [index] * len(event.delta)
    found, heard = [], 0
    for when, chunk in given:
        if chunk.response_id == name:
            heard += len(chunk.data)
            found.append((when, arrivals[heard - 1]))
    return found

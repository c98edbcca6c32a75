"""What a session costs, response by response and in sum."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import reduce
from operator import add, attrgetter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from rxrealtime import decode
from rxrealtime import operators as ops
from rxrealtime.events import (
    ConnectionFailed,
    InputTokenDetails,
    OutputTokenDetails,
    Response,
    ResponseDone,
    TranscriptionUsage,
    Usage,
)
from rxrealtime.operators.usage import response_tally, transcription_tally
from tests.conftest import load_recording
from tests.operators.streams import results
from tests.operators.wire import created, done, transcribed

_COUNTS = st.none() | st.integers(0, 9)
_TOKENS = st.builds(ops.Tokens, *[_COUNTS] * 5)
_TALLIES = st.builds(ops.Tally, _COUNTS, _TOKENS, _TOKENS, _TOKENS, _COUNTS)

_CACHED = InputTokenDetails(text_tokens=32, audio_tokens=64, image_tokens=0)
_FULL = Usage(
    total_tokens=253,
    input_tokens=132,
    output_tokens=121,
    input_token_details=InputTokenDetails(
        text_tokens=119, audio_tokens=13, image_tokens=0, cached_tokens=96, cached_tokens_details=_CACHED
    ),
    output_token_details=OutputTokenDetails(text_tokens=30, audio_tokens=91, reasoning_tokens=8),
)
_FULL_TALLY = ops.Tally(253, ops.Tokens(132, 119, 13, 0), ops.Tokens(96, 32, 64, 0), ops.Tokens(121, 30, 91, None, 8))


def _done(used: Usage | None, response: str | None = "r", status: str = "completed") -> ResponseDone:
    return ResponseDone(response=Response(id=response, status=status, usage=used))


def _reports(*events: object) -> list[ops.UsageReport]:
    return results(ops.usage(), events)


@pytest.mark.parametrize("status", ["completed", "cancelled", "incomplete", "failed"])
def test_every_response_with_usage_is_told_at_its_end_whatever_its_status(status: str) -> None:
    """B291: also those that were cancelled, with the status; one value, at response.done."""
    report = ops.UsageReport(_FULL_TALLY, _FULL_TALLY, response_id="r", status=status)
    assert _reports(created(), _done(_FULL, status=status)) == [report]


def test_a_response_without_usage_gives_nothing() -> None:
    """B292: neither no usage nor an empty one, of a response or of a transcription."""
    assert _reports(done(), _done(Usage()), transcribed("Hi."), transcribed("Hi.", usage=TranscriptionUsage())) == []


def test_every_detail_of_a_modality_survives() -> None:
    """B293: text, audio, image, reasoning, and each of the cached ones, as a part of the input."""
    tally = response_tally(_done(_FULL))
    assert tally == _FULL_TALLY
    assert tally.cached.total is not None
    assert tally.input.total is not None
    assert tally.cached.total <= tally.input.total
    assert tally.total == tally.input.total + (tally.output.total or 0)


@pytest.mark.parametrize(
    ("used", "tally"),
    [
        (Usage(input_tokens=9, output_tokens=4), ops.Tally(13, ops.Tokens(9), output=ops.Tokens(4))),
        (
            Usage(input_tokens=9, output_tokens=4, input_token_details=InputTokenDetails(cached_tokens=6)),
            ops.Tally(13, ops.Tokens(9), ops.Tokens(6), ops.Tokens(4)),
        ),
        (Usage(input_tokens=9), ops.Tally(None, ops.Tokens(9))),
        (Usage(output_tokens=4), ops.Tally(None, output=ops.Tokens(4))),
        (Usage(total_tokens=13), ops.Tally(13)),
        (Usage(total_tokens=0, input_tokens=0), ops.Tally(0, ops.Tokens(0))),
        (
            Usage(input_token_details=InputTokenDetails(text_tokens=2, audio_tokens=3, cached_tokens=1)),
            ops.Tally(None, ops.Tokens(5, 2, 3), ops.Tokens(1)),
        ),
        (
            Usage(input_token_details=InputTokenDetails(cached_tokens_details=InputTokenDetails(audio_tokens=7))),
            ops.Tally(None, cached=ops.Tokens(7, None, 7)),
        ),
        (
            Usage(output_token_details=OutputTokenDetails(text_tokens=2, reasoning_tokens=1), input_tokens=3),
            ops.Tally(5, ops.Tokens(3), output=ops.Tokens(2, 2, None, None, 1)),
        ),
        (
            Usage(input_tokens=9, input_token_details=InputTokenDetails(text_tokens=2)),
            ops.Tally(None, ops.Tokens(9, 2)),
        ),
    ],
)
def test_what_is_missing_stays_missing_and_totals_are_derived(used: Usage, tally: ops.Tally) -> None:
    """B294: None is not 0; a total is the sum of its parts, but only if the server gave none."""
    assert response_tally(_done(used)) == tally


def test_usage_adds_up_over_the_session() -> None:
    """B295: every value has its own tally and the sums so far; the sums outlive a lost connection."""
    one, two = Usage(input_tokens=9, output_tokens=4), Usage(input_tokens=20, output_tokens=1)
    first, both = response_tally(_done(one)), response_tally(_done(one)) + response_tally(_done(two))
    assert both.total == 34
    got = _reports(_done(one, "a"), ConnectionFailed(OSError("gone")), _done(two, "b", "failed"))
    assert [(report.response_id, report.responses) for report in got] == [("a", first), ("b", both)]
    assert [report.transcriptions for report in got] == [ops.Tally(), ops.Tally()]


def test_transcriptions_have_a_sum_of_their_own() -> None:
    """Their tokens and their seconds, apart from those of the responses."""
    seconds = TranscriptionUsage(type="duration", seconds=2.5)
    details = InputTokenDetails(text_tokens=1, audio_tokens=13)
    tokens = TranscriptionUsage(type="tokens", input_tokens=14, output_tokens=6, input_token_details=details)
    tallies = [
        ops.Tally(seconds=2.5),
        ops.Tally(20, ops.Tokens(14, 1, 13), output=ops.Tokens(6)),
        ops.Tally(seconds=1.5),
    ]
    third = TranscriptionUsage(seconds=1.5)
    uttered = [transcribed("Hi.", f"u{index}", usage=used) for index, used in enumerate((seconds, tokens, third))]
    assert [transcription_tally(event) for event in uttered] == tallies

    *_, said, last = _reports(_done(_FULL), *uttered)
    assert said.transcriptions == ops.Tally(20, ops.Tokens(14, 1, 13), output=ops.Tokens(6), seconds=2.5)
    assert last == ops.UsageReport(tallies[2], _FULL_TALLY, reduce(add, tallies), item_id="u2")
    assert last.transcriptions.seconds == 4.0


def test_a_transcription_in_progress_is_not_charged() -> None:
    """xAI repeats completed with status in_progress: only the last one counts."""
    some, whole = TranscriptionUsage(seconds=1.0), TranscriptionUsage(seconds=2.5)
    heard = [transcribed("Hi", usage=some, status="in_progress"), transcribed("Hi.", usage=whole, status="completed")]
    assert [report.tally.seconds for report in _reports(*heard, *heard)] == [2.5]


@forall(st.lists(st.integers(0, 5), max_size=30))
def test_a_response_is_counted_once(order: list[int]) -> None:
    """However often its response.done comes, and in whatever order; one without an id is one of its own."""
    ends = [_done(Usage(total_tokens=10**index), f"resp_{index}") for index in range(6)]
    got = _reports(*(ends[index] for index in order))
    assert [report.tally.total for report in got] == [10**index for index in dict.fromkeys(order)]
    total = sum(10**index for index in set(order))
    assert [report.responses.total for report in got[-1:]] == ([total] if order else [])
    nameless = _reports(*(_done(Usage(total_tokens=1), None) for _ in order))
    assert [report.responses.total for report in nameless] == list(range(1, len(order) + 1))


def test_many_responses_are_counted_with_bounded_memory() -> None:
    """A duplicate is known although 63 others came between; 1,000 responses add up."""
    ends = [_done(Usage(total_tokens=1), f"resp_{index}") for index in range(1000)]
    got = _reports(*(event for index, end in enumerate(ends) for event in (end, ends[max(0, index - 63)])))
    assert [report.responses.total for report in got] == list(range(1, 1001))


@forall(_TALLIES, _TALLIES, _TALLIES)
def test_tallies_add_up_in_any_order(one: ops.Tally, two: ops.Tally, three: ops.Tally) -> None:
    """Addition is associative and commutative, and the empty tally changes nothing."""
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one
    assert one + ops.Tally() == one == sum([one], ops.Tally())


@forall(_COUNTS, _COUNTS)
def test_a_sum_is_missing_only_if_nobody_told(one: int | None, two: int | None) -> None:
    """What one of two did not tell is not known to be 0, and does not hide what the other one told."""
    summed = (ops.Tally(one) + ops.Tally(two)).total
    assert summed == (None if one is None and two is None else (one or 0) + (two or 0))


def test_xai_has_its_usage_beside_the_response() -> None:
    """At the top level of response.done, beside an empty one; a schema that nobody knows is no usage."""
    beside = {"type": "response.done", "response": {"id": "r", "status": "completed", "usage": {}}}
    told = {"input_tokens": 5, "output_tokens": 42, "output_token_details": {"text_tokens": 3, "grok_tokens": 0}}
    wire = [beside | {"usage": usage} for usage in (told, {"input_tokens": "many"}, [1], "much", None)]
    got = [response_tally(event) for line in wire if isinstance(event := decode(json.dumps(line)), ResponseDone)]
    assert got == [ops.Tally(47, ops.Tokens(5), output=ops.Tokens(42, 3)), *[ops.Tally()] * 4]


def test_printing_reads_well() -> None:
    """The first thing a user does is to print them."""
    used = ops.UsageReport(_FULL_TALLY, _FULL_TALLY, response_id="r")
    assert str(used) == "response: 253 tokens (132 in, 96 cached, 121 out)"
    heard = ops.Tally(seconds=3.0)
    assert str(ops.UsageReport(heard, ops.Tally(), heard, item_id="u")) == "transcription: 3 s of audio"
    assert [str(ops.Tally()), str(ops.Tally(0))] == ["nothing", "0 tokens"]


_WIRE = {
    "total": ("total_tokens",),
    "input.total": ("input_tokens",),
    "input.text": ("input_token_details", "text_tokens"),
    "input.audio": ("input_token_details", "audio_tokens"),
    "input.image": ("input_token_details", "image_tokens"),
    "cached.total": ("input_token_details", "cached_tokens"),
    "cached.text": ("input_token_details", "cached_tokens_details", "text_tokens"),
    "cached.audio": ("input_token_details", "cached_tokens_details", "audio_tokens"),
    "cached.image": ("input_token_details", "cached_tokens_details", "image_tokens"),
    "output.total": ("output_tokens",),
    "output.text": ("output_token_details", "text_tokens"),
    "output.audio": ("output_token_details", "audio_tokens"),
    "output.image": ("output_token_details", "image_tokens"),
    "output.reasoning": ("output_token_details", "reasoning_tokens"),
    "seconds": ("seconds",),
}


def _at(found: Any, path: Iterable[str]) -> Any:
    return reduce(lambda inner, name: (inner or {}).get(name), path, found)


def _by_hand(usages: list[dict[str, Any] | None]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for used in usages:
        for name, path in _WIRE.items():
            if (count := _at(used, path)) is not None:
                sums[name] = sums.get(name, 0) + count
    return sums


def _told(tally: ops.Tally) -> dict[str, float]:
    counts = {name: attrgetter(name)(tally) for name in _WIRE}
    return {name: count for name, count in counts.items() if count is not None}


def test_recorded_sessions_add_up_to_what_a_calculator_says(shared: Path) -> None:
    """Of every recording, both sums are those of the numbers on the wire, each of them, none more."""
    paths = sorted((shared / "recordings").glob("*.jsonl"))
    assert len(paths) >= 19
    for path in paths:
        received = [data for direction, data in load_recording(path) if direction == "received"]
        wire = [json.loads(data) for data in received]
        ends = [event for event in wire if event["type"] == "response.done"]
        heard = [event.get("usage") for event in wire if event["type"].endswith("input_audio_transcription.completed")]
        last = _reports(*map(decode, received))[-1]

        responses = _by_hand([event["response"]["usage"] or event["usage"] for event in ends])
        assert _told(last.responses) == responses, path.name
        assert _told(last.transcriptions) == _by_hand(heard), path.name
        assert responses["total"] == responses["input.total"] + responses["output.total"]

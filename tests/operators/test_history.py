"""The conversation as a stream."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given as forall
from hypothesis import settings

from rxrealtime import operators as ops
from rxrealtime.events import ConnectionFailed, Message, RateLimitsUpdated
from rxrealtime.history import History, history_from_json, history_to_json
from tests.history.traces import Trace, folded, made, traces
from tests.operators.streams import results
from tests.operators.wire import added, audio, output_added, say, text_item

_EMPTY = Message(id="a", role="assistant", status="in_progress", content=())


@settings(deadline=None, max_examples=20)
@forall(traces())
def test_one_history_for_each_change(trace: Trace) -> None:
    """Each history differs from the one before, the last is the fold of all, and the changes add up to the same."""
    histories = results(ops.history(), trace.values)
    deltas = results(ops.history_deltas(), trace.values)

    assert all(before != after for before, after in pairwise([History(), *histories]))
    assert [History(), *histories][-1] == folded(trace.values)
    assert made([], deltas) == list(folded(trace.values))


def test_what_says_nothing_gives_nothing() -> None:
    """Audio is counted in silence, other events and failures pass by, the end adds nothing."""
    begun = [output_added(_EMPTY), added(_EMPTY), say("Hi")]

    assert [str(h) for h in results(ops.history(), begun)] == ["assistant:...", "assistant: Hi..."]
    quiet = [audio(b"1234"), RateLimitsUpdated(), ConnectionFailed(OSError("gone")), ConnectionFailed(OSError("gone"))]
    assert [str(h) for h in results(ops.history(), [*begun, *quiet])][2:] == ["assistant: Hi [incomplete]"]


def test_a_conversation_is_taken_up_again() -> None:
    """With the history of an earlier session both operators go on where it ended, and do not give it again."""
    earlier = history_from_json(history_to_json(folded([added(text_item("u", "Hi"))])))

    (whole,) = results(ops.history(earlier), [added(text_item("v", "Ho"))])
    (delta,) = results(ops.history_deltas(earlier), [added(text_item("v", "Ho"))])

    assert str(whole) == "user: Hi\nuser: Ho"
    assert delta == ops.ItemAdded(whole.items[1], "u")

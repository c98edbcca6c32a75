"""The hot stream: one order for all, one end for each, nobody hurt by anybody."""

from __future__ import annotations

from typing import Any

from rxrealtime.multicast import Multicast

Seen = list[Any]


def _stream() -> tuple[Multicast[int], Seen]:
    reported: Seen = []
    return Multicast(lambda error, value: reported.append((type(error), value))), reported


def _watch(stream: Multicast[int]) -> Seen:
    seen: Seen = []
    stream.subscribe(seen.append, seen.append, lambda: seen.append("completed"))
    return seen


def test_everybody_sees_the_same_order_from_where_they_came_in() -> None:
    """Hot: what was before is before."""
    stream, _ = _stream()
    first = _watch(stream)
    stream.on_next(1)
    second = _watch(stream)
    stream.on_next(2)
    stream.on_completed()
    assert (first, second) == ([1, 2, "completed"], [2, "completed"])


def test_only_the_first_end_counts_also_for_those_who_come_late() -> None:
    """Exactly once."""
    stream, _ = _stream()
    early, cause = _watch(stream), ValueError("first")
    stream.on_error(cause)
    stream.on_completed()
    stream.on_error(ValueError("second"))
    stream.on_next(1)
    assert early == [cause]
    assert _watch(stream) == [cause]
    assert stream.observer_count == 0


def test_one_who_leaves_while_a_value_is_delivered_gets_no_more() -> None:
    """And the others get all."""
    stream, _ = _stream()
    seen: Seen = []
    leaving = stream.subscribe(lambda value: (seen.append(value), leaving.dispose()))  # type: ignore[func-returns-value]
    others = _watch(stream)
    stream.on_next(1)
    stream.on_next(2)
    assert (seen, others, stream.observer_count) == ([1], [1, 2], 1)


def test_what_an_observer_raises_is_reported_with_the_value_it_was_given() -> None:
    """On values and on terminals; the next value reaches it again."""
    stream, reported = _stream()
    calls: Seen = []

    def buggy(value: int) -> None:
        calls.append(value)
        raise KeyError(value)

    def worse() -> None:
        raise IndexError

    stream.subscribe(buggy, on_completed=worse)
    others = _watch(stream)
    for value in (1, 2):
        stream.on_next(value)
    stream.on_completed()
    assert calls == [1, 2]
    assert others == [1, 2, "completed"]
    assert reported == [(KeyError, 1), (KeyError, 2), (IndexError, None)]


def test_a_subscriber_without_on_error_is_no_bug_to_report() -> None:
    """It raises the error itself, which everybody else gets as well."""
    stream, reported = _stream()
    stream.subscribe(lambda value: None)
    others, cause = _watch(stream), ValueError("lost")
    stream.on_error(cause)
    assert (others, reported) == ([cause], [])


def test_t1_only_the_first_end_counts_also_for_those_who_come_later() -> None:
    """T1: a second end, of either kind, changes nothing for anybody."""
    stream, reported = _stream()
    early = _watch(stream)
    stream.on_completed()
    stream.on_error(ValueError("late"))
    late = _watch(stream)
    assert (early, late, reported) == (["completed"], ["completed"], [])

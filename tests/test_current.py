"""A stream that has a value at any time."""

from __future__ import annotations

from rxrealtime.current import Current


def test_a_new_subscriber_gets_the_latest_value_first() -> None:
    """And then what comes."""
    current = Current(0, lambda error, value: None)
    early: list[int] = []
    late: list[int] = []
    ends: list[str] = []
    current.subscribe(early.append)
    current.on_next(1)
    current.subscribe(late.append, on_completed=lambda: ends.append("over"))
    current.on_next(2)
    current.on_completed()
    assert (early, late, current.value, ends) == ([0, 1, 2], [1, 2], 2, ["over"])

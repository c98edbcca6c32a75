"""The traffic: one order for all, whatever is answered from inside a delivery."""

from __future__ import annotations

from rxrealtime.multicast import Multicast
from rxrealtime.traffic import Traffic


def test_what_is_answered_inside_a_delivery_comes_after_it_for_everybody() -> None:
    """Two observers, the first of which answers: both see question before answer; so does the stream that shows it."""
    traffic = Traffic(lambda error, value: None)
    shown: Multicast[object] = Multicast(lambda error, value: None)
    seen: list[tuple[str, object]] = []

    def answers(value: object) -> None:
        seen.append(("first", value))
        if value == "question":
            traffic.put(shown, "answer")

    traffic.stream.subscribe(answers)
    traffic.stream.subscribe(lambda value: seen.append(("second", value)))
    shown.subscribe(lambda value: seen.append(("shown", value)))
    traffic.put(shown, "question")
    traffic.put(None, "signal")

    order = [("first", "second", "shown"), ("first", "second", "shown"), ("first", "second")]
    values = ["question", "answer", "signal"]
    assert seen == [(who, value) for names, value in zip(order, values, strict=True) for who in names]


def test_an_observer_that_raises_holds_nothing_up() -> None:
    """It is reported, and the next values flow."""
    reported: list[object] = []
    traffic = Traffic(lambda error, value: reported.append(value))
    seen: list[object] = []

    def fails(value: object) -> None:
        raise ValueError

    traffic.stream.subscribe(fails)
    traffic.stream.subscribe(seen.append)
    traffic.put(None, 1)
    traffic.put(None, 2)
    assert (seen, reported) == ([1, 2], [1, 2])

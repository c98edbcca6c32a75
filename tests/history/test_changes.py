"""The difference of two histories: changes that lead from one to the other."""

from __future__ import annotations

from hypothesis import given as forall
from hypothesis import settings

from rxrealtime.events import ConversationItemAdded, ConversationItemDeleted
from rxrealtime.history import History, ItemAdded, ItemDeleted, ItemUpdated, changes, fold
from tests.history.traces import Trace, folded, made, traces
from tests.operators.wire import added, heard, spoken_item, text_item, transcribed


@settings(deadline=None, max_examples=30)
@forall(traces())
def test_the_changes_make_the_history(trace: Trace) -> None:
    """After every event, the changes made to the history before give the history after, and say nothing needless."""
    before = History()
    for value in trace.values:
        after = fold(before, value)
        deltas = changes(before, after)
        assert made(before, deltas) == list(after)
        assert bool(deltas) == (after != before)
        before = after
    assert made([], changes(History(), before)) == list(before)


def test_each_kind_of_change_is_told_as_such() -> None:
    """New, changed, gone; what finds its place elsewhere than it was shown is deleted and added."""
    item = text_item("a", "Hi")
    zero = folded([added(item)])
    one = folded([heard("He", "u")], zero)
    two = folded([ConversationItemAdded(item=text_item("b", "Ho"))], one)
    three = folded([ConversationItemAdded(item=spoken_item("u"))], two)
    four = folded([transcribed("Hello")], three)

    assert changes(zero, one) == (ItemAdded(one.items[1], "a"),)
    assert changes(folded([added(item)]), one) == (ItemAdded(one.items[1], "a"),)
    assert changes(one, two) == (ItemAdded(two.items[1], "a"),)
    assert changes(two, three) == (ItemUpdated(three.items[2]),)
    assert changes(three, four) == (ItemUpdated(four.items[2]),)
    assert changes(four, folded([ConversationItemDeleted(item_id="a")], four)) == (ItemDeleted("a"),)
    front = folded([ConversationItemAdded(previous_item_id="root", item=spoken_item("u"))], two)
    assert changes(two, front) == (ItemDeleted("u"), ItemAdded(front.items[0], None))

"""What waits to be written: in order, bounded, and its gaps counted in their places."""

from __future__ import annotations

import sys
import threading

from hypothesis import given
from hypothesis import strategies as st

from rxrealtime import Frame
from rxrealtime.recording.entries import Entry, Mark
from rxrealtime.recording.queue import EntryQueue

_ROOM = 1000


def _taken(queue: EntryQueue) -> list[Entry]:
    return [entry for batch in queue.batches() for entry, _, _ in batch]


@given(st.lists(st.integers(0, 400), max_size=30))
def test_b1_what_finds_no_room_is_counted_where_it_is_missing(sizes: list[int]) -> None:
    """Kept and lost entries add up, a mark stands where some are missing, and never is more kept than there is room."""
    queue = EntryQueue(_ROOM)
    for n, size in enumerate(sizes):
        queue.put(Frame("received", bytes(size), float(n)), size)
    queue.close()
    found = _taken(queue)
    kept = [entry for entry in found if isinstance(entry, Frame)]
    gaps = [entry for entry in found if isinstance(entry, Mark) and entry.kind == "lost"]
    assert sum(len(frame.data) for frame in kept) <= _ROOM
    assert sum(int(gap.detail["entries"] or 0) for gap in gaps) == queue.lost == len(sizes) - len(kept)
    assert [entry.at for entry in found] == sorted(entry.at for entry in found)
    assert found[-1] == Mark("end", float(max(len(sizes) - 1, 0)), "the recording was closed")


def test_room_comes_back_when_a_batch_is_done() -> None:
    """Not before: what is being written is still in memory."""
    queue = EntryQueue(_ROOM)
    queue.put(Frame("received", bytes(700), 1.0), 700)
    batches = queue.batches()
    assert len(next(batches)) == 1
    queue.put(Frame("received", bytes(700), 2.0), 700)
    assert queue.lost == 1
    queue.close()
    assert [entry.at for entry, _, _ in next(batches)] == [2.0, 2.0]  # the gap and the end
    assert list(batches) == []


def test_only_the_first_end_counts() -> None:
    """Whoever comes later finds it closed."""
    queue = EntryQueue(_ROOM)
    for text in ("first", "second"):
        queue.close(Mark("end", 1.0, text))
    assert queue.closed
    assert _taken(queue) == [Mark("end", 1.0, "first")]


def test_t1_an_end_that_comes_while_the_taker_falls_asleep_is_not_missed() -> None:
    """Whichever of the two threads is stopped where, it ends. It did not, when a pause ended just as the end came."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for round_number in range(500):
            _ends(round_number % 100 * 20)
    finally:
        sys.setswitchinterval(interval)


def _ends(count: int) -> None:
    """Give some entries, which takes from no time at all to longer than a pause of the taker, and the end."""
    queue, found = EntryQueue(1 << 20, gather=0.001), list[Entry]()
    taker = threading.Thread(target=lambda: found.extend(_taken(queue)), daemon=True)
    taker.start()
    for _ in range(count):
        queue.put(Frame("received", b"{}", 1.0), 2)
    queue.close()
    taker.join(20.0)
    assert not taker.is_alive()
    assert len(found) == count + 1

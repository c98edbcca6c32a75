"""What waits to be written: given by one thread, taken by another, bounded in bytes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Final, TypeAlias

from rxrealtime.recording.entries import Entry, Mark

__all__ = ["EntryQueue", "Waiting"]

_OVERHEAD_BYTES: Final = 200
"""What an entry counts beside its payload."""
_BATCH: Final = 256
"""How many entries are given in one piece."""


Waiting: TypeAlias = tuple[Entry, int, bool | None]
"""An entry that waits; what it counts in bytes, 0 for what the queue adds itself; whether a frame was a binary message,
None if nobody knows. A plain tuple: a named one takes longer to make than all the rest."""


class EntryQueue:
    """A queue that never lets its giver wait: what finds no room is counted in a mark "lost" in its place.

    `put` and `close` belong to one thread, the rest to another.

    Args:
        limit_bytes: How much may wait, what is being written included.
        gather: Seconds for which entries are gathered before they are given: what is taken is at most this old, and
            the time of one batch; default 0.1.
    """

    def __init__(self, limit_bytes: int, gather: float = 0.1) -> None:
        self._limit = limit_bytes
        self._waiting = deque[Waiting]()
        self._given = self._taken = 0  # bytes; each belongs to one thread
        self._gap = _Gap()
        self._bell = _Bell(gather)

    @property
    def closed(self) -> bool:
        """Whether nothing comes any more."""
        return self._bell.last.is_set()

    @property
    def lost(self) -> int:
        """How many entries there was no room for."""
        return self._gap.total

    def put(self, entry: Entry, payload_bytes: int, binary: bool | None = None) -> None:
        """Give an entry; it is dropped and counted if there is no room. Nothing may be given after `close`.

        Args:
            entry: The entry.
            payload_bytes: Its size.
            binary: Whether it was a binary message; None if nobody knows.
        """
        size_bytes = payload_bytes + _OVERHEAD_BYTES
        if self._given - self._taken + size_bytes > self._limit:
            self._gap.add(entry.at, size_bytes)
            return
        if self._gap.entries:
            self._fill_gap()
        self._gap.last = entry.at
        self._given += size_bytes
        self._waiting.append((entry, size_bytes, binary))
        if not self._bell.rung.is_set():
            self._bell.rung.set()

    def close(self, end: Mark | None = None) -> None:
        """Give the end; only the first one counts.

        Args:
            end: How it ended; by default only that the recording was closed.
        """
        if not self.closed:
            if self._gap.entries:
                self._fill_gap()
            self._waiting.append((end or Mark("end", self._gap.last, "the recording was closed"), 0, None))
            self._bell.ring_last()

    def batches(self) -> Iterator[list[Waiting]]:
        """Give what waits, in order, until the end; it waits for it."""
        more = True
        while more:
            more = self._bell.wait()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH))]
                yield batch
                self._taken += sum(size_bytes for _, size_bytes, _ in batch)

    def abandon(self) -> None:
        """Drop what waits: nobody will take it."""
        self._waiting.clear()

    def _fill_gap(self) -> None:
        self._waiting.append((self._gap.taken(), 0, None))


class _Gap:
    """Entries for which there was no room, since the last one that there was room for.

    Attributes:
        total: How many there ever were.
        entries: How many there are in this gap.
        size_bytes: How much they would have taken.
        last: When the last entry was, in seconds, kept or not.
    """

    def __init__(self) -> None:
        self.total = self.entries = self.size_bytes = 0
        self.last = 0.0

    def add(self, at: float, size_bytes: int) -> None:
        """Count one more."""
        self.last = at
        self.total += 1
        self.entries += 1
        self.size_bytes += size_bytes

    def taken(self) -> Mark:
        """Give the mark, and begin the next gap."""
        counts = {"entries": self.entries, "bytes": self.size_bytes}
        self.entries = self.size_bytes = 0
        return Mark("lost", self.last, f"{counts['entries']} entries were lost: they came faster than written", counts)


class _Bell:
    """Wakes the thread that takes: a little later while more may come, at once at the end.

    Args:
        moment: Seconds of that little.

    Attributes:
        rung: Set when something came.
        last: Set when nothing comes any more.
    """

    def __init__(self, moment: float) -> None:
        self.rung, self.last = threading.Event(), threading.Event()
        self._moment = moment

    def ring_last(self) -> None:
        """Tell that nothing comes any more."""
        self.last.set()
        self.rung.set()

    def wait(self) -> bool:
        """Wait until it rings and a moment more; tell whether it will ring again."""
        self.rung.wait()
        self.last.wait(self._moment)
        self.rung.clear()
        return not self.last.is_set()  # asked after the clearing: a last ring that came before it is not missed

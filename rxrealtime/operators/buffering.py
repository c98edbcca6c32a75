"""A buffer with limits that knows what may be dropped: it stands between the reader and every slow consumer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable

from rxrealtime.errors import BufferOverflowError, ConfigurationError
from rxrealtime.events import DELTA_EVENTS
from rxrealtime.operators._relay import relayed
from rxrealtime.operators.weight import may_be_dropped, weight_bytes

__all__ = ["BufferLimits", "EventBuffer", "EventsDropped", "Overflow", "buffered"]

_T = TypeVar("_T")

Overflow = Literal["drop", "fail"]


@dataclass(frozen=True, slots=True)
class BufferLimits:
    """How much may wait for a slow consumer, and what happens beyond.

    Args:
        max_events: Events that may wait; default 4096.
        max_bytes: Their weight in bytes; default 8 MiB. An event weighs what texts and audio it holds, roughly.
        overflow: "drop" (default): deltas are dropped and counted in an `EventsDropped` in their place; what is no
            delta is never dropped, so the buffer overflows when that fills it. "fail": it overflows at the first
            event it would have dropped.

    Raises:
        ConfigurationError: A limit is not positive, or `overflow` is neither.
    """

    max_events: int = 4096
    max_bytes: int = 8 * 1024 * 1024
    overflow: Overflow = "drop"

    def __post_init__(self) -> None:
        if self.max_events < 1 or self.max_bytes < 1:
            raise ConfigurationError(f"max_events={self.max_events}, max_bytes={self.max_bytes}: both must be positive")
        if self.overflow not in ("drop", "fail"):
            raise ConfigurationError(f'overflow is {self.overflow!r}: "drop" and "fail" are possible')


@dataclass(frozen=True, slots=True)
class EventsDropped:
    """Stands in a stream where deltas were dropped, because the consumer was too slow.

    Args:
        count: How many deltas.
        size_bytes: Their weight in bytes.

    Attributes:
        type: Always "dropped", so that every value of a stream has a ``type``; no event of the wire has this one.
    """

    count: int
    size_bytes: int

    type: ClassVar[str] = "dropped"
    event_id: ClassVar[None] = None


class EventBuffer(Generic[_T]):
    """A queue of events with limits. Each operation costs the same however full it is.

    An empty buffer takes any event. Deltas (of all events whose type ends in ``.delta``, the bulk of the traffic;
    their ``.done`` events repeat all but the audio) are taken while they fit into three quarters of the limits: the
    last quarter is kept for what must not be lost. Everything else is taken until the buffer is full; the event that
    fills it may exceed `max_bytes`. So a buffer holds at most `max_bytes` and one frame.

    Args:
        limits: The limits; default: those of `BufferLimits`.
    """

    __slots__ = ("_gap", "_limits", "_queue")

    def __init__(self, limits: BufferLimits | None = None) -> None:
        self._limits = limits or BufferLimits()
        # each with its weight, and the sum of the weights up to it
        self._queue: deque[tuple[_T | _Gap, int, int]] = deque()
        self._gap: _Gap | None = None  # the last in the queue, while nothing was taken out since

    def __len__(self) -> int:
        """Count the events that wait; an `EventsDropped` counts as one."""
        return len(self._queue)

    @property
    def size_bytes(self) -> int:
        """Give the weight of what waits, in bytes."""
        if not self._queue:
            return 0
        _, first, before = self._queue[0]
        return self._queue[-1][2] - before + first

    def push(self, event: _T) -> None:
        """Take an event, or drop it and count it, if it is a delta and there is no room.

        Args:
            event: The next event.

        Raises:
            BufferOverflowError: The event must not be dropped and the buffer is full. It was not taken; what was
                taken before is still there to be delivered.
        """
        if self._gap is not None and type(event) in DELTA_EVENTS:
            self._gap.add(weight_bytes(event))  # the way of a stream that nobody reads: it has to cost next to nothing
            return
        weight = weight_bytes(event)
        if not self._queue or self._has_room(event, weight):
            self._gap = None
            self._queue.append((event, weight, weight + (self._queue[-1][2] if self._queue else 0)))
        elif self._limits.overflow == "drop" and may_be_dropped(event):
            self._mark(weight)
        else:
            raise BufferOverflowError(
                f"the consumer is {len(self._queue)} events and {self.size_bytes} bytes behind: its buffer is full; "
                f"let it do less, or raise max_events={self._limits.max_events} or max_bytes={self._limits.max_bytes}"
            )

    def pop(self) -> _T | EventsDropped:
        """Give the oldest event.

        Raises:
            IndexError: The buffer is empty.
        """
        self._gap = None
        first = self._queue.popleft()[0]
        return EventsDropped(first.count, first.size_bytes) if isinstance(first, _Gap) else first

    def _has_room(self, event: _T, weight: int) -> bool:
        limits = self._limits
        if may_be_dropped(event):
            fits = (self.size_bytes + weight) * 4 <= limits.max_bytes * 3
            return fits and (len(self._queue) + 1) * 4 <= limits.max_events * 3
        return self.size_bytes < limits.max_bytes and len(self._queue) < limits.max_events

    def _mark(self, weight: int) -> None:
        """Count a drop in the last marker, or in a new one: it may be one more than the limit, never two."""
        last, _, total = self._queue[-1]
        if not isinstance(last, _Gap):
            last = _Gap()
            self._queue.append((last, 0, total))
        last.add(weight)
        self._gap = last


class _Gap:
    """Counts what was dropped at one place, until that place is reached."""

    __slots__ = ("count", "size_bytes")

    def __init__(self) -> None:
        self.count = 0
        self.size_bytes = 0

    def add(self, weight: int) -> None:
        self.count += 1
        self.size_bytes += weight


def buffered(
    *,
    max_events: int = 4096,
    max_bytes: int = 8 * 1024 * 1024,
    overflow: Overflow = "drop",
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[_T]], Observable[_T | EventsDropped]]:
    """Decouple a slow subscriber: it gets one event in each turn of the scheduler, and the source never waits for it.

    Like ``observe_on``, but bounded. Put it in front of what is slow.

    Marbles:
        in:   --(a,d,d,d,b)--|
        ops.buffered(max_events=5)
        out:  --(a,d,d,m,b)--|
        a = InputAudioBufferCleared()
        d = ResponseOutputTextDelta(response_id="r", item_id="i", output_index=0, content_index=0, delta="Hi")
        b = InputAudioBufferCleared(event_id="event_2")
        m = EventsDropped(1, 2)

    Args:
        max_events: Events that may wait; default 4096.
        max_bytes: Their weight in bytes; default 8 MiB.
        overflow: "drop" (default) drops deltas and marks the place; "fail" ends the stream instead.
        scheduler: Where the subscriber is called; default: the one that was subscribed with. It should be that of an
            event loop, never one of threads.

    Returns:
        The operator.

    Raises:
        ConfigurationError: A limit is not possible. Without any scheduler the subscriber gets it by ``on_error``.

    State: the events that wait, see `EventBuffer`.
    Time: one turn of the scheduler an event; nothing is delayed otherwise.
    Errors: everything that waits is delivered before the source's end or error. On overflow the source is left, what
        waits is delivered and then a `BufferOverflowError`. A subscriber that raises does so in the scheduler, which
        reports it; it gets the next events all the same.
    Protocol: which events may be dropped: those whose type ends in ``.delta`` (openai-openapi f85dbe2).

    Example:
        >>> import reactivex
        >>> from reactivex.scheduler import ImmediateScheduler
        >>> reactivex.of(1, 2).pipe(buffered(scheduler=ImmediateScheduler())).run()
        2
    """
    limits = BufferLimits(max_events, max_bytes, overflow)

    def relay(observer: abc.ObserverBase[_T | EventsDropped], given: abc.SchedulerBase | None) -> _Relay[_T]:
        on = scheduler or given
        if on is None:
            raise ConfigurationError("buffered() needs a scheduler: its own, or the one that is subscribed with")
        return _Relay(observer, EventBuffer[_T](limits), on)

    return relayed(relay)


class _Relay(Generic[_T]):
    """Takes what the source pushes, and hands on one event a turn."""

    def __init__(
        self,
        observer: abc.ObserverBase[_T | EventsDropped],
        buffer: EventBuffer[_T],
        scheduler: abc.SchedulerBase,
    ) -> None:
        self._observer = observer
        self._buffer = buffer
        self._scheduler = scheduler
        self._end: Callable[[], None] | None = None
        self._next: abc.DisposableBase | None = None
        self._turn = SerialDisposable()
        self.source = SingleAssignmentDisposable()

    def on_next(self, value: _T) -> None:
        """Buffer a value, to be handed on in a turn; on overflow, leave the source and end."""
        if self._end:
            return
        try:
            self._buffer.push(value)
        except BufferOverflowError as overflow:
            self.on_error(overflow)
            self.source.dispose()
        else:
            self._wake()

    def on_error(self, error: Exception) -> None:
        """End with an error, once the buffer is empty."""
        self._finish(lambda: self._observer.on_error(error))

    def on_completed(self) -> None:
        """End, once the buffer is empty."""
        self._finish(self._observer.on_completed)

    def stop(self) -> None:
        """Hand nothing on any more."""
        self._turn.dispose()

    def _finish(self, end: Callable[[], None]) -> None:
        self._end = self._end or end
        self._wake()

    def _wake(self) -> None:
        if self._next is None:
            self._plan()

    def _plan(self) -> None:
        # held before it is scheduled: some schedulers run it at once
        self._next = self._turn.disposable = planned = SingleAssignmentDisposable()
        planned.disposable = self._scheduler.schedule(self._deliver)

    def _deliver(self, scheduler: abc.SchedulerBase, state: object = None) -> None:
        if self._end and not self._buffer:
            self._end()
            return
        try:
            self._observer.on_next(self._buffer.pop())
        finally:
            self._next = None
            if self._buffer or self._end:
                self._plan()

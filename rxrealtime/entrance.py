"""The way in, which every frame goes: shown as it is, decoded, and most go from there straight to the observers."""

from __future__ import annotations

from collections.abc import Callable

from rxrealtime.codec import Decoded, decode_frame
from rxrealtime.frames import Frame
from rxrealtime.stage import Stage, Stages
from rxrealtime.streams import Streams

__all__ = ["Entrance"]

_OPEN = Stage.OPEN


class Entrance:
    """Takes in what a connection receives. What it needs for that, it looks up once.

    Args:
        streams: What observers see.
        stages: Where the session is; nothing but frames as they are is shown unless it is open.
        unheard: Types of events that concern nobody but the observers of events.
        receive: Takes all other events.
    """

    __slots__ = ("_receive", "_show", "_stages", "_tap", "_unheard")

    def __init__(
        self, streams: Streams, stages: Stages, unheard: frozenset[type], receive: Callable[[Decoded], None]
    ) -> None:
        self._tap = streams.frames.on_next
        self._show = streams.events.on_next
        self._stages = stages
        self._unheard = unheard
        self._receive = receive

    def take(self, frame: Frame) -> None:
        """Take the next frame in.

        Args:
            frame: What was received.
        """
        self._tap(frame)
        event = decode_frame(frame)
        if self._stages.current is not _OPEN:
            return
        if type(event) in self._unheard:
            self._show(event)
        else:
            self._receive(event)

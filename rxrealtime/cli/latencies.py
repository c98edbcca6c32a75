"""How long the model took: from the end of the user's turn to the first piece of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from rxrealtime.cli.moments import Chapter, Moment
from rxrealtime.events import (
    InputAudioBufferSpeechStopped,
    ResponseCreate,
    ResponseFunctionCallArgumentsDelta,
    ResponseOutputAudioDelta,
    ResponseOutputTextDelta,
)

__all__ = ["Latencies", "Latency", "measured"]

_FIRST: Final[Mapping[type, str]] = {
    ResponseOutputTextDelta: "text",
    ResponseOutputAudioDelta: "audio",
    ResponseFunctionCallArgumentsDelta: "arguments",
}


@dataclass(frozen=True, slots=True)
class Latency:
    """One measurement.

    Args:
        chapter: In which part of the conversation.
        what: What came first: text, audio, or the arguments of a call.
        seconds: How long after ``response.create`` was sent, or ``speech_stopped`` came.
    """

    chapter: str
    what: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Latencies:
    """What was measured, and what is being measured.

    Args:
        found: The measurements so far.
        chapter: The part of the conversation.
        since: When the user's turn ended, in seconds; None while no answer is awaited.
    """

    found: tuple[Latency, ...] = ()
    chapter: str = ""
    since: float | None = None


def measured(latencies: Latencies, moment: Moment) -> Latencies:
    """Return the measurements after one more moment."""
    match moment.value:
        case Chapter(title):
            return replace(latencies, chapter=title)
        case ResponseCreate() | InputAudioBufferSpeechStopped():
            return replace(latencies, since=moment.at)
        case _:
            what = _FIRST.get(type(moment.value))
            if what is None or latencies.since is None:
                return latencies
            latency = Latency(latencies.chapter, what, moment.at - latencies.since)
            return replace(latencies, found=(*latencies.found, latency), since=None)

"""How long a user waits: for the first sound and the first word, for a tool, for silence after an interruption."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from reactivex import Observable, abc

from rxrealtime.operators._clock import timed
from rxrealtime.operators._mealy import mealy
from rxrealtime.operators._waits import Latency, LatencyKind, LatencyState, latency_step, unfinished

__all__ = [
    "Latency",
    "LatencyKind",
    "LatencyState",
    "LatencySummary",
    "latencies",
    "latency_step",
    "latency_summary",
    "unfinished",
]


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Some latencies of one kind in four numbers, in seconds but for the count.

    Args:
        count: How many there are.
        p50: The median: the smallest that is not exceeded by half of them.
        p95: The smallest that is not exceeded by 95 per cent of them.
        max: The longest.
    """

    count: int
    p50: float
    p95: float
    max: float


def latencies(scheduler: abc.SchedulerBase | None = None) -> Callable[[Observable[object]], Observable[Latency]]:
    """Measure how long the user waited for each response, for each tool, and for silence.

    What is measured about a response is given at its ``response.done``, with its status. The user's turn ends with
    ``speech_stopped``; without voice activity detection with the commit, sent or confirmed, whichever is seen first;
    a written one with the ``response.create`` that is sent. A response that only calls tools leaves the turn to the
    next one, so that the user's wait is measured from its beginning. If nothing of this was seen,
    ``response.created`` counts. Sent events and the activity of tools make the measurements better; the server's
    events alone are enough for each kind but the cancellation by a client.

    Marbles:
        in:   --s--c-a--t-d------|
        ops.latencies()
        out:  ------------(x,y,z)|
        s = InputAudioBufferSpeechStopped(audio_end_ms=900, item_id="u")
        c = ResponseCreated(response=Response(id="r"))
        at = dict(response_id="r", item_id="i", output_index=0, content_index=0)
        a = ResponseOutputAudioDelta(**at, delta=bytes(2))
        t = ResponseOutputAudioTranscriptDelta(**at, delta="Hi")
        d = ResponseDone(response=Response(id="r", status="completed"))
        x = Latency("first_audio", 5.0, "input_audio_buffer.speech_stopped", "completed", "r")
        y = Latency("first_text", 8.0, "input_audio_buffer.speech_stopped", "completed", "r")
        z = Latency("response", 7.0, "response.created", "completed", "r")

    Args:
        scheduler: Whose clock to read; default None, the one of the subscription, else that of the event loop.

    Returns:
        The operator. The silence that voice activity detection waits for is before ``speech_stopped``, and so not in
        the numbers; the way of the audio to the loudspeaker is not either.

    State: the end of the user's turn; of the last 64 running responses and calls, when they began and what came
        first; the ids of the last 64 that ended. Freed when the connection is lost.
    Time: the scheduler's clock, at each value that matters.
    Errors: when the connection is lost, or the source completes, what a running response was waited for is given with
        the status None. Without a clock, `ConfigurationError`. The source's error passes by.
    Protocol: ``input_audio_buffer.speech_started``, ``.speech_stopped``, ``.committed``, ``response.created``,
        ``.done``, ``.output_audio.delta``, ``.output_audio_transcript.delta``, ``.output_text.delta``,
        ``.output_item.*``, ``.function_call_arguments.done``, ``.mcp_call.*``, ``conversation.item.added``,
        ``output_audio_buffer.started`` where the audio goes another way (WebRTC, SIP); of a client
        ``input_audio_buffer.commit``, ``response.create``, ``.cancel``, ``conversation.item.create``
        (openai-openapi f85dbe2). An output may be sent before the ``output_item.done`` of its call (recorded,
        2026-08): a call begins when its arguments are done. Out-of-band responses have ``conversation_id`` null; they
        count from ``response.created`` and take no turn.

    Example:
        >>> import reactivex
        >>> from reactivex.scheduler import VirtualTimeScheduler
        >>> from rxrealtime.events import Response, ResponseCreated, ResponseDone
        >>> begun = ResponseCreated(response=Response(id="resp_1"))
        >>> ended = ResponseDone(response=Response(id="resp_1", status="completed"))
        >>> reactivex.of(begun, ended).pipe(latencies(VirtualTimeScheduler())).subscribe(print).dispose()
        response: 0.000 s (completed)
    """

    def operator(source: Observable[object]) -> Observable[Latency]:
        return source.pipe(timed(scheduler), mealy(latency_step, LatencyState(), unfinished))

    return operator


def latency_summary(measured: Iterable[Latency]) -> Mapping[LatencyKind, LatencySummary]:
    """Sum up latencies by kind.

    Percentiles are by nearest rank: of n values in order, the p-th is the one at position ceil(n * p / 100), so that
    it is always one that was measured.

    Args:
        measured: The latencies; leave out the statuses that are not to count.

    Returns:
        Count, median, 95th percentile and maximum of each kind there is.

    Example:
        >>> waits = [Latency("first_audio", seconds, "response.create") for seconds in (0.3, 0.9, 0.4)]
        >>> latency_summary(waits)["first_audio"]
        LatencySummary(count=3, p50=0.4, p95=0.9, max=0.9)
    """
    found: dict[LatencyKind, list[float]] = {kind: [] for kind in get_args(LatencyKind)}
    for latency in measured:
        found[latency.kind].append(latency.seconds)
    return {kind: _summary(sorted(seconds)) for kind, seconds in found.items() if seconds}


def _summary(seconds: list[float]) -> LatencySummary:
    count = len(seconds)
    p50, p95 = (seconds[-(-count * percent // 100) - 1] for percent in (50, 95))
    return LatencySummary(count, p50, p95, seconds[-1])

"""Typical pipelines: what mypy and pyright infer for them is asserted; this file is checked, never run."""

from collections.abc import AsyncIterable
from typing import assert_type

import reactivex
from reactivex import Observable
from reactivex import operators as rx

from rxrealtime import (
    Activity,
    Agent,
    AudioFormat,
    Current,
    Decoded,
    EventsDropped,
    ExceptionEvent,
    Guardrail,
    History,
    HistoryItem,
    Interrupt,
    Outcome,
    Played,
    Session,
    SessionConfig,
    Tool,
    ToolStarted,
    commands,
    history_from_json,
    history_to_json,
    ops,
    tool,
)
from rxrealtime.events import (
    ClientEvent,
    ResponseDone,
    ResponseOutputAudioDelta,
    ResponseOutputTextDelta,
    ServerEvent,
)
from rxrealtime.operators import AudioChunk, Latency, Transcript, Turn, UsageReport

session = Session("loopback:")

# 1: narrowing by class
done = session.events.pipe(ops.of_type(ResponseDone))
assert_type(done, Observable[ResponseDone])

# 2: by two classes
pieces = session.events.pipe(ops.of_type(ResponseOutputTextDelta, ResponseOutputAudioDelta))
assert_type(pieces, Observable[ResponseOutputTextDelta | ResponseOutputAudioDelta])

# 3: what an event holds, through a stock operator in fluent style
statuses = session.events.pipe(ops.of_type(ResponseDone)).map(lambda event: event.response.status)
assert_type(statuses, Observable[str | None])

# 4: transcripts
transcripts = session.events.pipe(ops.transcripts())
assert_type(transcripts, Observable[Transcript])

# 5: turns, the first two of them
first = session.events.pipe(ops.turns()).pipe(rx.take(2))
assert_type(first, Observable[Turn])

# 6: audio, whole samples, in equal chunks
audio = session.events.pipe(ops.audio_chunks(), ops.rechunk(960))
assert_type(audio, Observable[AudioChunk])

# 7: failures
failed = session.events.pipe(ops.failures())
assert_type(failed, Observable[ExceptionEvent])
assert_type(session.failures, Observable[ExceptionEvent])

# 8: one response, its text, the free function
answer = reactivex.pipe(session.events, ops.for_response("resp_1"), ops.text())
assert_type(answer, Observable[Transcript])


# 9: an async function a value
async def translated(transcript: Transcript) -> str:
    """Translate."""
    return transcript.text


translations = session.events.pipe(ops.transcripts(), ops.map_async(translated, concurrency=2))
assert_type(translations, Observable[str])

# 10: out of Rx, into async for
iterable = session.events.pipe(ops.transcripts(), ops.to_async_iterable())
assert_type(iterable, AsyncIterable[Transcript | EventsDropped])

assert_type(session.events, Observable[Decoded])
assert_type(session.sent, Observable[ClientEvent])


async def conversation() -> None:
    """The session itself."""
    async with session as entered:
        assert_type(entered, Session)
        await session.send(*commands.say("hello"), *commands.configure(instructions="Be brief."))
        assert_type(await session.request(commands.configure()[0]), ServerEvent)
        async for event in session:
            assert_type(event, Decoded | EventsDropped)
    assert_type(await session.closed, Outcome)


# 11: an agent and what its session shows
@tool
async def weather(city: str) -> str:
    """The weather."""
    return city


guard = Guardrail("short", lambda text, context: len(text) > 9, on_error="pass")
agent = Agent("clerk", "Be brief.", tools=(weather,), output_guardrails=(guard,), handoffs=(Agent("desk"),))
acting = Session("loopback:", agent=agent, context={"user": 1}, responses="queue", hold_audio=True)
assert_type(weather, Tool)
assert_type(acting.activity, Observable[Activity | ExceptionEvent])
assert_type(acting.audio, Observable[AudioChunk])
assert_type(acting.history, Current[History])
assert_type(acting.history.value.items, tuple[HistoryItem, ...])
assert_type(acting.agent, Agent | None)
assert_type(acting.config, SessionConfig | None)

# 12: policies and measurements, on their own
assert_type(acting.events.pipe(ops.usage()), Observable[UsageReport])
assert_type(acting.events.pipe(ops.latencies()), Observable[Latency])
assert_type(acting.events.pipe(ops.history()), Observable[History])
assert_type(acting.events.pipe(ops.mute_interrupted()), Observable[Decoded])
started = acting.activity.pipe(ops.of_type(ToolStarted))
assert_type(started, Observable[ToolStarted])


# 13: what an application says to it
async def directing(source: AsyncIterable[bytes]) -> None:
    """Everything that a session with an agent takes."""
    async with acting:
        await acting.audio_in(source, format=AudioFormat())
        await acting.interrupt(Interrupt("resp_1", generation=False))
        await acting.approve("call_1")
        acting.tell(Played("item_1", ms=20))
        await acting.settled()
        await acting.send(*commands.seed(history_from_json(history_to_json(acting.history.value))))

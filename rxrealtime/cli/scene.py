"""What the embedded server does in the demonstration, and what the user says there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rxrealtime.events import (
    AudioConfig,
    InputAudioConfig,
    SessionConfig,
    ToolDefinition,
    Transcription,
    TurnDetection,
)
from rxrealtime.server.scenarios import Rule, Scenario

__all__ = ["CHAPTERS", "CONFIG", "ENOUGH", "FAILURES", "QUESTION", "STORY", "TELL", "TIME", "WEATHER", "get_weather"]
__all__ += ["scene"]

QUESTION: Final = "What can you do?"
TIME: Final = "What time is it?"
WEATHER: Final = "What is the weather in Oslo?"
TELL: Final = "Tell me a story."
ENOUGH: Final = "Thank you, enough!"
STORY: Final = (
    "Once upon a time a stream set out for the sea. It met a stone and went around it, it met a fall and went over it, "
    "and whatever fell into it was carried along in its place. Then came a long summer, and the stream grew thin, but "
    "it never stood still."
)

CHAPTERS: Final = ("text turn", "spoken turn", "function call", "barge-in")

CONFIG: Final = SessionConfig(
    instructions="Answer shortly.",
    audio=AudioConfig(
        input=InputAudioConfig(
            turn_detection=TurnDetection(type="server_vad", silence_duration_ms=500),
            transcription=Transcription(model="tones"),
        )
    ),
    tools=(
        ToolDefinition(
            type="function",
            name="get_weather",
            description="The weather in a city.",
            parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        ),
    ),
)
"""What the user asks for at the beginning: turns are found by the server, speech is transcribed, one tool is there."""

FAILURES: Final = ("json", "schema", "binary")
"""The kinds of the malformed frames, one in each of the first three responses."""
_TRUNCATED: Final = '{"type": "response.output_text.delta", "delta": "I rep'
_WRONG_FIELDS: Final = '{"type": "response.output_audio.delta", "delta": 42}'
_GARBAGE: Final = bytes(range(128, 192))


@dataclass(frozen=True, slots=True)
class _Weather:
    sky: str
    celsius: int


_SKY: Final[Mapping[str, _Weather]] = {"Oslo": _Weather("rain", 7)}


def get_weather(arguments: str) -> str:
    """Answer the model's call as a tool does: a JSON text in, a JSON text out."""
    asked: Mapping[str, Any] = json.loads(arguments)
    found = _SKY.get(str(asked.get("city")))
    return json.dumps({"sky": found.sky, "celsius": found.celsius} if found else {"error": "unknown city"})


def scene(speed: float) -> Scenario:
    """Return what the server does.

    Args:
        speed: How many times faster than usual the whole demonstration is to be.
    """
    return Scenario(
        (
            Rule("what can you do", garble=(_TRUNCATED,)),
            Rule("what time is it", say="It is {time}, and I heard you well.", garble=(_WRONG_FIELDS,)),
            Rule("the weather", garble=(_GARBAGE,)),
            Rule("output:rain", say="Rain in Oslo, 7 degrees."),
            Rule("a story", say=STORY),
            Rule("enough", say="As you like."),
        ),
        pace=1.5 * speed,
    )

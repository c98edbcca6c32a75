"""What the embedded server does in the demonstration, and what the user says there."""

from __future__ import annotations

from typing import Final

from rxrealtime import Agent, session_config, tool
from rxrealtime.server.scenarios import Rule, Scenario

__all__ = ["CHAPTERS", "ENOUGH", "FAILURES", "GUIDE", "QUESTION", "STORY", "TELL", "TIME", "WEATHER", "scene"]

QUESTION: Final = "What can you do?"
TIME: Final = "What time is it?"
WEATHER: Final = "What is the weather in Oslo?"
TELL: Final = "Tell me a story."
ENOUGH: Final = "Thank you, enough!"
STORY: Final = (
    "Once upon a time a stream set out for the sea. It met a stone and went around it, it met a fall and went over it, "
    "and whatever fell into it was carried along in its place. Then came a long summer, and the stream grew thin, but "
    "it never stood still." + " And so it went on, day after day." * 40
)
"""So long that it is never at its end when the user has heard enough, also on a machine that stands still for a while.
"""

CHAPTERS: Final = ("text turn", "spoken turn", "function call", "barge-in")


@tool
async def get_weather(city: str) -> dict[str, object]:
    """The weather in a city."""
    return {"sky": "rain", "celsius": 7} if city == "Oslo" else {"error": "unknown city"}


GUIDE: Final = Agent(
    "guide",
    "Answer shortly.",
    tools=(get_weather,),
    settings=session_config(turn_detection={"type": "server_vad", "silence_duration_ms": 500}, transcription="tones"),
)
"""What the model is told to be: turns are found by the server, speech is transcribed, one tool is there."""

FAILURES: Final = ("json", "schema", "binary")
"""The kinds of the malformed frames, one in each of the first three responses."""
_TRUNCATED: Final = '{"type": "response.output_text.delta", "delta": "I rep'
_WRONG_FIELDS: Final = '{"type": "response.output_audio.delta", "delta": 42}'
_GARBAGE: Final = bytes(range(128, 192))


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

"""The contestants: each module offers `run(url, frames)`; modules of peers are imported in their own process only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["CONTESTANTS", "SIX", "Audio", "Contestant"]

Audio = Literal["unseen", "decoded", "base64"]
"""What a contestant does with the audio of a delta."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who runs: the module and function to call, what must be installed, what becomes of the audio."""

    title: str
    module: str
    function: str
    packages: tuple[str, ...]
    audio: Audio


CONTESTANTS: dict[str, Contestant] = {
    "a": Contestant("bare websockets loop, nothing parsed", "bare", "run", ("websockets",), "unseen"),
    "b": Contestant("hand-written loop, json.loads", "handwritten", "run", ("websockets",), "decoded"),
    "c": Contestant("openai realtime client", "openai_client", "run", ("openai", "websockets"), "base64"),
    "d": Contestant("openai-agents session", "agents_session", "run", ("agents", "openai", "websockets"), "decoded"),
    "e": Contestant("rxrealtime, one subscriber", "rxrealtime_session", "run", ("rxrealtime",), "decoded"),
    "f": Contestant("rxrealtime, five pipelines", "rxrealtime_session", "run_pipelines", ("rxrealtime",), "decoded"),
    "g": Contestant("rxrealtime, an agent's session", "rxrealtime_session", "run_agent", ("rxrealtime",), "decoded"),
    "b-raw": Contestant("(b) without decoding the audio", "handwritten", "run_undecoded", ("websockets",), "base64"),
    "c-decoded": Contestant(
        "(c) with the audio decoded", "openai_client", "run_decoded", ("openai", "websockets"), "decoded"
    ),
}
"""By name; those after (f) run only when asked for: an agent, and what the standard library's base64 costs."""

SIX = ("a", "b", "c", "d", "e", "f")
"""Whom a round runs, in this order, unless told otherwise."""

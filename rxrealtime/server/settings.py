"""The configuration of a session: what is in force, and how an update changes it.

An update never resets what it does not name; ``""``, ``[]`` and null clear. The defaults are those of recorded
``session.created`` events (2026-08), with the documented 500 ms of silence instead of the recorded 200, since the
voice of this server is slower than speech.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from rxrealtime.audio import AudioFormat
from rxrealtime.events import ResponseParams, SessionConfig, ToolDefinition

__all__ = ["Settings", "apply_update", "default_settings", "for_response"]

INSTRUCTIONS: Final = "You are the embedded server of rxrealtime. Answer shortly, and call a tool where one fits."
_SERVER_VAD: Final[Mapping[str, Any]] = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
_SEMANTIC_VAD: Final[Mapping[str, Any]] = {
    "type": "semantic_vad",
    "eagerness": "auto",
    "create_response": True,
    "interrupt_response": True,
}
_TRANSCRIPTION: Final[Mapping[str, Any]] = {"model": None, "language": None, "prompt": None}
_WHOLE: Final = frozenset({"tool_choice", "format", "voice", "prompt", "metadata", "truncation", "tracing"})
"""Objects that are one value: the new one takes the place of the old one."""
_NEVER_NULL: Final = frozenset(
    {"output_modalities", "audio", "input", "output", "format", "voice", "speed", "tool_choice", "model"}
    | {"max_output_tokens", "truncation", "threshold", "prefix_padding_ms", "silence_duration_ms", "eagerness"}
    | {"create_response", "interrupt_response"}
)
"""What cannot be cleared: null there is as if absent."""
_OF_RESPONSE: Final = frozenset(
    {"output_modalities", "instructions", "audio", "tools", "tool_choice", "max_output_tokens"}
)
"""The parameters that a response may override."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force, for a session or for one response.

    Args:
        raw: The effective configuration as the JSON object of the wire; not to be changed.
    """

    raw: Mapping[str, Any]

    @property
    def config(self) -> SessionConfig:
        """The configuration as ``session.created`` and ``session.updated`` show it."""
        return SessionConfig.model_validate(self.raw)

    @property
    def modality(self) -> Literal["text", "audio"]:
        """What the model answers in."""
        return "text" if "text" in self.raw["output_modalities"] else "audio"

    @property
    def instructions(self) -> str:
        """The instructions, empty if there are none."""
        return self.raw["instructions"] or ""

    @property
    def tools(self) -> tuple[ToolDefinition, ...]:
        """The tools that are offered."""
        return tuple(ToolDefinition.model_validate(tool) for tool in self.raw["tools"] or ())

    @property
    def tool_choice(self) -> str | Mapping[str, Any]:
        """none, auto, required, or one named tool."""
        return self.raw["tool_choice"] or "auto"

    @property
    def max_output_tokens(self) -> int | None:
        """The limit of one response in tokens; None if there is none."""
        found = self.raw["max_output_tokens"]
        return found if isinstance(found, int) else None

    @property
    def input_format(self) -> AudioFormat:
        """The format of what the client appends."""
        return AudioFormat.from_wire(self.raw["audio"]["input"]["format"])

    @property
    def output_format(self) -> AudioFormat:
        """The format of what the model says."""
        return AudioFormat.from_wire(self.raw["audio"]["output"]["format"])

    @property
    def voice(self) -> object:
        """The voice, as the client named it."""
        return self.raw["audio"]["output"]["voice"]

    @property
    def transcribes(self) -> bool:
        """Whether the user's speech is transcribed for the client."""
        return bool(self.raw["audio"]["input"]["transcription"])

    @property
    def turn_detection(self) -> Mapping[str, Any] | None:
        """The voice activity detection; None if the client commits its turns itself."""
        found: Mapping[str, Any] | None = self.raw["audio"]["input"]["turn_detection"]
        return found


def default_settings(session_id: str, model: str, expires_at: int) -> Settings:
    """Return what is in force when a session begins.

    Args:
        session_id: The id of the session.
        model: The model that the url named.
        expires_at: When the session ends, in Unix seconds.
    """
    pcm = {"type": "audio/pcm", "rate": 24000}
    listening = {"format": pcm, "transcription": None, "noise_reduction": None, "turn_detection": dict(_SERVER_VAD)}
    return Settings(
        {
            "type": "realtime",
            "object": "realtime.session",
            "id": session_id,
            "model": model,
            "output_modalities": ["audio"],
            "instructions": INSTRUCTIONS,
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "tracing": None,
            "truncation": "auto",
            "prompt": None,
            "expires_at": expires_at,
            "audio": {"input": listening, "output": {"format": dict(pcm), "voice": "alloy", "speed": 1.0}},
            "include": None,
        }
    )


def apply_update(settings: Settings, update: Mapping[str, Any]) -> Settings:
    """Return what is in force after an update that was found valid.

    Args:
        settings: What is in force.
        update: The ``session`` of the update as the client wrote it; identity and lifetime in it are ignored.
    """
    own = {"type", "id", "object", "expires_at"}
    asked = {key: value for key, value in update.items() if key not in own}
    return Settings(_completed(_merged(settings.raw, asked)))


def for_response(settings: Settings, params: ResponseParams | None) -> Settings:
    """Return what is in force for one response.

    Args:
        settings: What is in force for the session.
        params: What the client asked for in ``response.create``; null means as the session has it.
    """
    asked = params.model_dump(exclude_unset=True, mode="json", include=set(_OF_RESPONSE)) if params else {}
    return Settings(_completed(_merged(settings.raw, {key: v for key, v in asked.items() if v is not None})))


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Merge deeply: objects field by field, lists and plain values as a whole."""
    named = {key: value for key, value in new.items() if value is not None or key not in _NEVER_NULL}
    return {**old, **{key: _merged_field(key, old.get(key), value) for key, value in named.items()}}


def _merged_field(key: str, old: Any, new: Any) -> Any:
    if not isinstance(new, Mapping) or key in _WHOLE:
        return new
    if key == "turn_detection":
        return _merged_turn_detection(old, new)
    if key == "transcription":
        return _merged(old or _TRANSCRIPTION, new)
    return _merged(old if isinstance(old, Mapping) else {}, new)


def _merged_turn_detection(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what was set as long as the kind of detection stays; another kind begins with its own defaults."""
    if old and old["type"] == new["type"]:
        return _merged(old, new)
    return _merged(_SEMANTIC_VAD if new["type"] == "semantic_vad" else _SERVER_VAD, new)


def _completed(raw: dict[str, Any]) -> dict[str, Any]:
    """Write what null stands for where something has to be in force: formats as objects, no tools as a list."""
    audio = raw["audio"]
    sides = {side: {**audio[side], "format": _wire_format(audio[side].get("format"))} for side in ("input", "output")}
    return {**raw, "tools": raw["tools"] or [], "audio": {**audio, **sides}}


def _wire_format(value: Mapping[str, Any] | str | None) -> dict[str, Any]:
    found = AudioFormat.from_wire(value)
    rate = {"rate": found.rate} if found.encoding == "audio/pcm" else {}
    return {"type": found.encoding, **rate}

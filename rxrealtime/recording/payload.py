"""What people and models said can be taken out of a recording; its structure, times and lengths stay."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias, get_args

from rxrealtime.errors import ConfigurationError
from rxrealtime.frames import Frame

__all__ = ["Redaction", "redaction_of", "without_payload"]

Redaction: TypeAlias = Literal["transcripts", "audio"]
_SPOKEN: Final = frozenset({"transcript", "text", "output", "instructions", "message", "refusal"})
_DATA: Final = frozenset({"audio", "image_url", "file_data"})
_ARGUMENTS: Final = "arguments"
_LETTER: Final = "x"


def redaction_of(names: tuple[str, ...] | list[str]) -> tuple[Redaction, ...]:
    """Check what is to be taken out.

    Args:
        names: "transcripts", "audio".

    Returns:
        The same.

    Raises:
        ConfigurationError: There is no such thing.
    """
    for name in names:
        if name not in get_args(Redaction):
            raise ConfigurationError(f"redact: {name!r} is neither 'transcripts' nor 'audio'")
    return tuple(found for found in get_args(Redaction) if found in names)


def without_payload(frame: Frame, redact: tuple[Redaction, ...]) -> Frame:
    """Take what was said out of a frame.

    Texts become as many letters ``x``, so that deltas still add up; arguments of calls become ``{}`` and their deltas
    nothing; audio and images become as many ``A``, which is silence in PCM16. A frame that is not a JSON object
    becomes as many ``x``: nobody knows what is in it.

    Args:
        frame: The frame.
        redact: What to take out; nothing if empty.

    Returns:
        The frame to keep.
    """
    if not redact:
        return frame
    try:
        event = json.loads(frame.data)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        return frame._replace(data=_LETTER.encode() * len(frame.data))
    kept = _object(event, _Rules(str(event.get("type", "")), redact))
    return frame._replace(data=json.dumps(kept, separators=(",", ":")).encode())


class _Rules:
    """What becomes of the strings of one event.

    Args:
        kind: Its type.
        redact: What is taken out.
    """

    def __init__(self, kind: str, redact: tuple[Redaction, ...]) -> None:
        spoken: dict[str, Callable[[str], str]] = dict.fromkeys(_SPOKEN, _letters)
        spoken[_ARGUMENTS] = lambda text: "{}"
        data: dict[str, Callable[[str], str]] = dict.fromkeys(_DATA, _silence)
        delta = spoken if not kind.endswith("audio.delta") else data
        delta["delta"] = (lambda text: "") if "arguments" in kind else _letters if delta is spoken else _silence
        self.logprobs = "transcripts" in redact
        self.by_name = {**(spoken if self.logprobs else {}), **(data if "audio" in redact else {})}


def _object(fields: Mapping[str, Any], rules: _Rules) -> dict[str, Any]:
    return {name: _value(name, value, rules) for name, value in fields.items()}


def _value(name: str, value: Any, rules: _Rules) -> Any:
    if name == "logprobs" and rules.logprobs:
        return None if value is None else []
    match value:
        case str():
            return rules.by_name.get(name, _same)(value)
        case dict():
            return _object(value, rules)
        case list():
            return [_value(name, part, rules) for part in value]
        case _:
            return value


def _same(text: str) -> str:
    return text


def _letters(text: str) -> str:
    return _LETTER * len(text)


def _silence(text: str) -> str:
    """Give as much base64 of zeros."""
    end = len(text) - len(text.rstrip("="))
    return "A" * (len(text) - end) + "=" * end

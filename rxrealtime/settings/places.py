"""Where settings belong in the session object, and what is said for each place of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rxrealtime.errors import ConfigurationError
from rxrealtime.events import AudioConfig, InputAudioConfig, OutputAudioConfig

__all__ = ["Path", "given", "tree"]

Path = tuple[str, ...]
"""A place of the session object, such as ``("audio", "output", "voice")``."""

_PLACES: Final[Mapping[str, Path]] = {
    "modalities": ("output_modalities",),
    "input_format": ("audio", "input", "format"),
    "transcription": ("audio", "input", "transcription"),
    "noise_reduction": ("audio", "input", "noise_reduction"),
    "turn_detection": ("audio", "input", "turn_detection"),
    "output_format": ("audio", "output", "format"),
    "voice": ("audio", "output", "voice"),
    "speed": ("audio", "output", "speed"),
}
"""Where a flat name belongs."""


def given(settings: Mapping[str, Any]) -> Iterator[tuple[Path, tuple[str, Any]]]:
    """Give what is said for each place; of two things said for one place the later wins.

    Args:
        settings: What the application says, by its names.

    Yields:
        The place, the name that the application used for it, and the value.
    """
    for name in sorted(settings, key=lambda name: name not in _PLACES):
        if name != "audio":
            yield _PLACES.get(name, (name,)), (name, settings[name])
    yield from _nested(settings.get("audio"))


def _nested(audio: Any) -> Iterator[tuple[Path, tuple[str, Any]]]:
    """Read the audio half as it is nested on the wire; a side that is None is as if absent."""
    for side, config in _fields("audio", audio).items():
        if side not in ("input", "output"):
            yield ("audio", side), (f"audio.{side}", config)
            continue
        for key, value in _fields(f"audio.{side}", config).items():
            yield ("audio", side, key), (f"audio.{side}.{key}", value)


def _fields(name: str, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if isinstance(value, AudioConfig | InputAudioConfig | OutputAudioConfig):
        return {key: getattr(value, key) for key in value.model_fields_set}
    if isinstance(value, Mapping):
        return value
    raise ConfigurationError(f"{name} takes an object, not {type(value).__name__}")


def tree(values: Mapping[Path, Any]) -> dict[str, Any]:
    """Nest values as the session object nests them.

    Args:
        values: What is said for each place.
    """
    root: dict[str, Any] = {}
    for path, value in values.items():
        branch = root
        for key in path[:-1]:
            branch = branch.setdefault(key, {})
        branch[path[-1]] = value
    return root

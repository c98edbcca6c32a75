"""A configuration without some of its settings, for a server that refuses those at this time."""

from __future__ import annotations

from rxrealtime.events import OutputAudioConfig, SessionConfig

__all__ = ["without_model", "without_voice"]


def without_voice(config: SessionConfig) -> SessionConfig:
    """Give a configuration without its voice.

    Args:
        config: The configuration.

    Returns:
        The rest of it; the same configuration if it names no voice.
    """
    output = config.audio.output if config.audio else None
    if config.audio is None or output is None or "voice" not in output.model_fields_set:
        return config
    kept = {name: value for name, value in output if name in output.model_fields_set and name != "voice"}
    silent = config.audio.model_copy(update={"output": OutputAudioConfig(**kept)})
    return config.model_copy(update={"audio": silent})


def without_model(config: SessionConfig) -> SessionConfig:
    """Give a configuration without its model, which no ``session.update`` can change.

    Args:
        config: The configuration.

    Returns:
        The rest of it.
    """
    kept = {name: value for name, value in config if name in config.model_fields_set and name != "model"}
    return SessionConfig(**kept)

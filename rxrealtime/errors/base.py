"""What is asked for and cannot be done: found before anything is opened, or when a session is used out of turn."""

from __future__ import annotations

__all__ = [
    "AudioFormatError",
    "BufferOverflowError",
    "ConfigurationError",
    "InvalidUrlError",
    "MissingKeyError",
    "RealtimeError",
    "RecordingError",
    "ScenarioError",
    "SessionStateError",
]


class RealtimeError(Exception):
    """The root: whatever rxrealtime raises on purpose is one of these."""


class ConfigurationError(RealtimeError, ValueError):
    """What was asked for cannot be done; nothing was opened."""


class InvalidUrlError(ConfigurationError):
    """The url is not one that a session can open."""


class MissingKeyError(ConfigurationError):
    """The provider needs a key and none was given."""


class ScenarioError(ConfigurationError):
    """A scenario of the embedded server is not valid."""


class RecordingError(ConfigurationError):
    """A recording cannot be read."""


class AudioFormatError(ConfigurationError):
    """Audio is not in the format that the session expects; nothing is resampled in silence."""


class SessionStateError(RealtimeError, RuntimeError):
    """A session was used before it was entered, or entered twice."""


class BufferOverflowError(RealtimeError):
    """A consumer is too slow: its buffer is full of events that must not be dropped."""

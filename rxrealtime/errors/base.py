"""What is asked for and cannot be done: found before anything is opened, or when a session is used out of turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "AudioFormatError",
    "BufferOverflowError",
    "ConfigurationError",
    "InvalidUrlError",
    "MissingKeyError",
    "RealtimeError",
    "RecordingError",
    "ScenarioError",
    "ScriptMismatchError",
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


class ScriptMismatchError(RealtimeError, AssertionError):
    """A client did not do what the script of the embedded server expected; the message shows both side by side.

    Args:
        message: What was expected and what came instead, with the events: a script is a test, and they are its point.
        step: The number of the step, from 1; None if the script was over.
        expected: What could have come then, as JSON objects; empty if nothing could.
        actual: The event of the client; None if none came.
    """

    def __init__(
        self,
        message: str,
        step: int | None = None,
        expected: Sequence[Mapping[str, Any]] = (),
        actual: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.step = step
        self.expected = tuple(expected)
        self.actual = actual


class RecordingError(ConfigurationError):
    """A recording cannot be read."""


class AudioFormatError(ConfigurationError):
    """Audio is not in the format that the session expects; nothing is resampled in silence."""


class SessionStateError(RealtimeError, RuntimeError):
    """A session was used before it was entered, or entered twice."""


class BufferOverflowError(RealtimeError):
    """A consumer is too slow: its buffer is full of events that must not be dropped."""

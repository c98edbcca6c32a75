"""Which values no session can have. What depends on the model or the provider is left to the server.

Source: openai-openapi f85dbe2 (2026-08-21). Durations are milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from rxrealtime.events import SessionConfig

__all__ = ["impossible"]

_Path = tuple[str, ...]
_Rule = tuple[Callable[[Any], bool], str]


def impossible(config: SessionConfig) -> Iterator[tuple[_Path, str]]:
    """Find the settings that no session can have.

    Args:
        config: What is to be asked for; null is allowed everywhere.

    Yields:
        The place of such a setting on the wire, and what it takes instead.
    """
    for path, (is_possible, rule) in _RULES.items():
        value = _at(config, path)
        if value is not None and not is_possible(value):
            yield path, rule


def _at(value: Any, path: _Path) -> Any:
    for name in path:
        value = getattr(value, name, None)
    return value


def _within(low: float, high: float) -> _Rule:
    return lambda value: bool(low <= value <= high), f"a number from {low} to {high} is expected"


def _words(rule: str, *allowed: str) -> _Rule:
    return lambda value: not isinstance(value, str) or value in allowed, rule


def _is_limit(value: Any) -> bool:
    return bool(value == "inf" or (isinstance(value, int) and value >= 1))


_DETECTION: Final = ("audio", "input", "turn_detection")
_RULES: Final[dict[_Path, _Rule]] = {
    ("output_modalities",): (
        lambda value: len(value) == 1,
        "one is expected, 'audio', which has a transcript, or 'text'",
    ),
    ("audio", "output", "speed"): _within(0.25, 1.5),
    _DETECTION: (lambda value: bool(value.type), "a type is expected, such as server_vad; None is manual turns"),
    (*_DETECTION, "threshold"): _within(0, 1),
    (*_DETECTION, "prefix_padding_ms"): _within(0, 10_000),
    (*_DETECTION, "silence_duration_ms"): _within(0, 10_000),
    (*_DETECTION, "idle_timeout_ms"): _within(5_000, 30_000),
    ("max_output_tokens",): (_is_limit, "a positive integer or 'inf' is expected"),
    ("tool_choice",): _words("'none', 'auto', 'required' or a ToolChoice is expected", "none", "auto", "required"),
    ("truncation",): _words("'auto', 'disabled' or a RetentionRatio is expected", "auto", "disabled"),
    ("truncation", "retention_ratio"): _within(0, 1),
    ("tracing",): _words("'auto', a Tracing or None is expected", "auto"),
}

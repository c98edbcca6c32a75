"""Guardrails: what may not be said, and what tools may not be called with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from rxrealtime.errors import ConfigurationError

__all__ = ["Check", "Guardrail", "OnError"]

OnError = Literal["block", "pass"]
Check = Callable[[str, Any], "Awaitable[str | bool | None] | str | bool | None"]
"""``(text, context) -> verdict``, sync or async: None, False or "" is fine; True or a reason trips."""


@dataclass(frozen=True, slots=True, eq=False)
class Guardrail:
    """A check of what the model says, or of what it calls a tool with.

    Args:
        name: How it is told apart.
        check: ``(text, context) -> verdict``, sync or async. The text is all that a response said so far, or the
            arguments of a call as JSON. None, False or "" is fine; True trips, and so does a reason.
        on_error: What it means if the check itself raises, or takes longer than `timeout`: "block" counts as
            tripped, "pass" as fine. It has no default, since neither is right for everybody.
        every_chars: How much has to be said since the last check for the next one; default 100 characters. The end
            of what is said is always checked.
        timeout: Seconds that one check may take; default 10.
        instruction: What the model is told to do after it was stopped; None: it is not asked for anything.

    Raises:
        ConfigurationError: It has no name, `on_error` is neither, or a number is not positive; the name is named.
    """

    name: str
    check: Check
    on_error: OnError | None = None
    every_chars: int = 100
    timeout: float = 10.0
    instruction: str | None = (
        "Your last answer was stopped, because it is not allowed. Say briefly that you cannot help with that."
    )

    def __post_init__(self) -> None:
        if not self.name:
            raise ConfigurationError("a guardrail needs a name")
        if self.on_error not in ("block", "pass"):
            raise ConfigurationError(
                f"guardrail {self.name!r}: say what it means if the check itself fails, on_error='block' or 'pass'"
            )
        if self.every_chars < 1 or not self.timeout > 0:
            raise ConfigurationError(f"guardrail {self.name!r}: every_chars and timeout must be positive")

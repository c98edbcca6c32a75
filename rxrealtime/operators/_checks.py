"""What the operators of guardrails share: a check and its end, and which guardrails there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rxrealtime.activity import GuardrailPassed, GuardrailTripped
from rxrealtime.errors import ConfigurationError
from rxrealtime.events import ConversationItemCreate, GuardrailFailed, ResponseCancel, ResponseCreate
from rxrealtime.guardrails import Guardrail
from rxrealtime.signals import Interrupt

__all__ = ["Checked", "Effect", "RunCheck", "Told", "distinct", "guardrails_of"]


@dataclass(frozen=True, slots=True)
class RunCheck:
    """An effect: let a guardrail look at a text, and bring its verdict back as `Checked`.

    Args:
        response_id: The response that said it.
        guardrail: Who is to look.
        text: All that the response said so far.
    """

    response_id: str
    guardrail: Guardrail
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """The end of a check.

    Args:
        response_id: The response it was about.
        guardrail: Who looked.
        reason: Why the response is not allowed, "" if that was not said; None if nothing is wrong.
        error: Why there is no verdict, then `Guardrail.on_error` counts; None if there is one.
    """

    response_id: str
    guardrail: Guardrail
    reason: str | None = field(default=None, repr=False)
    error: Exception | None = None


Told = (
    GuardrailPassed
    | GuardrailTripped
    | GuardrailFailed
    | Interrupt
    | ResponseCancel
    | ConversationItemCreate
    | ResponseCreate
)
"""What others learn."""

Effect = RunCheck | Told
"""What a step asks for."""


def distinct(guardrails: Iterable[Guardrail]) -> tuple[Guardrail, ...]:
    """Make sure that guardrails can be told apart.

    Args:
        guardrails: The guardrails.

    Returns:
        The same.

    Raises:
        ConfigurationError: Two of them have the same name.
    """
    found = tuple(guardrails)
    names = [guardrail.name for guardrail in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigurationError(f"two guardrails have the name {twice!r}: nobody could tell whose verdict is whose")
    return found


def guardrails_of(agent: Any) -> tuple[Guardrail, ...]:
    """Give the output guardrails of an agent.

    Args:
        agent: Anything; without ``output_guardrails`` it has none.

    Returns:
        The guardrails.
    """
    return tuple(getattr(agent, "output_guardrails", None) or ())

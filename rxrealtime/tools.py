"""Tools: functions of the application that the model may call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rxrealtime.events import ToolDefinition
from rxrealtime.guardrails import Guardrail

__all__ = ["Tool"]


@dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """A function that the model may call; made by `tool`.

    Args:
        name: What the model calls it.
        description: What the model is told about it.
        parameters: The JSON schema of its arguments, an object.
        function: The function itself, sync or async.
        needs_approval: Whether a call waits for `Approval`: always, or if ``(context, arguments)`` says so.
        timeout: Seconds that a call may take; None: as `run_tools` says.
        guardrails: What looks at the arguments before it runs.
    """

    name: str
    description: str
    parameters: Mapping[str, Any] = field(repr=False)
    function: Callable[..., Any] = field(repr=False)
    needs_approval: bool | Callable[[Any, Mapping[str, Any]], bool | Awaitable[bool]] = False
    timeout: float | None = None
    guardrails: tuple[Guardrail, ...] = ()

    @property
    def definition(self) -> ToolDefinition:
        """The tool as the model is told of it, for the session's configuration."""
        return ToolDefinition(
            type="function", name=self.name, description=self.description, parameters=dict(self.parameters)
        )

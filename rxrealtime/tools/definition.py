"""What a tool is, and what it learns of the call that it answers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from rxrealtime.errors import ConfigurationError
from rxrealtime.events import SessionConfig, ToolDefinition
from rxrealtime.guardrails import Guardrail
from rxrealtime.tools.signature import Signature

__all__ = ["Tool", "ToolContext", "Transfer", "tools_by_name"]

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may know about the call that it answers; a first parameter annotated with it is given one.

    Args:
        call_id: The call.
        name: The tool.
        response_id: The response that asked for it.
        item_id: The item of the call, if the server named it.
        context: The application's own object, as given to `run_tools`.
    """

    call_id: str
    name: str
    response_id: str
    item_id: str | None = None
    context: Any = field(default=None, repr=False)


@runtime_checkable
class Transfer(Protocol):
    """What a tool returns to hand the session over to another agent."""

    @property
    def agent(self) -> Any:
        """Who takes over."""
        ...

    @property
    def config(self) -> SessionConfig:
        """What is to be put in force for it."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """A function that the model may call; made by `tool`, or by hand.

    Args:
        name: What the model calls it.
        description: What the model is told about it.
        parameters: The JSON schema of its arguments, an object.
        function: The function itself, sync or async. Without a `signature` it is called as
            ``function(tool_context, arguments)``, the arguments as the JSON object that they are.
        needs_approval: Whether a call waits for `Approval`: always, or if ``(tool_context, arguments)`` says so, sync
            or async, the arguments by the names of the parameters.
        timeout: Seconds that a call may take; None: as `run_tools` says.
        guardrails: What looks at the arguments before it runs.
        on_error: What the model is told if the call fails: ``exception -> text``. None: the message of a `ToolError`,
            and only the class of any other exception, whose message is not meant for the model.
        signature: How the function takes its arguments; None: as above.

    Raises:
        ConfigurationError: The name is not one that a model can call, the schema is not one of an object, `timeout`
            is not positive, or a guardrail is none; the tool is named.
    """

    name: str
    description: str
    parameters: Mapping[str, Any] = field(repr=False)
    function: Callable[..., Any] = field(repr=False)
    needs_approval: bool | Callable[[ToolContext, Mapping[str, Any]], bool | Awaitable[bool]] = False
    timeout: float | None = None
    guardrails: tuple[Guardrail, ...] = ()
    on_error: Callable[[Exception], str] | None = field(default=None, repr=False)
    signature: Signature | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(f"tool {self.name!r}: a name is 1 to 64 letters, digits, underscores and hyphens")
        if self.parameters.get("type", "object") != "object":
            raise ConfigurationError(f"tool {self.name!r}: parameters must be the JSON schema of an object")
        if self.timeout is not None and not self.timeout > 0:
            raise ConfigurationError(f"tool {self.name!r}: timeout={self.timeout}, but seconds must be positive")
        kinds: set[type] = {type(guardrail) for guardrail in self.guardrails}
        if not all(issubclass(kind, Guardrail) for kind in kinds):
            raise ConfigurationError(f"tool {self.name!r}: its guardrails must be Guardrail objects")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function as if it were no tool."""
        return self.function(*args, **kwargs)

    @property
    def definition(self) -> ToolDefinition:
        """The tool as the model is told of it, for the session's configuration."""
        return ToolDefinition(
            type="function", name=self.name, description=self.description, parameters=dict(self.parameters)
        )

    def invoke(self, context: ToolContext, arguments: Mapping[str, Any]) -> Any:
        """Call the function as a call of the model does.

        Args:
            context: What it may know about the call.
            arguments: As `read_arguments` gives them.

        Returns:
            What the function returns, an awaitable if it is async.
        """
        if self.signature is None:
            return self.function(context, arguments)
        args, kwargs = self.signature.bind(context, arguments)
        return self.function(*args, **kwargs)


def tools_by_name(tools: Iterable[Tool]) -> Mapping[str, Tool]:
    """Give tools by their names.

    Args:
        tools: The tools.

    Returns:
        The table.

    Raises:
        ConfigurationError: Two have one name, or something is no tool; the culprit is named.
    """
    table: dict[str, Tool] = {}
    for found in tools:
        if not isinstance(found, Tool):
            name = getattr(found, "__name__", None) or type(found).__name__
            raise ConfigurationError(f"{name!r} is not a tool: make one of it with rxrealtime.tool")
        if found.name in table:
            raise ConfigurationError(f"two tools are called {found.name!r}: the model could not tell them apart")
        table[found.name] = found
    return MappingProxyType(table)

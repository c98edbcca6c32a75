"""Making tools of functions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, overload

from rxrealtime.errors import ConfigurationError
from rxrealtime.guardrails import Guardrail
from rxrealtime.tools.definition import Tool, ToolContext
from rxrealtime.tools.signature import parameters_of, signature_of

__all__ = ["tool"]

_Function = Callable[..., Any]
_Approval = bool | Callable[[ToolContext, Mapping[str, Any]], bool | Awaitable[bool]]


@overload
def tool(function: _Function, /) -> Tool: ...


@overload
def tool(
    function: _Function,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    needs_approval: _Approval = False,
    timeout: float | None = None,
    guardrails: Iterable[Guardrail] = (),
    on_error: Callable[[Exception], str] | None = None,
) -> Tool: ...


@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    needs_approval: _Approval = False,
    timeout: float | None = None,
    guardrails: Iterable[Guardrail] = (),
    on_error: Callable[[Exception], str] | None = None,
) -> Callable[[_Function], Tool]: ...


def tool(
    function: _Function | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    **settings: Any,
) -> Tool | Callable[[_Function], Tool]:
    """Make a tool of a function, sync or async, of a bound method, or of any other callable.

    The model is told what the signature and the docstring say: the annotations make the JSON schema, through pydantic,
    the ``Args`` describe the parameters, and the rest of the docstring up to there describes the tool. The tool can
    still be called as the function it was.

    A first parameter annotated with `ToolContext` is not the model's to fill in; it is given what is known of the call.

    Args:
        function: The function; left out if there are settings, as in ``@tool(timeout=5)``.
        name: What the model calls it; default: the name of the function.
        description: What the model is told about it; default: from the docstring.
        settings: ``needs_approval``, ``timeout``, ``guardrails`` and ``on_error``, as `Tool` has them.

    Returns:
        The tool, or a decorator that makes it.

    Raises:
        ConfigurationError: A parameter has no annotation, or one that pydantic cannot express as a JSON schema; the
            function takes any number of arguments; the name is not one that a model can call; the tool and the
            parameter are named.

    Example:
        >>> @tool
        ... def weather(city: str) -> str:
        ...     '''Tell the weather.
        ...
        ...     Args:
        ...         city: Where.
        ...     '''
        ...     return f"Rain in {city}."
        >>> weather.parameters["properties"]
        {'city': {'description': 'Where.', 'type': 'string'}}
        >>> weather("Oslo")
        'Rain in Oslo.'
    """
    if function is None:
        return lambda function: _made(function, name, description, settings)
    return _made(function, name, description, settings)


def _made(function: _Function, name: str | None, description: str | None, settings: Mapping[str, Any]) -> Tool:
    if isinstance(function, Tool):
        raise ConfigurationError(f"{function.name!r} is a tool already")
    if not callable(function):
        raise ConfigurationError(f"a tool is made of a function, not of {type(function).__name__}")
    chosen = name if name is not None else getattr(function, "__name__", "")
    parameters = list(parameters_of(function, chosen))
    takes_context = bool(parameters) and parameters[0].annotation is ToolContext
    asked = parameters[1:] if takes_context else parameters
    for parameter in asked:
        if parameter.annotation is ToolContext:
            raise ConfigurationError(f"tool {chosen!r}: parameter {parameter.name!r}: ToolContext comes first")
    about, described = _documented(function)
    signature = signature_of(asked, chosen, takes_context=takes_context, described=described)
    return Tool(
        chosen,
        about if description is None else description,
        signature.schema,
        function,
        guardrails=tuple(settings.get("guardrails", ())),
        signature=signature,
        **{key: value for key, value in settings.items() if key != "guardrails"},
    )


def _documented(function: _Function) -> tuple[str, Mapping[str, str]]:
    """Read a docstring: what it says about the function, and about each parameter."""
    while isinstance(function, functools.partial):
        function = function.func
    plain = inspect.isroutine(function) or inspect.isclass(function)
    text = inspect.getdoc(function if plain else type(function).__call__) or inspect.getdoc(function)
    if not text:
        return "", {}
    import docstring_parser  # only those who make tools wait for it

    try:
        parsed = docstring_parser.parse(text)
    except docstring_parser.ParseError:
        return text, {}
    return (parsed.description or "").strip(), {found.arg_name: found.description or "" for found in parsed.params}

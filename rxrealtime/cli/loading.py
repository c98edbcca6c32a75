"""Tools by the name of a module and of something in it, as a user of the command line gives them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rxrealtime import ConfigurationError, Tool, tool

__all__ = ["load_tools"]


def load_tools(names: Sequence[str]) -> tuple[Tool, ...]:
    """Load tools.

    Args:
        names: ``module:attribute`` each; the module may lie in the current folder. The attribute is a tool, a function
            to make one of, or several of them in a list or a tuple.

    Returns:
        The tools, in order.

    Raises:
        ConfigurationError: A name is not of that form, there is nothing of that name, or it is no tool.
    """
    return tuple(loaded for name in names for loaded in _tools(_attribute(name), name))


def _attribute(name: str) -> object:
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise ConfigurationError(f"--tools {name!r}: expected module:attribute, such as weather:get_weather")
    if "" not in sys.path:
        sys.path.insert(0, "")  # the current folder, as with python -m
    try:
        imported = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # importing runs the module: whatever it raises is told by its class
        raise ConfigurationError(f"--tools {name!r}: cannot import {module}: {type(error).__name__}: {error}") from None
    try:
        return getattr(imported, attribute)
    except AttributeError:
        raise ConfigurationError(f"--tools {name!r}: the module {module} has no {attribute}") from None


def _tools(found: object, name: str) -> Iterator[Tool]:
    match found:
        case Tool():
            yield found
        case list() | tuple():
            for part in found:
                yield from _tools(part, name)
        case _ if callable(found):
            yield _made(found, name)
        case _:
            kind = type(found).__name__
            raise ConfigurationError(f"--tools {name!r}: neither a tool nor a function, but of the type {kind}")


def _made(function: Callable[..., Any], name: str) -> Tool:
    try:
        return tool(function)
    except ConfigurationError as error:
        raise ConfigurationError(f"--tools {name!r}: {error}") from None

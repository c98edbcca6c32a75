"""Tools are made of functions: what the model is told comes from the signature and the docstring."""

from __future__ import annotations

import asyncio
import enum
import functools
import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from pydantic import BaseModel, Field

from rxrealtime.errors import ConfigurationError
from rxrealtime.events import ToolDefinition
from rxrealtime.guardrails import Guardrail
from rxrealtime.tools import Tool, ToolContext, read_arguments, tool

CONTEXT = ToolContext("call_1", "tool", "resp_1")


class Unit(enum.Enum):
    """A scale."""

    C = "celsius"
    F = "fahrenheit"


class Place(BaseModel):
    """Where."""

    title: str
    height: int = 0


@dataclass
class Span:
    """How long."""

    days: int


class Extra(NamedTuple):
    """More."""

    note: str


def forecast(
    place: Place,
    span: Span,
    extra: Extra,
    unit: Unit = Unit.C,
    style: Literal["short", "long"] = "short",
    limit: Annotated[int, Field(ge=1, description="At most.")] = 5,
    tags: list[str] | None = None,
) -> str:
    """Tell what the weather will be.

    It is not always right.

    Args:
        place: The place that is meant.
        limit: Not this one, the annotation speaks for itself.
        tags: What to look at.

    Returns:
        A text, which is nothing for the model.
    """
    return f"{place.title} {span.days} {extra.note} {unit.name} {style} {limit} {tags}"


def test_the_schema_says_what_the_signature_says() -> None:
    """One object, closed, with the defaults, without titles; classes are definitions."""
    made = tool(forecast)

    assert made.parameters == {
        "type": "object",
        "additionalProperties": False,
        "required": ["place", "span", "extra"],
        "properties": {
            "place": {"$ref": "#/$defs/Place", "description": "The place that is meant."},
            "span": {"$ref": "#/$defs/Span"},
            "extra": {"$ref": "#/$defs/Extra"},
            "unit": {"$ref": "#/$defs/Unit", "default": "celsius"},
            "style": {"type": "string", "enum": ["short", "long"], "default": "short"},
            "limit": {"type": "integer", "minimum": 1, "description": "At most.", "default": 5},
            "tags": {
                "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}],
                "description": "What to look at.",
                "default": None,
            },
        },
        "$defs": {
            "Place": {
                "type": "object",
                "description": "Where.",
                "properties": {"title": {"type": "string"}, "height": {"type": "integer", "default": 0}},
                "required": ["title"],
            },
            "Span": made.parameters["$defs"]["Span"],
            "Extra": made.parameters["$defs"]["Extra"],
            "Unit": made.parameters["$defs"]["Unit"],
        },
    }
    assert all("title" not in described for described in made.parameters["$defs"].values())


def test_the_docstring_describes_the_tool() -> None:
    """Without its sections; name and description can be given instead."""
    assert tool(forecast).description == "Tell what the weather will be.\n\nIt is not always right."
    renamed = tool(name="weather", description="Ask me.")(forecast)
    assert (renamed.name, renamed.description) == ("weather", "Ask me.")
    assert tool(description="")(forecast).description == ""


@pytest.mark.parametrize(
    "docstring",
    [
        "Do it.\n\n:param x: How much.",
        "Do it.\n\nParameters\n----------\nx : int\n    How much.",
        "Do it.\n\nArgs:\n    x: How much.",
    ],
)
def test_docstrings_of_all_styles_are_read(docstring: str) -> None:
    """reST, numpy and Google."""

    def f(x: int) -> None: ...

    f.__doc__ = docstring
    made = tool(f)

    assert (made.description, made.parameters["properties"]["x"]["description"]) == ("Do it.", "How much.")


def test_a_tool_is_told_to_the_model_as_a_function() -> None:
    """The definition of the session's configuration."""
    made = tool(forecast)

    assert made.definition == ToolDefinition(
        type="function", name="forecast", description=made.description, parameters=dict(made.parameters)
    )


def test_a_tool_can_be_called_as_the_function_it_was() -> None:
    """So that it stays testable."""
    made = tool(lambda: 7, name="seven")

    assert made() == 7
    assert tool(forecast)(Place(title="Oslo"), Span(2), Extra("n")) == "Oslo 2 n C short 5 None"


def test_arguments_arrive_as_the_annotations_have_them() -> None:
    """Models, dataclasses, enums and defaults."""
    made = tool(forecast)
    text = '{"place": {"title": "Oslo"}, "span": {"days": 3}, "extra": ["!"], "unit": "fahrenheit"}'

    assert made.invoke(CONTEXT, read_arguments(made, text)) == "Oslo 3 ! F short 5 None"


def test_no_name_of_a_parameter_is_in_the_way() -> None:
    """Names that mean something to pydantic, and positional-only ones."""

    @tool
    def odd(json: int, model_config: int, _x: int, copy: int = 3, /, *, self: int, schema: int = 4) -> tuple[int, ...]:
        return json, model_config, _x, copy, self, schema

    arguments = read_arguments(odd, '{"json": 1, "model_config": 2, "_x": 5, "self": 6}')
    assert odd.invoke(CONTEXT, arguments) == (1, 2, 5, 3, 6, 4)
    assert set(odd.parameters["properties"]) == {"json", "model_config", "_x", "copy", "self", "schema"}


def test_a_default_may_be_a_field() -> None:
    """As in models: its rules, its description and its default count."""

    @tool
    def f(x: int = Field(default=4, le=9, description="Small.")) -> int:
        return x

    assert f.parameters["properties"]["x"] == {"type": "integer", "maximum": 9, "description": "Small.", "default": 4}
    assert f.invoke(CONTEXT, read_arguments(f, "")) == 4


def test_a_default_that_json_cannot_show_is_kept_all_the_same() -> None:
    """It is not in the schema, and the function gets it."""
    nothing = object()

    @tool
    def f(x: Any = nothing) -> bool:
        return x is nothing

    assert f.parameters["properties"] == {"x": {}}
    assert f.invoke(CONTEXT, read_arguments(f, "{}")) is True


def test_the_context_comes_first_and_is_not_the_models_business() -> None:
    """A first parameter that is a ToolContext is given what is known of the call."""

    @tool
    def f(context: ToolContext, /, x: int) -> tuple[str, int]:
        return context.call_id, x

    assert list(f.parameters["properties"]) == ["x"]
    assert f.invoke(CONTEXT, read_arguments(f, '{"x": 1}')) == ("call_1", 1)
    with pytest.raises(ConfigurationError, match="tool 'late': parameter 'context': ToolContext comes first"):

        @tool
        def late(x: int, context: ToolContext) -> None: ...


class _Station:
    """A weather station."""

    async def measure(self, what: str) -> str:
        """Measure something."""
        return what

    def __call__(self, what: str) -> str:
        """Do as one is told."""
        return what


def test_methods_partials_and_callables_are_functions_too() -> None:
    """Bound methods have their name, other callables have to be given one."""
    measure = tool(_Station().measure)
    assert (measure.name, measure.description, list(measure.parameters["properties"])) == (
        "measure",
        "Measure something.",
        ["what"],
    )
    station = tool(_Station(), name="station")
    assert (station.description, station("rain")) == ("Do as one is told.", "rain")
    bound = tool(functools.partial(forecast, Place(title="Oslo")), name="oslo")
    assert bound.description.startswith("Tell what")
    assert "place" not in bound.parameters["properties"]
    with pytest.raises(ConfigurationError, match="a name is 1 to 64"):
        tool(_Station())


def test_an_async_function_is_a_tool_like_any_other() -> None:
    """Its call gives an awaitable."""

    @tool
    async def f() -> int:
        return 1

    assert inspect.iscoroutinefunction(f.function)
    assert asyncio.run(f()) == 1


def _unannotated(x) -> None:  # type: ignore[no-untyped-def]
    ...


def _many(*xs: int) -> None: ...


def _any_names(**xs: int) -> None: ...


def _callback(a: int, callback: Callable[[], int]) -> None: ...


def _arbitrary(a: int, task: asyncio.Task[Any]) -> None: ...


def _undefined(a: int, b: Missing) -> None:  # type: ignore[name-defined]  # noqa: F821
    ...


def _undefined_within(a: int, b: list[Missing]) -> None:  # type: ignore[name-defined]  # noqa: F821
    ...


@pytest.mark.parametrize(
    ("function", "culprit"),
    [
        (_unannotated, "tool '_unannotated': parameter 'x' has no annotation"),
        (_many, "tool '_many': parameter 'xs' takes any number"),
        (_any_names, "tool '_any_names': parameter 'xs' takes any number"),
        (_callback, "tool '_callback', parameter 'callback': no JSON schema"),
        (_arbitrary, "tool '_arbitrary', parameter 'task': no JSON schema"),
        (_undefined, "tool '_undefined', annotation of parameter 'b': name 'Missing' is not defined"),
        (_undefined_within, "tool '_undefined_within', annotation of parameter 'b': name 'Missing' is not defined"),
        (_Station.measure, "tool 'measure': parameter 'self' has no annotation; make the tool of a bound method"),
        (dict, "tool 'dict': its parameters cannot be read"),
    ],
)
def test_a_function_that_no_schema_can_describe_is_refused(function: Callable[..., Any], culprit: str) -> None:
    """When the tool is made, with the names of the tool and the parameter."""
    with pytest.raises(ConfigurationError) as raised:
        tool(function)

    assert str(raised.value).startswith(culprit)


@pytest.mark.parametrize("name", ["", "a b", "a" * 65, "é", "a.b", "a\n"])
def test_a_name_that_no_model_can_call_is_refused(name: str) -> None:
    """1 to 64 letters, digits, underscores and hyphens."""
    with pytest.raises(ConfigurationError, match="a name is 1 to 64"):
        tool(lambda: 1, name=name)


def test_what_is_no_function_is_refused() -> None:
    """And so is a tool, which is one already."""
    with pytest.raises(ConfigurationError, match="not of int"):
        tool(5)  # type: ignore[call-overload]
    made = tool(forecast)
    with pytest.raises(ConfigurationError, match="'forecast' is a tool already"):
        tool(made)


def test_settings_that_cannot_be_are_refused() -> None:
    """With the name of the tool."""
    for bad in ({"timeout": 0}, {"timeout": float("nan")}, {"guardrails": [len]}):
        with pytest.raises(ConfigurationError, match="tool 'forecast'"):
            tool(forecast, **bad)  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match="tool 'f': parameters must be the JSON schema of an object"):
        Tool("f", "", {"type": "string"}, len)


def test_the_settings_of_a_tool_are_kept() -> None:
    """As they were given."""
    guardrail = Guardrail("g", lambda text, context: None, on_error="pass")
    made = tool(needs_approval=True, timeout=3, guardrails=[guardrail], on_error=str)(forecast)

    assert (made.needs_approval, made.timeout, made.guardrails, made.on_error) == (True, 3, (guardrail,), str)


def test_a_tool_made_by_hand_gets_the_context_and_the_arguments() -> None:
    """Without a signature the function takes both as they are."""
    made = Tool("f", "", {"type": "object"}, lambda context, arguments: (context, arguments))

    assert made.invoke(CONTEXT, {"a": 1}) == (CONTEXT, {"a": 1})


def test_nothing_of_an_application_is_in_a_repr() -> None:
    """D7: neither its object nor the schema."""
    made = tool(forecast)

    assert repr(ToolContext("c", "f", "r", context="CANARY")) == (
        "ToolContext(call_id='c', name='f', response_id='r', item_id=None)"
    )
    assert "properties" not in repr(made)


def test_importing_the_package_does_not_import_the_reader_of_docstrings() -> None:
    """Only those who make tools wait for it."""
    probe = "import rxrealtime.tools, sys; sys.exit('docstring_parser' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    assert subprocess.run([sys.executable, "-c", probe], env=environment, check=False).returncode == 0  # noqa: S603

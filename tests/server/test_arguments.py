"""Filling in the arguments of a tool: required ones always, typed by the schema."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxrealtime.server.arguments import fill


def _schema(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("What is the weather in Oslo?", "Oslo"),
        ("weather for New York, please", "New York"),
        ('the weather at "Den Haag" today', "Den Haag"),
        ("Weather Paris", "Paris"),
        ("how is the weather in the mountains", "mountains"),
        ("weather", "weather"),
        ("", "unknown"),
    ],
)
def test_string(text: str, city: str) -> None:
    """A string is what follows a preposition, is quoted, or is a name; otherwise the whole text."""
    assert fill(_schema({"city": {"type": "string"}}, "city"), text) == {"city": city}


def test_two_strings_take_two_phrases() -> None:
    """Successive strings take successive phrases."""
    schema = _schema({"from": {"type": "string"}, "to": {"type": "string"}}, "from", "to")
    assert fill(schema, "a train from Oslo to Bergen") == {"from": "Oslo", "to": "Bergen"}


def test_enumeration() -> None:
    """An enumeration takes the value that is mentioned, or its first."""
    schema = _schema({"unit": {"enum": ["celsius", "fahrenheit"]}}, "unit")
    assert fill(schema, "in Fahrenheit please") == {"unit": "fahrenheit"}
    assert fill(schema, "please") == {"unit": "celsius"}


def test_numbers_come_in_order() -> None:
    """Numbers take the numbers of the text in order, as the type that is asked for."""
    schema = _schema(
        {"a": {"type": "integer"}, "b": {"type": "number"}, "c": {"type": "integer", "minimum": 5}}, *"abc"
    )
    assert fill(schema, "3 and 2.5") == {"a": 3, "b": 2.5, "c": 5}


def test_optional_only_with_a_clue() -> None:
    """An optional property is left out unless the text has a number or a value of its enumeration."""
    schema = _schema({"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C", "K"]}}, "city")
    assert fill(schema, "weather in Oslo") == {"city": "Oslo"}
    assert fill(schema, "3 days in Oslo, in K") == {"city": "Oslo", "days": 3, "unit": "K"}


def test_references_and_alternatives() -> None:
    """References and unions, as pydantic writes them, are followed; null is the last choice."""
    schema = _schema({"place": {"$ref": "#/$defs/Place"}}, "place") | {
        "$defs": {"Place": _schema({"name": {"anyOf": [{"type": "null"}, {"type": "string"}]}}, "name")}
    }
    assert fill(schema, "in Rome") == {"place": {"name": "Rome"}}


def test_no_schema() -> None:
    """A tool without parameters gets an empty object."""
    assert fill(None, "x") == {}


def test_endless_schema() -> None:
    """A schema that requires itself ends."""
    schema = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}
    assert "next" in fill(schema, "x")


_LEAVES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


@given(st.dictionaries(st.text(max_size=5), st.sampled_from(sorted(_LEAVES)), max_size=6), st.text(max_size=40))
def test_required_are_there_and_typed(types: dict[str, str], text: str) -> None:
    """For any text, every required property is there and of the type its schema names."""
    found = fill(_schema({name: {"type": kind} for name, kind in types.items()}, *types), text)
    assert set(found) == set(types)
    assert all(isinstance(found[name], _LEAVES[kind]) for name, kind in types.items())

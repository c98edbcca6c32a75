"""Arguments are validated and never guessed."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, Field

from rxrealtime.errors import ToolArgumentsError, ToolError
from rxrealtime.tools import Tool, read_arguments, tool

CANARY = "canary-7f3a"


class Cat(BaseModel):
    """A cat."""

    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    """A dog."""

    kind: Literal["dog"]


def _refuse(value: str) -> str:
    raise ValueError(f"I do not like {value}")


def _say(value: str) -> str:
    raise ToolError("use another word")


def _break(value: str) -> str:
    raise KeyError(value)


@tool
def adopt(
    pet: Annotated[Cat | Dog, Field(discriminator="kind")],
    age: int = 1,
    weight: float = 1.0,
    tame: bool = True,
    names: dict[str, int] | None = None,
) -> None:
    """Adopt a pet."""


@tool
def nothing() -> None:
    """Do nothing."""


@tool
def optional(x: int = 1) -> None:
    """Do little."""


@tool
def picky(x: Annotated[str, AfterValidator(_refuse)]) -> None:
    """Refuse everything."""


@tool
def helpful(x: Annotated[str, AfterValidator(_say)]) -> None:
    """Refuse with words for the model."""


@tool
def broken(x: Annotated[str, AfterValidator(_break)]) -> None:
    """Fail to validate."""


@tool
def anything(value: Any) -> None:
    """Take anything."""


BY_HAND = Tool(
    "by_hand",
    "",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": ["string", "null"]}, "c": {}},
        "required": ["a"],
        "additionalProperties": False,
    },
    lambda context, arguments: arguments,
)


def test_what_fits_is_read() -> None:
    """Blanks around it do not count (recorded, 2026-08), an integer is a number, defaults are filled in."""
    found = read_arguments(adopt, ' {  \n  "pet": {"kind": "cat"}, "weight": 3 \n} \n')

    assert found == {"pet": Cat(kind="cat"), "age": 1, "weight": 3.0, "tame": True, "names": None}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "null",
        "5",
        '"text"',
        "[]",
        '[{"pet": {"kind": "dog"}}]',
        '{"pet": {"kind": "dog"}',
        '{"pet": {"kind": "dog"}} {}',
        "{'pet': {'kind': 'dog'}}",
        '{"pet": {"kind": "dog"},}',
        '{"pet": {"kind": "cow"}}',
        '{"pet": {"kind": "dog"}, "age": "5"}',
        '{"pet": {"kind": "dog"}, "age": 5.0}',
        '{"pet": {"kind": "dog"}, "age": true}',
        '{"pet": {"kind": "dog"}, "age": null}',
        '{"pet": {"kind": "dog"}, "age": 1e400}',
        '{"pet": {"kind": "dog"}, "weight": NaN}',
        '{"pet": {"kind": "dog"}, "weight": -Infinity}',
        '{"pet": {"kind": "dog"}, "weight": 1e999}',
        '{"pet": {"kind": "dog"}, "weight": "1"}',
        '{"pet": {"kind": "dog"}, "tame": 1}',
        '{"pet": {"kind": "dog"}, "tame": "yes"}',
        '{"pet": {"kind": "dog"}, "extra": 1}',
        '{"pet": {"kind": "dog"}, "p1": 1}',
        '{"pet": {"kind": "dog"}, "age": 1, "age": 2}',
        '{"pet": {"kind": "dog"}, "age": 1, "\\u0061ge": 2}',
        '{"pet": {"kind": "dog", "kind": "cat"}}',
        '{"pet": {"kind": "dog"}, "names": {"\\ud800": 1}}',
        '{"pet": {"kind": "dog"}, "age": ' + "1" * 5000 + "}",
        "[" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"pet": ' + '{"a":' * 250 + "1" + "}" * 251,
        "\ufeff{}",
        "\ud800",
    ],
)
def test_what_does_not_fit_is_refused(text: str) -> None:
    """Not JSON, not an object, not of the schema, converted, twice, too deep: nothing is guessed."""
    with pytest.raises(ToolArgumentsError, match="the arguments of 'adopt' do not fit: "):
        read_arguments(adopt, text)


def test_no_arguments_may_be_written_as_nothing() -> None:
    """Servers send "" then, which fits a tool that needs none, and no other."""
    assert (read_arguments(nothing, ""), read_arguments(optional, "")) == ({}, {"x": 1})
    with pytest.raises(ToolArgumentsError, match="pet: Field required"):
        read_arguments(adopt, "")
    with pytest.raises(ToolArgumentsError, match="not JSON"):
        read_arguments(nothing, "  ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"pet": {"kind": "CANARY"}}', "pet: union tag invalid"),
        ('{"pet": {"kind": "cat", "lives": "CANARY"}}', "pet.*.lives: Input should be a valid integer"),
        ('{"pet": {"kind": "dog"}, "names": {"CANARY": "CANARY"}}', "names.*: Input should be a valid integer"),
        ('{"pet": {"kind": "dog"}, "CANARY": 1}', "*: Extra inputs are not permitted"),
        ('{"pet": {"kind": "dog"}, "CANARY": 1, "CANARY": 2}', "a key comes twice"),
        ("CANARY", "they are not JSON"),
        ('{"pet": "CANARY", "age": "CANARY", "tame": "CANARY", "weight": "CANARY", "names": 1}', "2 more"),
    ],
)
def test_a_refusal_names_places_and_rules_and_no_values(text: str, message: str) -> None:
    """Keys that no schema has are values too; the cause is not kept, since it would quote them."""
    with pytest.raises(ToolArgumentsError) as raised:
        read_arguments(adopt, text.replace("CANARY", CANARY))

    assert str(raised.value).endswith(message)
    assert CANARY not in str(raised.value)
    assert raised.value.__cause__ is None


def test_validators_of_the_application_may_refuse() -> None:
    """A ValueError is a rule; a ToolError has words for the model; anything else is named by its class."""
    said = {}
    for strict in (picky, helpful, broken):
        with pytest.raises(ToolArgumentsError) as raised:
            read_arguments(strict, json.dumps({"x": CANARY}))
        said[strict.name] = str(raised.value).split("do not fit: ")[1]

    assert said == {
        "picky": "x: value error",
        "helpful": "use another word",
        "broken": "a validator failed with KeyError",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "a: Field required"),
        ('{"a": "5"}', "a: not of its type"),
        ('{"a": true}', "a: not of its type"),
        ('{"a": 1.5}', "a: not of its type"),
        ('{"a": 1, "b": 2}', "b: not of its type"),
        ('{"a": 1, "CANARY": 2}', "*: Extra inputs are not permitted"),
        ('{"a": 1, "a": 1}', "a key comes twice"),
        ("[]", "they are not one JSON object"),
    ],
)
def test_a_schema_made_by_hand_holds_at_the_top(text: str, message: str) -> None:
    """Its keys and their JSON types are checked, the rest is the function's."""
    with pytest.raises(ToolArgumentsError, match="the arguments of 'by_hand' do not fit") as raised:
        read_arguments(BY_HAND, text)

    assert str(raised.value).endswith(message)


def test_arguments_of_a_schema_made_by_hand_stay_json() -> None:
    """As the model wrote them."""
    text = '{"a": 1, "b": null, "c": [1, {"x": 2.5}]}'

    assert read_arguments(BY_HAND, text) == json.loads(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(_JSON)
def test_any_json_arrives_as_it_is_or_not_at_all(value: Any) -> None:
    """What a parameter of any type is given equals what was written; what is no object of the schema is refused."""

    arrived = read_arguments(anything, json.dumps({"value": value}))
    assert arrived == {"value": value}
    if not (isinstance(value, dict) and set(value) == {"value"}):
        with pytest.raises(ToolArgumentsError):
            read_arguments(anything, json.dumps(value))


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but a ToolArgumentsError is raised."""
    try:
        read_arguments(adopt, text)
    except ToolArgumentsError as error:
        assert str(error).startswith("the arguments of 'adopt' do not fit")  # noqa: PT017 - may also pass

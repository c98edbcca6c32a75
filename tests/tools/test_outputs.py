"""What the model is told of a result, and of a failure."""

from __future__ import annotations

import enum
import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import BaseModel, field_serializer

from rxrealtime.errors import ToolError, ToolTimeoutError
from rxrealtime.tools import describe_error, render_output, tool


class Model(BaseModel):
    """A result."""

    city: str
    at: datetime


@dataclass
class Point:
    """A result."""

    x: int
    other: Any = None


class Duck:
    """Not a model, though it looks like one."""

    def model_dump(self) -> dict[str, Any]:
        """Dump what is no model."""
        return {"no": "model"}

    def __str__(self) -> str:
        return "a duck"


class Broken(BaseModel):
    """A model that does not let itself be written."""

    x: int = 1

    @field_serializer("x")
    def refuse(self, value: int) -> int:
        """Refuse."""
        raise ValueError("CANARY")


class Mute:
    """An object without a text."""

    def __str__(self) -> str:
        raise RuntimeError("CANARY")


class Size(enum.Enum):
    """A result."""

    BIG = "big"


AT = datetime(2026, 8, 1, tzinfo=UTC)
_LOOP: list[Any] = []
_LOOP.append(_LOOP)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("Rain.", "Rain."),
        ("", ""),
        (None, "null"),
        (5, "5"),
        (1.5, "1.5"),
        (True, "true"),
        (float("nan"), "null"),
        ({"a": [1, None, "é"]}, '{"a":[1,null,"é"]}'),
        ({"at": AT, "size": Size.BIG, "point": Point(1)}, None),
        (OrderedDict(a=1), '{"a":1}'),
        (MappingProxyType({"a": 1}), '{"a":1}'),
        ([1, 2], "[1,2]"),
        ((1, 2), "[1,2]"),
        (Point(1), '{"x":1,"other":null}'),
        (Model(city="Oslo", at=AT), '{"city":"Oslo","at":"2026-08-01T00:00:00Z"}'),
        ([Model(city="Oslo", at=AT)], '[{"city":"Oslo","at":"2026-08-01T00:00:00Z"}]'),
        (b"\xff", "b'\\xff'"),
        (Duck(), "a duck"),
        (Size.BIG, "Size.BIG"),
        (AT, "2026-08-01 00:00:00+00:00"),
        (Point, str(Point)),
    ],
)
def test_a_result_is_told_as_text_or_json(value: object, told: str | None) -> None:
    """Texts as they are, data as JSON, anything else as it calls itself."""
    rendered = render_output(value)

    if told is None:
        assert json.loads(rendered) == {
            "at": "2026-08-01T00:00:00Z",
            "size": "big",
            "point": {"x": 1, "other": None},
        }
    else:
        assert rendered == told


@pytest.mark.parametrize(
    "value", [{"a": object()}, Point(1, object()), Broken(), _LOOP, Mute(), "\ud800", {"a": "\ud800"}, {"a": b"\xff"}]
)
def test_a_result_that_cannot_be_told_is_an_error(value: object) -> None:
    """Never half of it, nor a repr where data belongs; the message holds nothing of it."""
    with pytest.raises(ToolError, match="the result cannot be told") as raised:
        render_output(value)

    assert "CANARY" not in str(raised.value)


def _with(on_error: Any) -> Any:
    return tool(lambda: 1, name="f", on_error=on_error)


def _raise(error: Exception) -> str:
    raise RuntimeError("CANARY")


@pytest.mark.parametrize(
    ("made", "error", "told"),
    [
        (None, ToolError("no such tool"), "no such tool"),
        (_with(None), ToolError("closed on Sundays"), "closed on Sundays"),
        (_with(None), ToolTimeoutError("timed out"), "timed out"),
        (_with(None), ToolError(), "the tool failed"),
        (_with(None), ValueError("CANARY"), "the tool failed with ValueError"),
        (_with(lambda error: f"sorry: {type(error).__name__}"), ValueError("CANARY"), "sorry: ValueError"),
        (_with(_raise), ValueError("CANARY"), "the tool failed with ValueError"),
        (_with(_raise), ToolError("closed on Sundays"), "closed on Sundays"),
    ],
)
def test_a_failure_is_told_as_it_is_meant(made: Any, error: Exception, told: str) -> None:
    """The message of a ToolError is for the model, those of others are not; a tool may have its own words."""
    assert describe_error(made, error) == told

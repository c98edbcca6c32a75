"""Events of either side, drawn field by field from their models."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, Literal, cast, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel

from rxrealtime.events import CLIENT_EVENTS, SERVER_EVENTS, ClientEvent, Event, ServerEvent
from rxrealtime.testing.strategies.shapes import alternatives, field_type, is_nullable

__all__ = ["client_events", "server_events", "wire_events"]

Wire = dict[str, Any]

_MAX_OPTIONAL: Final = 3
_TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_LEAVES: Final = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | _TEXT
_ANY: Final = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2), max_leaves=3
)
_EXTRA: Final = st.dictionaries(st.sampled_from(["x_a", "x_b", "obfuscation_2"]), _ANY, max_size=2)
"""Fields that no model knows."""
_PLAIN: Final[Mapping[Any, st.SearchStrategy[Any]]] = {
    Any: _ANY,
    str: _TEXT,
    int: st.integers(0, 2**40),
    float: st.integers(0, 2**20) | st.floats(0, 1e9),
    bool: st.booleans(),
    bytes: st.binary(max_size=6).map(lambda data: b64encode(data).decode("ascii")),
    type(None): st.none(),
}


def server_events(types: Iterable[str] | None = None) -> st.SearchStrategy[ServerEvent]:
    """Draw events of a server.

    Args:
        types: The types to draw, such as ``response.done``; all 46 by default.

    Returns:
        Events with fields absent, null and present, and with fields that no model knows.
    """
    return cast("st.SearchStrategy[ServerEvent]", _instances(_chosen(SERVER_EVENTS, types)))


def client_events(types: Iterable[str] | None = None) -> st.SearchStrategy[ClientEvent]:
    """Draw events of a client.

    Args:
        types: The types to draw, such as ``response.create``; all 11 by default.

    Returns:
        Events that fit their models; whether a server accepts them is another question.
    """
    return cast("st.SearchStrategy[ClientEvent]", _instances(_chosen(CLIENT_EVENTS, types)))


def wire_events(types: Iterable[str] | None = None) -> st.SearchStrategy[Wire]:
    """Draw events of a server as they are on the wire, before they are written as JSON.

    Args:
        types: The types to draw; all 46 by default.

    Returns:
        JSON objects, each with a ``type`` of the protocol.
    """
    return st.sampled_from(_chosen(SERVER_EVENTS, types)).flatmap(_record)


def _chosen(known: Mapping[str, type[Event]], types: Iterable[str] | None) -> list[type[Event]]:
    return [known[name] for name in (sorted(known) if types is None else types)]


def _instances(models: list[type[Event]]) -> st.SearchStrategy[Event]:
    return st.sampled_from(models).flatmap(
        lambda model: _record(model).map(lambda wire: model.model_validate_json(json.dumps(wire)))
    )


@cache
def _record(model: type[BaseModel]) -> st.SearchStrategy[Wire]:
    """Draw an object that fits a model: every required field, some of the others, some that it does not know."""
    tag = model.model_fields.get("type")
    fixed: Wire = {"type": tag.default} if tag is not None and get_origin(field_type(tag)) is Literal else {}
    required = {name: field_type(field) for name, field in model.model_fields.items() if field.is_required()}
    optional = {
        name: field_type(field)
        for name, field in model.model_fields.items()
        if not field.is_required() and name not in fixed and not _is_own_type(model, name)
    }

    @st.composite
    def record(draw: st.DrawFn) -> Wire:
        wire = fixed | {name: draw(_values(annotation)) for name, annotation in required.items()}
        if optional:
            for name in draw(st.lists(st.sampled_from(sorted(optional)), max_size=_MAX_OPTIONAL, unique=True)):
                null = st.none() if is_nullable(optional[name]) else st.nothing()
                wire[name] = draw(null | _values(optional[name]))
        return wire | draw(_EXTRA)

    return record()


def _is_own_type(model: type[BaseModel], name: str) -> bool:
    """Tell whether a field is the ``type`` of an item that is not listed: any listed one would make it another item."""
    return name == "type" and model.__name__ == "UnknownItem"


def _values(annotation: Any) -> st.SearchStrategy[Any]:
    options = [_value(one) for one in alternatives(annotation) if one is not type(None)]
    return options[0] if len(options) == 1 else st.one_of(options)


def _value(one: Any) -> st.SearchStrategy[Any]:
    if isinstance(one, type) and issubclass(one, BaseModel):
        return st.deferred(lambda: _record(one))
    origin = get_origin(one)
    if origin is Literal:
        return st.sampled_from(get_args(one))
    if origin is dict:
        return st.dictionaries(_TEXT, _ANY, max_size=2)
    if origin is tuple:
        return st.lists(st.deferred(lambda: _values(get_args(one)[0])), max_size=2)
    return _PLAIN[one]

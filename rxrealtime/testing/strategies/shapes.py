"""What the annotations of a model say about the JSON that fits it, and about the JSON that cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

__all__ = ["KINDS", "SAMPLES", "Place", "alternatives", "field_type", "is_nullable", "places", "rejected"]

SAMPLES: dict[str, Any] = {
    "null": None,
    "boolean": True,
    "number": 7,
    "string": "x",
    "array": [1],
    "object": {"x": 1},
}
"""One value of each kind of JSON."""

KINDS = frozenset(SAMPLES)
_CONTAINERS = frozenset({"null", "array", "object"})
_REJECTED: dict[Any, frozenset[str]] = {
    Any: frozenset(),
    str: KINDS - {"string"},
    bytes: KINDS - {"string"},
    int: _CONTAINERS,  # numbers in strings and booleans are understood as numbers
    float: _CONTAINERS,
    bool: _CONTAINERS,
    type(None): KINDS - {"null"},
}


@dataclass(frozen=True, slots=True)
class Place:
    """A field of a model in an event on the wire.

    Args:
        path: The keys and indices that lead to the object which holds the field.
        name: The field.
        annotation: What it may be.
        required: Whether it has to be there.
    """

    path: tuple[str | int, ...]
    name: str
    annotation: Any
    required: bool

    def holder(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return the object of an event that holds the field."""
        found: Any = event
        for key in self.path:
            found = found[key]
        return cast("dict[str, Any]", found)


def field_type(field: FieldInfo) -> Any:
    """Return the annotation of a field, with the metadata that pydantic took off it.

    Only audio keeps any that matters, and its type, bytes, says as much.
    """
    return field.annotation


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """Return what an annotation allows, unions taken apart and metadata taken off."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return alternatives(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return tuple(one for part in get_args(annotation) for one in alternatives(part))
    return (annotation,)


def is_nullable(annotation: Any) -> bool:
    """Tell whether null fits."""
    return "null" not in rejected(annotation)


def rejected(annotation: Any) -> frozenset[str]:
    """Return the kinds of JSON that fit no part of an annotation.

    Args:
        annotation: Of a field.

    Returns:
        Some of ``null``, ``boolean``, ``number``, ``string``, ``array`` and ``object``.
    """
    return frozenset.intersection(*map(_rejected_by, alternatives(annotation)))


def _rejected_by(one: Any) -> frozenset[str]:
    if _is_model(one):
        return KINDS - {"object"}
    origin = get_origin(one)
    if origin is Literal:
        return KINDS - {"string"}
    if origin is dict:
        return KINDS - {"object"}
    if origin is tuple:
        return KINDS - {"array"}
    return _REJECTED[one]


def places(event: dict[str, Any], model: type[BaseModel], path: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """Find the fields of an event that are checked, in it and in the objects inside it.

    Args:
        event: The event, or an object inside it.
        model: Its model.
        path: Where it is.

    Returns:
        The places, outer ones first. Nothing below a field that takes anything at all.
    """
    for name, field in model.model_fields.items():
        annotation = field_type(field)
        yield Place(path, name, annotation, field.is_required())
        yield from _inside(event.get(name), annotation, (*path, name))


def _inside(value: Any, annotation: Any, path: tuple[str | int, ...]) -> Iterator[Place]:
    options = alternatives(annotation)
    if Any in options:
        return
    if isinstance(value, dict):
        yield from _in_object(value, options, path)
    elif isinstance(value, list):
        yield from _in_array(value, options, path)


def _in_object(value: dict[str, Any], options: tuple[Any, ...], path: tuple[str | int, ...]) -> Iterator[Place]:
    models = [one for one in options if _is_model(one)]
    chosen = models[0] if len(models) == 1 else _by_type(value, models)
    if chosen is not None:
        yield from places(value, chosen, path)


def _in_array(value: list[Any], options: tuple[Any, ...], path: tuple[str | int, ...]) -> Iterator[Place]:
    arrays = [one for one in options if get_origin(one) is tuple]
    if len(arrays) == 1:
        for index, element in enumerate(value):
            yield from _inside(element, get_args(arrays[0])[0], (*path, index))


def _is_model(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)


def _by_type(value: dict[str, Any], models: list[type[BaseModel]]) -> type[BaseModel] | None:
    """Choose a model as the wire does, by the type of the item."""
    return next((one for one in models if one.model_fields["type"].default == value.get("type")), None)

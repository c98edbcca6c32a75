"""How a function takes its arguments: the model that validates them, and the schema that the model is told."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from rxrealtime.errors import ConfigurationError

__all__ = ["Signature", "parameters_of", "signature_of"]

_STRICT: Final = ConfigDict(extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """How a function takes its arguments.

    Args:
        model: What validates them. Its fields are called ``p0``, ``p1``, ... by position, so that no name of a
            parameter can be in the way of an attribute of the model; the aliases are the names of the parameters.
        schema: Their JSON schema, an object.
        positional: The names of the parameters that take no keyword.
        takes_context: Whether the function wants the `ToolContext` first.
    """

    model: type[BaseModel]
    schema: Mapping[str, Any] = field(repr=False)
    positional: tuple[str, ...]
    takes_context: bool

    def read(self, text: str) -> Mapping[str, Any]:
        """Validate arguments.

        Args:
            text: A JSON object.

        Returns:
            The arguments by the names of the parameters, with the defaults of those that are not there.

        Raises:
            pydantic.ValidationError: They do not fit.
        """
        found = self.model.model_validate_json(text, strict=True)
        return {known.alias or name: getattr(found, name) for name, known in self.model.model_fields.items()}

    def bind(self, context: object, arguments: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sort arguments into those by position and those by keyword."""
        first = (context,) if self.takes_context else ()
        keywords = {name: value for name, value in arguments.items() if name not in self.positional}
        return (*first, *(arguments[name] for name in self.positional)), keywords


def parameters_of(function: Callable[..., Any], name: str) -> Sequence[inspect.Parameter]:
    """Give the parameters of a function, their annotations evaluated.

    Args:
        function: Any callable.
        name: The name of the tool, for the message.

    Returns:
        The parameters in order.

    Raises:
        ConfigurationError: There is no signature, an annotation is missing or names what is not there, or the
            function takes any number of arguments; the tool and the parameter are named.
    """
    try:
        parameters = list(inspect.signature(function, eval_str=True).parameters.values())
    except (NameError, AttributeError) as error:
        raise ConfigurationError(f"tool {name!r}{_annotated_with(function, error)}: {error}") from error
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"tool {name!r}: its parameters cannot be read: {error}") from error
    for parameter in parameters:
        _check(parameter, name)
    return parameters


def _annotated_with(function: Callable[..., Any], error: NameError | AttributeError) -> str:
    """Name the parameter whose annotation names what is not there."""
    missing = re.compile(rf"\b{re.escape(error.name or '')}\b")
    for parameter in inspect.signature(function).parameters.values():
        if isinstance(parameter.annotation, str) and missing.search(parameter.annotation):
            return f", annotation of parameter {parameter.name!r}"
    return ""


def _check(parameter: inspect.Parameter, name: str) -> None:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        raise ConfigurationError(f"tool {name!r}: parameter {parameter.name!r} takes any number of arguments")
    if parameter.annotation is parameter.empty:
        hint = "; make the tool of a bound method" if parameter.name == "self" else ""
        raise ConfigurationError(f"tool {name!r}: parameter {parameter.name!r} has no annotation{hint}")


def signature_of(
    parameters: Sequence[inspect.Parameter], name: str, *, takes_context: bool, described: Mapping[str, str]
) -> Signature:
    """Make the signature of a tool.

    Args:
        parameters: What the model has to fill in.
        name: The name of the tool, for the messages.
        takes_context: Whether the function wants the `ToolContext` before these.
        described: What is said about parameters, by name; an annotation that describes itself comes first.

    Returns:
        The signature, with its schema: no titles, ``additionalProperties`` false, the defaults kept.

    Raises:
        ConfigurationError: The type of a parameter has no JSON schema; the tool and the parameter are named.
    """
    fields = {f"p{at}": _field(parameter, described.get(parameter.name)) for at, parameter in enumerate(parameters)}
    positional = tuple(found.name for found in parameters if found.kind is found.POSITIONAL_ONLY)
    try:
        model = create_model(name, __config__=_STRICT, **fields)  # type: ignore[call-overload]  # fields made here
        schema = _untitled(model.model_json_schema(schema_generator=_PlainSchema))
    except Exception as error:  # pydantic raises many kinds here, and types of the user may raise anything
        raise ConfigurationError(f"tool {name!r}{_culprit(parameters)}: no JSON schema: {_short(error)}") from error
    return Signature(model, schema, positional, takes_context)


def _field(parameter: inspect.Parameter, described: str | None) -> tuple[Any, Any]:
    said = getattr(parameter.annotation, "__metadata__", ())
    annotation, default = parameter.annotation, parameter.default
    if isinstance(default, FieldInfo):
        said, annotation, default = (*said, default), Annotated[annotation, default], parameter.empty
    more: dict[str, Any] = {"alias": parameter.name}
    if default is not parameter.empty:
        more["default"] = default
    if described and not any(isinstance(one, FieldInfo) and one.description for one in said):
        more["description"] = described
    return annotation, Field(**more)


def _culprit(parameters: Sequence[inspect.Parameter]) -> str:
    for parameter in parameters:
        try:
            TypeAdapter(parameter.annotation).json_schema(schema_generator=_PlainSchema)
        except Exception:  # as above: this is the one
            return f", parameter {parameter.name!r}"
    return ""


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


class _PlainSchema(GenerateJsonSchema):
    """A schema without titles, which only repeat the names, and without warnings about defaults it cannot show."""

    ignored_warning_kinds: set[Any] = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - pydantic's

    def field_title_should_be_set(self, schema: Any) -> bool:
        """No title is made of the name of a field."""
        return False


def _untitled(schema: dict[str, Any]) -> Mapping[str, Any]:
    """Leave out the titles of classes, which only repeat their names."""
    for described in (schema, *schema.get("$defs", {}).values()):
        described.pop("title", None)
    return schema

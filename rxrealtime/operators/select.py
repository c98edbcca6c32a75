"""Choosing events: by class, by what they are about, by how they failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from pydantic import BaseModel
from reactivex import Observable, abc

from rxrealtime.events import ExceptionEvent, FailureKind, UnknownEvent

__all__ = ["failures", "for_item", "for_response", "of_type"]

_T = TypeVar("_T")
_A = TypeVar("_A")
_B = TypeVar("_B")
_C = TypeVar("_C")
_D = TypeVar("_D")
_Read = Callable[[Any], object]


@overload
def of_type(cls: type[_A], /) -> Callable[[Observable[object]], Observable[_A]]: ...


@overload
def of_type(cls: type[_A], second: type[_B], /) -> Callable[[Observable[object]], Observable[_A | _B]]: ...


@overload
def of_type(
    cls: type[_A], second: type[_B], third: type[_C], /
) -> Callable[[Observable[object]], Observable[_A | _B | _C]]: ...


@overload
def of_type(
    cls: type[_A], second: type[_B], third: type[_C], fourth: type[_D], /
) -> Callable[[Observable[object]], Observable[_A | _B | _C | _D]]: ...


@overload
def of_type(cls: type[_A], /, *more: type[_A]) -> Callable[[Observable[object]], Observable[_A]]: ...


def of_type(cls: type[Any], /, *more: type[Any]) -> Callable[[Observable[object]], Observable[Any]]:
    """Keep the values of one class or several; the static type narrows with them.

    Marbles:
        in:   --a--b--a--|
        ops.of_type(ResponseDone)
        out:  --a-----a--|
        a = ResponseDone(response=Response(id="resp_1"))
        b = InputAudioBufferCleared()

    Args:
        cls: The class to keep; its subclasses are kept too.
        more: Further classes.

    Returns:
        The operator.

    State: none.
    Time: none.
    Errors: failures are values and pass only if asked for; the source's error passes by.
    Protocol: none.

    Example:
        >>> import reactivex
        >>> reactivex.of(1, "a", 2).pipe(of_type(int)).run()
        2
    """
    classes = (cls, *more)
    return _keep(lambda value: isinstance(value, classes))


def for_item(item_id: str) -> Callable[[Observable[_T]], Observable[_T]]:
    """Keep what is about one item: values with that ``item_id``, or with an ``item`` of that id.

    Marbles:
        in:   --a--b--c--d--|
        ops.for_item("item_1")
        out:  --a--------d--|
        a = InputAudioBufferCommitted(item_id="item_1")
        b = InputAudioBufferCommitted(item_id="item_2")
        c = InputAudioBufferCleared()
        d = ConversationItemAdded(item=Message(id="item_1", role="user"))

    Args:
        item_id: The id as the wire has it.

    Returns:
        The operator. Unknown events count too, and so do other values with an ``item_id`` (transcripts, chunks).

    State: none.
    Time: none.
    Errors: failures have no id and do not pass; the source's error passes by.
    Protocol: ``item_id`` and ``item.id`` of all events (openai-openapi f85dbe2).

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import InputAudioBufferCommitted
        >>> reactivex.of(InputAudioBufferCommitted(item_id="item_1")).pipe(for_item("item_1")).run().item_id
        'item_1'
    """
    return _keep(_about("item", item_id))


def for_response(response_id: str) -> Callable[[Observable[_T]], Observable[_T]]:
    """Keep what is about one response: values with that ``response_id``, or with a ``response`` of that id.

    Marbles:
        in:   --a--b--c--d--|
        ops.for_response("resp_1")
        out:  --a--------d--|
        a = ResponseCreated(response=Response(id="resp_1"))
        b = ResponseCreated(response=Response(id="resp_2"))
        c = InputAudioBufferCleared()
        d = OutputAudioBufferStopped(response_id="resp_1")

    Args:
        response_id: The id as the wire has it.

    Returns:
        The operator. Unknown events count too, and so do other values with a ``response_id`` (transcripts, turns).

    State: none.
    Time: none.
    Errors: failures have no id and do not pass; the source's error passes by.
    Protocol: ``response_id`` and ``response.id`` of all events (openai-openapi f85dbe2). The
        ``conversation.item.*`` events do not name their response, so they do not pass.

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import Response, ResponseDone
        >>> reactivex.of(ResponseDone(response=Response(id="resp_1"))).pipe(for_response("resp_1")).run().type
        'response.done'
    """
    return _keep(_about("response", response_id))


def failures(*kinds: FailureKind) -> Callable[[Observable[object]], Observable[ExceptionEvent]]:
    """Keep what failed: the `ExceptionEvent`s, of all kinds or of some.

    Marbles:
        in:   --a--b--c--|
        ops.failures(FailureKind.JSON)
        out:  -----b-----|
        a = InputAudioBufferCleared()
        b = JsonFailed(JsonError("not JSON"))
        c = SchemaFailed(SchemaError("no type"))

    Args:
        kinds: The kinds to keep; default: all.

    Returns:
        The operator.

    State: none.
    Time: none.
    Errors: the source's error passes by; it is no value.
    Protocol: none. A server's ``error`` event is an event like others and does not pass here.

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import SendFailed
        >>> reactivex.of(SendFailed(ValueError("no"))).pipe(failures()).run().kind
        <FailureKind.SEND: 'send'>
    """
    if not kinds:
        return of_type(ExceptionEvent)
    return _keep(lambda value: isinstance(value, ExceptionEvent) and value.kind in kinds)


def _keep(predicate: Callable[[object], bool]) -> Callable[[Observable[Any]], Observable[Any]]:
    """Filter with a predicate of ours, which never raises."""

    def operator(source: Observable[Any]) -> Observable[Any]:
        def subscribe(observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
            emit = observer.on_next

            def on_next(value: Any) -> None:
                if predicate(value):
                    emit(value)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Observable(subscribe)

    return operator


def _about(noun: str, wanted: str) -> Callable[[object], bool]:
    """Match values that name an id. How to read it is found once a class: pydantic is slow to miss an attribute."""
    known: dict[type, tuple[_Read, ...]] = {}

    def predicate(value: object) -> bool:
        cls = type(value)
        reads = known.get(cls)
        if reads is None:
            reads = known[cls] = _reads(cls, noun)
        return any(read(value) == wanted for read in reads) if reads else False

    return predicate


def _reads(cls: type, noun: str) -> tuple[_Read, ...]:
    return tuple(read for read in (_field(cls, f"{noun}_id"), _nested(cls, noun)) if read)


def _field(cls: type, name: str) -> _Read | None:
    if issubclass(cls, UnknownEvent):
        return lambda value: value.raw.get(name)
    known = name in cls.model_fields if issubclass(cls, BaseModel) else hasattr(cls, name)
    return (lambda value: getattr(value, name)) if known else None


def _nested(cls: type, name: str) -> _Read | None:
    read = _field(cls, name)
    return (lambda value: _id_of(read(value))) if read else None


def _id_of(value: object) -> object:
    return value.get("id") if isinstance(value, dict) else getattr(value, "id", None)

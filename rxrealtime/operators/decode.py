"""Decoding inside a stream: one bad value gives one failure in its place, and the stream lives on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from reactivex import Observable, abc

from rxrealtime.codec import Decoded, decode_frame
from rxrealtime.events import HandlerFailed
from rxrealtime.frames import Frame

__all__ = ["catch_map", "decode_frames"]

_In = TypeVar("_In")
_Out = TypeVar("_Out")
_Failed = TypeVar("_Failed")


def catch_map(
    mapper: Callable[[_In], _Out], handler: Callable[[_In, Exception], _Failed]
) -> Callable[[Observable[_In]], Observable[_Out | _Failed]]:
    """Map every value; where the mapper raises, emit the handler's value in that place and go on.

    ``map`` followed by ``catch`` ends the stream at the first bad value, and a ``flat_map`` a value costs a hundred
    times as much as this.

    Marbles:
        in:   --a--b--c--|
        ops.catch_map(int, lambda text, error: type(error))
        out:  --1--x--3--|
        a = "1"
        b = "one"
        c = "3"
        x = ValueError

    Args:
        mapper: What to do with each value.
        handler: ``(value, exception) -> value`` to emit where the mapper raised.

    Returns:
        The operator.

    State: none.
    Time: none.
    Errors: the source's error passes by. What the mapper raises becomes a value; what the handler raises ends the
        stream with ``on_error``.
    Protocol: none.

    Example:
        >>> import reactivex
        >>> reactivex.of("1", "one").pipe(catch_map(int, lambda text, error: None)).subscribe(print).dispose()
        1
        None
    """

    def operator(source: Observable[_In]) -> Observable[_Out | _Failed]:
        def subscribe(
            observer: abc.ObserverBase[_Out | _Failed], scheduler: abc.SchedulerBase | None
        ) -> abc.DisposableBase:
            def on_next(value: _In) -> None:
                mapped: _Out | _Failed
                try:
                    mapped = mapper(value)
                except Exception as error:  # the mapper is the caller's: whatever it raises becomes a value
                    try:
                        mapped = handler(value, error)
                    except Exception as worse:  # and what the handler raises ends the stream
                        observer.on_error(worse)
                        return
                observer.on_next(mapped)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Observable(subscribe)

    return operator


@overload
def decode_frames() -> Callable[[Observable[Frame]], Observable[Decoded]]: ...


@overload
def decode_frames(
    decoder: Callable[[Frame], _Out],
) -> Callable[[Observable[Frame]], Observable[_Out | HandlerFailed]]: ...


def decode_frames(decoder: Callable[[Frame], Any] = decode_frame) -> Callable[[Observable[Frame]], Observable[Any]]:
    """Decode every frame into exactly one value, in order: an event, an unknown event, or a failure in its place.

    Marbles:
        in:   --a--b--c--|
        ops.decode_frames(lambda frame: {b"A": "event"}[frame.data])
        out:  --x--y--x--|
        a = Frame("received", b"A", 1.0)
        b = Frame("received", b"?", 2.0)
        c = Frame("received", b"A", 3.0)
        x = "event"
        y = HandlerFailed(KeyError(b"?"), 2.0, b)

    Args:
        decoder: What decodes a frame; default: `rxrealtime.codec.decode_frame`, the events of a server, which never
            raises.

    Returns:
        The operator.

    State: none.
    Time: none; the failure carries the frame's own time.
    Errors: a decoder that raises gives a `HandlerFailed` with the frame, kept whole; the stream lives on. The
        source's error passes by.
    Protocol: all server events (openai-openapi f85dbe2).

    Example:
        >>> import reactivex
        >>> reactivex.of(Frame("received", b"{}")).pipe(decode_frames()).run().kind
        <FailureKind.SCHEMA: 'schema'>
    """
    return catch_map(decoder, _failed)


def _failed(frame: Frame, error: Exception) -> HandlerFailed:
    return HandlerFailed(error, frame.at, frame)

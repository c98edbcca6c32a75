"""Faults in words, for the command line: ``truncate:every=10``, ``close:code=1011,after=50``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rxrealtime.errors import ConfigurationError
from rxrealtime.server.faults import Fault, Refusal, Stall
from rxrealtime.server.outputs import Disconnect, GoSilent, RawFrame
from rxrealtime.testing import faults
from rxrealtime.testing.mutations import MUTATIONS
from rxrealtime.testing.plans import Planned

__all__ = ["SPEC_NAMES", "parse_fault"]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("+"))


def _types(text: str) -> tuple[str, ...]:
    return tuple(text.split("+"))


def _direction(text: str) -> str | None:
    if text not in ("received", "sent", "both"):
        raise ConfigurationError("direction is received, sent or both")
    return None if text == "both" else text


_WHERE: Final[Mapping[str, Callable[[str], Any]]] = {
    "direction": _direction,
    "numbers": _numbers,
    "after": int,
    "types": _types,
    "every": int,
    "probability": float,
    "times": int,
    "connection": int,
}


def _ending(what: Callable[..., Any]) -> Callable[..., Planned]:
    """Make what ends a connection: after so many events, unless it says which frames otherwise."""

    def make(**given: Any) -> Planned:
        where = {key: given.pop(key) for key in tuple(given) if key in _WHERE}
        strike = what(**given)
        if where.keys() <= {"after", "connection"}:
            return Fault(strike, **where)
        return faults.strike(strike, **where)

    return make


def _inject(text: str = "not json", **where: Any) -> Planned:
    return faults.strike(RawFrame(text), **where)


_OWN: Final[Mapping[str, tuple[Callable[..., Planned], Mapping[str, Callable[[str], Any]]]]] = {
    "delay": (faults.delay, {"seconds": float, "jitter": float}),
    "slow": (faults.slow, {"seconds": float}),
    "duplicate": (faults.duplicate, {"copies": int}),
    "reorder": (faults.reorder, {"by": int}),
    "drop": (faults.drop, {}),
    "oversize": (faults.oversize, {"size_bytes": int}),
    "split": (faults.split, {"fragments": int}),
    "merge": (faults.merge, {}),
    "inject": (_inject, {"text": str}),
    "close": (_ending(lambda code=1000, reason="": Disconnect(code, reason)), {"code": int, "reason": str}),
    "abort": (_ending(Disconnect), {}),
    "silent": (_ending(GoSilent), {}),
}
_HANDSHAKE: Final[Mapping[str, tuple[Callable[..., Planned], Mapping[str, Callable[[str], Any]]]]] = {
    "refuse": (lambda status=503, **more: Refusal(status, **more), {"status": int, "message": str, "connection": int}),
    "stall": (Stall, {"seconds": float, "connection": int}),
}
SPEC_NAMES: Final = (*MUTATIONS, *_OWN, *_HANDSHAKE)
"""The names of all faults."""


def parse_fault(spec: str) -> Planned:
    """Read a fault.

    Args:
        spec: ``NAME`` or ``NAME:KEY=VALUE,KEY=VALUE``; ``+`` between several numbers or types.

    Returns:
        The fault.

    Raises:
        ConfigurationError: It is none; the message says what is wrong with it, in one sentence.

    Example:
        >>> parse_fault("stall:seconds=2")
        Stall(seconds=2.0, connection=None)
    """
    name, _, rest = spec.partition(":")
    make, keys = _maker(name)
    given: dict[str, Any] = {}
    for pair in filter(None, rest.split(",")):
        key, equals, text = pair.partition("=")
        if not equals or key not in keys:
            raise ConfigurationError(f"fault {spec!r}: {key!r} is none of {', '.join(keys)}, as KEY=VALUE")
        given[key] = _value(spec, key, text, keys[key])
    try:
        return make(**given)
    except ConfigurationError as error:
        raise ConfigurationError(f"fault {spec!r}: {error}") from None


def _maker(name: str) -> tuple[Callable[..., Planned], Mapping[str, Callable[[str], Any]]]:
    if name in _HANDSHAKE:
        return _HANDSHAKE[name]
    if name in _OWN:
        make, keys = _OWN[name]
        return make, {**keys, **_WHERE}
    if name in MUTATIONS:
        return lambda **where: faults.mutate(name, **where), _WHERE
    raise ConfigurationError(f"there is no fault {name!r}; there are {', '.join(SPEC_NAMES)}")


def _value(spec: str, key: str, text: str, convert: Callable[[str], Any]) -> Any:
    try:
        return convert(text)
    except ConfigurationError as error:
        raise ConfigurationError(f"fault {spec!r}: {error}") from None
    except ValueError:
        kinds: Mapping[Callable[[str], Any], str] = {int: "a whole number", float: "a number"}
        kind = kinds.get(convert, "whole numbers with + between them")
        raise ConfigurationError(f"fault {spec!r}: {key}={text} must be {kind}") from None

"""Reading a script: the schema of its steps. Each is an object with one verb, and what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rxrealtime.server.fields import (
    MisplacedError,
    Read,
    read_array,
    read_calls,
    read_close,
    read_each,
    read_failure,
    read_frames,
    read_json,
    read_number,
    read_object,
    read_string,
    read_truth,
)
from rxrealtime.server.scripts import (
    AnyOrder,
    Close,
    Drop,
    Expect,
    Garble,
    Interrupt,
    Listen,
    Respond,
    Script,
    Send,
    Step,
    Wait,
)

__all__ = ["parse_script"]


def parse_script(value: object) -> Script:
    """Return the script that a parsed JSON object describes.

    Raises:
        ScenarioError: It is not one; the message names the step and the field.
    """
    found = read_object(value, _SCRIPT, "a script")
    return Script(**found)


def _steps(value: object) -> tuple[Step, ...]:
    return read_each(value, _step, "step")


def _step(value: object) -> Step:
    """Read a step by its verb; a verb that needs nothing may stand alone, as a string."""
    step = {value: True} if isinstance(value, str) else value
    if not isinstance(step, dict):
        raise MisplacedError("a step is a JSON object")
    verbs = [verb for verb in _VERBS if verb in step]
    if not verbs:
        raise MisplacedError(f"a step has one of {', '.join(_VERBS)}")
    fields, build = _VERBS[verbs[0]]
    made: Step = build(**read_object(step, fields, "a step"))
    return made


def _expect(
    expect: Mapping[str, Any],
    optional: bool = False,
    answered: bool = True,
    names: Mapping[str, str] | None = None,
) -> Expect:
    fields = {name: part for name, part in expect.items() if name != "type"}
    return Expect(expect["type"], fields, optional, answered, names or {})


def _pattern(value: object) -> Mapping[str, Any]:
    """Read what is expected: a type, or an object with a type and fields."""
    if isinstance(value, str):
        return {"type": read_string(value)}
    pattern = read_json(value)
    if not isinstance(pattern, dict):
        raise MisplacedError("must be the type of an event, or an object with the type and fields")
    if not isinstance(pattern.get("type"), str):
        raise MisplacedError("type is missing, or no string")
    return pattern


def _expectation(value: object) -> Expect:
    step = _step(value)
    if not isinstance(step, Expect):
        raise MisplacedError("in any order there are only steps that expect something")
    return step


def _any_order(any_order: tuple[Expect, ...]) -> AnyOrder:
    return AnyOrder(any_order)


def _event(value: object) -> Mapping[str, Any]:
    event = read_json(value)
    if not isinstance(event, dict):
        raise MisplacedError("must be an event, an object")
    return event


def _names(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise MisplacedError('must be an object of places and ids, as in {"item.id": "item_1"}')
    return read_object(value, dict.fromkeys(value, read_string), "names")


def _true(value: object) -> bool:
    if value is not True:
        raise MisplacedError("must be true, if it is there")
    return True


def _strings(value: object) -> tuple[str, ...]:
    return tuple(read_string(part) for part in read_array(value))


_RESPONSE: Final[Mapping[str, Read]] = {
    "say": read_string,
    "call": read_calls,
    "fail": read_failure,
    "modality": read_string,
}
_EXPECT: Final[Mapping[str, Read]] = {
    "expect": _pattern,
    "optional": read_truth,
    "answered": read_truth,
    "names": _names,
}
_VERBS: Final[Mapping[str, tuple[Mapping[str, Read], Callable[..., Step]]]] = {
    "expect": (_EXPECT, _expect),
    "any_order": ({"any_order": lambda value: read_each(value, _expectation, "expectation")}, _any_order),
    "say": (_RESPONSE, Respond),
    "call": (_RESPONSE, Respond),
    "fail": (_RESPONSE, Respond),
    "wait": ({"wait": read_number}, lambda wait: Wait(wait)),
    "interrupt": ({"interrupt": _true}, lambda interrupt: Interrupt()),
    "listen": ({"listen": _true}, lambda listen: Listen()),
    "drop": ({"drop": _true}, lambda drop: Drop()),
    "garble": ({"garble": read_frames}, lambda garble: Garble(garble)),
    "send": ({"send": _event}, lambda send: Send(send)),
    "close": ({"close": read_close}, lambda close: Close(*close)),
}
_SCRIPT: Final[Mapping[str, Read]] = {
    "steps": _steps,
    "strict": read_truth,
    "bare": read_truth,
    "ignored": _strings,
    "pace": read_number,
    "chunk": read_number,
}

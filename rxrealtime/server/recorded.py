"""A recording as a script: the server plays the provider that was recorded, to any client.

What was received is sent as it was, each block after the client has sent what it had sent before it. A client's event
is recognised by its type, and an item by its type and role too; everything else may differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from rxrealtime.errors import ConfigurationError, RecordingError
from rxrealtime.frames import Frame
from rxrealtime.recording import read_recording
from rxrealtime.server.scripts import Expect, Garble, Script, Send, Step, Wait

__all__ = ["script_from_recording"]

_APPEND: Final = "input_audio_buffer.append"
_ADDED: Final = frozenset({"conversation.item.added", "conversation.item.created"})
_CLIENTS_IDS: Final = ("event_id", "item.id", "item.call_id")
"""Where a client may choose an id itself."""
_COMPARED: Final = ("type", "role")


def script_from_recording(
    recording: str | Path | Iterable[Frame], *, paced: bool = False, strict: bool = True, appends: int | None = None
) -> Script:
    """Turn a recorded session into a script for the server.

    Args:
        recording: The path of a recording, or its frames.
        paced: Whether the server keeps the time that passed in the recording; else it sends as soon as it may.
        strict: As in `Script`.
        appends: How many ``input_audio_buffer.append`` are waited for where the recording has any number of them one
            after the other; as many as there are if None. More of them never count.

    Returns:
        A bare script: the engine has no part in it. The ids that the recorded client chose, and those that the server
        chose for it, are in what is sent those of the client that connects, if it chooses any.

    Raises:
        RecordingError: The recording cannot be read.
    """
    frames = list(read_recording(recording) if isinstance(recording, str | Path) else recording)
    events = [_event(frame) for frame in frames]
    names = _names(frames, events)
    steps: list[Step] = []
    for number, (frame, event) in enumerate(zip(frames, events, strict=True)):
        since = frame.at - frames[number - 1].at if number else 0.0
        if frame.direction == "sent":
            steps.append(_expect(event, names.get(number, {}), number))
        else:
            steps += [Wait(since)] if paced and since > 0 else []
            steps.append(_send(frame, event))
    return Script(tuple(_shortened(steps, appends)), strict=strict, bare=True)


def _event(frame: Frame) -> Mapping[str, Any] | None:
    """Return the object in a frame; None if there is none."""
    try:
        event = json.loads(frame.data)
        json.dumps(event, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def _expect(event: Mapping[str, Any] | None, names: Mapping[str, str], number: int) -> Expect:
    kind = (event or {}).get("type")
    if not isinstance(kind, str) or not kind:
        raise RecordingError(f"frame {number + 1} of the recording is no event of a client")
    fields = {"item": _kept(event)} if _item(event) else {}
    return Expect(kind, fields, answered=False, names=names)


def _item(event: Mapping[str, Any] | None) -> Mapping[str, Any]:
    item = (event or {}).get("item")
    return item if isinstance(item, Mapping) else {}


def _kept(event: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: _item(event)[key] for key in _COMPARED if key in _item(event)}


def _send(frame: Frame, event: Mapping[str, Any] | None) -> Step:
    if event is not None:
        return Send(event)
    try:
        return Garble((frame.data,))
    except ConfigurationError as error:
        raise RecordingError(f"a frame of the recording cannot be sent: {error}") from None


def _names(frames: list[Frame], events: list[Mapping[str, Any] | None]) -> dict[int, dict[str, str]]:
    """Return for each frame of the client the ids that it, or the server in its stead, chose."""
    found: dict[int, dict[str, str]] = {}
    known: set[str] = set()
    echoed: set[int] = set()
    for number, (frame, event) in enumerate(zip(frames, events, strict=True)):
        if frame.direction == "received":
            known.update(_texts(event))
            continue
        found[number] = {path: own for path in _CLIENTS_IDS if (own := _at(event, path)) and own not in known}
        if "item.id" not in found[number]:
            found[number] |= _chosen_by_server(events, number, echoed)
    return found


def _chosen_by_server(events: list[Mapping[str, Any] | None], number: int, echoed: set[int]) -> dict[str, str]:
    """Return the id that the server gave to the item of a client's frame, and note which event told it."""
    created = events[number]
    if (created or {}).get("type") != "conversation.item.create":
        return {}
    later = (other for other in range(number + 1, len(events)) if other not in echoed)
    echo = next((other for other in later if _is_echo(events[other], created)), None)
    if echo is None:
        return {}
    echoed.add(echo)
    return {"item.id": _at(events[echo], "item.id")}


def _is_echo(event: Mapping[str, Any] | None, created: Mapping[str, Any] | None) -> bool:
    """Tell whether a server's event is about the item that a client created."""
    return (event or {}).get("type") in _ADDED and _kept(event) == _kept(created) and bool(_at(event, "item.id"))


def _at(event: Mapping[str, Any] | None, path: str) -> str:
    value: Any = event
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> Iterator[str]:
    """Yield every string of a JSON value."""
    match value:
        case str():
            yield value
        case Mapping():
            for part in value.values():
                yield from _texts(part)
        case list():
            for part in value:
                yield from _texts(part)


def _shortened(steps: list[Step], appends: int | None) -> Iterator[Step]:
    """Yield the steps with no more appends after each other than are waited for."""
    for is_append, run in groupby(steps, lambda step: isinstance(step, Expect) and step.type == _APPEND):
        kept = list(run)
        yield from kept[:appends] if is_append and appends is not None else kept

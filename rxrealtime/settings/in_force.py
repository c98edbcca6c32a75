"""What is in force in a session: after an update, and compared with what was asked for.

Source: openai-openapi f85dbe2 (2026-08-21); recorded ``session.update`` and ``session.updated`` of OpenAI and Azure,
2026-08. An update never resets what it does not name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from rxrealtime.errors import ConfigurationError
from rxrealtime.events import SessionConfig, TurnDetection
from rxrealtime.settings.formats import read_format

__all__ = ["differences", "merged", "server_interrupts", "server_responds"]

_Tree = Mapping[str, Any]

_WHOLE: Final = frozenset({"format", "voice", "tool_choice", "prompt", "truncation", "tracing", "metadata"})
"""Objects that are one value: the new one takes the place of the old one."""
_NEVER_NULL: Final = frozenset(
    {"audio", "input", "output", "format", "voice", "speed", "model", "output_modalities", "tool_choice"}
    | {"max_output_tokens", "truncation", "threshold", "prefix_padding_ms", "silence_duration_ms", "eagerness"}
    | {"create_response", "interrupt_response"}
)
"""What cannot be cleared: null there is as if absent."""
_OF_SERVER: Final = frozenset({"id", "object", "expires_at", "model"})
"""What a server says of a session as it likes; the model may come back under an internal name."""
_MAY_BE_UNTOLD: Final = frozenset({"parallel_tool_calls", "reasoning"})
"""Settings of newer models, which no recorded ``session.updated`` tells."""
_INSIDE: Final = frozenset(
    {"audio", "input", "output", "transcription", "noise_reduction", "turn_detection"}
    | {"reasoning", "truncation", "token_limits", "tracing", "prompt", "tool_choice"}
)
"""Objects of the protocol, whose fields are compared by name; the keys of others are the application's."""
_CREDENTIALS: Final = frozenset({"authorization", "headers"})


def merged(config: SessionConfig, update: SessionConfig) -> SessionConfig:
    """Return what is in force after an update, as a server merges: deeply, and only what the update names.

    Args:
        config: What is in force.
        update: What ``session.update`` asks for.

    Returns:
        The new configuration. Lists, formats, voices, prompts and the like are replaced as a whole, and so is a turn
        detection by one of another type; null clears what can be cleared.

    Example:
        >>> before = SessionConfig(instructions="Be brief.", output_modalities=("audio",))
        >>> merged(before, SessionConfig(instructions="Be kind."))
        SessionConfig(type='realtime', output_modalities=('audio',), instructions='Be kind.')
    """
    raw = _merge(config.model_dump(exclude_unset=True), update.model_dump(exclude_unset=True))
    return SessionConfig.model_validate(raw)


def _merge(old: _Tree, new: _Tree) -> dict[str, Any]:
    named = {key: value for key, value in new.items() if value is not None or key not in _NEVER_NULL}
    return {**old, **{key: _merge_field(key, old.get(key), value) for key, value in named.items()}}


def _merge_field(key: str, old: Any, new: Any) -> Any:
    both = isinstance(old, Mapping) and isinstance(new, Mapping)
    if not both or key in _WHOLE:
        return new
    other_kind = key == "turn_detection" and new.get("type") not in (None, old.get("type"))
    return new if other_kind else _merge(old, new)


def differences(asked: SessionConfig, in_force: SessionConfig) -> tuple[str, ...]:
    """Tell what was asked for and is not in force.

    Not a difference: what was not named; what was cleared with null, ``""`` or an empty list, since a server may put
    its default there; what a server adds; the order of tools and of names in a list; 1 and 1.0; the spelling of an
    audio format; a voice as its name or as an object; the model, which may come back under an internal name; the
    credentials of a tool, which no server repeats.

    Args:
        asked: The ``session`` of ``session.update``.
        in_force: The ``session`` of the ``session.updated`` that answered it.

    Returns:
        Dotted paths such as ``audio.input.turn_detection.type`` or ``tools.get_weather.parameters``, in the order
        asked; they hold names only, never values.

    Example:
        >>> differences(SessionConfig(max_output_tokens=100), SessionConfig(max_output_tokens="inf"))
        ('max_output_tokens',)
    """
    wanted = asked.model_dump(exclude_unset=True, exclude=set(_OF_SERVER))
    return tuple(_differing(wanted, in_force.model_dump(), ""))


def _differing(wanted: _Tree, found: _Tree, prefix: str) -> Iterator[str]:
    for key, value in wanted.items():
        there = found.get(key)
        path = f"{prefix}{key}"
        if not (_clears(value) or (there is None and path in _MAY_BE_UNTOLD)):
            yield from _differing_field(path, key, value, there)


def _differing_field(path: str, key: str, wanted: Any, found: Any) -> Iterator[str]:
    if path == "tools":
        yield from _differing_tools(wanted, found or ())
    elif key in _INSIDE and isinstance(wanted, Mapping) and isinstance(found, Mapping):
        yield from _differing(wanted, found, f"{path}.")
    elif not _SAME.get(key, _same)(wanted, found):
        yield path


def _clears(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | tuple | Mapping) and not value)


def _differing_tools(wanted: Any, found: Any) -> Iterator[str]:
    asked, there = ({_tool_name(tool): tool for tool in tools} for tools in (wanted, found))
    for name, tool in asked.items():
        if name not in there:
            yield f"tools.{name}"
        else:
            yield from (f"tools.{name}.{key}" for key in _differing_fields(tool, there[name]))
    left = [name for name, tool in there.items() if name not in asked and tool.get("type") == "function"]
    yield from (f"tools.{name}" for name in left)


def _tool_name(tool: _Tree) -> str:
    return str(tool.get("name") or tool.get("server_label") or tool.get("type"))


def _differing_fields(wanted: _Tree, found: _Tree) -> Iterator[str]:
    compared = _same if wanted.get("type") == "function" else _not_contradicted
    for key, value in wanted.items():
        if key not in _CREDENTIALS and not _clears(value) and not compared(value, found.get(key)):
            yield key


def _not_contradicted(wanted: Any, found: Any) -> bool:
    """Compare a field of a tool that the server calls itself: none was recorded, so it may be told in another form."""
    return found is None or isinstance(wanted, Mapping) != isinstance(found, Mapping) or _same(wanted, found)


def _same(wanted: Any, found: Any) -> bool:
    """Tell whether a value holds what was asked for; it may hold more."""
    if wanted is None:
        return True
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_same(value, found.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list | tuple):
        return isinstance(found, list | tuple) and len(wanted) == len(found) and _same_members(wanted, found)
    if isinstance(wanted, int | float) and isinstance(found, int | float):
        return _same_number(wanted, found)
    return bool(wanted == found)


def _same_members(wanted: Any, found: Any) -> bool:
    """Compare two lists of one length; the order of plain values says nothing."""
    if all(isinstance(value, str | int | float | None) for value in (*wanted, *found)):
        wanted, found = sorted(wanted, key=repr), sorted(found, key=repr)
    return all(map(_same, wanted, found))


def _same_number(wanted: float, found: float) -> bool:
    """Compare as numbers, as exactly as a server with 32-bit floats can tell; true and false are none."""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    try:
        return wanted == found or math.isclose(wanted, found, rel_tol=1e-6)
    except OverflowError:  # an integer beyond every float
        return False


def _same_format(wanted: Any, found: Any) -> bool:
    try:
        return found is not None and read_format(wanted) == read_format(found)
    except ConfigurationError:
        return _same(wanted, found)


def _same_voice(wanted: Any, found: Any) -> bool:
    return _same(wanted, found) or not _voice_names(wanted).isdisjoint(_voice_names(found))


def _voice_names(voice: Any) -> set[str]:
    names = (voice.get("id"), voice.get("name")) if isinstance(voice, Mapping) else (voice,)
    return {name for name in names if isinstance(name, str)}


_SAME: Final[Mapping[str, Callable[[Any, Any], bool]]] = {"format": _same_format, "voice": _same_voice}


def server_responds(config: SessionConfig) -> bool:
    """Tell whether the server begins a response by itself when the user has spoken.

    Args:
        config: The session's configuration.

    Returns:
        False if the client takes the turns: turn detection is off, or ``create_response`` is false. A session that
        does not name turn detection has the server's.
    """
    found = _turn_detection(config)
    return found is not None and found.create_response is not False


def server_interrupts(config: SessionConfig, default: bool = True) -> bool:
    """Tell whether the server cancels a response by itself when the user begins to speak.

    Args:
        config: The session's configuration.
        default: What counts if it does not name turn detection; default True, as servers do.

    Returns:
        False if turn detection is off, or ``interrupt_response`` is false; ``create_response`` says nothing about it.
    """
    if not _names_turn_detection(config):
        return default
    found = _turn_detection(config)
    return found is not None and found.interrupt_response is not False


def _names_turn_detection(config: SessionConfig) -> bool:
    side = config.audio.input if config.audio else None
    return side is not None and "turn_detection" in side.model_fields_set


def _turn_detection(config: SessionConfig) -> TurnDetection | None:
    """Find the turn detection; where it is not named it is the server's, and one without a type is off (xAI)."""
    side = config.audio.input if config.audio else None
    if side is None or not _names_turn_detection(config):
        return TurnDetection(type="server_vad")
    found = side.turn_detection
    is_off = found is None or (found.type is None and "type" in found.model_fields_set)
    return None if is_off else found

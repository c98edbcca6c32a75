"""Scripts: a conversation as the server is to hold it, declared as steps that are taken in order.

A script is a frozen value, built in Python or read from a JSON or YAML file:

    {
      "pace": 0,
      "steps": [
        {"expect": "session.update"},
        {"listen": true},
        {"say": "Go on."},
        {"expect": {"type": "conversation.item.create", "item": {"role": "user"}}},
        {"expect": "response.create"},
        {"say": "Let me look.", "call": {"name": "get_weather", "arguments": {"city": "Oslo"}}},
        {"any_order": [{"expect": "conversation.item.create"}, {"expect": "session.update", "optional": true}]},
        {"expect": "response.create"},
        {"fail": {"code": "server_error"}},
        {"garble": ["{\\"type\\": \\"resp", {"base64": "//79"}]},
        {"send": {"type": "error", "event_id": "event_1", "error": {"type": "server_error", "message": "Oh."}}},
        {"wait": 0.1},
        {"close": [1000, "bye"]}
      ]
    }

What the client sends is told to the engine when it is expected, so ``session.updated`` and ``conversation.item.added``
need no step. A response is begun by a step alone: by ``say``, ``call`` or ``fail``, or several of them in one step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from rxrealtime.errors import ScenarioError
from rxrealtime.server.outputs import Disconnect, RawFrame
from rxrealtime.server.scenarios import Call, Failure, Rule, Scenario

__all__ = [
    "AnyOrder",
    "Close",
    "Drop",
    "Expect",
    "Expectation",
    "Garble",
    "Interrupt",
    "Listen",
    "Respond",
    "Script",
    "Send",
    "Step",
    "Wait",
    "expected_by",
]

_APPEND: Final = "input_audio_buffer.append"


@dataclass(frozen=True, slots=True)
class Expect:
    """Wait for an event of the client.

    Args:
        type: Its type; it need not be one that the protocol has.
        fields: The fields that it must have: objects may hold more than is said here, arrays must have as many
            elements, None stands for null or absent.
        optional: Whether it may be left out: it may come until the next expectation that is not optional is met.
        answered: Whether the engine is told of it, and answers as it does; else the script says everything.
        names: Ids by the place where the client's own one may be, as in ``{"item.id": "item_1"}``: where later
            ``send`` steps have the id, the client finds its own.

    Raises:
        ScenarioError: ``type`` is empty, or said twice.
    """

    type: str
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    optional: bool = False
    answered: bool = True
    names: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.type:
            raise ScenarioError("type must not be empty")
        if "type" in self.fields:
            raise ScenarioError("the type is said beside the fields, not in them")

    @property
    def pattern(self) -> dict[str, Any]:
        """Type and fields, as one object."""
        return {"type": self.type, **self.fields}


@dataclass(frozen=True, slots=True)
class AnyOrder:
    """Wait for several events of the client, whichever comes first.

    Args:
        expected: Each of them; it is over when all that are not optional came.

    Raises:
        ScenarioError: None of them has to come.
    """

    expected: tuple[Expect, ...]

    def __post_init__(self) -> None:
        if all(one.optional for one in self.expected):
            raise ScenarioError("at least one expectation in any order must not be optional")


@dataclass(frozen=True, slots=True)
class Respond:
    """Begin a response, after the one that runs: the answer to the ``response.create`` that was expected last, or one
    of the server's own.

    Args:
        say: What is said, in text or audio as the session or the ``response.create`` asks for.
        call: The tools that are called then.
        fail: How the response fails; what is said is said before.
        modality: ``text`` or ``audio``, whatever the client asked for.

    Raises:
        ScenarioError: It does nothing, the modality is another one, or ``say`` holds an unknown placeholder.
    """

    say: str | None = None
    call: tuple[Call, ...] = ()
    fail: Failure | None = None
    modality: Literal["text", "audio"] | None = None

    def __post_init__(self) -> None:
        if self.say is None and not self.call and self.fail is None:
            raise ScenarioError("a response says something, calls something, or fails")
        if self.modality not in (None, "text", "audio"):
            raise ScenarioError("modality must be text or audio")
        _ = self.rule

    @property
    def rule(self) -> Rule:
        """What the mind follows for this response."""
        return Rule("*", say=self.say, call=self.call, fail=self.fail)


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass.

    Args:
        seconds: How long, on the server's clock; 0 or more.
    """

    seconds: float

    def __post_init__(self) -> None:
        if not 0 <= self.seconds < math.inf:
            raise ScenarioError(f"wait must be 0 seconds or more, not {self.seconds}")


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Let the turn detection find that the user speaks, whatever was heard: the response that runs is cancelled."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for the end of a turn of the user that the turn detection finds in the audio: speech stopped, and committed.

    A turn that ended before, while the server did something else, counts too, once.
    """


@dataclass(frozen=True, slots=True)
class Drop:
    """End the connection at once, without a close frame."""


@dataclass(frozen=True, slots=True)
class Garble:
    """Send frames as they are.

    Args:
        frames: ``str`` is sent as text, ``bytes`` as binary.

    Raises:
        ConfigurationError: Text that no text frame can hold.
    """

    frames: tuple[bytes | str, ...] = field(repr=False)

    def __post_init__(self) -> None:
        for frame in self.frames:
            RawFrame(frame)


@dataclass(frozen=True, slots=True)
class Send:
    """Send an event as it is given.

    Args:
        event: The JSON object; nothing is added to it.
    """

    event: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection with a close frame, after the response that runs.

    Args:
        code: The close code.
        reason: The reason.

    Raises:
        ConfigurationError: The code is not one that a server may send, or the reason is too long.
    """

    code: int = 1000
    reason: str = ""

    def __post_init__(self) -> None:
        Disconnect(self.code, self.reason)


Expectation = Expect | AnyOrder
"""What waits for the client."""

Step = Expectation | Respond | Wait | Interrupt | Listen | Drop | Garble | Send | Close
"""One step of a script."""


@dataclass(frozen=True, slots=True)
class Script:
    """A conversation, step by step; every connection is one from its beginning.

    Args:
        steps: What is expected and done, in order.
        strict: Whether an event of the client that is not expected, or one that never comes, is a failure. Else the
            engine and its default mind answer what is not expected.
        bare: Whether nothing is sent but what the steps send: no ``session.created``, no answer of the engine.
        ignored: Types of events that are no failure where they are not expected; the engine is told of them.
        pace: How many times faster than real time audio is generated; 0 sends everything at once.
        chunk: The audio in one delta, in seconds.

    Raises:
        ScenarioError: A bare script has a step that needs the engine, ``pace`` is negative, or ``chunk`` not above 0.
    """

    steps: tuple[Step, ...] = ()
    strict: bool = True
    bare: bool = False
    ignored: tuple[str, ...] = (_APPEND,)
    pace: float = 8.0
    chunk: float = 0.2

    def __post_init__(self) -> None:
        if self.bare and any(isinstance(step, Respond | Interrupt | Listen) for step in self.steps):
            raise ScenarioError("a bare script has no engine that could respond, listen or be interrupted: use send")
        Scenario(pace=self.pace, chunk=self.chunk)  # it refuses what cannot be

    @property
    def expectations(self) -> Iterator[Expect]:
        """All expectations, in order."""
        for step in self.steps:
            yield from expected_by(step)


def expected_by(step: Step | None) -> tuple[Expect, ...]:
    """Return what a step expects, nothing if it is a reaction."""
    match step:
        case Expect():
            return (step,)
        case AnyOrder(expected):
            return expected
        case _:
            return ()

"""Scenarios: what the embedded server answers, declared as rules that are tried in order.

A scenario is a frozen value, built in Python or read from a JSON file:

    {
      "pace": 8,
      "rules": [
        {"on": "start", "say": "Welcome."},
        {"on": "weather", "call": {"name": "get_weather", "arguments": {"city": "Oslo"}}},
        {"on": "output:rain", "say": "Take an umbrella: {output}"},
        {"on": "/^(bye|good night)/", "say": "Goodbye.", "close": [1000, "bye"]},
        {"on": "break", "fail": {"code": "server_error", "message": "It broke."}, "times": 1},
        {"on": "noise", "garble": ["{\\"type\\": \\"resp", {"base64": "//79"}]}
      ]
    }

The first rule that fits fires. ``on`` is

| on | fits |
|---|---|
| ``start`` | once, when the session begins |
| ``*`` | any turn |
| ``output`` | any answer to a tool call |
| ``output:text`` | an answer that holds the text |
| ``/expression/`` | the user's words, searched for a regular expression |
| anything else | the user's words, if they hold it |

Case never counts. A rule without ``say``, ``call`` and ``fail`` leaves the answer to the default mind. ``say`` and the
arguments of ``call`` may hold ``{text}`` (the user's words), ``{output}`` (of the last call), ``{time}`` and
``{instructions}``. Beside ``rules``, ``pace`` and ``chunk`` a file may hold ``quirks``, ``expiry`` and ``mcp``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rxrealtime.errors import ScenarioError
from rxrealtime.server.mcp_servers import McpServer
from rxrealtime.server.outputs import Disconnect, RawFrame, Strike
from rxrealtime.server.quirks import STRICT, Quirks

__all__ = ["DEFAULT", "Call", "Expiry", "Failure", "Rule", "Scenario", "expression_of", "filled"]

PLACEHOLDERS: Final = ("text", "output", "time", "instructions")
_PLACEHOLDER: Final = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True)
class Call:
    """A call of one of the client's tools, whether it was offered or not.

    Args:
        name: The tool.
        arguments: An object, a string that goes out as it is (it need not be JSON), or None: fill in what the tool's
            schema asks for.
        server: The label of the MCP server whose tool it is, which is called here; empty for the client's tools.
    """

    name: str
    arguments: Mapping[str, Any] | str | None = None
    server: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A response that does not complete; what the rule says is said before.

    Args:
        code: The code of the error.
        message: Its message.
        type: The class of the error.
        status: ``failed``, or ``incomplete`` with ``reason``.
        reason: Why it is incomplete: ``max_output_tokens`` or ``content_filter``.
    """

    code: str = "server_error"
    message: str = "The scenario says that this response fails."
    type: str = "server_error"
    status: str = "failed"
    reason: str = "content_filter"

    def __post_init__(self) -> None:
        if self.status not in ("failed", "incomplete"):
            raise ScenarioError("fail.status must be failed or incomplete")
        if self.reason not in ("max_output_tokens", "content_filter"):
            raise ScenarioError("fail.reason must be max_output_tokens or content_filter")


@dataclass(frozen=True, slots=True)
class Rule:
    """One reaction.

    Args:
        on: When; see the module.
        say: What to answer.
        call: The tools to call, after what is said.
        fail: How the response fails.
        deaf: How the transcription of the user's audio fails; the answer is given all the same.
        times: How often the rule may fire; None for always.
        garble: Frames to inject into the middle of the response, as they are.
        close: The code and reason of a close frame after the response.
        abort: Whether the connection is aborted, without a close frame, in the middle of the response.

    Raises:
        ScenarioError: ``on`` is empty or no regular expression, ``times`` is below 1, ``say`` holds an unknown
            placeholder.
        ConfigurationError: ``close`` is not a code that a server may send, or its reason is too long; or a frame of
            ``garble`` is text that no frame can hold.
    """

    on: str
    say: str | None = None
    call: tuple[Call, ...] = ()
    fail: Failure | None = None
    times: int | None = None
    garble: tuple[bytes | str, ...] = field(default=(), repr=False)
    close: tuple[int, str] | None = None
    abort: bool = False
    deaf: Failure | None = None

    def __post_init__(self) -> None:
        if not self.on:
            raise ScenarioError("on must not be empty")
        if self.times is not None and self.times < 1:
            raise ScenarioError(f"times must be 1 or more, not {self.times}")
        _check_expression(self.on)
        _ = self.farewell, self.strikes  # they refuse what cannot be sent
        for name in _PLACEHOLDER.findall(self.say or ""):
            if name not in PLACEHOLDERS:
                known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
                raise ScenarioError(f"say holds the unknown placeholder {{{name}}}: known are {known}")

    @property
    def strikes(self) -> tuple[Strike, ...]:
        """What happens in the middle of the response."""
        return (*map(RawFrame, self.garble), *((Disconnect(),) if self.abort else ()))

    @property
    def farewell(self) -> Disconnect | None:
        """What happens after the response."""
        return Disconnect(*self.close) if self.close else None


@dataclass(frozen=True, slots=True)
class Expiry:
    """The end of a session after a time, told by an ``error``, by close 1001, or by both.

    Args:
        seconds: After how long.
        error: Whether ``error`` with the code ``session_expired`` is sent.
        close: Whether the connection is closed with 1001. Without it the session goes on after the error.

    Raises:
        ScenarioError: ``seconds`` is not above 0, or nothing is to happen.
    """

    seconds: float = 3600.0
    error: bool = True
    close: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.seconds < float("inf"):
            raise ScenarioError(f"expiry.seconds must be more than 0, not {self.seconds}")
        if not (self.error or self.close):
            raise ScenarioError("expiry needs an error, a close, or both")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the server answers and how fast.

    Args:
        rules: Tried in order; where none fits the default mind answers.
        pace: How many times faster than real time audio is generated; 0 sends everything at once. The default of 8
            is about what real servers do, and leaves time to interrupt.
        chunk: The audio in one delta, in seconds.
        quirks: Where the server departs from the strict protocol, as OpenAI does.
        expiry: When a session ends; None for never.
        mcp: The MCP servers that can be reached.

    Raises:
        ScenarioError: ``pace`` is negative, or ``chunk`` is not above 0.
    """

    rules: tuple[Rule, ...] = ()
    pace: float = 8.0
    chunk: float = 0.2
    quirks: Quirks = STRICT
    expiry: Expiry | None = None
    mcp: tuple[McpServer, ...] = ()

    def __post_init__(self) -> None:
        if not self.pace >= 0:
            raise ScenarioError(f"pace must be 0 (at once) or more, not {self.pace}")
        if not self.chunk > 0:
            raise ScenarioError(f"chunk must be more than 0 seconds, not {self.chunk}")


DEFAULT: Final = Scenario()
"""No rules: the default mind alone."""


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its placeholders filled; braces around anything else stay."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def expression_of(on: str) -> re.Pattern[str] | None:
    """Return the regular expression of ``on`` if it is one."""
    if len(on) > 2 and on.startswith("/") and on.endswith("/"):
        return re.compile(on[1:-1], re.IGNORECASE)
    return None


def _check_expression(on: str) -> None:
    try:
        expression_of(on)
    except re.error as error:
        raise ScenarioError(f"on is not a regular expression: {error}") from None

"""What goes wrong inside a conversation: a response, a tool."""

from __future__ import annotations

from rxrealtime.errors.base import RealtimeError

__all__ = [
    "ResponseFailedError",
    "ToolArgumentsError",
    "ToolCancelledError",
    "ToolError",
    "ToolTimeoutError",
    "UnknownToolError",
]


class ResponseFailedError(RealtimeError):
    """A response failed.

    Attributes:
        code: The ``code`` of the error, or None.
        response_id: Which response, or None if the server did not say.
    """

    def __init__(self, message: str, *, code: str | None = None, response_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.response_id = response_id


class ToolError(RealtimeError):
    """A tool did not give an output of its own.

    Raise it in a tool to tell the model what went wrong: its message becomes the output of the call. The messages of
    other exceptions stay here.
    """


class ToolArgumentsError(ToolError):
    """The model's arguments are not one JSON object of the tool's schema; the tool was not run."""


class ToolTimeoutError(ToolError, TimeoutError):
    """A tool was not done within its time."""


class ToolCancelledError(ToolError):
    """A call was given up before it was done, since its response was cancelled or the session ended."""


class UnknownToolError(ToolError):
    """The model called a tool that the agent does not have."""

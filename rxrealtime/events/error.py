"""The server's ``error`` event.

Source: openai-openapi f85dbe2 (2026-08-21); most errors are recoverable and the session stays open.
"""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from rxrealtime.events.base import Event, Model

__all__ = ["Error", "ErrorDetail"]


class ErrorDetail(Model):
    """What went wrong. ``event_id`` is the client's event, if it had an id; codes are an open set, numbers included."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    type: str | None = None
    code: str | None = None
    message: str | None = None
    param: str | None = None
    event_id: str | None = None


class Error(Event):
    """An error of the server. It always parses, whatever it lacks: `detail` is never None.

    ``error`` keeps whatever the server wrote, so that even a string or a list survives.
    """

    event_id: Any = None
    type: Literal["error"] = "error"
    error: ErrorDetail | Any = Field(default=None, union_mode="left_to_right")

    @property
    def detail(self) -> ErrorDetail:
        """The error in its documented form, as far as the server wrote it so."""
        match self.error:
            case ErrorDetail():
                return self.error
            case str():
                return ErrorDetail(message=self.error)
            case dict():
                return ErrorDetail(**{key: text for key, text in self.error.items() if isinstance(text, str)})
            case _:
                return ErrorDetail()

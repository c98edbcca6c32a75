"""Short ways to put calls of tools through the pure machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from rxrealtime.events import (
    ConversationItemCreate,
    FunctionCall,
    FunctionCallOutput,
    Item,
    Response,
    ResponseCreated,
    ResponseDone,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
)
from rxrealtime.operators.calls import Calls, Output, Rules, no_calls, step
from rxrealtime.tools import Tool

__all__ = ["Machine", "began", "called", "ended", "item_added", "item_ended", "of", "output_of"]

_T = TypeVar("_T")


class Machine:
    """The machine and everything that it gave; what it sends comes back to it, as in the traffic of a session."""

    def __init__(self, tools: Iterable[Tool] = (), rules: Rules | None = None) -> None:
        self.calls: Calls = no_calls(tools, rules)
        self.given: list[Output] = []

    def feed(self, *values: object) -> list[Output]:
        """Put values in and give what comes out, in order."""
        before = len(self.given)
        waiting = list(values)
        while waiting:
            self.calls, outputs = step(self.calls, waiting.pop(0))
            self.given.extend(outputs)
            waiting[:0] = [output for output in outputs if isinstance(output, ConversationItemCreate)]
        return self.given[before:]


def called(call_id: str = "c", name: str = "good", arguments: str = "{}", status: str | None = "completed") -> Any:
    """A call as an item."""
    return FunctionCall(id=f"item_{call_id}", call_id=call_id, name=name, arguments=arguments, status=status)


def began(response: str = "r", **more: Any) -> ResponseCreated:
    """A response began."""
    return ResponseCreated(response=Response(id=response, status="in_progress", **more))


def item_added(item: Item, response: str = "r") -> ResponseOutputItemAdded:
    """An item of a response began."""
    return ResponseOutputItemAdded(response_id=response, output_index=0, item=item)


def item_ended(item: Item, response: str = "r") -> ResponseOutputItemDone:
    """An item of a response is final."""
    return ResponseOutputItemDone(response_id=response, output_index=0, item=item)


def ended(*output: Item, response: str = "r", status: str = "completed", **more: Any) -> ResponseDone:
    """A response ended."""
    return ResponseDone(response=Response(id=response, status=status, output=output, **more))


def of(kind: type[_T], values: Iterable[object]) -> list[_T]:
    """Give the values of one class."""
    return [value for value in values if isinstance(value, kind)]


def output_of(call_id: str, values: Iterable[object]) -> str | None:
    """Give the one output of a call, None if there is none."""
    items = (value.item for value in of(ConversationItemCreate, values))
    outputs = [item.output for item in items if isinstance(item, FunctionCallOutput) and item.call_id == call_id]
    assert len(outputs) < 2, f"{call_id} has {len(outputs)} outputs"
    return outputs[0] if outputs else None

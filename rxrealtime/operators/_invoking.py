"""Running what belongs to the application: tools, checks of their arguments, the question whether to ask."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from rxrealtime.activity import GuardrailTripped
from rxrealtime.errors import ToolCancelledError, ToolTimeoutError
from rxrealtime.events import GuardrailFailed, SessionConfig
from rxrealtime.guardrails import Guardrail
from rxrealtime.operators._calls import Call, Ran, Vetted
from rxrealtime.operators._tasks import Owned, spawn
from rxrealtime.tools import Tool, ToolContext, Transfer, render_output

__all__ = ["Invoking"]


class Invoking(NamedTuple):
    """What the calls of one subscription share.

    Args:
        context: The application's object.
        timeout: Seconds that a call may take, if its tool does not say.
    """

    context: Any
    timeout: float

    async def run(self, call: Call, tool: Tool) -> Ran:
        """Run a tool, within its time; whatever it raises is a result."""
        seconds = self.timeout if tool.timeout is None else tool.timeout
        try:
            result = await _within(seconds, _call, tool.function, tool.invoke, self._told(call), call.values)
            if isinstance(result, Transfer) and isinstance(result.config, SessionConfig):
                return Ran(call.call_id, transfer=result)
            return Ran(call.call_id, render_output(result))
        except _ExpiredError:
            late = ToolTimeoutError(f"the call of {call.name!r} timed out: it was not done within {seconds:g} s")
            return Ran(call.call_id, error=late)
        except Exception as error:  # the tool is the application's: whatever it raises is told
            return Ran(call.call_id, error=error)

    async def vet(self, call: Call, tool: Tool) -> Vetted:
        """Check the arguments of a call, one guardrail after the other, then find out whether it needs an approval."""
        failures: tuple[GuardrailFailed, ...] = ()
        for guardrail in call.guardrails:
            reason, failed = await self._reason(guardrail, call.arguments or "{}")
            failures += failed
            if reason is not None:
                tripped = GuardrailTripped(guardrail.name, call.response_id, reason, call.call_id)
                return Vetted(call.call_id, tripped=tripped, failures=failures)
        try:
            return Vetted(call.call_id, await self._needs_approval(call, tool), failures=failures)
        except Exception as error:  # the predicate is the application's: a call is not run unless it says so
            return Vetted(call.call_id, failures=failures, error=error)

    async def _reason(self, guardrail: Guardrail, text: str) -> tuple[str | None, tuple[GuardrailFailed, ...]]:
        """Give why a guardrail does not allow something, None if it does; and its own failure."""
        check = guardrail.check
        try:
            verdict = await _within(guardrail.timeout, _call, check, check, text, self.context)
        except _ExpiredError:
            error: Exception = TimeoutError(f"guardrail {guardrail.name!r} took longer than {guardrail.timeout:g} s")
        except Exception as raised:  # the check is the application's, and it said what this means
            error = raised
        else:
            return (verdict if isinstance(verdict, str) else "") if verdict else None, ()
        blocked = f"the check failed with {type(error).__name__}" if guardrail.on_error == "block" else None
        return blocked, (GuardrailFailed(error),)

    async def _needs_approval(self, call: Call, tool: Tool) -> bool:
        asked = tool.needs_approval
        if not callable(asked):
            return asked
        seconds = self.timeout if tool.timeout is None else tool.timeout
        return bool(await _within(seconds, _call, asked, asked, self._told(call), call.values))

    def _told(self, call: Call) -> ToolContext:
        return ToolContext(call.call_id, call.name, call.response_id, call.item_id, self.context)


class _ExpiredError(TimeoutError):
    """The time was over; apart from any time-out of the application's own."""


async def _within(seconds: float, function: Callable[..., Any], *args: Any) -> Any:
    """Await a function for some time; one that does not let itself be cancelled is not waited for."""
    task = spawn(function, *args)
    task.add_done_callback(_look_at)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            raise _ExpiredError
    finally:
        task.cancel()
    if task.cancelled():
        raise ToolCancelledError("the tool cancelled itself")
    return task.result()


def _look_at(task: asyncio.Task[Any]) -> None:
    """Look at what nobody may be waiting for any more, so that asyncio does not report it."""
    if not task.cancelled():
        task.exception()


async def _call(function: Callable[..., Any], invoke: Callable[..., Any], *args: Any) -> Any:
    """Call what is async here, and anything else in a thread; then await what is to be awaited."""
    with Owned(None):
        if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
            return await invoke(*args)
        result, error = await asyncio.to_thread(_caught, invoke, *args)
        if error is not None:
            raise error
        return await result if inspect.isawaitable(result) else result


def _caught(function: Callable[..., Any], *args: Any) -> tuple[Any, Exception | None]:
    """Call a function in a thread; its exception is carried over as it is, where a future would change or refuse it."""
    try:
        return function(*args), None
    except Exception as error:  # raised again on the loop
        return None, error

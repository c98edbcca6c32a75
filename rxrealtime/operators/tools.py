"""Running the tools that the model calls, off the read path."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from reactivex import Observable, abc
from reactivex.disposable import SingleAssignmentDisposable

from rxrealtime.activity import Activity
from rxrealtime.errors import ConfigurationError, ToolCancelledError
from rxrealtime.events import ClientEvent, ExceptionEvent
from rxrealtime.guardrails import Guardrail
from rxrealtime.operators._calls import Abort, Call, Calls, Output, Ran, Rules, Run, Vet, Vetted, own_tools
from rxrealtime.operators._invoking import Invoking
from rxrealtime.operators._relay import relayed
from rxrealtime.operators._tasks import hand, spawn
from rxrealtime.operators._turns import Turns
from rxrealtime.operators.calls import HEARD, no_calls, step
from rxrealtime.tools import Tool

__all__ = ["run_tools"]

_Given = ClientEvent | Activity | ExceptionEvent


def run_tools(
    tools: Iterable[Tool] | Callable[[Any], Iterable[Tool]] = (),
    *,
    context: Any = None,
    max_concurrent: int = 8,
    max_waiting: int = 128,
    timeout: float = 60.0,
    guardrails: Iterable[Guardrail] = (),
) -> Callable[[Observable[object]], Observable[_Given]]:
    """Run the tools that the model calls, and give what is to be sent: one output a call, then one ``response.create``.

    Every call ends in one output, whatever happens: its result, or what went wrong (see `ToolOutcome`). The next
    response is asked for when the response is done and all its calls have their outputs; not after a cancelled one,
    and not if the last output was the application's own, who then asks for it.

    Of a failure the model is told the message if it is a `ToolError`, and only its class otherwise, unless the tool
    has an `on_error`.

    Marbles:
        in:   --c-d------------|
        ops.run_tools([weather])
        out:  --s--(o,e,n)-----|
        weather = tool(partial(asyncio.sleep, 3, "Rain."), name="weather")
        call = FunctionCall(id="i", call_id="c", name="weather", arguments="{}", status="completed")
        c = ResponseOutputItemDone(response_id="r", output_index=0, item=call)
        d = ResponseDone(response=Response(id="r", status="completed", output=(call,)))
        s = ToolStarted("c", "weather", "r", "{}")
        o = ConversationItemCreate(item=FunctionCallOutput(call_id="c", output="Rain."))
        e = ToolEnded("c", "weather", "r", "ok", "Rain.")
        n = ResponseCreate()

    Args:
        tools: What may be called; or a function that gives the tools of an agent, for an operator that learns of them
            by `AgentChanged`. Default: none at first, and ``agent.tools`` of the agent that has the session.
        context: The application's object, for the tools (in their `ToolContext`) and the guardrails.
        max_concurrent: How many tools may run at a time; default 8. The others wait in order.
        max_waiting: How many more calls may be without an output, those that wait for an approval included; default
            128. One more is not run and fails.
        timeout: Seconds that a tool may take, if it does not say itself; default 60.
        guardrails: What looks at the arguments of every call, besides ``agent.input_guardrails`` and those of the tool.

    Returns:
        The operator, a policy. It needs a running event loop once a tool is called.

    Raises:
        ConfigurationError: Two tools have one name, something is no tool or no guardrail, or a number is not positive.

    State: the calls without an output, freed when they have it; the ids of the last 1024 calls, so that none is run
        twice; the last 64 responses. Freed when the connection is lost, except for the ids.
    Time: tools run in tasks, sync ones in threads, within their time. A tool that does not let itself be cancelled,
        or a thread, is not waited for: it goes on, and its result does not count.
    Errors: a tool that fails gives a `ToolFailed`, right before the output of its call; so does a call that is
        cancelled, cut off, unknown, has arguments that do not fit, or comes again with another payload. The source's
        completion and error cancel what runs, and pass by; so does disposing. A subscriber that raises is reported by
        the loop's exception handler.
    Protocol: ``response.created``, ``.output_item.added``, ``.output_item.done``, ``.done``, ``.mcp_call.*``,
        ``conversation.item.added`` and ``.done``, and ``conversation.item.create`` as it was sent (openai-openapi
        f85dbe2). An output may be sent before ``response.done``, the next ``response.create`` only after it (recorded,
        2026-08).

    Example:
        >>> import asyncio, reactivex
        >>> from rxrealtime.events import FunctionCall, Response, ResponseDone
        >>> from rxrealtime.tools import tool
        >>> @tool
        ... async def weather(city: str) -> str:
        ...     return f"Rain in {city}."
        >>> call = FunctionCall(call_id="call_1", name="weather", arguments='{"city": "Oslo"}', status="completed")
        >>> done = ResponseDone(response=Response(id="resp_1", status="completed", output=(call,)))
        >>> async def main():
        ...     events = reactivex.concat(reactivex.of(done), reactivex.never())
        ...     given = asyncio.Queue()
        ...     events.pipe(run_tools([weather])).subscribe(given.put_nowait)
        ...     for _ in range(4):
        ...         print((await given.get()).type)
        >>> asyncio.run(main())
        tool_started
        conversation.item.create
        tool_ended
        response.create
    """
    if max_concurrent < 1 or max_waiting < 0 or not timeout > 0:
        raise ConfigurationError(
            f"max_concurrent={max_concurrent}, max_waiting={max_waiting}, timeout={timeout}: at least 1 and 0, above 0"
        )
    if isinstance(tools, Tool):
        raise ConfigurationError(f"run_tools takes a list of tools: [{tools.name}]")
    rules = Rules(max_concurrent, max_waiting, _checked(guardrails), tools if callable(tools) else own_tools)
    calls = no_calls(() if callable(tools) else tools, rules)
    invoking = Invoking(context, timeout)
    return relayed(lambda observer, _: _Runner(observer, calls, invoking))


def _checked(guardrails: Iterable[Guardrail]) -> tuple[Guardrail, ...]:
    checked = tuple(guardrails)
    for guardrail in checked:
        kind = type(guardrail)
        if not issubclass(kind, Guardrail):
            raise ConfigurationError(f"run_tools: {kind.__name__} is no Guardrail")
    return checked


class _Runner:
    """One subscription: what comes in goes through the machine in one order, what it asks for is done in tasks."""

    def __init__(self, observer: abc.ObserverBase[_Given], calls: Calls, invoking: Invoking) -> None:
        self._observer = observer
        self._invoking = invoking
        self._calls = calls
        self._turns = Turns()
        self._tasks: dict[str, asyncio.Task[Ran | Vetted]] = {}
        self.source = SingleAssignmentDisposable()

    def on_next(self, value: object) -> None:
        """Take a value of the traffic, in its turn."""
        if type(value) in HEARD:
            self._turns.take(self._advance, value)

    def on_error(self, error: Exception) -> None:
        """End with an error, in its turn."""
        self._turns.take(self._end, error)

    def on_completed(self) -> None:
        """End, in its turn."""
        self._turns.take(self._end, None)

    def stop(self) -> None:
        """Cancel everything."""
        tasks = tuple(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()

    def _advance(self, value: object) -> None:
        try:
            self._calls, outputs = step(self._calls, value)
            for output in outputs:
                self._give(output)
        except Exception as error:  # the tools of an agent are no tools, or there is no loop to run them on
            self._end(error)

    def _end(self, error: Exception | None) -> None:
        if self.source.is_disposed:
            return
        self.source.dispose()
        self.stop()
        if error is None:
            self._observer.on_completed()
        else:
            self._observer.on_error(error)

    def _give(self, output: Output) -> None:
        if self.source.is_disposed:  # nothing is given any more
            return
        match output:
            case Run(call):
                self._spawn(call, self._invoking.run)
            case Vet(call):
                self._spawn(call, self._invoking.vet)
            case Abort(call_id):
                if task := self._tasks.pop(call_id, None):
                    task.cancel()
            case _:
                hand(self._observer, output)

    def _spawn(self, call: Call, work: Callable[[Call, Tool], Awaitable[Ran | Vetted]]) -> None:
        task = spawn(work, call, call.tool)
        self._tasks[call.call_id] = task
        task.add_done_callback(partial(self._settle, call.call_id))

    def _settle(self, call_id: str, task: asyncio.Task[Ran | Vetted]) -> None:
        """Take a result in, unless it was given up."""
        if self._tasks.get(call_id) is not task:
            return
        del self._tasks[call_id]
        gone = ToolCancelledError("its task was cancelled from elsewhere")
        self._turns.take(self._advance, Ran(call_id, error=gone) if task.cancelled() else task.result())

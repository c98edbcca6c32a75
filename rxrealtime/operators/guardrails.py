"""Guardrails at work: the one place where checks run; what to check and what follows is `checking`."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from reactivex import Observable, abc
from reactivex.disposable import SingleAssignmentDisposable

from rxrealtime.errors import RealtimeError
from rxrealtime.guardrails import Guardrail
from rxrealtime.operators._checks import Checked, RunCheck, Told
from rxrealtime.operators._relay import relayed
from rxrealtime.operators._tasks import hand, spawn
from rxrealtime.operators._turns import Turns
from rxrealtime.operators.checking import HEARD, Watch, advance, watching

__all__ = ["guardrails"]


def guardrails(
    guardrails: Iterable[Guardrail] = (), *, context: Any = None
) -> Callable[[Observable[object]], Observable[Told]]:
    """Let guardrails look at what each response says, and stop one that says what it may not: a policy.

    Text and transcript are checked together, again whenever they grew by `Guardrail.every_chars`, and at the end of
    each part and of the response. A guardrail looks at one text of a response at a time, and at the newest one next.
    The first that trips stops the response, whatever the others find: it is cancelled, its playback is interrupted,
    and when it is done the model is told `Guardrail.instruction` and asked to respond.

    A verdict is about its own response. One that comes when the response is done cancels nothing, but still cuts what
    is being played of it. What follows an instruction is checked as well; a guardrail that stops that too does not
    repeat its instruction, so that the two do not go on for ever. An out-of-band response gets no instruction.

    Marbles:
        in:   --c-t-------d--e------|
        ops.guardrails([polite])
        out:  -------(x,y,z)-(m,n)--|
        polite = Guardrail("polite", lambda text, _: asyncio.sleep(3, "fool" in text), on_error="block", every_chars=4)
        c = ResponseCreated(response=Response(id="r"))
        t = ResponseOutputTextDelta(response_id="r", item_id="i", output_index=0, content_index=0, delta="You fool!")
        x = GuardrailTripped("polite", "r")
        y = Interrupt("r")
        z = ResponseCancel(response_id="r")
        d = ResponseOutputTextDelta(response_id="r", item_id="i", output_index=0, content_index=0, delta=" I said,")
        e = ResponseDone(response=Response(id="r", status="cancelled"))
        told = ContentPart(type="input_text", text=polite.instruction)
        m = ConversationItemCreate(item=Message(role="system", content=(told,)))
        n = ResponseCreate()

    Args:
        guardrails: What is in force until an `AgentChanged` brings the ``output_guardrails`` of its agent, which are
            then in force for the responses that begin after it; default none.
        context: What each check is given beside the text; default None.

    Returns:
        The operator, over the traffic. It gives a `GuardrailPassed` for each check that found nothing; when one trips
        `GuardrailTripped`, `Interrupt`, and ``response.cancel`` while the response runs; later the follow-up. It needs
        a running event loop once there is something to check.

    Raises:
        ConfigurationError: Two guardrails have the same name.

    State: the text of each response, freed at ``response.done`` or when it is stopped, at the latest with its last
        verdict; the ids of the last 64 responses; the checks under way, at most one a guardrail and response.
    Time: `Guardrail.timeout` is measured by the event loop. An async check runs in a task. Any other runs in a thread
        of the loop's executor, since nobody can tell whether it blocks; when it is late the verdict does not wait for
        it, but its thread goes on.
    Errors: a check that raises, or is late, gives a `GuardrailFailed` whose exception names the guardrail, and then
        counts as `Guardrail.on_error` says. When the connection is lost, what was said by then is still checked, since
        it may still be played; no cancel and no instruction comes of it. When the source completes, the checks under
        way are awaited; its error, and disposing, cancel them. A subscriber that raises is reported by the loop's
        exception handler; it gets the next values all the same.
    Protocol: ``response.created``, ``.output_text.*``, ``.output_audio_transcript.*``, ``.done``, ``.cancel``,
        ``.create``, ``conversation.item.create`` (openai-openapi f85dbe2). ``conversation_id`` is null out of band.

    Example:
        >>> import asyncio, reactivex
        >>> from rxrealtime.events import ResponseOutputTextDone
        >>> async def main():
        ...     wrote = ResponseOutputTextDone(
        ...         response_id="resp_1", item_id="item_1", output_index=0, content_index=0, text="It is 5 euros."
        ...     )
        ...     free = Guardrail("free", lambda text, context: "euros" in text, on_error="block")
        ...     return await reactivex.of(wrote).pipe(guardrails([free]))
        >>> asyncio.run(main())
        ResponseCancel(type='response.cancel', response_id='resp_1')
    """
    initial = watching(guardrails)
    return relayed(lambda observer, _: _Checks(observer, initial, context))


class _Checks:
    """The checks of one subscription: the pure step says which, and learns how they ended."""

    def __init__(self, observer: abc.ObserverBase[Told], watch: Watch, context: Any) -> None:
        self._observer = observer
        self._watch = watch
        self._context = context
        self._turns = Turns()
        self._running: dict[asyncio.Task[str | None], asyncio.TimerHandle] = {}
        self._completed = False
        self.source = SingleAssignmentDisposable()

    def on_next(self, value: object) -> None:
        """Take the next value of the traffic, in its turn."""
        if type(value) in HEARD:
            self._turns.take(self._step, value)

    def on_error(self, error: Exception) -> None:
        """End with an error, which disposes of the subscription and so of the checks under way."""
        self._turns.take(self._observer.on_error, error)

    def on_completed(self) -> None:
        """End, once every verdict was given."""
        self._turns.take(self._complete)

    def stop(self) -> None:
        """Cancel every check."""
        running, self._running = self._running, {}
        for task, timer in running.items():
            timer.cancel()
            task.cancel()

    def _step(self, value: object) -> None:
        self._watch, effects = advance(self._watch, value)
        for effect in effects:
            if isinstance(effect, RunCheck):
                self._start(effect)
            else:
                hand(self._observer, effect)

    def _start(self, check: RunCheck) -> None:
        if self.source.is_disposed:
            return
        try:
            task = spawn(_verdict, check, self._context)
        except RuntimeError as no_loop:
            self._observer.on_error(no_loop)  # it disposes of the subscription
        else:
            self._running[task] = task.get_loop().call_later(check.guardrail.timeout, self._late, check, task)
            task.add_done_callback(partial(self._over, check))

    def _late(self, check: RunCheck, task: asyncio.Task[str | None]) -> None:
        error = RealtimeError(
            f"guardrail {check.guardrail.name!r} gave no verdict on response {check.response_id!r} within "
            f"{check.guardrail.timeout:g} s"
        )
        error.__cause__ = TimeoutError()
        self._settle(task, Checked(check.response_id, check.guardrail, error=error))
        task.cancel()

    def _over(self, check: RunCheck, task: asyncio.Task[str | None]) -> None:
        error = asyncio.CancelledError() if task.cancelled() else task.exception()  # looked at: not reported twice
        if error is None:
            self._settle(task, Checked(check.response_id, check.guardrail, task.result()))
            return
        failed = RealtimeError(
            f"guardrail {check.guardrail.name!r} raised {type(error).__name__} about response {check.response_id!r}"
        )
        failed.__cause__ = error
        self._settle(task, Checked(check.response_id, check.guardrail, error=failed))

    def _settle(self, task: asyncio.Task[str | None], checked: Checked) -> None:
        """Give a verdict to the step, unless it came too late or is not wanted any more."""
        timer = self._running.pop(task, None)
        if timer is not None:
            timer.cancel()
            self._turns.take(self._step, checked)
            self._turns.take(self._end)

    def _complete(self) -> None:
        self._completed = True
        self._end()

    def _end(self) -> None:
        if self._completed and not self._running:
            self._observer.on_completed()


async def _verdict(check: RunCheck, context: Any) -> str | None:
    """Run a check; give why it tripped, or None."""
    look = check.guardrail.check
    if inspect.iscoroutinefunction(look) or inspect.iscoroutinefunction(getattr(look, "__call__", None)):  # noqa: B004
        verdict = look(check.text, context)
    else:
        verdict = await asyncio.to_thread(look, check.text, context)
    found = await verdict if inspect.isawaitable(verdict) else verdict
    if isinstance(found, str):
        return found or None
    return "" if found else None

"""Which guardrail is to look at which response, when, and what follows from its verdict: pure steps, no tasks.

    created -> said -> RunCheck .. Checked -> GuardrailPassed -> said ...
                                         `-> GuardrailTripped, Interrupt, cancel -> done -> follow-up

What takes time, running the checks, is `rxrealtime.operators.guardrails`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from rxrealtime.activity import AgentChanged, GuardrailPassed, GuardrailTripped
from rxrealtime.events import (
    ConnectionFailed,
    ContentPart,
    ConversationItemCreate,
    GuardrailFailed,
    Message,
    Response,
    ResponseCancel,
    ResponseCreate,
    ResponseCreated,
    ResponseDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
)
from rxrealtime.guardrails import Guardrail
from rxrealtime.operators._checks import Checked, Effect, RunCheck, distinct, guardrails_of
from rxrealtime.operators._parts import Steps, by_class
from rxrealtime.operators._saying import NOTHING_SAID, Piece, Said, Whole
from rxrealtime.signals import Interrupt

__all__ = ["HEARD", "Checked", "RunCheck", "Watch", "advance", "watching"]

_REMEMBERED = 64
"""How many responses are remembered as over, should something of them come late."""

_Chain = tuple[Guardrail, ...] | None
"""The guardrails whose follow-ups led to a response, one after the other; None if it gets no follow-up at all."""


@dataclass(frozen=True, slots=True)
class _Watched:
    """One response: what it said, and how far it was looked at.

    Args:
        guardrails: Those that were in force when it began.
        chain: See `_Chain`.
        said: Its text so far.
        due: Up to which length the text is to be checked without waiting for more.
        asked: Up to which length each guardrail was asked.
        under_way: The guardrails that are looking.
        stage: Whether it goes on. A response that is done is kept until its last verdict.
        tripped: The guardrail that stopped it.
    """

    guardrails: tuple[Guardrail, ...]
    chain: _Chain = ()
    said: Said = NOTHING_SAID
    due: int = 0
    asked: Mapping[Guardrail, int] = field(default_factory=dict)
    under_way: frozenset[Guardrail] = frozenset()
    stage: Literal["running", "done"] = "running"
    tripped: Guardrail | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """The state: what is looked at, and by whom.

    Args:
        in_force: The guardrails of the responses to come.
        responses: Those that are not over, by their id.
        over: The ids of the last responses that are.
        followed: For each follow-up whose response has not begun, the chain that it continues.
    """

    in_force: tuple[Guardrail, ...]
    responses: Mapping[str, _Watched] = field(default_factory=dict)
    over: tuple[str, ...] = ()
    followed: tuple[tuple[Guardrail, ...], ...] = ()


_Stepped = tuple[Watch, tuple[Effect, ...]]


def watching(guardrails: Iterable[Guardrail]) -> Watch:
    """Give the state to begin with.

    Args:
        guardrails: What is in force until an agent brings its own.

    Returns:
        The state.

    Raises:
        ConfigurationError: Two guardrails have the same name.
    """
    return Watch(distinct(guardrails))


def _begun(watch: Watch, event: ResponseCreated) -> _Stepped:
    response_id = event.response.id
    if not response_id or response_id in watch.responses or response_id in watch.over:
        return watch, ()
    chain: _Chain = None
    if not _out_of_band(event.response):
        chain, watch = next(iter(watch.followed), ()), replace(watch, followed=watch.followed[1:])
    return _keep(watch, response_id, _Watched(watch.in_force, chain)), ()


def _out_of_band(response: Response) -> bool:
    """Tell whether the server says that a response belongs to no conversation; some servers do not say."""
    return response.conversation_id is None and "conversation_id" in response.model_fields_set


def _find(watch: Watch, response_id: str) -> _Watched | None:
    """Give a response that can still say something; its beginning need not have been seen."""
    found = watch.responses.get(response_id)
    if found is None:
        return None if response_id in watch.over else _Watched(watch.in_force)
    return found if found.stage == "running" else None


def _heard(watch: Watch, event: Piece) -> _Stepped:
    response = _find(watch, event.response_id)
    if response is None or response.tripped or not response.guardrails:
        return watch, ()
    return _look(watch, event.response_id, replace(response, said=response.said.hear(event)))


def _part_done(watch: Watch, event: Whole) -> _Stepped:
    response = _find(watch, event.response_id)
    if response is None or response.tripped or not response.guardrails:
        return watch, ()
    said = response.said.hear(event)
    return _look(watch, event.response_id, replace(response, said=said, due=said.length))


def _done(watch: Watch, event: ResponseDone) -> _Stepped:
    response_id = event.response.id or ""
    response = _find(watch, response_id) if response_id else None
    if response is None:
        return watch, ()
    if response.tripped:
        return _follow_up(_free(watch, response_id), response)
    said = response.said.hear_all(event.response)
    chain = None if _out_of_band(event.response) else response.chain
    return _look(watch, response_id, replace(response, said=said, due=said.length, stage="done", chain=chain))


def _look(watch: Watch, response_id: str, response: _Watched) -> _Stepped:
    """Ask the guardrails that have enough to look at and are not looking."""
    length = response.said.length
    ready = [guardrail for guardrail in response.guardrails if _is_due(guardrail, response, length)]
    if not ready:
        return _keep(watch, response_id, response), ()
    text = response.said.text
    asked = {**response.asked, **dict.fromkeys(ready, length)}
    response = replace(response, asked=asked, under_way=response.under_way.union(ready))
    checks = (RunCheck(response_id, guardrail, text) for guardrail in dict.fromkeys(ready))
    return _keep(watch, response_id, response), tuple(checks)


def _is_due(guardrail: Guardrail, response: _Watched, length: int) -> bool:
    asked = response.asked.get(guardrail, 0)
    return guardrail not in response.under_way and (asked < response.due or length - asked >= guardrail.every_chars)


def _keep(watch: Watch, response_id: str, response: _Watched) -> Watch:
    if response.stage == "done" and not response.under_way:
        return _free(watch, response_id)
    return replace(watch, responses={**watch.responses, response_id: response})


def _free(watch: Watch, response_id: str) -> Watch:
    kept = {other: response for other, response in watch.responses.items() if other != response_id}
    return replace(watch, responses=kept, over=(*watch.over, response_id)[-_REMEMBERED:])


def _checked(watch: Watch, result: Checked) -> _Stepped:
    failed = (GuardrailFailed(result.error),) if result.error else ()
    response = watch.responses.get(result.response_id)
    if response is None or result.guardrail not in response.under_way:
        return watch, failed  # it was stopped by another guardrail
    reason = _reason(result)
    if reason is not None:
        tripped = GuardrailTripped(result.guardrail.name, result.response_id, reason)
        watch, effects = _stop(watch, tripped, replace(response, tripped=result.guardrail))
        return watch, (*failed, *effects)
    passed = GuardrailPassed(result.guardrail.name, result.response_id, response.asked[result.guardrail])
    freed = replace(response, under_way=response.under_way - {result.guardrail})
    watch, checks = _look(watch, result.response_id, freed)
    return watch, (*failed, passed, *checks)


def _reason(result: Checked) -> str | None:
    """Give why a response is to be stopped, if it is."""
    if result.error is None:
        return result.reason
    return str(result.error) if result.guardrail.on_error == "block" else None


def _stop(watch: Watch, tripped: GuardrailTripped, response: _Watched) -> _Stepped:
    """Stop a response: what it still generates, what is still played of it, and every other verdict on it."""
    response_id = tripped.response_id
    if response.stage == "running":
        stopped = _Watched(response.guardrails, response.chain, tripped=response.tripped)
        interrupt = Interrupt(response_id=response_id)
        return _keep(watch, response_id, stopped), (tripped, interrupt, ResponseCancel(response_id=response_id))
    watch, follow_up = _follow_up(_free(watch, response_id), response)
    return watch, (tripped, Interrupt(response_id=response_id, generation=False), *follow_up)


def _follow_up(watch: Watch, response: _Watched) -> _Stepped:
    """Tell the model what to do instead, unless this guardrail just did, and was not heeded."""
    guardrail, chain = response.tripped, response.chain
    if guardrail is None or chain is None or guardrail in chain or not guardrail.instruction:
        return watch, ()
    followed = (*watch.followed, (*chain, guardrail))[-_REMEMBERED:]
    instruction = (ContentPart(type="input_text", text=guardrail.instruction),)
    item = ConversationItemCreate(item=Message(role="system", content=instruction))
    return replace(watch, followed=followed), (item, ResponseCreate())


def _changed(watch: Watch, event: AgentChanged) -> _Stepped:
    return replace(watch, in_force=guardrails_of(event.agent)), ()


def _lost(watch: Watch, _: ConnectionFailed) -> _Stepped:
    """End every response: what it said may still be playing, so that the verdict counts, but nobody can be told."""
    effects: tuple[Effect, ...] = ()
    for response_id, response in watch.responses.items():
        ended = replace(response, due=response.said.length, stage="done", chain=None)
        watch, checks = _look(watch, response_id, ended)
        effects += checks
    return replace(watch, followed=()), effects


_STEPS: Steps[Watch, Effect] = {
    ResponseCreated: _begun,
    ResponseOutputTextDelta: _heard,
    ResponseOutputAudioTranscriptDelta: _heard,
    ResponseOutputTextDone: _part_done,
    ResponseOutputAudioTranscriptDone: _part_done,
    ResponseDone: _done,
    Checked: _checked,
    AgentChanged: _changed,
    ConnectionFailed: _lost,
}

HEARD = _STEPS.keys()
"""The classes of the values that `advance` takes notice of."""

advance = by_class(_STEPS)
"""The step ``(watch, event) -> (watch, effects)``: over the traffic, and `Checked` for each `RunCheck` it asked for."""

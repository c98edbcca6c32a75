"""Playing the beats of responses: each becomes the server events that the recordings have at its place.

Source: the order of events is that of OpenAI traffic recorded in 2026-08: ``conversation.item.added`` after
``response.output_item.added``; audio, transcript, part, conversation item, output item, response for ``.done``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from rxrealtime.events import (
    ContentPart,
    ConversationItemAdded,
    ConversationItemDone,
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemInputAudioTranscriptionDelta,
    ConversationItemInputAudioTranscriptionFailed,
    Message,
    RateLimit,
    RateLimitsUpdated,
    ResponseContentPartAdded,
    ResponseContentPartDone,
    ResponseDone,
    ResponseFunctionCallArgumentsDelta,
    ResponseFunctionCallArgumentsDone,
    ResponseMcpCallArgumentsDelta,
    ResponseMcpCallArgumentsDone,
    ResponseMcpCallFailed,
    ResponseOutputAudioDelta,
    ResponseOutputAudioDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
    ServerEvent,
    TranscriptionError,
    TranscriptionUsage,
)
from rxrealtime.server.beats import (
    IDLE,
    Close,
    Due,
    End,
    Expire,
    Hear,
    HearAll,
    HearNothing,
    Idle,
    Open,
    Say,
    Sound,
    StrikeNow,
)
from rxrealtime.server.conversation import truncated
from rxrealtime.server.drafts import final_item, opened_item, place_of, response_view
from rxrealtime.server.items import shown
from rxrealtime.server.outputs import Disconnect
from rxrealtime.server.refusals import Refused, error_event
from rxrealtime.server.state import (
    Change,
    Draft,
    Running,
    State,
    Stored,
    chain,
    find_item,
    replaced_item,
    running_of,
    scheduled,
    with_draft,
)

__all__ = ["abandon", "perform"]

_TOKENS_A_MINUTE: Final = 15_000_000


def perform(state: State, due: Due) -> Change:
    """Play one beat.

    Args:
        state: The session.
        due: The beat; what it belongs to may have ended since, then nothing happens.
    """
    return _PLAYED[type(due.beat)](state, due.owner, due.beat)


def abandon(state: State, running: Running, end: End) -> Change:
    """End a response where it is: the items that are open become incomplete, and nothing of it comes after."""
    state = _withdrawn(state, running)
    opened = [index for index, draft in enumerate(running.drafts) if draft.status in ("in_progress", "calling")]
    closes = [Due(state.clock.at, Close(index, "incomplete"), running.id) for index in opened]
    beats = (*closes, Due(state.clock.at, end, running.id))
    return chain(state, *(lambda state, due=due: perform(state, due) for due in beats))


def _withdrawn(state: State, running: Running) -> State:
    """Take what a response, and the calls that it makes, still had to do from the agenda."""
    calls = {draft.id for draft in running.drafts if draft.status == "calling"}
    agenda = tuple(due for due in state.agenda if due.owner not in (running.id, *calls))
    approvals = tuple(waits for waits in state.approvals if waits[1].item.id not in calls)
    return state._replace(agenda=agenda, approvals=approvals)


def _open(state: State, owner: str, beat: Open) -> Change:
    running = running_of(state, owner)
    previous = state.items[-1].id if state.items else None
    draft = running.drafts[beat.index]._replace(status="in_progress", previous=previous)
    item = opened_item(draft)
    place = place_of(running, beat.index)
    events: list[ServerEvent] = [ResponseOutputItemAdded(response_id=owner, output_index=beat.index, item=item)]
    state = with_draft(state, running, beat.index, draft)
    if running.conversation_id:
        events.append(ConversationItemAdded(previous_item_id=previous, item=item))
        state = state._replace(items=(*state.items, Stored(item, running.settings.output_format)))
    if draft.plan is None:
        part = ContentPart(type="audio", transcript="") if draft.audio else ContentPart(type="text", text="")
        events.append(ResponseContentPartAdded(**place, content_index=0, part=part))
    return state, tuple(events)


def _say(state: State, owner: str, beat: Say) -> Change:
    running = running_of(state, owner)
    draft = running.drafts[beat.index]
    place = place_of(running, beat.index)
    event: ServerEvent
    if draft.plan is not None and draft.plan.server:
        event = ResponseMcpCallArgumentsDelta(**place, delta=beat.piece)
    elif draft.plan is not None:
        event = ResponseFunctionCallArgumentsDelta(**place, call_id=draft.call_id, delta=beat.piece)
    elif draft.audio:
        event = ResponseOutputAudioTranscriptDelta(**place, content_index=0, delta=beat.piece)
    else:
        event = ResponseOutputTextDelta(**place, content_index=0, delta=beat.piece)
    return with_draft(state, running, beat.index, draft._replace(said=draft.said + beat.piece)), (event,)


def _sound(state: State, owner: str, beat: Sound) -> Change:
    running = running_of(state, owner)
    draft = running.drafts[beat.index]
    delta = draft.audio[draft.heard : beat.until]
    event = ResponseOutputAudioDelta(**place_of(running, beat.index), content_index=0, delta=delta)
    return with_draft(state, running, beat.index, draft._replace(heard=beat.until)), (event,)


def _close(state: State, owner: str, beat: Close) -> Change:
    running = running_of(state, owner)
    old = running.drafts[beat.index]
    draft = old._replace(status=beat.status)
    state = with_draft(state, running, beat.index, draft)
    item = final_item(draft)
    told = shown(item)
    place = place_of(running, beat.index)
    events = [] if old.status == "calling" else list(_content_done(draft, place))
    if draft.plan is not None and draft.plan.server:
        events.append(ResponseMcpCallFailed(item_id=draft.id, output_index=beat.index))
    if running.conversation_id:
        unplaced = state.mind.scenario.quirks.unplaced_done
        previous = None if unplaced else draft.previous
        events.append(ConversationItemDone(previous_item_id=previous, item=told))
        kept = item if draft.cut is None else truncated(item, draft.cut)
        state = replaced_item(state, Stored(kept, running.settings.output_format))
    events.append(ResponseOutputItemDone(response_id=owner, output_index=beat.index, item=told))
    return state, tuple(events)


def _content_done(draft: Draft, place: Mapping[str, Any]) -> tuple[ServerEvent, ...]:
    if draft.plan is not None and draft.plan.server:
        return (ResponseMcpCallArgumentsDone(**place, arguments=draft.said),)
    if draft.plan is not None:
        return (
            ResponseFunctionCallArgumentsDone(
                **place, call_id=draft.call_id, name=draft.plan.name, arguments=draft.said
            ),
        )
    if draft.audio:
        return (
            ResponseOutputAudioDone(**place, content_index=0),
            ResponseOutputAudioTranscriptDone(**place, content_index=0, transcript=draft.said),
            ResponseContentPartDone(**place, content_index=0, part=ContentPart(type="audio", transcript=draft.said)),
        )
    return (
        ResponseOutputTextDone(**place, content_index=0, text=draft.said),
        ResponseContentPartDone(**place, content_index=0, part=ContentPart(type="text", text=draft.said)),
    )


def _end(state: State, owner: str, beat: End) -> Change:
    running = running_of(state, owner)
    done = response_view(running, beat.status, beat.details)
    state = state._replace(responses=tuple(other for other in state.responses if other.id != owner))
    used = done.usage.total_tokens if done.usage else 0
    limit = RateLimit(
        name="tokens", limit=_TOKENS_A_MINUTE, remaining=_TOKENS_A_MINUTE - (used or 0), reset_seconds=0.0
    )
    return _idling(state, running), (ResponseDone(response=done), RateLimitsUpdated(rate_limits=(limit,)))


def _idling(state: State, ended: Running) -> State:
    """Let the idle time begin when what was said has been played."""
    idle_ms = (state.session.turn_detection or {}).get("idle_timeout_ms")
    if not idle_ms or not ended.conversation_id or state.hearing.speaking:
        return state
    played = ended.began + sum(ended.settings.output_format.seconds(draft.heard) for draft in ended.drafts)
    return scheduled(state, Due(max(played, state.clock.at) + idle_ms / 1000, Idle(), IDLE))


def _strike(state: State, owner: str, beat: StrikeNow) -> Change:
    return state, (beat.strike,)


def _hear(state: State, owner: str, beat: Hear) -> Change:
    event = ConversationItemInputAudioTranscriptionDelta(item_id=owner, content_index=0, delta=beat.piece)
    return state, (event,)


def _hear_all(state: State, owner: str, beat: HearAll) -> Change:
    """Give out the whole transcript; from now on the item has it too."""
    place = find_item(state, owner)
    if place is not None:
        state = replaced_item(state, _transcribed(state.items[place], beat.transcript))
    usage = TranscriptionUsage(type="duration", seconds=beat.seconds)
    event = ConversationItemInputAudioTranscriptionCompleted(
        item_id=owner, content_index=0, transcript=beat.transcript, usage=usage
    )
    return state, (event,)


def _hear_nothing(state: State, owner: str, beat: HearNothing) -> Change:
    failure = beat.failure
    error = TranscriptionError(type=failure.type, code=failure.code, message=failure.message)
    return state, (ConversationItemInputAudioTranscriptionFailed(item_id=owner, content_index=0, error=error),)


def _expire(state: State, owner: str, beat: Expire) -> Change:
    message = "Your session hit the maximum duration."
    told = (error_event(Refused("session_expired", message), None),) if beat.expiry.error else ()
    return state, (*told, *((Disconnect(1001, message),) if beat.expiry.close else ()))


def _transcribed(stored: Stored, transcript: str) -> Stored:
    if not isinstance(stored.item, Message) or not stored.item.content:
        return stored
    part = stored.item.content[0].model_copy(update={"transcript": transcript})
    return replace(stored, item=stored.item.model_copy(update={"content": (part, *stored.item.content[1:])}))


_PLAYED: Final[Mapping[type, Callable[[State, str, Any], Change]]] = {
    Open: _open,
    Say: _say,
    Sound: _sound,
    Close: _close,
    End: _end,
    StrikeNow: _strike,
    Hear: _hear,
    HearAll: _hear_all,
    HearNothing: _hear_nothing,
    Expire: _expire,
}

"""The conversation as a stream: whole, or change by change."""

from __future__ import annotations

from collections.abc import Callable

from reactivex import Observable

from rxrealtime.history import History, HistoryDelta, changes, fold
from rxrealtime.operators._mealy import mealy

__all__ = ["history", "history_deltas"]


def history(initial: History | None = None) -> Callable[[Observable[object]], Observable[History]]:
    """Give the conversation so far, whenever something of it has changed.

    What the user says is in it from its first transcription on, what the model says from the first word on, both with
    the status in_progress. What was interrupted is cut to what was heard.

    Marbles:
        in:   --u--t--t--d--|
        ops.history()
        out:  --x--y-----z--|
        user = dict(id="u", role="user", status="completed")
        spoken = Message(**user, content=(ContentPart(type="input_audio"),))
        heard = Message(**user, content=(ContentPart(type="input_audio", transcript="Hi"),))
        u = ConversationItemAdded(item=spoken)
        t = ConversationItemInputAudioTranscriptionCompleted(item_id="u", content_index=0, transcript="Hi")
        d = ConversationItemDeleted(item_id="u")
        x = History((HistoryItem(spoken),))
        y = History((HistoryItem(heard),))
        z = History()

    Args:
        initial: The conversation before; default None, nothing. It is not given itself.

    Returns:
        The operator. It takes the traffic of a session, or its events alone; without the rest of the traffic an item
        that a client puts at the front is shown at the end, and what was heard is known from
        ``conversation.item.truncated`` alone.

    State: the conversation, that is every item of it, as immutable values: the histories that were given share all that
        is the same. Of the audio only its size is counted, unless an item is retrieved with its audio.
    Time: none.
    Errors: failures are ignored; when the connection is lost, what is in progress becomes incomplete. The source's
        error passes by.
    Protocol: ``conversation.item.*``, ``input_audio_buffer.committed``, ``response.output_item.*``,
        ``response.content_part.*``, ``response.output_text.*``, ``response.output_audio.*``,
        ``response.output_audio_transcript.*``, ``response.function_call_arguments.*``,
        ``response.mcp_call_arguments.*``, ``response.done``, ``session.created`` and ``.updated`` for the format of the
        audio (openai-openapi f85dbe2).

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import ContentPart, ConversationItemAdded, Message
        >>> hi = Message(id="item_1", role="user", content=(ContentPart(type="input_text", text="Hi"),))
        >>> reactivex.of(ConversationItemAdded(item=hi)).pipe(history()).subscribe(print).dispose()
        user: Hi
    """
    return mealy(_whole, History() if initial is None else initial)


def history_deltas(initial: History | None = None) -> Callable[[Observable[object]], Observable[HistoryDelta]]:
    """Give what changes in the conversation: for user interfaces, which would rather not draw all of it again.

    Marbles:
        in:   --a--a--d--x--|
        ops.history_deltas()
        out:  --n-----u--g--|
        hi = ContentPart(type="output_text", text="Hi")
        begun = Message(id="m", role="assistant", status="in_progress", content=())
        said = Message(id="m", role="assistant", status="completed", content=(hi,))
        a = ConversationItemAdded(item=begun)
        d = ConversationItemDone(item=said)
        x = ConversationItemDeleted(item_id="m")
        n = ItemAdded(HistoryItem(begun))
        u = ItemUpdated(HistoryItem(said))
        g = ItemDeleted("m")

    Args:
        initial: The conversation before; default None, nothing.

    Returns:
        The operator. Made one after the other, the changes give what `history` gives. An item that is shown before it
        has its place (the user's, if it is transcribed before it was added) may move: it is deleted and added.

    State: as `history`.
    Time: none.
    Errors: as `history`.
    Protocol: as `history`.

    Example:
        >>> import reactivex
        >>> from rxrealtime.events import ContentPart, ConversationItemAdded, Message
        >>> hi = Message(id="item_1", role="user", content=(ContentPart(type="input_text", text="Hi"),))
        >>> reactivex.of(ConversationItemAdded(item=hi)).pipe(history_deltas()).subscribe(print).dispose()
        ItemAdded(item=HistoryItem('item_1', message, user), previous_item_id=None)
    """
    return mealy(_delta, History() if initial is None else initial)


def _whole(before: History, value: object) -> tuple[History, tuple[History, ...]]:
    after = fold(before, value)
    return after, () if after.items is before.items else (after,)


def _delta(before: History, value: object) -> tuple[History, tuple[HistoryDelta, ...]]:
    after = fold(before, value)
    return after, changes(before, after)

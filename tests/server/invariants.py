"""What a conformant server holds, checked on its events as they come.

The numbers are those of our list of invariants: I1 and I2 the session, I4 to I6 items, I7 the input buffer, I8 to I18
and I21 to I24 responses, I19 and I20 transcripts, I25 to I28 errors, cancelling, out-of-band responses and
confirmations. OpenAI breaks I6, I19, I20 and I21: each is not checked where its quirk is on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rxrealtime.server.quirks import STRICT, Quirks

__all__ = ["Checker", "is_answer"]

_CONFIRMED_BY: Mapping[str, str] = {
    "session.update": "session.updated",
    "conversation.item.create": "conversation.item.added",
    "conversation.item.delete": "conversation.item.deleted",
    "conversation.item.retrieve": "conversation.item.retrieved",
    "conversation.item.truncate": "conversation.item.truncated",
    "input_audio_buffer.commit": "input_audio_buffer.committed",
    "input_audio_buffer.clear": "input_audio_buffer.cleared",
    "response.create": "response.created",
    "response.cancel": "response.done",
}
_ONLY_ASKED = {
    *("session.updated", "input_audio_buffer.cleared"),
    *(f"conversation.item.{done}" for done in ("deleted", "retrieved", "truncated")),
}
"""Confirmations that nothing but what they confirm leads to."""
_TERMINAL = ("completed", "cancelled", "failed", "incomplete")
_TEXT_OF = {
    "response.output_text": "text",
    "response.output_audio_transcript": "transcript",
    "response.function_call_arguments": "arguments",
    "response.mcp_call_arguments": "arguments",
}
_ENDS: tuple[list[str], ...] = (
    ["response.output_text.done"],
    ["response.output_audio.done", "response.output_audio_transcript.done"],
)
_TRANSCRIPTION = "conversation.item.input_audio_transcription."


@dataclass
class _Output:
    """One output item of a response."""

    item_id: str
    kind: str
    said: str = ""
    part: str = "none"
    ends: list[str] = field(default_factory=list)
    done: Any = None


@dataclass
class _Response:
    """One response that began."""

    conversation_id: str | None
    outputs: list[_Output] = field(default_factory=list)
    status: str = "in_progress"


@dataclass
class Checker:
    """Everything seen so far; raises AssertionError, with the number of the invariant, at the first violation."""

    quirks: Quirks = STRICT
    event_ids: set[str] = field(default_factory=set)
    items: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str | None] = field(default_factory=dict)
    responses: dict[str, _Response] = field(default_factory=dict)
    client_ids: set[str] = field(default_factory=set)
    speaking: str | None = None
    spoken: str | None = None
    committed: str | None = None
    heard: dict[str, str | None] = field(default_factory=dict)
    before: str = ""

    def sent(self, message: Any, answers: Iterable[Any]) -> None:
        """Check what a client event led to (I3, I25, I28)."""
        got = [answer for answer in answers if isinstance(answer, dict)]
        own = _id_of(message)
        self.client_ids |= {own} if own else set()
        self.saw(got)
        kind = message.get("type") if isinstance(message, dict) else None
        unasked = {event["type"] for event in got} & (_ONLY_ASKED - {_CONFIRMED_BY.get(str(kind))})
        assert not unasked, f"I28: {kind} does not lead to {unasked}"
        refused = [event for event in got if _refuses(message, event)]
        if kind == "input_audio_buffer.append":
            assert len(refused) <= 1 or own is None, "I28: an append is refused once or passed over"
            return
        confirmed = [event for event in got if _confirms(message, str(kind), event)]
        assert len(refused) + len(confirmed) == 1, f"I3, I28: {kind} is confirmed or refused, once"

    def saw(self, outputs: Iterable[Any]) -> None:
        """Check events of the server, in order; what is no event is passed over."""
        for output in outputs:
            if isinstance(output, dict):
                self.check(output)

    def check(self, event: dict[str, Any]) -> None:
        """Check one event of the server."""
        kind = event["type"]
        assert (kind == "session.created") == (not self.event_ids), "I1: session.created is the first, and once"
        assert event["event_id"] not in self.event_ids, "I2: an event id was used twice"
        self.event_ids.add(event["event_id"])
        for prefix, check in _CHECKS:
            if kind.startswith(prefix):
                check(self, kind, event)
                break
        self.before = kind

    def _error(self, kind: str, event: dict[str, Any]) -> None:
        assert event["error"]["event_id"] in (None, *self.client_ids), "I25"

    def _limits(self, kind: str, event: dict[str, Any]) -> None:
        assert self.before == "response.done", "I23"

    def _updated(self, kind: str, event: dict[str, Any]) -> None:
        self.spoken = self.speaking

    def _buffer(self, kind: str, event: dict[str, Any]) -> None:
        match kind.removeprefix("input_audio_buffer."):
            case "speech_started":
                assert self.speaking is None, "speech starts once before it stops"
                self.speaking = self.spoken = event["item_id"]
            case "speech_stopped":
                assert self.speaking == event["item_id"], "the speech that stops is the one that started"
                self.speaking = None
            case "timeout_triggered":
                assert self.speaking is None, "nobody speaks when the idle time is over"
                self.spoken = event["item_id"]
            case "cleared":
                self.spoken = None
            case "committed":
                assert event["item_id"] not in self.items, "I7: committed precedes added"
                assert self.spoken in (None, event["item_id"]), "I7: the item of the speech"
                self.committed, self.spoken = event["item_id"], None

    def _transcription(self, kind: str, event: dict[str, Any]) -> None:
        item_id = event["item_id"]
        assert item_id in self.items or self.quirks.early_transcripts, "I19: a transcript after its item"
        heard = self.heard.setdefault(item_id, "")
        assert heard is not None, "completed or failed, once, and nothing after it"
        if kind.endswith("delta"):
            self.heard[item_id] = heard + event["delta"]
            return
        if kind.endswith("completed"):
            assert event["transcript"] == (heard.strip() if self.quirks.padded_transcripts else heard), "I20"
        self.heard[item_id] = None

    def _conversation(self, kind: str, event: dict[str, Any]) -> None:
        match kind.removeprefix("conversation.item."):
            case "added":
                self._added(event)
            case "done":
                item = event["item"]
                assert item["id"] in self.items, "I4, I27: done after added"
                assert self.items[item["id"]] is None, "I4: done once"
                self.items[item["id"]] = item
                made = (output.item_id for response in self.responses.values() for output in response.outputs)
                placed = self.places[item["id"]]
                unplaced = self.quirks.unplaced_done and item["id"] in made
                assert event["previous_item_id"] == (None if unplaced else placed), "I6"
            case "deleted":
                del self.items[event["item_id"]]

    def _added(self, event: dict[str, Any]) -> None:
        item = event["item"]
        assert item["id"] not in self.items, "I4: added once"
        assert event["previous_item_id"] in (None, *self.items), "I5"
        assert self.committed in (None, item["id"]), "I7: what is committed is added next"
        self.committed = None
        self.items[item["id"]] = None
        self.places[item["id"]] = event["previous_item_id"]
        if item.get("status") == "in_progress" or item["type"] == "mcp_call":
            owner = [r for r in self.responses.values() if any(o.item_id == item["id"] for o in r.outputs)]
            assert owner, "I11: output_item.added precedes the conversation's added"
            assert owner[0].conversation_id, "I27: an out-of-band response adds nothing to the conversation"

    def _response(self, kind: str, event: dict[str, Any]) -> None:
        if kind == "response.created":
            return self._created(event["response"])
        if kind == "response.done":
            return self._done(event["response"])
        if kind.startswith("response.mcp_call."):
            return None
        response = self.responses[event["response_id"]]
        if kind == "response.output_item.added":
            assert event["output_index"] == len(response.outputs), "I10"
            before = [output for output in response.outputs if not output.done and output.kind != "mcp_call"]
            assert not before or self.quirks.interleaved_items, "I21: an item after the one before it is done"
            response.outputs.append(_Output(event["item"]["id"], event["item"]["type"]))
        output = response.outputs[event["output_index"]]
        late = output.kind == "mcp_call" and response.status != "cancelled" and kind == "response.output_item.done"
        assert response.status == "in_progress" or late, "I26: nothing of a response after its done"
        assert output.done is None, "I13: nothing of an item after its done"
        if kind == "response.output_item.done":
            self._item_done(response, output, event["item"])
        elif kind != "response.output_item.added":
            assert output.item_id == event["item_id"], "I13: of the item at its index"
            self._content(kind, event, output)
        return None

    def _item_done(self, response: _Response, output: _Output, item: Any) -> None:
        told = self.items.get(item["id"]) if response.conversation_id else item
        assert told == item, "I12: equal to the conversation's item, which was done before"
        assert output.part == ("done" if output.kind == "message" else "none"), "I22, I24: its part was done before"
        assert output.ends or output.kind == "message", "I22, I24: its arguments were done before"
        output.done = item

    def _content(self, kind: str, event: dict[str, Any], output: _Output) -> None:
        if kind == "response.content_part.added":
            output.part = "open"
        elif kind == "response.content_part.done":
            text = event["part"].get("text", event["part"].get("transcript"))
            assert (output.part, text) == ("open", output.said), "I15"
            assert output.ends in _ENDS, "I22: audio, transcript, part"
            output.part = "done"
        else:
            stem, _, end = kind.rpartition(".")
            assert output.part == ("none" if "call_arguments" in kind else "open"), "I13: inside the content part"
            assert kind not in output.ends, "I13: done once"
            output.ends += [kind] if end == "done" else []
            if stem in _TEXT_OF and end == "delta":
                output.said += event["delta"]
            elif stem in _TEXT_OF:
                assert event[_TEXT_OF[stem]] == output.said, "I14"

    def _created(self, response: dict[str, Any]) -> None:
        assert (response["status"], response["output"]) == ("in_progress", []), "I9"
        active = [r for r in self.responses.values() if r.conversation_id and r.status == "in_progress"]
        assert not response["conversation_id"] or not active, "I8"
        assert response["id"] not in self.responses, "I17: created once"
        self.responses[response["id"]] = _Response(response["conversation_id"])

    def _done(self, response: dict[str, Any]) -> None:
        known = self.responses[response["id"]]
        assert known.status == "in_progress", "I17: done once"
        assert response["status"] in _TERMINAL, "I17: terminal"
        late = () if response["status"] == "cancelled" else ("mcp_call",)
        told = [output.done for output in known.outputs]
        assert all(output.done or output.kind in late for output in known.outputs), "I16, I24: every item is done"
        for item, done in zip(response["output"], told, strict=True):
            assert done is None or item == done, "I16: the items as they ended"
        usage = response["usage"]
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"], "I18"
        known.status = response["status"]


_CHECKS = (
    ("error", Checker._error),
    ("rate_limits.", Checker._limits),
    ("session.updated", Checker._updated),
    (_TRANSCRIPTION, Checker._transcription),
    ("conversation.item.", Checker._conversation),
    ("input_audio_buffer.", Checker._buffer),
    ("response.", Checker._response),
)


def is_answer(message: Any, event: dict[str, Any]) -> bool:
    """Tell whether an event of the server may be the confirmation or the refusal of a client's event."""
    return _refuses(message, event) or _confirms(message, message["type"], event)


def _id_of(message: Any) -> str | None:
    own = message.get("event_id") if isinstance(message, dict) else None
    return own if isinstance(own, str) else None


def _refuses(message: Any, event: dict[str, Any]) -> bool:
    return event["type"] == "error" and event["error"]["event_id"] == _id_of(message)


def _confirms(message: Any, kind: str, event: dict[str, Any]) -> bool:
    """Tell whether an event of the server is the confirmation of a client's event."""
    if event["type"] != _CONFIRMED_BY.get(kind):
        return False
    match kind:
        case "conversation.item.create":
            made = event["item"].get("status") == "in_progress" or event["item"]["type"] != message["item"]["type"]
            return not made and message["item"].get("id") in (None, event["item"]["id"])
        case "response.cancel":
            details = event["response"]["status_details"] or {}
            return details.get("reason") == "client_cancelled"
        case _:
            return True

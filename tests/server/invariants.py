"""What a conformant server holds, checked on its events as they come.

The numbers are those of our list of invariants: I2 unique event ids, I4 and I5 items, I8 to I18 responses, I24 to I28
cancelling, errors, out-of-band responses and confirmations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Checker"]

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
_TERMINAL = ("completed", "cancelled", "failed", "incomplete")
_TEXT_OF = {
    "response.output_text": "text",
    "response.output_audio_transcript": "transcript",
    "response.function_call_arguments": "arguments",
}


@dataclass
class _Output:
    """One output item of a response."""

    item_id: str
    said: str = ""
    part: str = "none"
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

    event_ids: set[str] = field(default_factory=set)
    items: dict[str, Any] = field(default_factory=dict)
    responses: dict[str, _Response] = field(default_factory=dict)
    client_ids: set[str] = field(default_factory=set)
    speaking: str | None = None
    committed: list[str] = field(default_factory=list)

    def sent(self, message: Any, answers: Iterable[Any]) -> None:
        """Check what a client event led to (I3, I25, I28)."""
        got = [answer for answer in answers if isinstance(answer, dict)]
        if isinstance(message, dict) and isinstance(message.get("event_id"), str):
            self.client_ids.add(message["event_id"])
        self.saw(got)
        kind = message.get("type") if isinstance(message, dict) else None
        kinds = [event["type"] for event in got]
        if kind == "input_audio_buffer.append":
            return
        answered = kinds.count("error") + kinds.count(_CONFIRMED_BY.get(str(kind), "error"))
        assert answered >= 1, f"I28: {kind} is neither confirmed nor refused"
        assert kind != "session.update" or kinds.count("error") + kinds.count("session.updated") == 1, "I3"

    def saw(self, outputs: Iterable[Any]) -> None:
        """Check events of the server, in order; what is no event is passed over."""
        for output in outputs:
            if isinstance(output, dict):
                self.check(output)

    def check(self, event: dict[str, Any]) -> None:
        """Check one event of the server."""
        assert event["event_id"] not in self.event_ids, "I2: an event id was used twice"
        self.event_ids.add(event["event_id"])
        kind = event["type"]
        if kind == "error":
            assert event["error"]["event_id"] in (None, *self.client_ids), "I25"
        elif kind.startswith("conversation.item."):
            self._conversation(kind, event)
        elif kind.startswith("input_audio_buffer."):
            self._buffer(kind, event)
        elif kind.startswith("response."):
            self._response(kind, event)

    def _buffer(self, kind: str, event: dict[str, Any]) -> None:
        match kind.removeprefix("input_audio_buffer."):
            case "speech_started":
                assert self.speaking is None, "speech starts once before it stops"
                self.speaking = event["item_id"]
            case "speech_stopped":
                assert self.speaking == event["item_id"], "the speech that stops is the one that started"
                self.speaking = None
            case "committed":
                assert event["item_id"] not in self.items, "I7: committed precedes added"
                self.committed.append(event["item_id"])

    def _conversation(self, kind: str, event: dict[str, Any]) -> None:
        match kind.removeprefix("conversation.item."):
            case "added":
                self._added(event)
            case "done":
                assert event["item"]["id"] in self.items, "I4: done after added"
                assert self.items[event["item"]["id"]] is None, "I4: done once"
                self.items[event["item"]["id"]] = event["item"]
            case "deleted":
                del self.items[event["item_id"]]

    def _added(self, event: dict[str, Any]) -> None:
        item = event["item"]
        assert item["id"] not in self.items, "I4: added once"
        assert event["previous_item_id"] in (None, *self.items), "I5"
        self.items[item["id"]] = None
        if item.get("status") == "in_progress":
            owner = [r for r in self.responses.values() if any(o.item_id == item["id"] for o in r.outputs)]
            assert owner, "I11: output_item.added precedes the conversation's added"
            assert owner[0].conversation_id, "I27: an out-of-band response adds nothing to the conversation"

    def _response(self, kind: str, event: dict[str, Any]) -> None:
        if kind == "response.created":
            return self._created(event["response"])
        if kind == "response.done":
            return self._done(event["response"])
        response = self.responses[event["response_id"]]
        assert response.status == "in_progress", "I26: nothing of a response after its done"
        if kind == "response.output_item.added":
            assert event["output_index"] == len(response.outputs), "I10"
            response.outputs.append(_Output(event["item"]["id"]))
            return None
        output = response.outputs[event["output_index"]]
        if kind == "response.output_item.done":
            told = self.items.get(event["item"]["id"]) if response.conversation_id else event["item"]
            assert told == event["item"], "I12: equal to the conversation's item, which was done before"
            output.done = event["item"]
            return None
        assert output.done is None, "I13: nothing of an item after its done"
        assert output.item_id == event["item_id"], "I13: of the item at its index"
        return self._content(kind, event, output)

    def _content(self, kind: str, event: dict[str, Any], output: _Output) -> None:
        if kind == "response.content_part.added":
            output.part = "open"
        elif kind == "response.content_part.done":
            text = event["part"].get("text", event["part"].get("transcript"))
            assert (output.part, text) == ("open", output.said), "I15"
            output.part = "done"
        else:
            stem, _, end = kind.rpartition(".")
            assert output.part == ("none" if "function_call" in kind else "open"), "I13: inside the content part"
            if stem in _TEXT_OF and end == "delta":
                output.said += event["delta"]
            elif stem in _TEXT_OF:
                assert event[_TEXT_OF[stem]] == output.said, "I14"

    def _created(self, response: dict[str, Any]) -> None:
        assert (response["status"], response["output"]) == ("in_progress", []), "I9"
        active = [r for r in self.responses.values() if r.conversation_id and r.status == "in_progress"]
        assert not response["conversation_id"] or not active, "I8"
        self.responses[response["id"]] = _Response(response["conversation_id"])

    def _done(self, response: dict[str, Any]) -> None:
        known = self.responses[response["id"]]
        assert known.status == "in_progress", "I17: done once"
        assert response["status"] in _TERMINAL, "I17: terminal"
        assert all(output.done for output in known.outputs), "I16, I24: every item is done before its response"
        assert response["output"] == [output.done for output in known.outputs], "I16"
        usage = response["usage"]
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"], "I18"
        known.status = response["status"]

"""The engine under any client: a state machine that sends whatever it likes and checks what comes after each step."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from rxrealtime.server.mcp_servers import McpServer, McpTool
from rxrealtime.server.quirks import OPENAI, STRICT, Quirks
from rxrealtime.server.scenarios import Call, Failure, Rule, Scenario
from tests.server.clients import MALFORMED, MESSAGES, PAUSES, PHRASES, spoken
from tests.server.driving import Client, items_of, text_item
from tests.server.invariants import Checker

_RULES = (
    Rule("two", say="Two.", call=(Call("one", "{}"), Call("tool"))),
    Rule("fail", say="Well.", fail=Failure()),
    Rule("cut", fail=Failure(status="incomplete")),
    Rule("noise", garble=("{", b"\xff")),
    Rule("map", call=(Call("lookup", {"city": "Oslo"}, "maps"), Call("none", {}, "maps"))),
    Rule("slow", say="A moment.", call=(Call("slow", {}, "maps"),)),
    Rule("ask", call=(Call("lookup", {}, "gone"), Call("tool"))),
    Rule("deaf", deaf=Failure("audio_unintelligible")),
)
_MCP = (McpServer("maps", (McpTool("lookup", "59.9 N"), McpTool("slow", error="It broke.", seconds=20))),)


class _AnyClient(RuleBasedStateMachine):
    """A client without manners; a subclass says which quirks the server has."""

    quirks: Quirks = STRICT

    @initialize(pace=st.sampled_from([0.0, 1.0, 8.0]), transcribed=st.booleans(), greeted=st.booleans())
    def connect(self, pace: float, transcribed: bool, greeted: bool) -> None:
        """The session begins; at pace 1 an interruption is likely, at pace 0 a response ends where it begins."""
        rules = (Rule("start", say="Welcome."), *_RULES) if greeted else _RULES
        self.client = Client(Scenario(rules, pace=pace, quirks=self.quirks, mcp=_MCP))
        self.checker = Checker(self.quirks)
        self.checker.saw(self.client.got)
        self.named = 0
        if transcribed:
            listening = {"input": {"transcription": {"model": "whisper-1"}}}
            self._send({"type": "session.update", "session": {"type": "realtime", "audio": listening}})

    @rule(message=MESSAGES, with_id=st.booleans(), again=st.booleans())
    def send(self, message: dict[str, Any], with_id: bool, again: bool) -> None:
        """Any event, with a fresh id, one that was used before, or none."""
        self.named += not again
        named = message | ({"event_id": f"mine_{self.named}"} if with_id else {})
        self._send(json.loads(self._resolved(json.dumps(named))))

    @rule(frame=MALFORMED)
    def send_nonsense(self, frame: str | bytes) -> None:
        """A frame that is no event is refused once, and the session lives."""
        got = self.client.send_raw(frame)
        named = {answer["error"]["event_id"] for answer in got if answer["type"] == "error"} - {None}
        assert all(name in str(frame) for name in named), "I25: an error names an id that is in the frame"
        self.checker.client_ids |= named
        self.checker.saw(got)
        assert [answer["type"] for answer in got] == ["error"], "I28: a frame that is no event is refused"

    @rule(text=st.sampled_from(["hi", "two", "map", "slow", "ask"]))
    def take_a_turn(self, text: str) -> None:
        """A turn as it should be."""
        self._send(text_item(text))
        self._send({"type": "response.create"})

    @rule(text=st.sampled_from(["hi", "two", "map", "slow"]), messages=st.lists(MESSAGES, min_size=1, max_size=3))
    def interfere(self, text: str, messages: list[dict[str, Any]]) -> None:
        """A turn with anything in the middle of it."""
        self.take_a_turn(text)
        self.checker.saw(self.client.wait(0.02))
        for message in messages:
            self._send(json.loads(self._resolved(json.dumps(message))))

    @rule(text=PHRASES, step=st.sampled_from([4801, 1 << 20]))
    def speak(self, text: str, step: int) -> None:
        """A spoken turn; a second of silence ends it where the detection is on."""
        for message in spoken(text, 1000, step=step, telephone=False):
            self._send(message)

    @rule(text=st.sampled_from(["", "hi"]), ms=st.sampled_from([0, 80, 500]), telephone=st.booleans())
    def murmur(self, text: str, ms: int, telephone: bool) -> None:
        """Silence, or speech that may still go on."""
        for message in spoken(text, ms, step=1 << 20, telephone=telephone):
            self._send(message)

    @rule(seconds=PAUSES)
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.checker.saw(self.client.wait(seconds))

    def teardown(self) -> None:
        """Every response ends, and with it everything that waits."""
        if not hasattr(self, "client"):
            return
        self._send({"type": "session.update", "session": {"type": "realtime", "audio": {"input": _NO_DETECTION}}})
        self.checker.saw(self.client.wait())
        statuses = [response.status for response in self.checker.responses.values()]
        assert "in_progress" not in statuses, "I17: every response ends"
        assert (self.client.state.responses, self.client.state.agenda) == ((), ())

    def _send(self, message: dict[str, Any]) -> None:
        self.checker.sent(message, self.client.send(message))

    def _resolved(self, text: str) -> str:
        """Put ids that the server made in the place of ``$0`` ... and ``$r``."""
        for place, known in enumerate([*reversed(self.checker.items)][:4]):
            text = text.replace(f'"${place}"', json.dumps(known))
        return text.replace('"$r"', json.dumps(next(reversed(self.checker.responses), "r"))).replace('"$', '"')


class _AnyClientOfOpenAI(_AnyClient):
    quirks = OPENAI


_EXAMPLES = 25 * max(settings().max_examples // 100, 1)
"""As many as the profile asks for, in proportion: one of these takes as long as a hundred of others."""
_NO_DETECTION = {"turn_detection": None}


@pytest.mark.parametrize("machine", [_AnyClient, _AnyClientOfOpenAI], ids=["strict", "openai"])
def test_any_client(machine: type[RuleBasedStateMachine]) -> None:
    """For any client the server holds I1 to I28 after each step; with quirks all but those they break."""
    profile = settings(
        max_examples=_EXAMPLES,
        stateful_step_count=20,
        deadline=None,
        phases=(Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(machine, settings=profile)


@pytest.mark.parametrize("change", ["delete", "create"])
def test_done_names_the_item_that_added_named(change: str) -> None:
    """I6: what the client deletes or puts before an item that is being made does not change its place."""
    client = Client()
    client.send(text_item("hi"), {"type": "response.create"})
    client.wait(0.05)
    added = items_of(client.got, "conversation.item.added")
    user, made = (event["item"]["id"] for event in added)
    if change == "delete":
        client.send({"type": "conversation.item.delete", "item_id": user})
    else:
        client.send(text_item("before", previous_item_id=user))
    done = items_of(client.got + client.wait(), "conversation.item.done")
    assert next(e["previous_item_id"] for e in done if e["item"]["id"] == made) == user

"""Responses: parameters, out of band, cancelled, incomplete, failed."""

from __future__ import annotations

from typing import Any

import pytest

from rxrealtime.server.outputs import Disconnect, RawFrame
from rxrealtime.server.scenarios import Call, Failure, Rule, Scenario
from tests.server.driving import Client, at_once, items_of, text_item, types_of

_CREATE = {"type": "response.create"}


def _create(**params: Any) -> dict[str, Any]:
    return {"type": "response.create", "response": params}


def _done(got: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = items_of(got, "response.done")[-1]["response"]
    return found


def _text(response: dict[str, Any]) -> str:
    part = response["output"][0]["content"][0]
    text: str = part["text"] if "text" in part else part["transcript"]
    return text


def test_only_one_response_in_the_conversation() -> None:
    """A second response.create while one is active is refused by name and begins nothing."""
    client = Client()
    client.send(text_item("hello"), _CREATE)
    (answer,) = client.send(_CREATE | {"event_id": "second"})
    assert answer["error"]["code"] == "conversation_already_has_active_response"
    assert answer["error"]["event_id"] == "second"
    assert len(items_of(client.got + client.wait(), "response.created")) == 1


def test_out_of_band_runs_beside() -> None:
    """Out-of-band responses run beside the conversation's and each other, with null conversation and no items in it."""
    client = Client()
    client.send(text_item("hello"), _CREATE)
    client.send(_create(conversation="none", metadata={"n": "1"}), _create(conversation="none", metadata={"n": "2"}))
    client.wait()
    created = [event["response"] for event in items_of(client.got, "response.created")]
    assert [response["conversation_id"] is None for response in created] == [False, True, True]
    assert [response["metadata"] for response in created] == [None, {"n": "1"}, {"n": "2"}]
    done = {event["response"]["id"]: event["response"] for event in items_of(client.got, "response.done")}
    assert {id: response["status"] for id, response in done.items()} == {r["id"]: "completed" for r in created}
    assert len(items_of(client.got, "conversation.item.added")) == 2


def test_metadata_is_echoed() -> None:
    """Metadata comes back in response.created and response.done."""
    got = Client(at_once).ask("hello", metadata={"topic": "x"})
    assert [items_of(got, kind)[0]["response"]["metadata"] for kind in ("response.created", "response.done")] == [
        {"topic": "x"},
        {"topic": "x"},
    ]


def test_modality_of_one_response() -> None:
    """A response may be in text in a session of audio; the session stays as it was."""
    client = Client(at_once)
    assert _done(client.ask("hello", output_modalities=["text"]))["output"][0]["content"][0]["type"] == "output_text"
    assert _done(client.ask("hello"))["output"][0]["content"][0]["type"] == "output_audio"


def test_input_is_the_context() -> None:
    """`input` takes the place of the conversation; an item_reference names an item of it."""
    client = Client(at_once)
    client.send(text_item("red", item=text_item("red")["item"] | {"id": "a"}), text_item("blue"))
    other = text_item("green")["item"]
    assert _text(_done(client.send(_create(input=[other])))) == "You said: green"
    assert _text(_done(client.send(_create(input=[{"type": "item_reference", "id": "a"}])))) == "You said: red"
    assert _text(_done(client.send(_create(input=[])))) == "I am listening."


def test_instructions_of_one_response() -> None:
    """Instructions that order something to be said are followed where nobody said anything."""
    assert _text(_done(Client(at_once).send(_create(instructions='Say "Welcome!"')))) == "Welcome!"


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"conversation": "conv_x"}, "response.conversation"),
        ({"output_modalities": ["video"]}, "response.output_modalities"),
        ({"max_output_tokens": 5000}, "response.max_output_tokens"),
        ({"metadata": {"k": 1}}, "response.metadata"),
        ({"metadata": {str(n): "v" for n in range(17)}}, "response.metadata"),
        ({"modalities": ["text"]}, "response.modalities"),
        ({"input": [{"type": "item_reference", "id": "nowhere"}]}, "response.input[0].id"),
        ({"input": [{"type": "message", "role": "x", "content": []}]}, "response.input[0].role"),
        ({"tools": [{"type": "x"}]}, "response.tools[0].type"),
    ],
)
def test_parameters_that_are_refused(params: dict[str, Any], param: str) -> None:
    """A parameter that is not allowed gives one error with its path, and no response."""
    (answer,) = Client(at_once).send(_create(**params))
    assert (answer["type"], answer["error"]["param"]) == ("error", param)


def test_cancel() -> None:
    """A cancelled response ends its items as incomplete, then itself, with what was said so far; then nothing of it."""
    client = Client()
    client.send(text_item("tell me who are you"), _CREATE)
    client.wait(0.2)
    got = client.send({"type": "response.cancel"})
    assert types_of(got) == [
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ]
    response = _done(got)
    assert response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert response["output"][0]["status"] == "incomplete"
    said = "".join(event["delta"] for event in items_of(client.got, "response.output_audio_transcript.delta"))
    assert 0 < len(said) < 100
    assert _text(response) == said
    assert client.wait() == []


def test_cancel_of_a_call() -> None:
    """A cancelled call ends with the arguments as far as they came."""
    client = Client(Scenario((Rule("*", call=(Call("f", '{"a": "b c d e f g h i j"}'),)),)))
    client.send(text_item("x"), _CREATE)
    client.wait(0.03)
    got = client.send({"type": "response.cancel"})
    cut = items_of(got, "response.function_call_arguments.done")[0]["arguments"]
    assert cut in ('{"a":', '{"a": "b', '{"a": "b c', '{"a": "b c d')
    assert _done(got)["output"][0]["arguments"] == cut


def test_cancel_by_id() -> None:
    """response_id names what is cancelled, an out-of-band response too; an unknown one is refused."""
    client = Client()
    client.send(text_item("hello"), _CREATE, _create(conversation="none"))
    first, second = (event["response"]["id"] for event in items_of(client.got, "response.created"))
    assert _done(client.send({"type": "response.cancel", "response_id": second}))["id"] == second
    (refused,) = client.send({"type": "response.cancel", "response_id": second})
    assert refused["error"]["code"] == "response_cancel_not_active"
    last = _done(client.wait())
    assert (last["id"], last["status"]) == (first, "completed")


def test_late_cancel_is_refused() -> None:
    """A cancel after response.done is an error that harms nothing."""
    client = Client(at_once)
    client.ask("hello")
    (answer,) = client.send({"type": "response.cancel"})
    assert answer["error"]["message"] == "Cancellation failed: no active response found"
    assert _done(client.ask("hello"))["status"] == "completed"


@pytest.mark.parametrize("modality", ["audio", "text"])
def test_limit_on_tokens(modality: str) -> None:
    """A response that needs more tokens than allowed is incomplete, keeps within the limit, and says so."""
    limit = 30 if modality == "audio" else 5
    got = Client(at_once).ask("who are you", max_output_tokens=limit, output_modalities=[modality])
    response = _done(got)
    assert response["status"] == "incomplete"
    assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert response["output"][0]["status"] == "incomplete"
    assert 0 < response["usage"]["output_tokens"] <= limit
    assert _text(response).startswith("I am the")


def test_usage_adds_up() -> None:
    """total is input plus output, both are the sums of their details, and audio counts as audio."""
    usage = _done(Client(at_once).ask("hello"))["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    for side in ("input", "output"):
        details = usage[f"{side}_token_details"]
        assert usage[f"{side}_tokens"] == sum(details.get(f"{kind}_tokens", 0) for kind in ("text", "audio", "image"))
    assert usage["output_token_details"]["audio_tokens"] > 0


def test_failure() -> None:
    """A response that fails has the error of the scenario, no usage, and ends as every response does."""
    rule = Rule("*", fail=Failure("rate_limit", "Too fast.", "invalid_request_error"))
    got = Client(Scenario((rule,), pace=0)).ask("x")
    response = _done(got)
    error = {"type": "invalid_request_error", "code": "rate_limit", "message": "Too fast."}
    assert (response["status"], response["status_details"]) == ("failed", {"type": "failed", "error": error})
    assert (response["output"], response["usage"]["total_tokens"]) == ([], 0)


def test_failure_after_something_was_said() -> None:
    """What is said before a failure is kept, incomplete."""
    rule = Rule("*", say="Well then.", fail=Failure(status="incomplete", reason="content_filter"))
    response = _done(Client(Scenario((rule,), pace=0)).ask("x"))
    assert (response["status"], response["status_details"]["reason"]) == ("incomplete", "content_filter")
    assert (_text(response), response["output"][0]["status"]) == ("Well then.", "incomplete")


def test_garbage_comes_in_the_middle() -> None:
    """Frames of `garble` come one by one between the deltas of the response, which completes all the same."""
    frames = ('{"type": "response.done", "resp', '{"type": "response.done", "response": 5}', b"\xff\xfe\x00")
    got = Client(Scenario((Rule("*", garble=frames),), pace=0)).ask("who are you")
    kinds = types_of(got)
    places = [place for place, kind in enumerate(kinds) if kind == "RawFrame"]
    assert [got[place] for place in places] == [RawFrame(frame) for frame in frames]
    assert all(kinds[place - 1].endswith(".delta") for place in places)
    assert _done(got)["status"] == "completed"


def test_close_follows_the_response() -> None:
    """`close` strikes after response.done, `abort` in the middle."""
    closed = Client(Scenario((Rule("*", say="Bye.", close=(1001, "gone")),), pace=0)).ask("x")
    assert closed[-1] == Disconnect(1001, "gone")
    aborted = Client(Scenario((Rule("*", abort=True),), pace=0)).ask("x")
    assert types_of(aborted).index("Disconnect") < types_of(aborted).index("response.done")


def test_cancel_takes_the_strikes_along() -> None:
    """What a cancelled response would have done to the connection does not happen."""
    client = Client(Scenario((Rule("*", say="A long good bye.", close=(1000, "bye")),)))
    client.send(text_item("x"), _CREATE)
    client.send({"type": "response.cancel"})
    assert "Disconnect" not in types_of(client.got + client.wait())

"""Who may connect: paths, tokens, models, hosts."""

from __future__ import annotations

import json

import pytest

from rxrealtime.server.faults import Refusal
from rxrealtime.server.handshake import Admission, admit


@pytest.mark.parametrize(
    ("target", "model"),
    [
        ("/v1/realtime?model=m", "m"),
        ("/v1/realtime", "gpt-realtime"),
        ("/v1/realtime/?model=m", "m"),
        ("/openai/v1/realtime?api-version=1&deployment=d", "d"),
        ("/openai/v1/realtime?model=m", "m"),
    ],
)
def test_paths_and_models(target: str, model: str) -> None:
    """The paths of OpenAI and Azure are served; the query names the model."""
    assert admit(target, {}, None) == Admission(model)


@pytest.mark.parametrize("target", ["/", "/v1/chat", "/v1/realtime/translations", "/v1/realtimes?model=m"])
def test_other_paths_are_not_found(target: str) -> None:
    """Any other path is 404, with a body as OpenAI writes it."""
    refused = admit(target, {}, None)
    assert isinstance(refused, Refusal)
    assert (refused.status, json.loads(refused.body)["error"]["type"]) == (404, "invalid_request_error")


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer secret"},
        {"authorization": "bearer  secret"},
        {"api-key": "secret"},
        {"sec-websocket-protocol": "realtime, openai-insecure-api-key.secret"},
    ],
)
def test_ways_to_give_the_token(headers: dict[str, str]) -> None:
    """The token comes as a bearer, an api-key header, or a browser's subprotocol."""
    assert isinstance(admit("/v1/realtime", headers, "secret"), Admission)


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic secret"}, {"api-key": ""}, {"api-key": "\udcff"}],
)
def test_wrong_tokens(headers: dict[str, str]) -> None:
    """A missing or wrong token is 401, and the answer does not hold it."""
    refused = admit("/v1/realtime", headers, "secret")
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.code) == (401, "invalid_api_key")
    assert "secret" not in refused.body


def test_without_a_token_anybody_may_come() -> None:
    """Where no token is set, any or none is accepted."""
    assert isinstance(admit("/v1/realtime", {"authorization": "Bearer x"}, None), Admission)


def test_beta_is_seen() -> None:
    """The header of the beta shape is noticed."""
    assert admit("/v1/realtime", {"openai-beta": "realtime=v1"}, None) == Admission(beta=True)
